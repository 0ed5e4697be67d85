"""Lanes whose times are the same at all points: everything but their values is decided once.

A stretch of points then costs one evaluation per cell that differs between points, and nothing for the rest.
The result is that of `lower`, which knows all lanes.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shotlane.model import Keep
from shotlane.plan._blocks import NO_VALUE, Block, Mask, differing, first_behind, joined
from shotlane.plan._exact import Floats, Integers
from shotlane.plan._lowering import cell_blocks, every_ns, initial_values, lane_frames
from shotlane.plan._moves import Frame, Hold, Pulse, Ramp, Track
from shotlane.plan._scope import Rows
from shotlane.plan._set_lane import SetLane


@dataclass(frozen=True, slots=True)
class _Piece:
    """A cell that differs between points: its columns of the lane, the one of its end apart.

    `chosen`: which of its candidates are ever sent, None for all.
    """

    position: int
    first: int
    stop: int
    chosen: NDArray[np.intp] | None
    end: int | None


@dataclass(frozen=True, slots=True)
class Skeleton:
    """A lane without its values: `block` has one row, and holds those of the first point."""

    lane: SetLane
    frames: tuple[Frame, ...]
    block: Block
    pieces: tuple[_Piece, ...]

    def at(self, rows: Rows) -> "Filled":
        """The lane at a stretch of points."""
        return Filled(self, rows, self._initial(rows))

    def fill(self, rows: Rows, out: Floats) -> None:
        """Write the values of a stretch of points."""
        out[:] = self.block.values
        for piece in self.pieces:
            move = self.lane.cells[piece.position].move
            if isinstance(move, Hold):
                out[:, piece.first : piece.stop] = move.level.column(rows)
                continue
            frame = self._frame(piece.position, rows)
            values = move.values(frame)
            out[:, piece.first : piece.stop] = values if piece.chosen is None else values[:, piece.chosen]
            if piece.end is not None:
                out[:, piece.end] = move.closing(frame)[:, 0]

    def _initial(self, rows: Rows) -> Floats | None:
        """What set-up writes."""
        initial = self.lane.initial
        if initial is not None:
            return None if isinstance(initial, Keep) else initial.column(rows)
        if self.frames[0].length > 0:
            return self.lane.cells[0].move.opening(self.frames[0].at(rows))
        return initial_values(self.lane, rows, [frame.at(rows) for frame in self.frames])

    def _frame(self, position: int, rows: Rows) -> Frame:
        """The cell at these points, with the values beside it."""
        cells, move = self.lane.cells, self.lane.cells[position].move
        before = after = None
        if move.needs_before and position:
            before = cells[position - 1].move.closing(self.frames[position - 1].at(rows))
        elif move.needs_before and self.lane.initial is not None and not isinstance(self.lane.initial, Keep):
            before = self.lane.initial.column(rows)
        if isinstance(move, Ramp) and move.end is None:
            after = cells[position + 1].move.opening(self.frames[position + 1].at(rows))
        return self.frames[position].at(rows, before, after)


@dataclass(frozen=True, slots=True)
class Filled:
    """A lane of fixed times at a stretch of points. `initial`: what set-up writes, None for nothing."""

    skeleton: Skeleton
    points: Rows
    initial: Floats | None

    @property
    def block(self) -> Block:
        """Its candidates, with the values of the first point."""
        return self.skeleton.block

    @property
    def rows(self) -> int:
        """How many rows of values it has."""
        return len(self.points) if self.skeleton.pieces else 1

    def fill(self, out: Floats) -> Mask:
        """Write the values; which candidates are sent."""
        if self.skeleton.pieces:
            self.skeleton.fill(self.points, out)
        else:
            out[:] = self.block.values
            out = self.block.values
        keep = differing(out, NO_VALUE if self.initial is None else self.initial)
        lane = self.skeleton.lane
        return keep | first_behind(self.block, lane.cut_short) if lane.cut_short else keep


def skeleton(lane: SetLane, rows: Rows, bounds: Sequence[Integers]) -> Skeleton | None:
    """The skeleton of a lane; None when its times differ between points. `rows`: the first point alone."""
    if not lane.cells or not _is_fixed(lane, bounds) or len(every_ns(lane, rows)) > 1:
        return None
    frames = lane_frames(lane, rows, bounds)
    differing = _differing(lane)
    blocks: list[Block] = []
    pieces = []
    at = 0
    for position in range(len(frames)):
        parts = [_sound(block) for block in cell_blocks(lane, frames, position)]
        blocks += [part for part, _ in parts]
        width, chosen = parts[0][0].width, parts[0][1]
        end = at + width if len(parts) > 1 and parts[1][0].width else None
        if differing[position] and (width or end is not None):
            pieces.append(_Piece(position, at, at + width, chosen, end))
        at += sum(part.width for part, _ in parts)
    return Skeleton(lane, tuple(frames), joined(blocks), tuple(pieces))


def _is_fixed(lane: SetLane, bounds: Sequence[Integers]) -> bool:
    edges = [bound for cell in lane.cells for bound in (bounds[cell.cell.first], bounds[cell.cell.last + 1])]
    pulses = any(isinstance(cell.move, Pulse) and cell.move.varies for cell in lane.cells)
    tracks = any(
        place.varies for cell in lane.cells if isinstance(cell.move, Track) for place in cell.move.places
    )
    steady = isinstance(lane.every, int) or lane.every is None or not lane.every.varies
    return steady and not pulses and not tracks and all(len(edge) == 1 for edge in edges)


def _differing(lane: SetLane) -> list[bool]:
    """Which cells differ between points, by themselves or by what they take over from a neighbour."""
    own = [cell.move.varies for cell in lane.cells]
    start = lane.initial
    first = start is not None and not isinstance(start, Keep) and start.varies
    before = [first, *own[:-1]]
    after = [*own[1:], False]
    return [
        varies or (cell.move.needs_before and before[at]) or (isinstance(cell.move, Ramp) and after[at])
        for at, (cell, varies) in enumerate(zip(lane.cells, own, strict=True))
    ]


def _sound(block: Block) -> tuple[Block, NDArray[np.intp] | None]:
    """A block without the candidates that are sent at no point, and which are left."""
    if block.valid.all():
        return block, None
    chosen = np.flatnonzero(block.valid[0])
    left = Block(
        block.targets.take(chosen, axis=1),
        block.values.take(chosen, axis=1),
        block.valid.take(chosen, axis=1),
        block.rank[chosen],
        block.periodic[chosen],
        block.cell[chosen],
    )
    return left, chosen
