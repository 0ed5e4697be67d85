"""Action tables of a stretch of points.

Rows whose commands are the same ones in the same order form a group: they share every column that does not
differ between points, and their values stand in one matrix, of which a shot's table is a view. In a stretch
without swept times there is one group per set of commands that is sent.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from shotlane.plan._blocks import Block, Mask
from shotlane.plan._exact import Floats, Integers
from shotlane.plan._plan import ActionTable
from shotlane.plan._segment_digest import marks_bytes, moments_bytes
from shotlane.plan._set_lane import SetLane

Positions = NDArray[np.intp]
Ports = Mapping[str, frozenset[int]]


class Laid(Protocol):
    """A lane at a stretch of points. `rows`: 1 where its values are the same at all."""

    @property
    def block(self) -> Block:
        """Its candidates; their values may be those of one point."""

    @property
    def rows(self) -> int:
        """How many rows of values it has."""

    @property
    def initial(self) -> Floats | None:
        """What set-up writes; None for nothing."""

    def fill(self, out: Floats) -> Mask:
        """Write the values; which candidates are sent."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """Candidates of all lanes side by side, lane after lane. Two-dimensional ones have one row or n."""

    targets: Integers
    values: Floats
    keep: Mask
    rank: NDArray[np.int8]
    order: NDArray[np.int32]
    channel: NDArray[np.int32]
    periodic: Mask


@dataclass(frozen=True, slots=True)
class PortLayout:
    """What a group sends on one port but its times and values. `at`: its positions among what is sent."""

    at: Positions
    rank: NDArray[np.int8]
    order: NDArray[np.int32]
    channel: NDArray[np.int32]
    periodic: Mask
    targets: Integers | None  # where they are the same for the whole group

    def table(self, targets: Integers, values: Floats) -> ActionTable:
        """The table of one shot."""
        times = self.targets if self.targets is not None else targets.take(self.at)
        return ActionTable(times, self.rank, self.order, self.channel, values.take(self.at), self.periodic)


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Shots that send the same commands in the same order. `sent`: which candidates these are.

    `marks`: digest of rank, order, channel and periodic; `moments`: that of the targets, None where they
    differ. `heads`: the beginnings of the digests of segments.
    """

    sent: Positions
    ports: Mapping[str, PortLayout]
    marks: bytes
    moments: bytes | None
    heads: dict[str, Any] = field(default_factory=dict)


class Sent(NamedTuple):
    """What one shot sends, lane after lane."""

    group: Group
    targets: Integers
    values: Floats

    def tables(self) -> dict[str, ActionTable]:
        """By port, in order of time."""
        ports = self.group.ports.items()
        return {port: layout.table(self.targets, self.values) for port, layout in ports}

    def moments(self) -> bytes:
        """Digest of the targets."""
        known = self.group.moments
        return known if known is not None else moments_bytes(self.targets)


def row_of(array: NDArray[Any], at: int) -> NDArray[Any]:
    """A row of a two-dimensional array that may have a single one for all."""
    return array[at if len(array) > 1 else 0]  # type: ignore[no-any-return]


def beside(arrays: Sequence[NDArray[Any]], kind: Any) -> NDArray[Any]:
    """Arrays of one row or n side by side."""
    rows = max((len(array) for array in arrays), default=1)
    whole = np.empty((rows, sum(array.shape[1] for array in arrays)), dtype=kind)
    at = 0
    for array in arrays:
        whole[:, at : at + array.shape[1]] = array
        at += array.shape[1]
    return whole


def candidates(lanes: Sequence[SetLane], laid: Sequence[Laid]) -> Candidates:
    """All lanes side by side."""
    blocks = [item.block for item in laid]
    orders = [
        np.array([cell.order for cell in lane.cells] or [0], dtype=np.int32)[block.cell]
        for lane, block in zip(lanes, blocks, strict=True)
    ]
    channels = [np.full(block.width, lane.index) for lane, block in zip(lanes, blocks, strict=True)]
    values = np.empty((max((item.rows for item in laid), default=1), sum(block.width for block in blocks)))
    keep = []
    at = 0
    for item in laid:
        own = values[:, at : at + item.block.width]
        keep.append(item.fill(own))
        at += item.block.width
    return Candidates(
        # What is sent early goes early as a whole, also before the origin: execution leaves the time for it.
        beside(
            [block.targets - lane.channel.lead_ns for lane, block in zip(lanes, blocks, strict=True)],
            np.int64,
        ),
        values,
        beside(keep, np.bool_),
        _after([block.rank for block in blocks], np.int8),
        _after(orders, np.int32),
        _after(channels, np.int32),
        _after([block.periodic for block in blocks], np.bool_),
    )


