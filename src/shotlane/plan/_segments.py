"""Segments of a shot with open-ended steps, cut out of the shot as it is laid out at its longest.

A segment is either one open-ended step or a stretch of others. What happens at a border belongs to the
segment that ends there (rank 0) or to the first that begins there (rank 1); readings were divided at borders
before they were laid out, so each lies in one segment. What is set early goes before a border, but not before
the end of an open-ended step, which nobody knows: it begins the segment behind, ahead of its origin. Times
count from the origin of the segment.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from shotlane.plan._blocks import BEGINS
from shotlane.plan._exact import Integers
from shotlane.plan._plan import ActionTable, Ending, PortPlan, SegmentPlan, StepTimes
from shotlane.plan._segment_digest import whole_digest


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Steps in a row that make one segment."""

    steps: tuple[StepTimes, ...]
    ending: Ending | None

    @property
    def start_ns(self) -> int:
        """Where it begins in the shot as laid out."""
        return self.steps[0].start_ns

    @property
    def end_ns(self) -> int:
        """Where it ends at the latest."""
        return self.steps[-1].end_ns


def split(
    whole: SegmentPlan, endings: Mapping[str, Ending], leads_ns: Sequence[int]
) -> tuple[SegmentPlan, ...]:
    """The segments of a shot; the one that there is when nothing is open-ended.

    `leads_ns`: how early each channel is set.
    """
    if not endings:
        return (whole,)
    stretches = list(_stretches(whole.steps, endings))
    leads = np.array(leads_ns, dtype=np.int64)
    owners = {port: _Owners(plan, stretches, leads) for port, plan in whole.ports.items()}
    return tuple(
        _segment(stretch, {port: owner.part(number) for port, owner in owners.items()})
        for number, stretch in enumerate(stretches)
    )


def _stretches(steps: tuple[StepTimes, ...], endings: Mapping[str, Ending]) -> Iterator[_Stretch]:
    fixed: list[StepTimes] = []
    for step in steps:
        if step.name not in endings:
            fixed.append(step)
            continue
        if fixed:
            yield _Stretch(tuple(fixed), None)
            fixed = []
        yield _Stretch((step,), endings[step.name])
    if fixed:
        yield _Stretch(tuple(fixed), None)


class _Owners:
    """Which stretch everything on a port belongs to."""

    def __init__(self, plan: PortPlan, stretches: list[_Stretch], leads_ns: Integers) -> None:
        self._plan = plan
        self._stretches = stretches
        self._starts = np.array([stretch.start_ns for stretch in stretches], dtype=np.int64)
        self._ends = np.array([stretch.end_ns for stretch in stretches], dtype=np.int64)
        self._actions = self._of_early(plan.actions, leads_ns)
        self._calls = self._each([(call.target_ns, call.rank) for call in plan.calls])
        self._readings = [self._of_reading(rule.start_ns, rule.rank, rule.periodic) for rule in plan.readings]

    def _of_early(self, table: ActionTable, leads_ns: Integers) -> Integers:
        """Where sets belong that go early: no further back than to the last open-ended step."""
        early = self._of(table.target_ns, table.rank)
        meant = self._of(table.target_ns + leads_ns[table.channel], table.rank)
        behind = [0]
        for number, stretch in enumerate(self._stretches[:-1], 1):
            behind.append(number if stretch.ending is not None else behind[-1])
        return np.maximum(early, np.array(behind, dtype=np.int64)[meant])

    def _each(self, moments: list[tuple[int, int]]) -> list[int]:
        targets, ranks = np.array(moments, dtype=np.int64).reshape(-1, 2).T
        return list(self._of(targets, ranks).tolist())

    def _of(self, targets: Integers, ranks: np.ndarray[tuple[int, ...], np.dtype[np.integer]]) -> Integers:
        # The first that begins there, where one does; else the one that goes on at that time.
        begins = np.searchsorted(self._starts, targets, side="left")
        goes_on = np.searchsorted(self._starts, targets, side="right") - 1
        exact = self._starts[np.minimum(begins, len(self._starts) - 1)] == targets
        first = np.where(exact, begins, goes_on)
        # The last that ends there, where one does.
        ends = np.searchsorted(self._ends, targets, side="right") - 1
        ending = self._ends[np.maximum(ends, 0)] == targets
        return np.where((ranks == BEGINS) | ~ending, first, ends)

    def _of_reading(self, start_ns: int, rank: int, periodic: bool) -> int:
        """A recording lies in a stretch that takes time."""
        if periodic:
            return int(np.searchsorted(self._starts, start_ns, side="right")) - 1
        return self._each([(start_ns, rank)])[0]

    def part(self, number: int) -> PortPlan:
        """What of the port belongs to one stretch, from its origin."""
        plan, origin_ns = self._plan, self._stretches[number].start_ns
        table = plan.actions
        mine = np.flatnonzero(self._actions == number)
        actions = ActionTable(
            table.target_ns[mine] - origin_ns,
            table.rank[mine],
            table.order[mine],
            table.channel[mine],
            table.value[mine],
            table.periodic[mine],
        )
        calls = tuple(
            replace(call, target_ns=call.target_ns - origin_ns)
            for call, owner in zip(plan.calls, self._calls, strict=True)
            if owner == number
        )
        readings = tuple(
            replace(rule, start_ns=rule.start_ns - origin_ns)
            for rule, owner in zip(plan.readings, self._readings, strict=True)
            if owner == number
        )
        return PortPlan(plan.port, actions, calls, readings)


def _segment(stretch: _Stretch, ports: Mapping[str, PortPlan]) -> SegmentPlan:
    origin_ns = stretch.start_ns
    steps = tuple(
        StepTimes(step.name, step.start_ns - origin_ns, step.end_ns - origin_ns) for step in stretch.steps
    )
    segment = SegmentPlan(stretch.end_ns - origin_ns, steps, ports, "", stretch.ending)
    return replace(segment, digest=whole_digest(segment))
