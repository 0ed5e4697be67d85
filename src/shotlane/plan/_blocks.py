"""Candidates for commands of one lane, as arrays over a stretch of points.

Rows are points of the sweep, or a single row when nothing differs between them; columns are candidates in
the order of time. What is really sent is what is `valid` at a point and differs from what was sent before.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shotlane.plan._exact import Floats, Integers

Mask = NDArray[np.bool_]

BEGINS = 1
ENDS = 0
# What a channel holds when that is not known: it differs from everything.
NO_VALUE = np.full((1, 1), np.nan)


@dataclass(frozen=True, slots=True)
class Block:
    """`targets`, `values`, `valid` have shape (n, m) or (1, m) each; the rest has shape (m,).

    `rank` and `periodic` as in an action table; `cell` is the index of the cell that each comes from.
    """

    targets: Integers
    values: Floats
    valid: Mask
    rank: NDArray[np.int8]
    periodic: Mask
    cell: NDArray[np.int32]

    @property
    def width(self) -> int:
        """Number of candidates."""
        return len(self.rank)


def make_block(
    targets: Any, values: Any, valid: Any, cell: int, *, rank: int = BEGINS, periodic: bool = False
) -> Block:
    """A block of one cell; arrays of two dimensions that broadcast against each other."""
    width = max(np.shape(targets)[1], np.shape(values)[1], np.shape(valid)[1])
    return Block(
        _wide(np.asarray(targets, dtype=np.int64), width),
        _wide(np.asarray(values, dtype=np.float64), width),
        _wide(np.asarray(valid, dtype=np.bool_), width),
        *_marks(width, rank, periodic, cell),
    )


@lru_cache(maxsize=4096)
def _marks(
    width: int, rank: int, periodic: bool, cell: int
) -> tuple[NDArray[np.int8], Mask, NDArray[np.int32]]:
    """Columns that hold one value each; they are shared, so they cannot be written to."""
    marks = (
        np.full(width, rank, np.int8),
        np.full(width, periodic, np.bool_),
        np.full(width, cell, np.int32),
    )
    for mark in marks:
        mark.setflags(write=False)
    return marks


def _wide(array: NDArray[Any], width: int) -> NDArray[Any]:
    return array if array.shape[1] == width else np.broadcast_to(array, (array.shape[0], width))


def joined(blocks: Sequence[Block]) -> Block:
    """One block after the other."""
    if not blocks:
        return make_block(np.zeros((1, 0)), np.zeros((1, 0)), np.zeros((1, 0)), 0)
    return Block(
        _side_by_side([block.targets for block in blocks]),
        _side_by_side([block.values for block in blocks]),
        _side_by_side([block.valid for block in blocks]),
        np.concatenate([block.rank for block in blocks]),
        np.concatenate([block.periodic for block in blocks]),
        np.concatenate([block.cell for block in blocks]),
    )


def _side_by_side(arrays: list[NDArray[Any]]) -> NDArray[Any]:
    rows = max(array.shape[0] for array in arrays)
    whole = np.empty((rows, sum(array.shape[1] for array in arrays)), dtype=arrays[0].dtype)
    at = 0
    for array in arrays:
        whole[:, at : at + array.shape[1]] = array
        at += array.shape[1]
    return whole


def changed(block: Block, initial: Floats | None) -> Mask:
    """Which candidates are sent: valid ones whose value differs from the last one sent.

    Values are rounded to what the channel can tell apart, so what differs at all differs by a resolution
    step. `initial` None: what the channel holds is not known, so the first one is sent.
    """
    values, valid = block.values, block.valid
    if block.width == 0:
        return np.zeros((1, 0), dtype=np.bool_)
    start = NO_VALUE if initial is None else initial
    if valid.all():
        return differing(values, start)
    rows = max(values.shape[0], valid.shape[0], start.shape[0])
    values = np.broadcast_to(values, (rows, block.width))
    valid = np.broadcast_to(valid, (rows, block.width))
    last = np.maximum.accumulate(np.where(valid, np.arange(block.width), -1), axis=1)
    last = np.concatenate([np.full((rows, 1), -1), last[:, :-1]], axis=1)
    previous = np.where(last < 0, start, np.take_along_axis(values, np.maximum(last, 0), axis=1))
    return np.asarray(valid & (values != previous))


def differing(values: Floats, start: Floats) -> Mask:
    """Which values differ from the one before; before the first comes `start`."""
    keep = np.empty((max(len(values), len(start)), values.shape[1]), dtype=np.bool_)
    np.not_equal(values[:, 1:], values[:, :-1], out=keep[:, 1:])
    np.not_equal(values[:, :1], start, out=keep[:, :1])
    return keep


def first_behind(block: Block, cells: Sequence[int]) -> Mask:
    """Of each of these cells, the first candidate behind it: sent whatever it is."""
    found = np.zeros(block.valid.shape, dtype=np.bool_)
    for cell in cells:
        behind = block.valid & (block.cell > cell)
        found |= behind & (np.cumsum(behind, axis=1) == 1)
    return found
