"""Parts of a document that a program wrote for its author.

Each stands in the data as if it had been written, and every place in it is that of what asked for it: so a
mistake in it is shown where the author can mend it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from shotlane.diagnostics import Span
from shotlane.document._document import Document
from shotlane.document._node import Form, Node, Path


@dataclass(frozen=True, slots=True)
class Made:
    """A value at `path`, in the place of what is written at `place`."""

    path: Path
    value: Any
    place: Path


def with_made(document: Document, made: Iterable[Made], without: Iterable[Path]) -> Document:
    """The document with these parts, and `without` these entries, whose places stay known."""
    data, root = dict(document.data), document.root.opened()
    for path in without:
        holder = _held(data, path[:-1])
        if holder is not None:
            holder.pop(path[-1], None)
    for part in made:
        key, value = document.key_span(part.place), document.span(part.place)
        inner, node = data, root
        for step in part.path[:-1]:
            inner, node = _below(inner, node, str(step), key)
        last = str(part.path[-1])
        inner[last] = part.value
        assert node.entries is not None
        node.entries[last] = (key.start, key.end, _node(part.value, key, value))
    return document.merged(data, root, ())


def _held(data: dict[str, Any], path: Path) -> dict[str, Any] | None:
    """The mapping at a path, copied on the way to it; None when there is none."""
    for step in path:
        if not isinstance(data.get(str(step)), dict):
            return None
        data[str(step)] = data = dict(data[str(step)])
    return data


def _below(data: dict[str, Any], node: Node, step: str, key: Span) -> tuple[dict[str, Any], Node]:
    """The mapping below a key, with its node, as copies that may be changed; made where there is none."""
    assert node.entries is not None
    known = node.entries.get(step)
    if step not in data:
        known = (key.start, key.end, _node({}, key, key))
    assert known is not None
    data[step] = dict(data.get(step, {}))
    below = known[2].opened()
    node.entries[step] = (known[0], known[1], below)
    return data[step], below


def _node(value: Any, key: Span, place: Span) -> Node:
    """The node of a made value: all of it has one place."""
    # A block scalar is blamed as a whole, and so is what was never written.
    node = Node(place.start, place.end, Form.BLOCK)
    node.source = place.source
    if isinstance(value, dict):
        node.form = Form.MAPPING
        node.entries = {name: (key.start, key.end, _node(item, key, place)) for name, item in value.items()}
    elif isinstance(value, list):
        node.form = Form.LIST
        node.items = [_node(item, key, place) for item in value]
    return node
