"""What open-ended steps mean for the cells that cover them: their length is not known beforehand.

A held value covers them as any other step. What depends on the length is refused; what depends on the time
since the cell began may end with an open-ended step that is bounded, and never goes on beyond one. Recordings
begin their ticks anew at every border of segments, so a cell of them is divided there; a single reading or
command stands in the first part of its cell.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from shotlane.diagnostics import Span
from shotlane.model import AskStep
from shotlane.plan._cells import Cell
from shotlane.plan._moves import Curve, Hold, Move, Pulse, Ramp, Track
from shotlane.plan._places import Place
from shotlane.plan._term import Compiler
from shotlane.plan._timeline import Step, Timeline


def parts_of(timeline: Timeline, cell: Cell) -> Iterator[Cell]:
    """A cell divided where segments begin and end."""
    first = cell.first
    for position in timeline.openings:
        if cell.first <= position <= cell.last:
            if first < position:
                yield replace(cell, first=first, last=position - 1)
            yield replace(cell, first=position, last=position)
            first = position + 1
    if first <= cell.last:
        yield replace(cell, first=first)


def first_part(compiler: Compiler, timeline: Timeline, cell: Cell, place: Place) -> Cell | None:
    """The part of a cell in which a place lies; None when the place hangs on the end, which is reported."""
    opening = timeline.opening_in(cell.first, cell.last)
    if opening is None:
        return cell
    if place.from_end:
        step = timeline.steps[opening]
        last = timeline.steps[cell.last]
        help = f"name '{last.name}' alone" if last.opening is None else "name the start of the step behind it"
        message = f"`end` of a cell that covers '{step.name}' is not known: {_why(step)}"
        compiler.report.error("SEQ227", message, place.term.span, help=help)
        return None
    return next(parts_of(timeline, cell))


@dataclass(frozen=True, slots=True)
class _Fault:
    message: str
    help: str
    span: Span | None = None


def check_move(compiler: Compiler, timeline: Timeline, cell: Cell, move: Move) -> bool:
    """Whether a cell can be sent although it covers an open-ended step; told when it cannot."""
    opening = timeline.opening_in(cell.first, cell.last)
    if opening is None or isinstance(move, Hold):
        return True
    fault = _fault(timeline, cell, move, timeline.steps[opening])
    if fault is not None:
        span = fault.span or compiler.document.span(cell.path)
        compiler.report.error("SEQ227", fault.message, span, help=fault.help)
    return fault is None


def _fault(timeline: Timeline, cell: Cell, move: Move, step: Step) -> _Fault | None:
    name = step.name
    if isinstance(move, Ramp):
        help = "hold a value there, and ramp over steps of known length"
        return _Fault(f"a ramp cannot cover '{name}', whose length is not known: {_why(step)}", help)
    ending = _ending(move)
    if ending is not None:
        help = "count from the start of the cell, with `t`"
        return _Fault(f"the length of '{name}' is not known: {_why(step)}", help, ending)
    if timeline.steps[cell.last] is not step:
        help = f"end the cell with '{name}', and begin another one behind it"
        return _Fault(f"this goes on beyond '{name}', whose end is not known: {_why(step)}", help)
    if not isinstance(move, Track) and not step.bounded:
        help = f"give '{name}' a `timeout`"
        return _Fault(f"this changes for as long as '{name}' lasts, and nothing bounds that", help)
    return None


def _ending(move: Move) -> Span | None:
    """Where a move counts from the end of its cell."""
    if isinstance(move, Curve) and move.term.uses("duration"):
        return move.term.span
    places = move.places if isinstance(move, Track) else ()
    return next((place.term.span for place in places if place.from_end), None)


def _why(step: Step) -> str:
    """Why the end of a step is not known."""
    asks = isinstance(step.opening, AskStep)
    return "it lasts until a person answers" if asks else "it lasts until its condition holds"


def is_cut_short(timeline: Timeline, cell: Cell, move: Move) -> bool:
    """Whether nobody knows beforehand what was sent last when the cell ends."""
    return isinstance(move, Curve | Pulse | Track) and timeline.opening_in(cell.first, cell.last) is not None
