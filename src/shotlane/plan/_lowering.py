"""From cells to arrays: the candidates of a lane at a stretch of points."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from shotlane.model import Keep
from shotlane.plan._blocks import ENDS, Block, Mask, changed, first_behind, joined, make_block
from shotlane.plan._exact import Floats, Integers, to_ns
from shotlane.plan._moves import Curve, Frame, Move, Ramp, Track
from shotlane.plan._scope import Rows
from shotlane.plan._set_lane import SetCell, SetLane
from shotlane.plan._term import Term


@dataclass(frozen=True, slots=True)
class Lowered:
    """A lane at a stretch of points. `initial`: what set-up writes, None for nothing."""

    block: Block
    keep: Mask
    initial: Floats | None

    @property
    def rows(self) -> int:
        """How many rows of values it has."""
        return len(self.block.values)

    def fill(self, out: Floats) -> Mask:
        """Write the values; which candidates are sent."""
        out[:] = self.block.values
        return self.keep


def lower(lane: SetLane, rows: Rows, bounds: Sequence[Integers]) -> Lowered:
    """Candidates of a sound lane and which of them are sent."""
    frames = lane_frames(lane, rows, bounds)
    initial = initial_values(lane, rows, frames)
    blocks = [block for position in range(len(frames)) for block in cell_blocks(lane, frames, position)]
    block = joined(blocks)
    keep = changed(block, initial)
    if lane.cut_short:
        keep = keep | first_behind(block, lane.cut_short)
    return Lowered(block, keep, initial)


def cell_blocks(lane: SetLane, frames: Sequence[Frame], position: int) -> list[Block]:
    """Candidates of one cell: from its start on, and at its end where that is sent."""
    frame, move = frames[position], lane.cells[position].move
    body = _body(lane.cells[position], frame)
    if (isinstance(move, Ramp | Curve) and move.changing) or isinstance(move, Track):
        return [body, *_end(move, frame, frames[position + 1 :])]
    return [body]


def _body(cell: SetCell, frame: Frame) -> Block:
    """Candidates of a cell, computed once when nothing about it differs between points."""
    move = cell.move
    single = len(frame.rows) == 1 and frame.rows.scope.count > 1  # says nothing about the other points
    times = (frame.start, frame.end, frame.every)
    if single or isinstance(move, Ramp) or move.varies or any(len(column) > 1 for column in times):
        return move.body(frame)
    if "body" not in cell.cache:
        cell.cache["body"] = move.body(frame)
    return cell.cache["body"]


def every_ns(lane: SetLane, rows: Rows) -> Integers:
    """Interval of changing values; columns, at least 1 ns."""
    if isinstance(lane.every, Term):
        return np.maximum(to_ns(lane.every.column(rows)), 1)
    return np.full((1, 1), lane.every or 1, dtype=np.int64)


def lane_frames(lane: SetLane, rows: Rows, bounds: Sequence[Integers]) -> list[Frame]:
    """The cells with their times and the values beside them."""
    every = every_ns(lane, rows)
    margin = lane.channel.attribute.update_ns or 0
    frames = [
        Frame(rows, position, bounds[cell.cell.first], bounds[cell.cell.last + 1], every, margin)
        for position, cell in enumerate(lane.cells)
    ]
    before: Floats | None = None
    if lane.initial is not None and not isinstance(lane.initial, Keep):
        before = lane.initial.column(rows)
    for position, cell in enumerate(lane.cells):
        frame = frames[position]
        if cell.move.needs_before:
            frame = replace(frame, before=before)
        if isinstance(cell.move, Ramp) and cell.move.end is None:
            following = lane.cells[position + 1].move
            frame = replace(frame, after=following.opening(frames[position + 1]))
        frames[position] = frame
        before = cell.move.closing(frame)
    return frames


def _end(move: Move, frame: Frame, later: Sequence[Frame]) -> list[Block]:
    """The last value of a cell, sent where no cell begins at its end; nothing where one always does."""
    alone = frame.length > 0
    for other in later:
        begins = other.length > 0
        alone = alone & ~((other.start == frame.end) & begins)
        if begins.all():
            break
    return [make_block(frame.end, move.closing(frame), alone, frame.cell, rank=ENDS)] if alone.any() else []


def initial_values(lane: SetLane, rows: Rows, frames: Sequence[Frame]) -> Floats | None:
    """What set-up writes: the stated value, else that of the first cell that takes time at t = 0."""
    if isinstance(lane.initial, Keep):
        return None
    if lane.initial is not None:
        return lane.initial.column(rows)
    value = lane.cells[0].move.opening(frames[0])
    open_still = frames[0].length == 0
    for cell, frame in zip(lane.cells[1:], frames[1:], strict=True):
        if not open_still.any():
            break
        if _at_origin(cell, lane):
            begins = open_still & (frame.start == 0) & (frame.length > 0)
            value = np.where(begins, cell.move.opening(frame), value)
            open_still = open_still & ~begins
    return value


def _at_origin(cell: SetCell, lane: SetLane) -> bool:
    return not cell.move.needs_before and cell.cell.first > 0 and lane.cells[0].cell.first == 0
