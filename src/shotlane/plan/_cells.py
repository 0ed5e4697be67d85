"""Cells of a lane: which steps each key covers, in the order of time.

Keys are a step, a span `first..last` (both included) or `otherwise`, which makes one cell of every unbroken
stretch of steps that no other key names. No step is covered twice.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shotlane.diagnostics import Note, did_you_mean
from shotlane.document import Path
from shotlane.plan._term import Compiler
from shotlane.plan._timeline import Timeline

OTHERWISE = "otherwise"
ACTING = ("set", "record", "read", "call")


@dataclass(frozen=True, slots=True)
class Cell:
    """A stretch of steps, `first` to `last` by index, and what was written for it. `whole`: the bare form."""

    path: Path
    raw: Any
    first: int
    last: int
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Cells:
    """Cells sorted by time. `complete` is False when a key was faulty, so that gaps may not be gaps."""

    cells: tuple[Cell, ...]
    complete: bool


def split_cells(
    compiler: Compiler, timeline: Timeline, path: Path, raw: Any, *, listed: bool = False
) -> Cells:
    """Cells of a value that is a mapping of cells, or one cell over the whole shot.

    `listed`: the keys are the items of a list, and the values their positions in it.
    """
    last = len(timeline.steps) - 1
    if not isinstance(raw, Mapping):
        complete = not compiler.document.has_dropped(path)
        return Cells((Cell(path, raw, 0, last, whole=True),) if last >= 0 else (), complete)
    if not raw and not compiler.document.has_dropped(path):
        key = compiler.document.key_span(path)
        compiler.report.error("SEQ212", f"`{path[-1]}` has no cell", key, help="write `STEP: VALUE` below it")
        return Cells((), complete=False)
    found: list[Cell] = []
    owners: dict[int, Cell] = {}  # by step
    complete = not compiler.document.has_dropped(path)
    for key, value in raw.items():
        if key == OTHERWISE:
            continue
        place: Path = (*path, value if listed else key)
        span = step_span(compiler, timeline, place, key)
        cell = None if span is None else Cell(place, value, *span)
        if cell is None or _covered(compiler, owners, cell):
            complete = False
        else:
            found.append(cell)
    if OTHERWISE in raw:
        place = (*path, raw[OTHERWISE] if listed else OTHERWISE)
        found += _rest(compiler, timeline, found, place, raw[OTHERWISE], complete=complete)
    return Cells(tuple(sorted(found, key=lambda cell: cell.first)), complete)


def step_span(compiler: Compiler, timeline: Timeline, path: Path, key: str) -> tuple[int, int] | None:
    """First and last step that a key names; None when it names none, which is reported."""
    names = [part.strip() for part in str(key).split("..")]
    if len(names) > 2:
        _bad_key(compiler, path, f"'{key}' is no span of steps", "a span is written first..last")
        return None
    unknown = [name for name in names if name not in timeline.index]
    for name in unknown:
        if not timeline.was_dropped(name):
            _bad_key(
                compiler, path, f"there is no step '{name}'", did_you_mean(name, timeline.index, what="steps")
            )
    if unknown:
        return None
    first, last = timeline.index[names[0]], timeline.index[names[-1]]
    if last < first:
        _bad_key(compiler, path, f"'{names[-1]}' comes before '{names[0]}'", f"write {names[-1]}..{names[0]}")
        return None
    return first, last


def _bad_key(compiler: Compiler, path: Path, message: str, help: str) -> None:
    # An item of a list (`read: [soak]`) is its own key.
    compiler.report.error("SEQ213", message, compiler.document.key_span(path), help=help)


def _covered(compiler: Compiler, owners: dict[int, Cell], cell: Cell) -> bool:
    """Whether a step of this cell has a cell already, which is reported; else it has this one now."""
    steps = range(cell.first, cell.last + 1)
    other = next((owners[step] for step in steps if step in owners), None)
    if other is None:
        owners.update(dict.fromkeys(steps, cell))
        return False
    document = compiler.document
    compiler.report.error(
        "SEQ214",
        "two cells cover the same step",
        document.key_span(cell.path),
        help="end one where the other begins",
        notes=(Note("the other cell", document.key_span(other.path)),),
    )
    return True


def _rest(
    compiler: Compiler, timeline: Timeline, found: list[Cell], path: Path, raw: Any, *, complete: bool
) -> list[Cell]:
    """One cell per unbroken stretch of steps that are not named."""
    named = {index for cell in found for index in range(cell.first, cell.last + 1)}
    rest: list[Cell] = []
    for index in range(len(timeline.steps)):
        if index in named:
            continue
        if rest and rest[-1].last == index - 1:
            rest[-1] = Cell(path, raw, rest[-1].first, index)
        else:
            rest.append(Cell(path, raw, index, index))
    if not rest and complete and timeline.complete:
        compiler.report.warning(
            "SEQ212", "every step is named, so `otherwise` has no effect", compiler.document.key_span(path)
        )
    return rest


def written_order(lanes: Any) -> dict[Path, int]:
    """Position in the document of every entry of a lane that makes actions or readings."""
    order: dict[Path, int] = {}

    def walk(value: Any, path: Path) -> None:
        order[path] = len(order)
        if isinstance(value, Mapping):
            for key, item in value.items():
                walk(item, (*path, key))
        elif isinstance(value, list):
            for index, item in enumerate(value):
                walk(item, (*path, index))

    for name, lane in lanes.items() if isinstance(lanes, Mapping) else ():
        for kind, entries in lane.items() if isinstance(lane, Mapping) else ():
            if kind in ACTING:
                walk(entries, ("lanes", name, kind))
    return order
