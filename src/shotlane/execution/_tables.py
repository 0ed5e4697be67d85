"""The tables of one segment: what instruments that keep time themselves do in it, apart from all the rest.

Times of a table count from its trigger, which is at the origin of the segment, or before it where an edge is
to come early. What the computer times of the same segment is the segment without them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from shotlane.execution._due import NEVER_NS, Due, Kind
from shotlane.instruments import Edges, ProgramTable
from shotlane.model import Channel
from shotlane.plan import ActionTable, PortPlan, SegmentPlan, decode


@dataclass(frozen=True, slots=True)
class RoleTable:
    """What one instrument does. `start_ns`: when it is to be triggered, from the origin of the segment.

    `edges` in the order of time, and the `frames` of each channel in theirs, as things that are due; their
    targets count from the origin of the segment. `trigger`: the channel whose edges take the frames.
    """

    role: str
    port: str
    table: ProgramTable
    start_ns: int
    edges: tuple[Due, ...]
    frames: Mapping[int, tuple[Due, ...]]
    trigger: str | None


@dataclass(frozen=True, slots=True)
class SegmentTables:
    """The tables of a segment, and the rest of it."""

    rest: SegmentPlan
    roles: tuple[RoleTable, ...]

    def rising_ns(self, trigger: str, channels: Sequence[Channel], low: bool) -> list[int]:
        """When a channel rises; `low`: it begins low."""
        found = []
        for role in self.roles:
            for due in role.edges:
                if trigger in (channels[due.subject].name, channels[due.subject].target):
                    if due.value and low:
                        found.append(due.target_ns)
                    low = not due.value
        return found


def tables_of(segment: SegmentPlan, channels: Sequence[Channel], texts: tuple[str, ...]) -> SegmentTables:
    """A segment divided into what instruments time and what the computer does."""
    programmed = [index for index, channel in enumerate(channels) if channel.programmed]
    triggered = {index for index, channel in enumerate(channels) if channel.triggered}
    rest: dict[str, PortPlan] = {}
    edges: dict[str, list[Due]] = {}
    frames: dict[str, dict[int, list[Due]]] = {}
    for port, plan in segment.ports.items():
        mine = np.isin(plan.actions.channel, programmed)
        for due in _edges(plan.actions, np.flatnonzero(mine), channels, texts):
            edges.setdefault(channels[due.subject].role, []).append(due)
        for rule in plan.readings:
            if rule.channel in triggered:
                due = Due(rule.start_ns, rule.rank, rule.order, 0, Kind.READ, rule.channel, None, 0, NEVER_NS,
                          rule.tolerance_ns)  # fmt: skip
                frames.setdefault(channels[rule.channel].role, {}).setdefault(rule.channel, []).append(due)
        readings = tuple(rule for rule in plan.readings if rule.channel not in triggered)
        rest[port] = replace(plan, actions=_rows(plan.actions, ~mine), readings=readings)
    last_ns = max((due.target_ns for dues in edges.values() for due in dues), default=0)
    roles = tuple(
        _role_table(role, edges.get(role, []), frames.get(role, {}), channels, last_ns)
        for role in dict.fromkeys(channel.role for channel in channels)
        if role in edges or role in frames
    )
    return SegmentTables(replace(segment, ports=rest), roles)


def _rows(table: ActionTable, kept: "np.ndarray[tuple[int, ...], np.dtype[np.bool_]]") -> ActionTable:
    return ActionTable(
        table.target_ns[kept],
        table.rank[kept],
        table.order[kept],
        table.channel[kept],
        table.value[kept],
        table.periodic[kept],
    )


def _edges(
    table: ActionTable,
    rows: "np.ndarray[tuple[int, ...], np.dtype[np.intp]]",
    channels: Sequence[Channel],
    texts: tuple[str, ...],
) -> list[Due]:
    columns = (table.target_ns, table.rank, table.order, table.channel, table.value)
    return [
        Due(
            target, rank, order, 0, Kind.SET, channel, decode(channels[channel], value, texts), 0, NEVER_NS, 0
        )
        for target, rank, order, channel, value in zip(
            *(column[rows].tolist() for column in columns), strict=True
        )
    ]


def _role_table(
    role: str,
    edges: Sequence[Due],
    frames: Mapping[int, Sequence[Due]],
    channels: Sequence[Channel],
    last_ns: int,
) -> RoleTable:
    start_ns = min([0, *(due.target_ns for due in edges)])
    outputs: dict[str, Edges] = {}
    for index in dict.fromkeys(due.subject for due in edges):
        own = [due for due in edges if due.subject == index]
        times = np.array([due.target_ns - start_ns for due in own], dtype=np.int64)
        outputs[channels[index].attribute.name] = Edges(times, [due.value for due in own])
    own_channels = [channel for channel in channels if channel.role == role and channel.hardware is not None]
    timing = own_channels[0].hardware
    number = {channels[index].attribute.name: len(dues) for index, dues in frames.items()}
    in_order = {index: tuple(sorted(dues)) for index, dues in frames.items()}
    return RoleTable(
        role,
        own_channels[0].port,
        ProgramTable(max(last_ns - start_ns, 0), outputs, number),
        start_ns,
        tuple(edges),
        in_order,
        None if timing is None else timing.trigger,
    )
