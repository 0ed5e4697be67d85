"""A document that was read: plain data, and the place of every key and value in the text.

Data and places have the same paths. What was left out of the data because it is faulty keeps its place, and
its path is in `dropped`: who misses something there stays silent, since the fault has been told.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from shotlane.diagnostics import Source, Span
from shotlane.document._node import LEFT_OUT, Entry, Form, Node, Path


class Document:
    """Plain data with a span for every key and value. Keys are text.

    `data`: dict, list, str, int, float, bool or None. `dropped`: paths that are written in the text but were
    found faulty, by this layer (then they are absent from `data`, or None as an item of a list) or, through
    `drop`, by a later one (then they are still in `data`). `fragments`: the other texts that it is made of.
    `makers`: what made parts of it, each with its version.
    """

    __slots__ = ("_root", "data", "dropped", "fragments", "makers", "source")

    def __init__(self, source: Source, data: Any, root: Node, *, left_out: bool = False) -> None:
        self.source = source
        self.data = data
        self.dropped: set[Path] = set()
        self.fragments: tuple[Source, ...] = ()
        self.makers: tuple[tuple[str, str], ...] = ()
        self._root = root
        if left_out:
            self.data = self._without_faulty(data, root, ())

    @property
    def texts(self) -> dict[str, str]:
        """Every text that it is made of, by name."""
        return {source.name: source.text for source in (self.source, *self.fragments)}

    @property
    def root(self) -> Node:
        """The tree of places, for whoever merges documents."""
        return self._root

    def node(self, path: Path) -> Node | None:
        """The places of what is written at a path, for whoever moves it; None when nothing is."""
        found, depth, source = self._find(path)
        if depth < len(path):
            return None
        found.source = source
        return found

    def become(self, other: "Document") -> None:
        """Take the data and the places of another document, which was made from this one."""
        self.data, self._root = other.data, other.root

    def merged(self, data: Any, root: Node, fragments: Iterable["Document"]) -> "Document":
        """The document with parts of others in it; `root` says of every part where it stands."""
        whole = Document(self.source, data, root)
        whole.fragments = self.fragments + tuple(
            source for fragment in fragments for source in (fragment.source, *fragment.fragments)
        )
        whole.dropped |= self.dropped
        return whole

    def drop(self, path: Path) -> None:
        """Record that what stands at a path is faulty, and that this has been told."""
        self.dropped.add(path)

    def is_dropped(self, path: Path) -> bool:
        """Whether this value, or something that it stands in, was found faulty."""
        return any(path[:length] in self.dropped for length in range(len(path) + 1))

    def has_dropped(self, path: Path) -> bool:
        """Whether something at or below a path was found faulty."""
        length = len(path)
        return any(dropped[:length] == path for dropped in self.dropped)

    def span(self, path: Path) -> Span:
        """Place of a value; of the key of the nearest enclosing one when nothing is written at this path."""
        found, depth, source = self._find(path)
        if depth < len(path):
            return self.key_span(path[:depth])
        if not path:
            return self.key_span(())
        return Span(source, found.start, max(found.start, found.end))

    def key_span(self, path: Path) -> Span:
        """Place of a key, or of an item of a list; as `span` when it is not written. The first key for ()."""
        while path:
            parent, depth, source = self._find(path[:-1])
            if depth == len(path) - 1:
                entry = _entry(parent, path[-1])
                if entry is not None:
                    return Span(entry[2].source or source, entry[0], entry[1])
            path = path[:depth] if depth < len(path) - 1 else path[:-1]
        return self._top()

    def within(self, path: Path, offset: int, length: int) -> Span:
        """Place of characters of a text value; the whole value where the text is not written as it reads."""
        node, depth, source = self._find(path)
        node = node.resolved()
        if depth < len(path):
            return self.span(path)
        whole = Span(source, node.start, max(node.start, node.end))
        start = node.start + (1 if node.form is Form.QUOTED else 0)
        end = node.end - (1 if node.form is Form.QUOTED else 0)
        text = self.value(path)
        if node.form not in (Form.PLAIN, Form.QUOTED) or source.text[start:end] != text:
            return whole
        begin = start + min(max(offset, 0), end - start)
        return Span(source, begin, min(begin + max(length, 0), end))

    def _top(self) -> Span:
        own = [entry for entry in (self._root.entries or {}).values() if entry[2].source is None]
        if own:
            start, end, _ = min(own, key=lambda entry: entry[0])
            return Span(self.source, start, end)
        return Span(self.source, self._root.start, max(self._root.start, self._root.end))

    def _find(self, path: Path) -> tuple[Node, int, Source]:
        """Node at a path, or the deepest one on the way to it, how many steps were gone, and its text."""
        node, source = self._root, self.source
        for depth, step in enumerate(path):
            entry = _entry(node, step)
            if entry is None:
                return node, depth, source
            node = entry[2]
            source = node.source or source
        return node, len(path), source

    def value(self, path: Path) -> Any:
        """What stands at a path; None when it is not written or was left out as faulty."""
        value = self.data
        for step in path:
            try:
                value = value[step]
            except (KeyError, IndexError, TypeError):
                return None
        return value

    def _without_faulty(self, value: Any, node: Node, path: Path) -> Any:
        """The data with None for faulty items; records what was left out."""
        if value is LEFT_OUT:
            self.dropped.add(path)
            return None
        node = node.resolved()
        if node.entries is not None:
            self.dropped.update((*path, key) for key in node.entries if key not in value)
            return {
                key: self._without_faulty(value[key], child, (*path, key))
                for key, (_, _, child) in node.entries.items()
                if key in value
            }
        if node.items is not None:
            return [
                self._without_faulty(item, child, (*path, index))
                for index, (item, child) in enumerate(zip(value, node.items, strict=True))
            ]
        return value

    def keys(self, path: Path = ()) -> Iterator[str]:
        """Keys written in the mapping at a path, those left out as faulty too; nothing when it is none."""
        node, depth, _ = self._find(path)
        if depth == len(path):
            yield from node.resolved().entries or ()


def _entry(node: Node, step: str | int) -> Entry | None:
    node = node.resolved()
    if isinstance(step, str):
        return node.entries.get(step) if node.entries is not None else None
    if node.items is not None and 0 <= step < len(node.items):
        item = node.items[step]
        return (item.start, item.end, item)
    return None
