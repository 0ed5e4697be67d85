"""Parts of a document that a program wrote for its author, or moved.

Each stands in the data as if it had been written, and every place in it is that of what asked for it: so a
mistake in it is shown where the author can mend it. What is moved as it is keeps all its places.
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
    copy = _Copy(document)
    for path in without:
        copy.at(path[:-1], document.key_span(path))[0].pop(str(path[-1]), None)
    for part in made:
        key, value = document.key_span(part.place), document.span(part.place)
        data, node = copy.at(part.path[:-1], key)
        data[str(part.path[-1])] = part.value
        assert node.entries is not None
        moved = document.node(part.place) if document.value(part.place) is part.value else None
        child = _node(part.value, key, value) if moved is None else moved
        node.entries[str(part.path[-1])] = (key.start, key.end, child)
    return document.merged(*copy.at((), document.key_span(())), ())


class _Copy:
    """A document of which only the mappings that are changed are copied, each once."""

    def __init__(self, document: Document) -> None:
        self._opened: dict[Path, tuple[dict[str, Any], Node]] = {
            (): (dict(document.data), document.root.opened())
        }

    def at(self, path: Path, key: Span) -> tuple[dict[str, Any], Node]:
        """The mapping at a path, with its node; one that is not there is made in the place of `key`."""
        if path not in self._opened:
            data, node = self.at(path[:-1], key)
            step = str(path[-1])
            assert node.entries is not None
            if step not in data:
                node.entries[step] = (key.start, key.end, _node({}, key, key))
            start, end, child = node.entries[step]
            data[step] = dict(data.get(step, {}))
            node.entries[step] = (start, end, child.opened())
            self._opened[path] = (data[step], node.entries[step][2])
        return self._opened[path]


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
