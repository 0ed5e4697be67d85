"""Ports that would read at the same instants take turns: one interpreter runs their threads one by one.

Only recordings are shifted, those of one port all alike, so that what is asked in one exchange stays so. The
shift is part of the target that is stored. It stays below the tolerance of every recording of the port and
within the step of every tick, and is none where a single reading joins a recording of its instrument in one
exchange. A lane with a `phase` of its own is left alone. In virtual time nobody competes, and nothing moves.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from functools import lru_cache
from math import gcd

from shotlane.model import Channel
from shotlane.plan import LanePlan, PortPlan, ReadingRule, SegmentPlan

# Longer than the spin before a target and the Python of an exchange together.
SLOT_NS = 400_000

# Start within its period, and period, of a recording.
_Grid = tuple[int, int]


def stagger(
    segment: SegmentPlan, lanes: Sequence[LanePlan], channels: Sequence[Channel]
) -> Mapping[str, int]:
    """By how much the recordings of each port are late by intent; ports that are not named stay."""
    free = {name: recordings(port, lanes) for name, port in segment.ports.items()}
    free = {name: rules for name, rules in free.items() if rules}
    if len(free) < 2:
        return {}
    ends = sorted({step.end_ns for step in segment.steps})
    rooms = {name: _room(segment.ports[name], rules, ends, channels) for name, rules in free.items()}
    # Who has least room comes first, because the first is not shifted.
    names = sorted(free, key=rooms.__getitem__)
    turns = _turns(tuple(_grids(free[name]) for name in names))
    count = max(turns) + 1
    shifts = (
        min(turn * SLOT_NS, turn * rooms[name] // count) for name, turn in zip(names, turns, strict=True)
    )
    return dict(zip(names, shifts, strict=True))


def recordings(port: PortPlan, lanes: Sequence[LanePlan]) -> list[ReadingRule]:
    """The rules of a port that may be shifted."""
    return [
        rule
        for rule in port.readings
        if rule.periodic and rule.count and rule.period_ns and lanes[rule.channel].phase_ns is None
    ]


def _room(
    port: PortPlan, rules: Sequence[ReadingRule], ends: Sequence[int], channels: Sequence[Channel]
) -> int:
    """Upper bound of the shift of a port."""
    if any(_joins(one, rule, channels) for one in port.readings if not one.periodic for rule in rules):
        return 0
    return max(0, min(min(rule.tolerance_ns, _to_the_end(rule, ends)) for rule in rules) - 1)


def _joins(one: ReadingRule, rule: ReadingRule, channels: Sequence[Channel]) -> bool:
    """Whether a single reading and a tick are one exchange."""
    if channels[one.channel].role != channels[rule.channel].role or one.rank != rule.rank:
        return False
    number, rest = divmod(one.start_ns - rule.start_ns, rule.period_ns)
    return rest == 0 and 0 <= number < rule.count


def _to_the_end(rule: ReadingRule, ends: Sequence[int]) -> int:
    """From the last tick to the end of its step; what it records ends no sooner."""
    last_ns = rule.start_ns + (rule.count - 1) * rule.period_ns
    following = bisect_right(ends, last_ns)
    return ends[following] - last_ns if following < len(ends) else rule.period_ns


def _grids(rules: Sequence[ReadingRule]) -> frozenset[_Grid]:
    return frozenset((rule.start_ns % rule.period_ns, rule.period_ns) for rule in rules)


# The same ports take the same turns in every shot, and finding them takes longer than is to spare before one.
@lru_cache(maxsize=64)
def _turns(ports: tuple[frozenset[_Grid], ...]) -> tuple[int, ...]:
    """For every port the first turn that no earlier one has with which it shares ticks."""
    turns: list[int] = []
    for number, grids in enumerate(ports):
        taken = {turns[other] for other in range(number) if _share_ticks(grids, ports[other])}
        turns.append(next(turn for turn in range(number + 1) if turn not in taken))
    return tuple(turns)


def _share_ticks(some: frozenset[_Grid], others: frozenset[_Grid]) -> bool:
    """Whether two ports ever tick within a slot of each other."""
    return any(_meet(one, other) for one in some for other in others)


def _meet(one: _Grid, other: _Grid) -> bool:
    common = gcd(one[1], other[1])
    apart = (one[0] - other[0]) % common
    return min(apart, common - apart) < SLOT_NS
