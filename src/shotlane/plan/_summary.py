"""What `shotlane plan` shows, as plain data: steps, lanes, counts, ranges and load."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from shotlane.model import ChannelTable
from shotlane.plan._check import Ranges
from shotlane.plan._exact import Integers, to_ns
from shotlane.plan._live_summary import LiveSummary, summarise_live
from shotlane.plan._load import PortLoad
from shotlane.plan._lowering import lower
from shotlane.plan._program import Program
from shotlane.plan._readings import read_times
from shotlane.plan._scope import Rows


@dataclass(frozen=True, slots=True)
class StepSummary:
    """A step and its shortest and longest duration over the sweep.

    An open-ended one is as short as its condition must hold; `bounded`: it has a timeout, or needs none.
    """

    name: str
    shortest_ns: int
    longest_ns: int
    open_ended: bool = False
    bounded: bool = True


@dataclass(frozen=True, slots=True)
class ChannelSummary:
    """A channel in use. `low`, `high`: range of what it is set to, in its unit; None when it sets no number.

    `sets` and `readings`: how many the first shot has.
    """

    name: str
    unit: str
    low: float | None
    high: float | None
    limits: tuple[float | None, float | None]
    sets: int
    readings: int


@dataclass(frozen=True, slots=True)
class PortSummary:
    """A port: the roles on it, and its load in its busiest step, from the cost of exchanges.

    The load is None where a cost is unknown.
    """

    port: str
    roles: tuple[str, ...]
    load: float | None
    step: str | None = None


@dataclass(frozen=True, slots=True)
class PlanSummary:
    """A plan at a glance. Durations are planned ones, without set-up and retries.

    `shot_ns`: shortest and longest shot. `total_ns`: from the start of the first to the end of the last, with
    what a cadence waits in between; open-ended steps count as long as they may last, and where nothing bounds
    one, as short.
    """

    shots: int
    shot_ns: tuple[int, int]
    total_ns: int
    steps: tuple[StepSummary, ...]
    channels: tuple[ChannelSummary, ...]
    ports: tuple[PortSummary, ...]
    roles: tuple[str, ...]
    calls: int
    live: LiveSummary = field(default_factory=LiveSummary)

    @property
    def open_ended(self) -> bool:
        """Whether how long a shot lasts is decided as it runs."""
        return any(step.open_ended for step in self.steps)

    @property
    def bounded(self) -> bool:
        """Whether a shot lasts at most as long as planned."""
        return all(step.bounded for step in self.steps)


def summarise(
    program: Program,
    table: ChannelTable,
    ranges: Ranges,
    loads: Mapping[str, PortLoad],
    cadence_ns: int | None = None,
) -> PlanSummary:
    """Look at the times of all points and the counts of the first shot."""
    steps, shot_ns, total = _durations(program, cadence_ns or 0)
    rows = program.scope.rows(0, 1)
    bounds = program.timeline.boundaries(rows)
    sets = _sets(program, bounds)
    readings = _readings(program, bounds)
    channels = tuple(
        ChannelSummary(
            channel.name,
            channel.attribute.unit.text if channel.attribute.unit is not None else "",
            _end(ranges, index, 0),
            _end(ranges, index, 1),
            (channel.attribute.low, channel.attribute.high),
            sets[index],
            readings[index],
        )
        for index, channel in enumerate(program.lanes.channels)
    )
    ports = _ports(program, table, loads)
    roles = tuple(program.lanes.roles)
    calls = len(program.lanes.calls)
    live = summarise_live(program)
    return PlanSummary(program.scope.count, shot_ns, total, steps, channels, ports, roles, calls, live)


def _end(ranges: Ranges, index: int, side: int) -> float | None:
    return ranges.found[index][side] if index in ranges.found else None


def _durations(program: Program, cadence_ns: int) -> tuple[tuple[StepSummary, ...], tuple[int, int], int]:
    """Shortest and longest of every step and of a shot, and from the first start to the last end."""
    lows: list[int] = []
    highs: list[int] = []
    steps = program.timeline.steps
    bounded = all(step.bounded for step in steps)
    total = after_last = 0
    for rows in program.stretches():
        bounds = program.timeline.boundaries(rows)
        longest = [end - start for start, end in pairwise(bounds)]
        shortest = _shortest(program, rows, longest)
        of_shot = (_sum(shortest), bounds[-1])
        least = [int(span.min()) for span in (*shortest, of_shot[0])]
        most = [int(span.max()) for span in (*longest, of_shot[1])]
        lows = least if not lows else [min(pair) for pair in zip(lows, least, strict=True)]
        highs = most if not highs else [max(pair) for pair in zip(highs, most, strict=True)]
        each = of_shot[1] if bounded else of_shot[0]
        apart = np.maximum(each, cadence_ns)
        total += int(apart.sum()) if len(apart) > 1 else int(apart[0, 0]) * len(rows)
        after_last = int(apart[-1, 0] - each[-1, 0])
    named = [
        StepSummary(step.name, low, high, step.opening is not None, step.bounded)
        for step, low, high in zip(steps, lows, highs, strict=False)
    ]
    return tuple(named), (lows[-1], highs[-1]), total - after_last


def _shortest(program: Program, rows: Rows, spans: list[Integers]) -> list[Integers]:
    """Columns of the shortest that every step may last."""
    holds = {step.name: step.hold for step in program.live.openings}
    found = list(spans)
    for position in program.timeline.openings:
        hold = holds.get(program.timeline.steps[position].name)
        found[position] = np.zeros((1, 1), dtype=np.int64) if hold is None else to_ns(hold.column(rows))
    return found


def _sum(spans: list[Integers]) -> Integers:
    whole: Integers = np.zeros((1, 1), dtype=np.int64)
    for span in spans:
        whole = whole + span
    return whole


def _sets(program: Program, bounds: Sequence[Integers]) -> list[int]:
    counts = [0] * len(program.lanes.channels)
    rows = program.scope.rows(0, 1)
    for lane in program.lanes.sets:
        counts[lane.index] = int(np.count_nonzero(lower(lane, rows, bounds).keep))
    return counts


def _readings(program: Program, bounds: Sequence[Integers]) -> list[int]:
    counts = [0] * len(program.lanes.channels)
    rows = program.scope.rows(0, 1)
    for reading in program.lanes.readings:
        if reading.rate is not None and not program.timeline.steps[reading.cell.first].bounded:
            continue  # nobody knows how many
        counts[reading.index] += int(read_times(reading, rows, bounds).count[0, 0])
    return counts


def _ports(program: Program, table: ChannelTable, loads: Mapping[str, PortLoad]) -> tuple[PortSummary, ...]:
    """Every port in use, in the order of the lanes."""
    ports = dict.fromkeys(channel.port for channel in program.lanes.channels)
    ports |= dict.fromkeys(call.role.port for call in program.lanes.calls)
    found = []
    for port in ports:
        roles = tuple(role for role in program.lanes.roles if table.roles[role].port == port)
        load = loads.get(port)
        found.append(
            PortSummary(port, roles, None, None)
            if load is None
            else PortSummary(port, roles, load.load, load.step)
        )
    return tuple(found)
