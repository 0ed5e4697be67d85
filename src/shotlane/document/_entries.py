"""Collections that are being read.

Entries are kept as written until the end; then split calls, duplicate keys and merges are settled, in this
order, because a split call may look like a duplicate key.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple, Protocol

from shotlane.diagnostics import Diagnostic, Note, Source, Span
from shotlane.document._node import LEFT_OUT, Entry, Form, Node
from shotlane.document._split_call import balance, closing_piece, remedy


class Teller(Protocol):
    """Takes the faults of the text that is being read."""

    source: Source

    def span(self, start: int, end: int) -> Span:
        """Those characters of the text."""

    def fault(
        self, code: str, message: str, place: Span, help: str | None = None, notes: tuple[Note, ...] = ()
    ) -> None:
        """Tell a fault."""


class Written(NamedTuple):
    """One entry as written: `plain_key` and `plain` are the texts of plain scalars, else None."""

    key: Any  # text, or LEFT_OUT when it is no text
    key_node: Node
    plain_key: str | None
    value: Any
    node: Node
    plain: str | None

    @property
    def texts(self) -> list[str]:
        """Its plain texts, in which a parenthesis may be open or closed."""
        return [text for text in (self.plain_key, self.plain) if text]


class MappingFrame:
    """A mapping that is being read."""

    __slots__ = (
        "_key",
        "anchor",
        "count_before",
        "deepest",
        "entries",
        "faulty",
        "flow",
        "node",
        "wants_key",
    )

    def __init__(self, node: Node, anchor: str | None, flow: bool, count_before: int) -> None:
        self.node = node
        self.anchor = anchor
        self.flow = flow
        self.count_before = count_before
        self.faulty = False
        self.deepest = 0
        self.wants_key = True
        self.entries: list[Written] = []
        self._key: tuple[Any, Node, str | None] = ("", node, None)

    def take(self, teller: Teller, value: Any, node: Node, plain: str | None) -> None:
        """Take the next key or value."""
        if self.wants_key:
            if node.form is Form.ALIAS and isinstance(value, bool | int | float):
                place = node.resolved()
                value = teller.source.text[place.start : place.end]
            self._key = (value, node, plain)
        else:
            self.entries.append(Written(*self._key, value, node, plain))
        self.wants_key = not self.wants_key

    def last_end(self) -> int:
        """End of the last value."""
        return self.entries[-1].node.end if self.entries else self.node.end

    def last_plain(self, teller: Teller) -> str | None:
        """Last plain text of the pair in `[key: value]`, which a comma of the list may cut; else None."""
        bare = self.flow and self.entries and teller.source.text[self.node.start] != "{"
        return self.entries[-1].plain if bare else None

    def finish(self, teller: Teller) -> dict[str, Any]:
        """The data of the mapping; fills the entries of its node."""
        entries = _join_split_calls(teller, self.entries) if self.flow else self.entries
        places: dict[str, Entry] = {}
        data: dict[str, Any] = {}
        merges: list[tuple[int, Written]] = []
        for entry in entries:
            key = entry.key
            if type(key) is not str or not key:
                _refuse_key(teller, entry)
                self.faulty = self.faulty or self.flow  # `{{ name }}` of a template language
            elif key == "<<" and entry.plain_key is not None and not merges:
                merges.append((len(places), entry))
            elif key in places or (key == "<<" and entry.plain_key is not None):
                _refuse_duplicate(teller, entry, places.get(key) or _place(merges[0][1]))
            else:
                places[key] = _place(entry)
                if entry.value is not LEFT_OUT:
                    data[key] = entry.value
        for position, entry in merges:
            places, data = _merge(teller, entry, position, places, data)
        self.node.entries = places
        return data


class SequenceFrame:
    """A list that is being read."""

    __slots__ = ("anchor", "count_before", "deepest", "faulty", "flow", "items", "node")

    def __init__(self, node: Node, anchor: str | None, flow: bool, count_before: int) -> None:
        self.node = node
        self.anchor = anchor
        self.flow = flow
        self.count_before = count_before
        self.faulty = False
        self.deepest = 0
        self.items: list[tuple[Any, Node, str | None]] = []

    def take(self, teller: Teller, value: Any, node: Node, plain: str | None) -> None:
        """Take the next item."""
        self.items.append((value, node, plain))

    def last_end(self) -> int:
        """End of the last item."""
        return self.items[-1][1].end if self.items else self.node.end

    def last_plain(self, teller: Teller) -> str | None:
        """A list has its own brackets: no comma outside cuts it."""
        return None

    def finish(self, teller: Teller) -> list[Any]:
        """The data of the list; fills the items of its node. An item left out is LEFT_OUT."""
        items = _join_split_items(teller, self.items) if self.flow else self.items
        self.node.items = [node for _, node, _ in items]
        return [value for value, _, _ in items]


def split_call_at(teller: Teller, frame: MappingFrame | SequenceFrame, at: int) -> Diagnostic | None:
    """Message for a call in an open flow collection whose parenthesis is still open at a syntax error."""
    if not frame.flow:
        return None
    if isinstance(frame, MappingFrame):
        pieces = [(entry.key, entry.node, entry.texts) for entry in frame.entries]
    else:
        pieces = [(None, node, [plain] if plain else []) for _, node, plain in frame.items]
    depth, opened = 0, None
    for key, node, texts in pieces:
        depth += sum(map(balance, texts))
        if depth <= 0:
            depth, opened = 0, None
        elif opened is None:
            opened = (key, node)
    began_another = isinstance(frame, MappingFrame) and not frame.wants_key
    if opened is None or (opened[1] is pieces[-1][1] and not began_another):
        return None
    start = opened[1].start
    return _split_call(teller, opened[0], start, _closing(teller.source.text, start, at))


def _closing(text: str, start: int, least: int) -> int:
    """End of the call that begins at `start`, on its line; `least` when it is not closed there."""
    line_end = text.find("\n", start)
    line_end = len(text) if line_end < 0 else line_end
    depth = 0
    for at in range(start, line_end):
        depth += {"(": 1, ")": -1}.get(text[at], 0)
        if text[at] == ")" and depth == 0:
            return at + 1
    return least


def _place(entry: Written) -> Entry:
    return (entry.key_node.start, entry.key_node.end, entry.node)


def _split_call(teller: Teller, key: str | None, start: int, end: int) -> Diagnostic:
    line_end = teller.source.text.find("\n", start)
    call = teller.source.text[start : end if line_end < 0 else min(end, line_end)]
    inside = "[ ]" if key is None else "{ }"
    return Diagnostic(
        "YAML010",
        f"YAML splits `{call}` at its comma, because it stands inside {inside} without quotes",
        teller.span(start, end),
        remedy(call, key),
    )


def _tell(teller: Teller, fault: Diagnostic) -> None:
    assert fault.span is not None
    teller.fault(fault.code, fault.message, fault.span, fault.help)


def _join_split_calls(teller: Teller, entries: list[Written]) -> list[Written]:
    """The entries without the pieces of split calls; the entry that a call belongs to is left out."""
    joined: list[Written] = []
    index = 0
    while index < len(entries):
        entry = entries[index]
        index += 1
        found = None
        if entry.plain and "(" in entry.plain:
            found = closing_piece(entry.plain, (piece.texts for piece in entries[index:]))
        if found is not None:
            last = entries[index + found]
            _tell(teller, _split_call(teller, entry.key, entry.node.start, _end(last)))
            index += found + 1
            entry = entry._replace(value=LEFT_OUT, plain=None)
        joined.append(entry)
    return joined


def _end(entry: Written) -> int:
    return entry.node.end if entry.plain else entry.key_node.end


def _join_split_items(
    teller: Teller, items: list[tuple[Any, Node, str | None]]
) -> list[tuple[Any, Node, str | None]]:
    joined = []
    index = 0
    while index < len(items):
        value, node, plain = items[index]
        index += 1
        found = None
        if plain and "(" in plain:
            found = closing_piece(plain, ([text] if text else [] for _, _, text in items[index:]))
        if found is not None:
            _tell(teller, _split_call(teller, None, node.start, items[index + found][1].end))
            index += found + 1
            value = LEFT_OUT
        joined.append((value, node, plain))
    return joined


def _refuse_key(teller: Teller, entry: Written) -> None:
    if entry.key is LEFT_OUT:
        return
    node = entry.key_node
    if entry.key == "" or entry.key is None:
        message, help = "a key is missing before this colon", "write `key: value`"
    else:
        message = "a key must be text"
        help = "quote the value when it is meant to begin with '{' or '['"
    teller.fault("YAML011", message, teller.span(node.start, max(node.end, node.start + 1)), help)


def _refuse_duplicate(teller: Teller, entry: Written, first: Entry) -> None:
    node = entry.key_node
    help = "write `<<: [*a, *b]` to merge several" if entry.key == "<<" else "delete or rename one of the two"
    teller.fault(
        "YAML002",
        f"the key '{entry.key}' stands here a second time",
        teller.span(node.start, node.end),
        help,
        (Note("first written here", teller.span(first[0], first[1])),),
    )


def _merge(
    teller: Teller, entry: Written, position: int, places: dict[str, Entry], data: dict[str, Any]
) -> tuple[dict[str, Entry], dict[str, Any]]:
    """Put merged entries where `<<` stands; the mapping's own win, then those merged first."""
    merged_places: dict[str, Entry] = {}
    merged_data: dict[str, Any] = {}
    for value, node in _merged(entry):
        target = node.resolved()
        if value is not LEFT_OUT and target.entries is None:
            span = teller.span(node.start, node.end)
            teller.fault("YAML012", "`<<` merges mappings, and this is none", span, "write `<<: *name`")
        if value is LEFT_OUT or target.entries is None:
            merged_places["<<"] = _place(entry)  # no data: dropped, so that what it may hold is not missed
            continue
        for key, place in target.entries.items():
            if key not in places and key not in merged_places:
                merged_places[key] = place
                if key in value:
                    merged_data[key] = value[key]
    items = list(places.items())
    ordered = dict([*items[:position], *merged_places.items(), *items[position:]])
    values = {**data, **merged_data}
    return ordered, {key: values[key] for key in ordered if key in values}


def _merged(entry: Written) -> Iterator[tuple[Any, Node]]:
    target = entry.node.resolved()
    if target.form is Form.LIST and target.items is not None and isinstance(entry.value, list):
        yield from zip(entry.value, target.items, strict=True)
    else:
        yield entry.value, entry.node
