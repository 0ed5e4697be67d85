"""Action tables of a stretch of points.

Rows whose commands are the same ones in the same order form a group: they share every column that does not
differ between points, and their values stand in one matrix, of which a shot's table is a view. In a stretch
without swept times there is one group per set of commands that is sent.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shotlane.plan._blocks import Mask
from shotlane.plan._digest import column, digest
from shotlane.plan._exact import Floats, Integers
from shotlane.plan._lowering import Lowered
from shotlane.plan._plan import ActionTable
from shotlane.plan._set_lane import SetLane

Positions = NDArray[np.intp]
Ports = Mapping[str, frozenset[int]]


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
class PortTable:
    """What a group sends on one port: `targets` and `values` have a row per shot, or one."""

    targets: Integers
    values: Floats
    rank: NDArray[np.int8]
    order: NDArray[np.int32]
    channel: NDArray[np.int32]
    periodic: Mask

    def row(self, at: int) -> ActionTable:
        """The table of one shot."""
        return ActionTable(
            row_of(self.targets, at),
            self.rank,
            self.order,
            self.channel,
            row_of(self.values, at),
            self.periodic,
        )


@dataclass(frozen=True, slots=True)
class Group:
    """Shots that send the same commands in the same order.

    `targets` and `values` lane after lane, for the digest; `marks`: digest of the other columns, and
    `moments` that of the targets, None where these differ.
    """

    targets: Integers
    values: Floats
    ports: Mapping[str, PortTable]
    marks: bytes
    moments: bytes | None

    def moments_of(self, at: int) -> bytes:
        """Digest of the targets of one shot."""
        return self.moments if self.moments is not None else _moments(row_of(self.targets, at))


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


def candidates(lanes: Sequence[SetLane], lowered: Sequence[Lowered]) -> Candidates:
    """All lanes side by side."""
    blocks = [item.block for item in lowered]
    orders = [
        np.array([cell.order for cell in lane.cells] or [0], dtype=np.int32)[block.cell]
        for lane, block in zip(lanes, blocks, strict=True)
    ]
    channels = [np.full(block.width, lane.index) for lane, block in zip(lanes, blocks, strict=True)]
    return Candidates(
        beside([block.targets for block in blocks], np.int64),
        beside([block.values for block in blocks], np.float64),
        beside([item.keep for item in lowered], np.bool_),
        _after([block.rank for block in blocks], np.int8),
        _after(orders, np.int32),
        _after(channels, np.int32),
        _after([block.periodic for block in blocks], np.bool_),
    )


def _after(arrays: Sequence[NDArray[Any]], kind: Any) -> NDArray[Any]:
    return np.concatenate([np.empty(0, dtype=kind), *arrays]).astype(kind)


class Tables:
    """The groups of a stretch, and where each of its rows stands in them."""

    def __init__(self, whole: Candidates, count: int, ports: Ports) -> None:
        self._where: list[tuple[Group, int]] = []
        where: dict[int, tuple[Group, int]] = {}
        for rows in _alike(whole.keep, count):
            for members, group in _groups(whole, rows, ports):
                where |= {row: (group, at) for at, row in enumerate(members.tolist())}
        self._where = [where[row] for row in range(count)]

    def at(self, row: int) -> tuple[Group, int]:
        """The group of a row, and its row there."""
        return self._where[row]


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
    targets = _taken(whole.targets, rows, sent)
    values = _taken(whole.values, rows, sent)
    rank, order = whole.rank[sent], whole.order[sent]
    channel, periodic = whole.channel[sent], whole.periodic[sent]
    marks = digest(
        column(rank, "i1"), column(order, "i4"), column(channel, "i4"), column(periodic, "i1")
    ).encode()
    mine = {port: np.flatnonzero(np.isin(channel, list(indices))) for port, indices in ports.items()}
    sorted_ = {port: _sorted(at, targets[0], rank, order) for port, at in mine.items()}
    fits = np.broadcast_to(_keep_order(targets, sorted_, rank, order), rows.shape)
    found = []
    for members in [np.flatnonzero(fits), *np.flatnonzero(~fits)[:, np.newaxis]]:
        times = targets if len(targets) == 1 else targets[members]
        numbers = values if len(values) == 1 else values[members]
        if not fits[members[0]]:
            sorted_ = {port: _sorted(at, times[0], rank, order) for port, at in mine.items()}
        tables = {
            port: PortTable(
                times.take(at, axis=1),
                numbers.take(at, axis=1),
                rank[at],
                order[at],
                channel[at],
                periodic[at],
            )
            for port, at in sorted_.items()
        }
        moments = _moments(times[0]) if len(times) == 1 else None
        found.append((rows[members], Group(times, numbers, tables, marks, moments)))
    return found


def _taken(array: NDArray[Any], rows: Positions, columns: Positions) -> NDArray[Any]:
    """Chosen columns of chosen rows, or of the one row for all."""
    chosen = array if len(array) in (1, len(rows)) else array[rows]
    return chosen.take(columns, axis=1)


def _sorted(at: Positions, targets: Integers, rank: NDArray[np.int8], order: NDArray[np.int32]) -> Positions:
    return at[np.lexsort((order[at], rank[at], targets[at]))]


def _keep_order(
    targets: Integers, sorted_: Mapping[str, Positions], rank: NDArray[np.int8], order: NDArray[np.int32]
) -> Mask:
    """Which rows of targets have the order in time that the first one has."""
    fits = np.ones(len(targets), dtype=np.bool_)
    for at in sorted_.values():
        gap = np.diff(targets.take(at, axis=1), axis=1)
        level = (rank[at].astype(np.int64) << 32) + order[at]
        fits &= ((gap > 0) | ((gap == 0) & (np.diff(level) >= 0))).all(axis=1)
    return fits


def _moments(targets: Integers) -> bytes:
    return digest(column(targets, "i8")).encode()
