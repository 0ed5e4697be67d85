"""A shot as it is drawn: one stretch of time, in which an open-ended step has a length fit to be looked at.

How long it will last is not known, so it is drawn at its timeout where that leaves room for the other steps,
and shortened where it does not; it is marked in every picture.
"""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from shotlane.plan import ActionTable, PortPlan, ReadingRule, SegmentPlan, ShotPlan, StepTimes

_SHARE = 2  # an open-ended step takes at most as much room as the others together, over this
_ALONE_NS = 10_000_000_000


def drawn(shot: ShotPlan) -> tuple[SegmentPlan, frozenset[str]]:
    """The whole shot as one segment, and the names of its open-ended steps."""
    if len(shot.segments) == 1 and not shot.open_ended:
        return shot.segments[0], frozenset()
    lengths = _lengths(shot)
    starts = [0, *np.cumsum(lengths).tolist()]
    parts = list(zip(shot.segments, starts, lengths, strict=False))
    steps = [step for segment, start, length in parts for step in _steps(segment, start, length)]
    ports = {
        port: _port(port, [(segment.ports[port], start, length) for segment, start, length in parts])
        for port in shot.segments[0].ports
    }
    names = frozenset(segment.steps[0].name for segment in shot.segments if segment.ending is not None)
    return SegmentPlan(starts[-1], tuple(steps), ports, ""), names


def _lengths(shot: ShotPlan) -> list[int]:
    known = sum(segment.duration_ns for segment in shot.segments if segment.ending is None)
    room = known // _SHARE or _ALONE_NS
    return [
        segment.duration_ns if segment.ending is None else min(segment.duration_ns, room)
        for segment in shot.segments
    ]


def _steps(segment: SegmentPlan, start_ns: int, length_ns: int) -> Iterable[StepTimes]:
    for step in segment.steps:
        yield StepTimes(step.name, start_ns + step.start_ns, start_ns + min(step.end_ns, length_ns))


def _port(port: str, parts: list[tuple[PortPlan, int, int]]) -> PortPlan:
    tables = [_cut(plan.actions, start, length) for plan, start, length in parts]
    columns = {
        name: np.concatenate([getattr(table, name) for table in tables])
        for name in ("target_ns", "rank", "order", "channel", "value", "periodic")
    }
    calls = [
        replace(call, target_ns=call.target_ns + start)
        for plan, start, length in parts
        for call in plan.calls
        if call.target_ns <= length
    ]
    rules = [
        _rule(rule, start, length)
        for plan, start, length in parts
        for rule in plan.readings
        if rule.start_ns <= length
    ]
    return PortPlan(port, ActionTable(**columns), tuple(calls), tuple(rules))


def _cut(table: ActionTable, start_ns: int, length_ns: int) -> ActionTable:
    mine = np.flatnonzero(table.target_ns <= length_ns)
    return ActionTable(
        table.target_ns[mine] + start_ns,
        table.rank[mine],
        table.order[mine],
        table.channel[mine],
        table.value[mine],
        table.periodic[mine],
    )


def _rule(rule: ReadingRule, start_ns: int, length_ns: int) -> ReadingRule:
    if rule.period_ns == 0:
        return replace(rule, start_ns=rule.start_ns + start_ns)
    most = -(-(length_ns - rule.start_ns) // rule.period_ns)
    return replace(rule, start_ns=rule.start_ns + start_ns, count=min(rule.count, max(most, 1)))
