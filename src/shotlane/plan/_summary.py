"""What `shotlane plan` shows, as plain data: steps, lanes, counts, ranges and load."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from shotlane.model import ChannelTable
from shotlane.plan._check import Ranges
from shotlane.plan._exact import Integers
from shotlane.plan._load import PortLoad
from shotlane.plan._lowering import lower
from shotlane.plan._program import Program
from shotlane.plan._readings import read_times


@dataclass(frozen=True, slots=True)
class StepSummary:
    """A step and its shortest and longest duration over the sweep."""

    name: str
    shortest_ns: int
    longest_ns: int


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

    `shot_ns`: shortest and longest shot. `total_ns`: all shots.
    """

    shots: int
    shot_ns: tuple[int, int]
    total_ns: int
    steps: tuple[StepSummary, ...]
    channels: tuple[ChannelSummary, ...]
    ports: tuple[PortSummary, ...]
    roles: tuple[str, ...]
    calls: int


def summarise(
    program: Program, table: ChannelTable, ranges: Ranges, loads: Mapping[str, PortLoad]
) -> PlanSummary:
    """Look at the times of all points and the counts of the first shot."""
    steps, shot_ns, total = _durations(program)
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
    return PlanSummary(program.scope.count, shot_ns, total, steps, channels, ports, roles, calls)


def _end(ranges: Ranges, index: int, side: int) -> float | None:
    return ranges.found[index][side] if index in ranges.found else None


def _durations(program: Program) -> tuple[tuple[StepSummary, ...], tuple[int, int], int]:
    """Shortest and longest of every step and of a shot, and the sum of all shots."""
    lows: list[int] = []
    highs: list[int] = []
    shot = (0, 0)
    total = 0
    for rows in program.stretches():
        bounds = program.timeline.boundaries(rows)
        spans = [end - start for start, end in pairwise(bounds)]
        spans.append(bounds[-1])
        least = [int(span.min()) for span in spans]
        most = [int(span.max()) for span in spans]
        lows = least if not lows else [min(pair) for pair in zip(lows, least, strict=True)]
        highs = most if not highs else [max(pair) for pair in zip(highs, most, strict=True)]
        shot = (lows[-1], highs[-1])
        total += int(bounds[-1].sum()) if len(bounds[-1]) > 1 else int(bounds[-1][0, 0]) * len(rows)
    steps = program.timeline.steps
    named = [StepSummary(*item) for item in zip((step.name for step in steps), lows, highs, strict=False)]
    return tuple(named), shot, total


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
