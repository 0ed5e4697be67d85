"""Readings of a lane: `record` at a rate, and `read` at places."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from shotlane.document import Path
from shotlane.expression import describe
from shotlane.model import Channel, Lane, ReadAt
from shotlane.plan._blocks import BEGINS, ENDS
from shotlane.plan._cells import Cell, split_cells
from shotlane.plan._constants import FREQUENCY, TIME
from shotlane.plan._exact import NS_PER_S, Floats, Integers, ticks_before, to_ns
from shotlane.plan._findings import Findings, shown
from shotlane.plan._openings import first_part, parts_of
from shotlane.plan._places import Place, make_place
from shotlane.plan._scope import Rows
from shotlane.plan._term import Compiler, Term
from shotlane.plan._timeline import Timeline
from shotlane.plan._written import Written

# Faster than any port; a guard against 1 GHz written for 1 Hz.
SHORTEST_PERIOD_NS = 1_000
SINGLE_TOLERANCE_NS = 10_000_000


@dataclass(frozen=True, slots=True)
class Rate:
    """How often a channel is recorded: a frequency, or a period."""

    term: Term
    is_frequency: bool

    def period_s(self, rows: Rows) -> Floats:
        """Period as columns of seconds."""
        value = self.term.column(rows)
        if not self.is_frequency:
            return value
        with np.errstate(divide="ignore"):
            return np.asarray(1.0 / value)


@dataclass(frozen=True, slots=True)
class Reading:
    """Readings of one channel in one cell: periodic with a rate, else a single one at a place."""

    index: int
    channel: Channel
    cell: Cell
    order: int
    rate: Rate | None
    place: Place | None
    tolerance_ns: int | None

    @property
    def varies(self) -> bool:
        """Whether it differs between points by itself."""
        own = self.rate.term if self.rate is not None else self.place
        return own is not None and own.varies


@dataclass(frozen=True, slots=True)
class ReadTimes:
    """Columns of a reading at a stretch of points; `period` is 0 for a single one."""

    start: Integers
    period: Integers
    count: Integers
    rank: Integers


def build_readings(
    compiler: Compiler,
    timeline: Timeline,
    order: Mapping[Path, int],
    index: int,
    channel: Channel,
    lane: Lane,
    tolerance_ns: int | None,
) -> list[Reading]:
    """Everything that a lane records and reads."""
    path: Path = ("lanes", channel.name)
    found = []
    if lane.record is not None:
        rates: dict[Path, Rate | None] = {}
        for cell in split_cells(compiler, timeline, (*path, "record"), lane.record).cells:
            if cell.path not in rates:
                rates[cell.path] = make_rate(compiler, compiler.written(cell.path, cell.raw))
            rate = rates[cell.path]
            for part in parts_of(timeline, cell) if rate is not None else ():
                found.append(Reading(index, channel, part, order.get(cell.path, 0), rate, None, tolerance_ns))
    for cell, place, at in _places(compiler, timeline, (*path, "read"), lane.read):
        part_of = first_part(compiler, timeline, cell, place)
        if part_of is not None:
            found.append(Reading(index, channel, part_of, order.get(at, 0), None, place, tolerance_ns))
    return found


def make_rate(compiler: Compiler, written: Written) -> Rate | None:
    """A rate or a period; None when it is faulty."""
    term = compiler.term(written)
    if term is None:
        return None
    if term.type in (FREQUENCY, TIME):
        return Rate(term, term.type == FREQUENCY) if term.sound else None
    compiler.report.error(
        "EXP040",
        f"a rate or a period is needed here, and this is {describe(term.type)}",
        written.span,
        help="write `50 Hz`, or `10 s`",
    )
    return None


def _places(compiler: Compiler, timeline: Timeline, path: Path, raw: Any) -> list[tuple[Cell, Place, Path]]:
    """Cells and places at which a channel is read."""
    if raw is None:
        return []
    if isinstance(raw, list):
        return _starts(compiler, timeline, path, raw)
    found = []
    for cell in split_cells(compiler, timeline, path, raw).cells:
        assert isinstance(cell.raw, ReadAt)
        below: Path = (*cell.path, "at")
        listed = cell.raw.at if isinstance(cell.raw.at, list) else None
        entries = [((*below, n), item) for n, item in enumerate(listed)] if listed else [(below, cell.raw.at)]
        for at, item in entries:
            place = make_place(compiler, compiler.written(at, item))
            if place is not None:
                found.append((cell, place, at))
    return found


def _starts(
    compiler: Compiler, timeline: Timeline, path: Path, raw: list[str]
) -> list[tuple[Cell, Place, Path]]:
    """`read: [STEP, ...]`: the start of each."""
    for number, name in enumerate(raw):
        if name in raw[:number]:
            span = compiler.document.span((*path, number))
            compiler.report.error("SEQ214", f"'{name}' is listed twice", span, help="delete one of the two")
    cells = split_cells(compiler, timeline, path, {name: raw.index(name) for name in raw}, listed=True).cells
    found = []
    for cell in cells:
        place = make_place(compiler, Written("start", compiler.document.span(cell.path)))
        if place is not None:
            found.append((cell, place, cell.path))
    return found


def read_times(reading: Reading, rows: Rows, bounds: Sequence[Integers]) -> ReadTimes:
    """When a reading takes place."""
    start, end = bounds[reading.cell.first], bounds[reading.cell.last + 1]
    length = end - start
    if reading.rate is not None:
        period = reading.rate.period_s(rows)
        none = np.zeros((1, 1), dtype=np.int64)
        return ReadTimes(start, to_ns(period), ticks_before(length, period), none + BEGINS)
    assert reading.place is not None
    offset = reading.place.offset(rows, length)
    one = np.ones((1, 1), dtype=np.int64)
    ends = one * reading.place.from_end | ((offset == length) & (length > 0))
    return ReadTimes(start + offset, one * 0, one, np.where(ends, ENDS, BEGINS).astype(np.int64))


def check_reading(reading: Reading, rows: Rows, bounds: Sequence[Integers], findings: Findings) -> bool:
    """Find rates that are no rates and places outside their cell."""
    if reading.rate is None:
        assert reading.place is not None
        length = bounds[reading.cell.last + 1] - bounds[reading.cell.first]
        return reading.place.check(rows, length, findings)
    return check_rate(reading, rows, findings)


def check_rate(reading: Reading, rows: Rows, findings: Findings) -> bool:
    """Find rates and periods that cannot be kept."""
    assert reading.rate is not None
    period = reading.rate.period_s(rows)
    bad = ~((period * NS_PER_S >= SHORTEST_PERIOD_NS) & np.isfinite(period))
    if bad.any():
        span = reading.rate.term.span
        told = ("a rate must be above 0 Hz, and at most 1 MHz", None)
        findings.add("SEQ220", span, rows, bad, lambda at: told)
    return not bad.any()


def reads_too_fast(reading: Reading, rows: Rows) -> str | None:
    """Words for a recording that is faster than its channel has new values."""
    update = reading.channel.attribute.update_ns
    if reading.rate is None or not update:
        return None
    period = reading.rate.period_s(rows)
    if not (to_ns(period) < update).any():
        return None
    return (
        f"'{reading.channel.name}' has a new value every {shown(update / NS_PER_S)} s, and is read more often"
    )
