"""How busy each port is in its busiest step: the time of its exchanges over the length of the step.

Readings of a role at one instant share their requests, as they will when they are made: ticks of a slower
rate that fall on those of a faster one add only what they span. What happens once or twice in a step is
spread over a second at least, because a port may be late by an exchange. The first shot is looked at, and
the shots in which a swept rate is highest.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from shotlane.diagnostics import Report
from shotlane.document import Document
from shotlane.model import Channel, Lane, reading_cost_ns
from shotlane.plan._exact import NS_PER_S, Integers
from shotlane.plan._lowering import lower
from shotlane.plan._program import Program
from shotlane.plan._readings import Reading, read_times
from shotlane.plan._scope import Rows

WARNED: Final = 0.8
REFUSED: Final = 1.0
_SINGLE_OVER_NS: Final = NS_PER_S
_MOST_ROWS: Final = 8


@dataclass(slots=True)
class PortLoad:
    """The busiest step of a port. `load` 1.0 is all of its time; `lanes`: share of each channel in it."""

    port: str
    step: str = ""
    load: float = 0.0
    lanes: dict[str, float] = field(default_factory=dict)


@dataclass(slots=True)
class _Ticks:
    """Channels of one role that are read at the same ticks."""

    start_ns: int
    period_ns: int
    channels: list[Channel]

    def holds(self, other: "_Ticks") -> bool:
        """Whether every tick of the other is one of these."""
        offset_ns = other.start_ns - self.start_ns
        return offset_ns % self.period_ns == 0 and other.period_ns % self.period_ns == 0


def port_loads(program: Program) -> dict[str, PortLoad]:
    """The load of every port whose costs are known."""
    found: dict[str, PortLoad] = {}
    for rows in _telling_rows(program):
        bounds = program.timeline.boundaries(rows)
        sets = list(_sets(program, rows, bounds))
        for position, step in enumerate(program.timeline.steps):
            start, end = int(bounds[position][0, 0]), int(bounds[position + 1][0, 0])
            if end <= start:
                continue
            shares = _shares(program, rows, bounds, position, sets)
            for port, lanes in shares.items():
                load = PortLoad(port, step.name, sum(lanes.values()), lanes)
                if load.load > found.setdefault(port, PortLoad(port)).load:
                    found[port] = load
    return found


def check_loads(
    loads: Mapping[str, PortLoad], lanes: Mapping[str, Lane], document: Document, report: Report
) -> None:
    """Tell of ports that have more to do than they can, or nearly so."""
    for load in loads.values():
        if load.load <= WARNED or not load.lanes:
            continue
        strict = {name: share for name, share in load.lanes.items() if _is_strict(lanes.get(name))}
        heaviest = max(strict or load.lanes, key=load.lanes.__getitem__)
        span = document.key_span(("lanes", heaviest) if heaviest in lanes else ("timeline",))
        busy = f"the port {load.port} is busy for {load.load * 100:.0f} % of step '{load.step}'"
        if load.load > REFUSED and strict:
            help = "record or set less often, or write `on_late: record` in the lane to mark what is late"
            report.error("SEQ420", f"{busy}, mostly with '{heaviest}'", span, help=help)
        else:
            report.warning("SEQ421", f"{busy}, mostly with '{heaviest}'", span, help="record less often")


def _is_strict(lane: Lane | None) -> bool:
    """Whether too much to do is a fault; what only a condition looks at has no lane."""
    return lane is None or lane.on_late != "record"


def _telling_rows(program: Program) -> list[Rows]:
    """The first point, and those at which a swept rate is highest."""
    points = {0}
    every = program.scope.rows(0, program.scope.count)
    for reading in program.lanes.readings:
        if reading.rate is not None and reading.varies:
            points.add(int(np.argmin(reading.rate.period_s(every)[:, 0])))
    return [program.scope.rows(point, point + 1) for point in sorted(points)[:_MOST_ROWS]]


def _shares(
    program: Program, rows: Rows, bounds: Sequence[Integers], position: int, sets: Iterable["_Sent"]
) -> dict[str, dict[str, float]]:
    """By port and channel, what part of a step its exchanges take."""
    start, end = int(bounds[position][0, 0]), int(bounds[position + 1][0, 0])
    shares: dict[str, dict[str, float]] = {}

    def add(channel: Channel, share: float) -> None:
        of_port = shares.setdefault(channel.port, {})
        if share > 0:
            of_port[channel.name] = of_port.get(channel.name, 0.0) + share

    in_step = [it for it in program.lanes.readings if it.cell.first <= position <= it.cell.last]
    for ticks, cost_ns in _recorded(in_step, rows, bounds):
        for channel in ticks.channels:
            add(channel, cost_ns / len(ticks.channels) / ticks.period_ns)
    spread_ns = max(end - start, _SINGLE_OVER_NS)
    for reading in in_step:
        if reading.rate is None and reading.cell.first == position:
            add(reading.channel, reading.channel.read_cost_ns / spread_ns)
    for sent in sets:
        periodic, single = sent.counts(start, end)
        cost_ns = sent.channel.write_cost_ns
        add(sent.channel, periodic * cost_ns / (end - start) + single * cost_ns / spread_ns)
    return {port: lanes for port, lanes in shares.items() if lanes}


def _recorded(
    readings: Iterable[Reading], rows: Rows, bounds: Sequence[Integers]
) -> Iterator[tuple[_Ticks, int]]:
    """What is read at the same ticks, with what it adds to the ticks of faster ones."""
    for of_role in _by_role(readings, rows, bounds).values():
        faster: list[_Ticks] = []
        for ticks in sorted(of_role, key=lambda it: it.period_ns):
            shared = next((it for it in faster if it.holds(ticks)), None)
            before = [] if shared is None else shared.channels
            yield ticks, reading_cost_ns([*before, *ticks.channels]) - reading_cost_ns(before)
            faster.append(ticks)


def _by_role(readings: Iterable[Reading], rows: Rows, bounds: Sequence[Integers]) -> dict[str, list[_Ticks]]:
    found: dict[str, list[_Ticks]] = {}
    for reading in readings:
        if reading.rate is None:
            continue
        times = read_times(reading, rows, bounds)
        start_ns, period_ns = int(times.start[0, 0]), int(times.period[0, 0])
        if not int(times.count[0, 0]):
            continue
        of_role = found.setdefault(reading.channel.role, [])
        same = next((it for it in of_role if (it.start_ns, it.period_ns) == (start_ns, period_ns)), None)
        if same is None:
            of_role.append(_Ticks(start_ns, period_ns, [reading.channel]))
        else:
            same.channels.append(reading.channel)
    return found


@dataclass(frozen=True, slots=True)
class _Sent:
    """When a channel is set; `periodic` marks what is one of a series."""

    channel: Channel
    targets: Integers
    periodic: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]

    def counts(self, start_ns: int, end_ns: int) -> tuple[int, int]:
        """How many of a series, and how many others, in a step."""
        inside = (self.targets >= start_ns) & (self.targets < end_ns)
        series = int(np.count_nonzero(inside & self.periodic))
        return series, int(np.count_nonzero(inside)) - series


def _sets(program: Program, rows: Rows, bounds: Sequence[Integers]) -> Iterator[_Sent]:
    for lane in program.lanes.sets:
        if lane.channel.write_cost_ns:
            lowered = lower(lane, rows, bounds)
            keep = np.asarray(lowered.keep)[0]
            targets = np.broadcast_to(lowered.block.targets, (1, keep.size))[0]
            yield _Sent(lane.channel, targets[keep], lowered.block.periodic[keep])
