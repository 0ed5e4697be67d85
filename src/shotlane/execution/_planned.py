"""How much a segment plans, counted without making anything of it."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    # Of runs alone: who makes a session safe has no plan.
    from shotlane.plan import ActionTable, ReadingRule, SegmentPlan


@dataclass(frozen=True, slots=True)
class Planned:
    """Numbers of readings and sets by channel, of calls by role; also those of which there are none."""

    readings: Counter[int] = field(default_factory=Counter)
    sets: Counter[int] = field(default_factory=Counter)
    calls: Counter[str] = field(default_factory=Counter)


def planned_of(
    segment: "SegmentPlan", end_ns: int | None = None, phases: Mapping[int, int] = MappingProxyType({})
) -> Planned:
    """What a segment plans, as far as its targets lie before `end_ns` from its beginning.

    `phases`: by how much the recordings of a channel are shifted.
    """
    planned = Planned(planned_readings(segment, end_ns, phases))
    for port in segment.ports.values():
        for channel, number in _sets(port.actions, end_ns):
            planned.sets[channel] += number
        for call in port.calls:
            planned.calls[call.role] += end_ns is None or call.target_ns < end_ns
    return planned


def planned_readings(
    segment: "SegmentPlan", end_ns: int | None = None, phases: Mapping[int, int] = MappingProxyType({})
) -> Counter[int]:
    """How many readings a segment plans, by channel."""
    planned: Counter[int] = Counter()
    for port in segment.ports.values():
        for rule in port.readings:
            late_ns = phases.get(rule.channel, 0) if rule.periodic else 0
            planned[rule.channel] += _ticks(rule, None if end_ns is None else end_ns - late_ns)
    return planned


def _ticks(rule: "ReadingRule", end_ns: int | None) -> int:
    if end_ns is None:
        return rule.count
    if rule.start_ns >= end_ns:
        return 0
    if not rule.period_ns:
        return rule.count
    # Rounded up: a target at the end itself lies behind it.
    return min(-((rule.start_ns - end_ns) // rule.period_ns), rule.count)


def _sets(table: "ActionTable", end_ns: int | None) -> list[tuple[int, int]]:
    if not len(table):
        return []
    everywhere = np.bincount(table.channel).tolist()
    numbers = everywhere
    if end_ns is not None:
        before = int(np.searchsorted(table.target_ns, end_ns, side="left"))
        numbers = np.bincount(table.channel[:before], minlength=len(everywhere)).tolist()
    return [(channel, numbers[channel]) for channel, number in enumerate(everywhere) if number]
