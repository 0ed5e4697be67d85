"""A lane that sets: its cells with what they do, checked as far as no number is needed."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from shotlane.diagnostics import Note, Span
from shotlane.document import Path
from shotlane.model import KEEP, Channel, ChannelTable, Keep, Lane
from shotlane.plan._blocks import Block
from shotlane.plan._cells import Cell, split_cells
from shotlane.plan._constants import TIME
from shotlane.plan._findings import shown
from shotlane.plan._levels import CodeLevel, Level, Texts, encode, make_level
from shotlane.plan._make_move import make_move
from shotlane.plan._moves import Move, Ramp
from shotlane.plan._openings import check_move, is_cut_short
from shotlane.plan._term import Compiler, Term, expect
from shotlane.plan._timeline import Timeline


@dataclass(frozen=True, slots=True)
class SetCell:
    """A cell and what it does; `order`: its position in the document; `key`: where its key stands.

    `cache` keeps what is the same at all points.
    """

    cell: Cell
    move: Move
    order: int
    key: Span
    cache: dict[str, Block] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True)
class SetLane:
    """Cells in the order of time.

    `initial`: what set-up writes; KEEP writes nothing; None means the value at t = 0. `stated`: the author
    wrote it. `every`: interval of changing values, None where nothing changes. `sound`: nothing is missing,
    so that what happens between cells can be checked as well. `cut_short`: cells of which nobody knows what
    they sent last, so that what comes next is always sent.
    """

    index: int
    channel: Channel
    cells: tuple[SetCell, ...]
    every: Term | int | None
    initial: Level | Keep | None
    sound: bool
    cut_short: tuple[int, ...] = ()

    @property
    def varies(self) -> bool:
        """Whether a value differs between points; times may besides."""
        initial = isinstance(self.initial, Keep) or self.initial is None or not self.initial.varies
        every = not isinstance(self.every, Term) or not self.every.varies
        return not (initial and every and all(not cell.move.varies for cell in self.cells))


def build_set_lane(
    compiler: Compiler,
    timeline: Timeline,
    texts: Texts,
    order: Mapping[Path, int],
    index: int,
    channel: Channel,
    lane: Lane,
    table: ChannelTable,
) -> SetLane:
    """The lane as written, with what is faulty left out."""
    path: Path = ("lanes", channel.name)
    parts = split_cells(compiler, timeline, (*path, "set"), lane.set)
    sound = parts.complete
    cells = []
    moves: dict[Path, Move | None] = {}
    for cell in parts.cells:
        # `otherwise` may stand for several cells; it is read once.
        if cell.path not in moves:
            moves[cell.path] = make_move(compiler, channel, texts, cell)
        move = moves[cell.path]
        if move is None or not check_move(compiler, timeline, cell, move):
            sound = False
        else:
            key = compiler.document.key_span(cell.path)
            cells.append(SetCell(cell, move, order.get(cell.path, 0), key))
    initial, known = _initial(compiler, channel, texts, path, lane.initial)
    every, paced = _every(compiler, channel, path, lane.every)
    short = tuple(at for at, item in enumerate(cells) if is_cut_short(timeline, item.cell, item.move))
    result = SetLane(index, channel, tuple(cells), every, initial, sound and known and paced, short)
    behind = table.safe_behind(channel)
    return _with_neighbours(
        compiler, result, texts, path, behind, stated=lane.initial is not None, known=known, paced=paced
    )


def _initial(
    compiler: Compiler, channel: Channel, texts: Texts, path: Path, raw: Any
) -> tuple[Level | Keep | None, bool]:
    """What the author wrote for `initial`, and whether that could be read."""
    place = (*path, "initial")
    if raw is None:
        return None, not compiler.document.has_dropped(place)
    if raw == "keep":
        return KEEP, True
    level = make_level(compiler, channel, texts, compiler.written(place, raw))
    return level, level is not None


def _every(compiler: Compiler, channel: Channel, path: Path, raw: Any) -> tuple[Term | int | None, bool]:
    """How often changing values are sent, and whether that could be read."""
    place = (*path, "every")
    if raw is None:
        return channel.attribute.update_ns, not compiler.document.has_dropped(place)
    term = compiler.term(compiler.written(place, raw))
    if term is None or not expect(compiler, term, TIME) or not term.sound:
        return None, False
    return term, True


def _with_neighbours(
    compiler: Compiler,
    lane: SetLane,
    texts: Texts,
    path: Path,
    behind: Channel | None,
    *,
    stated: bool,
    known: bool,
    paced: bool,
) -> SetLane:
    """Check what a lane needs beside its cells: values beside ramps, a pace, a value to start from.

    `behind`: the channel whose safe value an alias has no value for.
    """
    sound = lane.sound
    if paced and lane.every is None:
        sound = _has_pace(compiler, lane) and sound
    initial = lane.initial
    if known and not stated and lane.sound and not _opens(lane):
        initial = _safe_level(compiler, lane.channel, texts)
    lane = replace(lane, initial=initial)
    told = False
    if lane.sound:
        told = not _ramps_have_values(compiler, lane, stated=stated)
        sound = sound and not told
    if sound and not told and initial is None and not _opens(lane) and not stated:
        channel = lane.channel.name
        compiler.report.error(
            "SEQ218",
            f"nothing says what '{channel}' starts from" + _hidden_safe(behind),
            compiler.document.key_span(path),
            help="write `initial: VALUE` in this lane, or `initial: keep` to inherit what is there",
        )
        sound = False
    return replace(lane, sound=sound)


def _hidden_safe(behind: Channel | None) -> str:
    """Why an alias has no safe value although its channel has one."""
    if behind is None:
        return ""
    unit = behind.attribute.unit
    safe = f"{shown(behind.attribute.safe)} {unit.text if unit else ''}".rstrip()
    return f": {safe}, the safe value of '{behind.name}', lies outside of its table"


def _opens(lane: SetLane) -> bool:
    """Whether a cell gives the value at t = 0."""
    return bool(lane.cells) and lane.cells[0].cell.first == 0 and not lane.cells[0].move.needs_before


def _safe_level(compiler: Compiler, channel: Channel, texts: Texts) -> Level | None:
    safe = channel.attribute.safe
    if safe is None or isinstance(safe, Keep):
        return None
    span = compiler.document.key_span(("lanes", channel.name))
    code = encode(channel.attribute, texts, safe)
    return None if math.isnan(code) else CodeLevel(span, code)


def _has_pace(compiler: Compiler, lane: SetLane) -> bool:
    """Whether no cell changes over time, since nothing says how often to send."""
    for cell in lane.cells:
        if cell.move.changing:
            compiler.report.error(
                "SEQ217",
                f"this changes over time, and nothing says how often to send it to '{lane.channel.name}'",
                compiler.document.span(cell.cell.path),
                help="write `every: 20 ms` in this lane",
            )
            return False
    return True


def _ramps_have_values(compiler: Compiler, lane: SetLane, *, stated: bool) -> bool:
    """Whether every ramp has a value on each side that it needs."""
    sound = True
    for position, cell in enumerate(lane.cells):
        if isinstance(cell.move, Ramp):
            reason = _lack(lane, position, cell.move, stated=stated)
            if reason is not None:
                sound = False
                message, help_text, other = reason
                notes = (Note("the other one", other.key),) if other is not None else ()
                place = compiler.document.span(cell.cell.path)
                compiler.report.error("SEQ215", message, place, help=help_text, notes=notes)
    return sound


def _lack(
    lane: SetLane, position: int, ramp: Ramp, *, stated: bool
) -> tuple[str, str, SetCell | None] | None:
    """What a ramp lacks: message, help, and the cell that is in the way."""
    before = lane.cells[position - 1] if position else None
    if ramp.start is None and position - 1 in lane.cut_short:
        help_text = "write ramp(FROM, TO)"
        return "nobody knows what the ramp starts from: the cell before is cut short", help_text, before
    after = lane.cells[position + 1] if position + 1 < len(lane.cells) else None
    here = lane.cells[position].cell
    if ramp.end is None:
        if after is None:
            return "ramp() has no cell after it to go to", "write ramp(VALUE)", None
        if isinstance(after.move, Ramp):
            return "ramp() touches another ramp, so it has no value to go to", "write ramp(VALUE)", after
        if after.move.needs_before:
            return "ramp() goes to a cell that has no value at its start", "give it a point at 0 s", after
        touches = before is not None and before.cell.last == here.first - 1
        if before is not None and touches and isinstance(before.move, Ramp) and before.move.end is not None:
            return "ramp() touches another ramp", "write ramp(VALUE)", before
    if ramp.start is not None or before is not None:
        return None
    if isinstance(lane.initial, Keep):
        return "the ramp starts from a value that is not known", "write `initial: VALUE`, not keep", None
    if here.first == 0 and not stated:
        return (
            "the shot begins with this ramp, so it has no value to start from",
            "write `initial: VALUE` in this lane, or ramp(FROM, TO)",
            None,
        )
    if lane.initial is None:
        help_text = "write `initial: VALUE` in this lane, or ramp(FROM, TO)"
        return "the ramp has no value to start from", help_text, None
    return None
