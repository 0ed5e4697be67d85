"""Swept parameters that nothing uses: their shots are all alike, and most likely a name was mistaken."""

from collections.abc import Iterator, Mapping
from typing import Any

from shotlane.document import Path
from shotlane.model import AskStep, Result, Sequence
from shotlane.plan._names import Declared
from shotlane.plan._sweep_state import swept_names
from shotlane.plan._term import Compiler


def check_unused_axes(compiler: Compiler, sequence: Sequence, declared: Declared) -> None:
    """Warn of them. A name that goes with one that is used is a note beside it, as a label is.

    A function of Python and a person who is asked may use any of them.
    """
    if any(isinstance(result, Result) and result.python is not None for result in sequence.results.values()):
        return
    if any(isinstance(step, AskStep) for item in sequence.timeline for step in item.values()):
        return
    accounted = compiler.scope.used | compiler.scope.labels | declared.overridden
    for item, place in _items(sequence.sweep, ("sweep",)):
        names = list(dict.fromkeys(swept_names([item])))
        if any(name == "repeat" or name in accounted for name in names):
            continue
        for name in names:
            span = compiler.document.key_span(_place(item, place, name))
            help = "use it in the timeline or a lane; `repeat: 3` takes each point three times"
            compiler.report.warning("SEQ311", f"'{name}' is swept, and nothing uses it", span, help=help)


def _items(items: list[dict[str, Any]], path: Path) -> Iterator[tuple[Mapping[str, Any], Path]]:
    """Every item that binds names, with those in `concat`."""
    for index, item in enumerate(items):
        if "concat" in item:
            for number, part in enumerate(item["concat"]):
                yield from _items(part, (*path, index, "concat", number))
        else:
            yield item, (*path, index)


def _place(item: Mapping[str, Any], path: Path, name: str) -> Path:
    """Where an item binds a name first."""
    if "points" in item:
        row = next(number for number, row in enumerate(item["points"]) if name in row)
        return (*path, "points", row, name)
    return (*path, "optimize", "over", name) if "optimize" in item else (*path, name)