def _after(arrays: Sequence[NDArray[Any]], kind: Any) -> NDArray[Any]:
    return np.concatenate([np.empty(0, dtype=kind), *arrays]).astype(kind)


class Tables:
    """The groups of a stretch, and which one each of its rows belongs to."""

    def __init__(self, whole: Candidates, count: int, ports: Ports) -> None:
        self._whole = whole
        groups: dict[int, Group] = {}
        for rows in _alike(whole.keep, count):
            for members, group in _groups(whole, rows, ports):
                groups |= dict.fromkeys(members.tolist(), group)
        self._groups = [groups[row] for row in range(count)]

    def at(self, row: int) -> Sent:
        """What a row sends."""
        group = self._groups[row]
        targets, values = row_of(self._whole.targets, row), row_of(self._whole.values, row)
        if group.moments is None:
            targets = targets.take(group.sent)
        return Sent(group, targets, values.take(group.sent))


def _alike(keep: Mask, count: int) -> list[Positions]:
    """Rows by the commands that are sent."""
    every = np.arange(count)
    if len(keep) == 1 or count == 1:
        return [every]
    differing = np.flatnonzero((keep != keep[0]).any(axis=0))
    if not len(differing):
        return [every]
    packed = np.packbits(keep[:, differing], axis=1)
    _, number = np.unique(packed, axis=0, return_inverse=True)
    number = number.reshape(-1)
    ordered = np.argsort(number, kind="stable")
    return np.split(ordered, np.flatnonzero(np.diff(number[ordered])) + 1)


def _groups(whole: Candidates, rows: Positions, ports: Ports) -> list[tuple[Positions, Group]]:
    """Rows that send the same commands, by the order in which they send them."""
    sent = np.flatnonzero(row_of(whole.keep, int(rows[0])))
    targets = whole.targets if len(whole.targets) == 1 else whole.targets[rows]
    targets = targets.take(sent, axis=1)
    rank, order = whole.rank[sent], whole.order[sent]
    channel, periodic = whole.channel[sent], whole.periodic[sent]
    marks = marks_bytes(rank, order, channel, periodic)
    mine = {port: np.flatnonzero(np.isin(channel, list(indices))) for port, indices in ports.items()}
    in_time = {port: _sorted(at, targets[0], rank, order) for port, at in mine.items()}
    fits = np.broadcast_to(_keep_order(targets, in_time, rank, order), rows.shape)
    found = []
    for members in [np.flatnonzero(fits), *np.flatnonzero(~fits)[:, np.newaxis]]:
        times = targets[0] if len(targets) == 1 else None
        if not fits[members[0]]:
            in_time = {port: _sorted(at, targets[members[0]], rank, order) for port, at in mine.items()}
        layouts = {
            port: PortLayout(
                at, rank[at], order[at], channel[at], periodic[at], None if times is None else times[at]
            )
            for port, at in in_time.items()
        }
        group = Group(sent, layouts, marks, None if times is None else moments_bytes(times))
        found.append((rows[members], group))
    return found


def _sorted(at: Positions, targets: Integers, rank: NDArray[np.int8], order: NDArray[np.int32]) -> Positions:
    return at[np.lexsort((order[at], rank[at], targets[at]))]


def _keep_order(
    targets: Integers, in_time: Mapping[str, Positions], rank: NDArray[np.int8], order: NDArray[np.int32]
) -> Mask:
    """Which rows of targets have the order in time that the first one has."""
    fits = np.ones(len(targets), dtype=np.bool_)
    for at in in_time.values():
        gap = np.diff(targets.take(at, axis=1), axis=1)
        level = (rank[at].astype(np.int64) << 32) + order[at]
        fits &= ((gap > 0) | ((gap == 0) & (np.diff(level) >= 0))).all(axis=1)
    return fits
