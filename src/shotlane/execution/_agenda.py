"""What a port does in a segment, in order, made one thing at a time.

Reading rules stay rules and action tables stay arrays: memory does not grow with the length of a shot. Order
is (target, rank, order). Readings of one channel are numbered by target over all its rules.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from heapq import merge
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from shotlane.execution._due import NEVER_NS, Due, Kind
from shotlane.plan import ActionTable, LanePlan, PlannedCall, PortPlan, ReadingRule

# Rows of an action table that are turned into Python numbers at a time.
_CHUNK = 1024
# A call has no lane of its own to say more.
CALL_TOLERANCE_NS = 10_000_000


class _Tick(NamedTuple):
    """A reading before it is numbered; `rule` makes it comparable with those of other rules."""

    target_ns: int
    rank: int
    order: int
    rule: int
    tolerance_ns: int
    periodic: bool


def _ticks(rule: ReadingRule, number: int, shift_ns: int) -> Iterator[_Tick]:
    """All readings of a rule; only those of a recording are shifted."""
    start_ns = rule.start_ns + shift_ns if rule.periodic else rule.start_ns
    for n in range(rule.count):
        target_ns = start_ns + n * rule.period_ns
        yield _Tick(target_ns, rule.rank, rule.order, number, rule.tolerance_ns, rule.periodic)


def _with_successor(ticks: Iterable[_Tick]) -> Iterator[tuple[_Tick, int]]:
    """Each with the next target that is later than its own: two at one instant do not replace each other."""
    waiting: list[_Tick] = []
    for tick in ticks:
        if waiting and tick.target_ns > waiting[0].target_ns:
            for earlier in waiting:
                yield earlier, tick.target_ns
            waiting.clear()
        waiting.append(tick)
    for last in waiting:
        yield last, NEVER_NS


def _channel_readings(
    channel: int, rules: Sequence[ReadingRule], stream: int, first_tick: int, offset_ns: int, shift_ns: int
) -> Iterator[Due]:
    """The readings of one channel over all its rules."""
    ticks = merge(*(_ticks(rule, number, shift_ns) for number, rule in enumerate(rules)))
    for number, (tick, later_ns) in enumerate(_with_successor(ticks), first_tick):
        replaced = tick.periodic and later_ns != NEVER_NS
        yield Due(
            tick.target_ns + offset_ns,
            tick.rank,
            tick.order,
            stream,
            Kind.READ,
            channel,
            None,
            number,
            later_ns + offset_ns if replaced else NEVER_NS,
            tick.tolerance_ns,
        )


def _phase(lane: LanePlan, shift_ns: int) -> int:
    """What is added to every tick of a recording."""
    return shift_ns if lane.phase_ns is None else lane.phase_ns


def _successors(table: ActionTable) -> NDArray[np.int64]:
    """For every periodic row the next later target on its channel; never for the others."""
    result = np.full(len(table), NEVER_NS, dtype=np.int64)
    if not table.periodic.any():
        return result
    for channel in set(table.channel[table.periodic].tolist()):
        rows = np.flatnonzero(table.channel == channel)
        targets = table.target_ns[rows]
        later = np.searchsorted(targets, targets, side="right")
        result[rows] = np.append(targets, NEVER_NS)[later]
    result[~table.periodic] = NEVER_NS
    return result


def _sets(table: ActionTable, lanes: Sequence[LanePlan], stream: int, offset_ns: int) -> Iterator[Due]:
    """The rows of an action table."""
    successors = _successors(table)
    columns = (table.target_ns, table.rank, table.order, table.channel, table.value, successors)
    for start in range(0, len(table), _CHUNK):
        chunk = (column[start : start + _CHUNK].tolist() for column in columns)
        for target, rank, order, channel, value, later_ns in zip(*chunk, strict=True):
            yield Due(
                target + offset_ns,
                rank,
                order,
                stream,
                Kind.SET,
                channel,
                value,
                0,
                later_ns if later_ns == NEVER_NS else later_ns + offset_ns,
                lanes[channel].action_tolerance_ns,
            )


def _calls(calls: Sequence[PlannedCall], stream: int, offset_ns: int) -> Iterator[Due]:
    """The calls in their order."""
    ordered = sorted(enumerate(calls), key=lambda item: (item[1].target_ns, item[1].rank, item[1].order))
    for number, call in ordered:
        yield Due(
            call.target_ns + offset_ns,
            call.rank,
            call.order,
            stream,
            Kind.CALL,
            number,
            call,
            0,
            NEVER_NS,
            CALL_TOLERANCE_NS,
        )


def agenda(
    plan: PortPlan,
    lanes: Sequence[LanePlan],
    *,
    offset_ns: int = 0,
    first_ticks: Mapping[int, int] | None = None,
    shift_ns: int = 0,
) -> Iterator[Due]:
    """Everything a port does in a segment, lazily.

    `offset_ns`: where the segment begins, from the origin of the attempt. `first_ticks`: how many readings of
    a channel earlier segments planned. `shift_ns`: by how much recordings start later, unless their lane has
    a phase.
    """
    by_channel: defaultdict[int, list[ReadingRule]] = defaultdict(list)
    for rule in plan.readings:
        if rule.count:
            by_channel[rule.channel].append(rule)
    before = first_ticks or {}
    streams = [
        *([_sets(plan.actions, lanes, 0, offset_ns)] if len(plan.actions) else []),
        *([_calls(plan.calls, 1, offset_ns)] if plan.calls else []),
        *(
            _channel_readings(
                channel, rules, stream, before.get(channel, 0), offset_ns, _phase(lanes[channel], shift_ns)
            )
            for stream, (channel, rules) in enumerate(by_channel.items(), 2)
        ),
    ]
    return merge(*streams) if len(streams) != 1 else streams[0]
