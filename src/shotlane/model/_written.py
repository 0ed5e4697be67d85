"""What a document names, sound or not: so that references to a faulty thing stay silent."""

from collections.abc import Mapping
from typing import Any, Literal

from shotlane.document import Document, Path
from shotlane.model._part import Scalar

Thing = Literal["parameter", "label", "step", "lane", "axis", "role"]


def flatten(parameters: Mapping[str, Any], path: Path = ("parameters",)) -> dict[str, tuple[Path, Scalar]]:
    """Parameters by their dotted names, each with its path from the document root and its value."""
    found: dict[str, tuple[Path, Scalar]] = {}
    for name, value in parameters.items():
        below = (*path, name)
        if isinstance(value, Mapping):
            found |= flatten(value, below)
        else:
            found[".".join(map(str, below[1:]))] = (below, value)
    return found


def was_dropped(document: Document, thing: Thing, name: str) -> bool:
    """Whether this thing is, or may be, written in the document, but was found faulty and told."""
    if thing == "parameter":
        # Labels and parameters share their names in expressions.
        return _below(document, ("parameters", *name.split("."))) or was_dropped(document, "label", name)
    if thing == "label":
        return _below(document, ("labels", name)) or _below(document, ("ask", name))
    if thing == "lane":
        return _below(document, ("lanes", name))
    if thing == "role":
        return _below(document, ("instruments", name))
    return _in_items(document, "timeline" if thing == "step" else "sweep", name)


def _below(document: Document, path: Path) -> bool:
    """Whether the path, something above it, or something merged into what is above it was dropped."""
    merged = any((*path[:length], "<<") in document.dropped for length in range(len(path)))
    return merged or document.has_dropped(path) or document.is_dropped(path)


def _in_items(document: Document, section: str, name: str) -> bool:
    if document.is_dropped((section,)):
        return True
    for path in document.dropped:
        if path[:1] == (section,):
            # An item that was dropped as a whole may have held any name.
            if len(path) == 2 and not list(document.keys(path)):
                return True
            if name in path[2:3] or (len(path) == 2 and name in document.keys(path)):
                return True
    return False
