"""Cutting shots out of a program: arrays for a stretch of points, then views of one row.

Invariant: a shot does not depend on the stretch that it was cut from. Where nothing about times differs
between points, everything but the values is shared by all shots of a stretch.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from shotlane.plan._calls import Call, call_times
from shotlane.plan._digest import column
from shotlane.plan._exact import Integers
from shotlane.plan._hardware import on_steps
from shotlane.plan._live_shot import LiveShot
from shotlane.plan._lowering import lower
from shotlane.plan._plan import (
    InitialValue,
    PlannedCall,
    PortPlan,
    ReadingRule,
    SegmentPlan,
    StepTimes,
    decode,
)
from shotlane.plan._program import Program
from shotlane.plan._readings import SINGLE_TOLERANCE_NS, Reading, ReadTimes, read_times
from shotlane.plan._scope import Rows
from shotlane.plan._segment_digest import calls_bytes, readings_bytes, segment_hash, steps_bytes
from shotlane.plan._tables import Laid, Ports, Sent, Tables, beside, candidates, row_of


class Stretch:
    """A stretch of points, ready to be cut."""

    def __init__(self, program: Program, rows: Rows, ports: Ports) -> None:
        """`ports`: every port with the indices of its channels."""
        self.rows = rows
        self._program = program
        self._ports = ports
        bounds = program.timeline.boundaries(rows)
        lanes = program.lanes
        laid: list[Laid] = [
            on_steps(
                lane, lower(lane, rows, bounds) if frame is None else frame.at(rows), bounds, program.timeline
            )
            for lane, frame in zip(lanes.sets, program.skeletons, strict=True)
        ]
        self._tables = Tables(candidates(lanes.sets, laid), len(rows), ports)
        self._steps = _Steps([step.name for step in program.timeline.steps], bounds)
        self._rules = [_Rules(reading, read_times(reading, rows, bounds)) for reading in lanes.readings]
        self._calls = [_CallColumns(call, rows, bounds) for call in lanes.calls]
        self._initial = _initial_rows(program, laid)
        self._shared_readings = self._readings(0) if all(rules.single for rules in self._rules) else None
        self._shared_calls = self._call_lists(0) if all(call.single for call in self._calls) else None
        self._shares = self._steps.single and None not in (self._shared_readings, self._shared_calls)

    def segment(self, row: int) -> SegmentPlan:
        """A shot as laid out, at its longest; `row` counts from the first point of the stretch."""
        sent = self._tables.at(row)
        steps = self._steps.at(row)
        readings, reading_bytes = self._shared_readings or self._readings(row)
        calls, call_bytes = self._shared_calls or self._call_lists(row)
        ports = {
            port: PortPlan(port, table, calls[port], readings[port]) for port, table in sent.tables().items()
        }
        hash_ = self._head(sent, row, reading_bytes, call_bytes)
        hash_.update(sent.values)
        return SegmentPlan(steps[-1].end_ns if steps else 0, steps, ports, hash_.hexdigest())

    def live(self, row: int) -> tuple[LiveShot, bytes] | None:
        """What runs live in a shot, and its canonical bytes; None where nothing does."""
        live = self._program.live
        return live.at(self.rows, row) if live else None

    def _head(self, sent: Sent, row: int, readings: bytes, calls: bytes) -> Any:
        """The digest of a segment up to its values, computed once where shots share all that."""
        group = sent.group
        if "head" in group.heads:
            return group.heads["head"].copy()
        steps = self._steps.canonical(row)
        head = segment_hash(steps, group.marks, sent.moments(), readings, calls, len(sent.values))
        if self._shares and group.moments is not None:
            group.heads["head"] = head.copy()
        return head

    def initial(self, row: int) -> tuple[tuple[InitialValue, ...], bytes]:
        """What set-up writes, in the order of the lanes, and its canonical bytes."""
        return self._initial[row if len(self._initial) > 1 else 0]

    def _readings(self, row: int) -> tuple[dict[str, tuple[ReadingRule, ...]], bytes]:
        found: dict[str, list[ReadingRule]] = {port: [] for port in self._ports}
        for rules in self._rules:
            rule = rules.at(row)
            if rule.count > 0:
                found[rules.reading.channel.port].append(rule)
        told = readings_bytes(rule for rules in found.values() for rule in rules)
        return {port: tuple(rules) for port, rules in found.items()}, told

    def _call_lists(self, row: int) -> tuple[dict[str, tuple[PlannedCall, ...]], bytes]:
        found: dict[str, list[PlannedCall]] = {port: [] for port in self._ports}
        for call in self._calls:
            found[call.call.role.port].append(call.planned(row))
        ordered = {
            port: tuple(sorted(calls, key=lambda item: (item.target_ns, item.rank, item.order)))
            for port, calls in found.items()
        }
        return ordered, calls_bytes(call for calls in ordered.values() for call in calls)


class _Steps:
    """Steps of every shot of a stretch; those whose times are fixed are shared."""

    def __init__(self, names: Sequence[str], bounds: Sequence[Integers]) -> None:
        self._names = names
        self._marks = beside(bounds, np.int64)
        self.single = len(self._marks) == 1
        self._moves = [len(start) > 1 or len(end) > 1 for start, end in pairwise(bounds)]
        self._first = self._made(0)

    def _made(self, row: int) -> tuple[StepTimes, ...]:
        marks = row_of(self._marks, row).tolist()
        return tuple(map(StepTimes, self._names, marks, marks[1:]))

    def at(self, row: int) -> tuple[StepTimes, ...]:
        """The steps of one shot."""
        if self.single:
            return self._first
        marks = self._marks[row].tolist()
        return tuple(
            [
                StepTimes(step.name, marks[number], marks[number + 1]) if moves else step
                for number, (step, moves) in enumerate(zip(self._first, self._moves, strict=True))
            ]
        )

    def canonical(self, row: int) -> bytes:
        """Names, then boundaries."""
        return steps_bytes(self._names, row_of(self._marks, row))


class _Rules:
    """A reading at a stretch of points, as Python numbers."""

    def __init__(self, reading: Reading, times: ReadTimes) -> None:
        self.reading = reading
        columns = (times.start, times.period, times.count, times.rank)
        self.single = all(len(item) == 1 for item in columns)
        self._rows: list[list[int]] = beside(columns, np.int64).tolist()

    def at(self, row: int) -> ReadingRule:
        """The rule in one shot."""
        start, period, count, rank = self._rows[row if len(self._rows) > 1 else 0]
        reading = self.reading
        periodic = reading.rate is not None
        tolerance = reading.tolerance_ns
        if tolerance is None:
            tolerance = period // 2 if periodic else SINGLE_TOLERANCE_NS
        return ReadingRule(reading.index, start, period, count, rank, reading.order, tolerance, periodic)


def _initial_rows(program: Program, laid: Sequence[Laid]) -> list[tuple[tuple[InitialValue, ...], bytes]]:
    """What set-up writes at every point, or once where it is the same at all."""
    texts = tuple(program.lanes.texts.index)
    written = [
        (lane, item.initial)
        for lane, item in zip(program.lanes.sets, laid, strict=True)
        if item.initial is not None
    ]
    count = max((len(values) for _, values in written), default=1)
    columns = []
    for lane, values in written:
        entries = [
            InitialValue(lane.index, decode(lane.channel, value, texts)) for value in values[:, 0].tolist()
        ]
        columns.append(entries if len(entries) == count else entries * count)
    indices = column(np.array([lane.index for lane, _ in written], dtype=np.int64), "i8")
    coded = column(beside([values for _, values in written], np.float64), "f8")
    width = 8 * len(written)
    rows = list(zip(*columns, strict=True)) if columns else [()]
    return [(row, indices + coded[width * at : width * (at + 1)]) for at, row in enumerate(rows)]


class _CallColumns:
    """A call at a stretch of points."""

    def __init__(self, call: Call, rows: Rows, bounds: Sequence[Integers]) -> None:
        self.call = call
        self._targets, self._ranks = call_times(call, rows, bounds)
        self._arguments = [(argument.parameter.name, argument.values(rows)) for argument in call.arguments]

    @property
    def single(self) -> bool:
        """Whether it is the same at all points."""
        lengths = [len(self._targets), len(self._ranks), *(len(values) for _, values in self._arguments)]
        return max(lengths) == 1

    def planned(self, row: int) -> PlannedCall:
        """The call in one shot."""
        arguments = {name: values[row if len(values) > 1 else 0] for name, values in self._arguments}
        return PlannedCall(
            int(row_of(self._targets, row)[0]),
            int(row_of(self._ranks, row)[0]),
            self.call.order,
            self.call.role.name,
            self.call.command,
            arguments,
        )
