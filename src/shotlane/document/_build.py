"""Events become plain data and the tree of places, under the caps of the YAML profile.

Nothing recurses: frames of open collections stand on a list. A fault is told once and its entry left out of
the data, while its place stays in the tree; the caps on depth and on the number of faults end the reading.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from shotlane.diagnostics import Diagnostic, Note, Source, Span, did_you_mean
from shotlane.document import _events as yaml
from shotlane.document._entries import MappingFrame, SequenceFrame, split_call_at
from shotlane.document._node import LEFT_OUT, Built, Form, Node
from shotlane.document._scalar import SCALAR_TAGS, join_surrogates, resolve, resolve_tagged

MAX_DEPTH = 64
MAX_ALIASED = 20_000
MAX_FAULTS = 100


class StopReading(Exception):
    """A cap was passed, and told: the rest of the text is not read."""


@dataclass(frozen=True, slots=True)
class _Anchor:
    value: Any
    node: Node
    count: int  # values in it, aliases expanded
    depth: int  # levels in it, 0 for a scalar


class Builder:
    """Builds one document. `faults` holds what was wrong, `root` what was right."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.faults: list[Diagnostic] = []
        self.left_out = False
        self.root: Built | None = None
        self._frames: list[MappingFrame | SequenceFrame] = []
        self._anchors: dict[str, _Anchor] = {}
        self._open: set[str] = set()  # anchors of the collections that are still open
        self._count = 0
        self._aliased = 0
        self._deepest = 0  # level reached by the value built last, aliases expanded

    def build(self, events: Iterable[Any]) -> None:
        """Take all events; raises `SyntaxFault` of the parser and `StopReading`."""
        handlers = {
            yaml.ScalarEvent: self._scalar,
            yaml.MappingStartEvent: self._open_mapping,
            yaml.SequenceStartEvent: self._open_sequence,
            yaml.MappingEndEvent: self._close,
            yaml.SequenceEndEvent: self._close,
            yaml.AliasEvent: self._alias,
            yaml.DocumentStartEvent: self._document,
        }
        for event in events:
            handler = handlers.get(type(event))
            if handler is not None:
                handler(event)

    def span(self, start: int, end: int) -> Span:
        """Those characters of the text."""
        return Span(self.source, start, min(max(start, end), len(self.source.text)))

    def fault(
        self, code: str, message: str, place: Span, help: str | None = None, notes: tuple[Note, ...] = ()
    ) -> None:
        """Tell a fault; raises `StopReading` when there are too many."""
        self.faults.append(Diagnostic(code, message, place, help, notes=notes))
        self.left_out = True
        if len(self.faults) >= MAX_FAULTS:
            self.faults.append(
                Diagnostic("YAML015", f"more than {MAX_FAULTS} mistakes: the rest was not read", place)
            )
            raise StopReading

    def split_call(self, at: int) -> Diagnostic | None:
        """The message for a syntax error that comes from a call split at its comma, if it does."""
        for frame in reversed(self._frames):
            fault = split_call_at(self, frame, at)
            if fault is not None:
                return fault
        return None

    def _document(self, event: Any) -> None:
        if self.root is None:
            return
        start = event.start_mark.index
        self.fault(
            "YAML008",
            "a second document begins here, and a file holds one",
            self.span(start, start + 3),
            "put what follows into a file of its own, or delete the line `---`",
        )
        raise StopReading

    def _scalar(self, event: Any) -> None:
        start, end, text = event.start_mark.index, event.end_mark.index, event.value
        plain = not event.style
        tag = yaml.tag_of(event)
        properties_end = start
        if tag is not None or event.anchor:
            properties_end = self._after_properties(start, end)
        form = Form.PLAIN if plain else Form.QUOTED if event.style in "'\"" else Form.BLOCK
        node = Node(properties_end, end, form)
        self._count += 1
        self._deepest = len(self._frames)
        value = self._meaning(text, tag, event.style, start, end)
        if event.anchor:
            self._anchors[event.anchor] = _Anchor(value, node, 1, 0)
        self._put(value, node, text if plain else None)

    def _meaning(self, text: str, tag: str | None, style: str | None, start: int, end: int) -> Any:
        """The value of a scalar; a key is its text."""
        if style == '"' and not text.isascii():
            whole = join_surrogates(text)
            if whole is None:
                message = "an escape in this text stands for half a character"
                self.fault("YAML001", message, self.span(start, end), "write the character itself")
                return LEFT_OUT
            text = whole
        if tag is not None:
            return self._tagged(text, tag, not style, start, end)
        frame = self._frames[-1] if self._frames else None
        if style or (isinstance(frame, MappingFrame) and frame.wants_key):
            return text
        return resolve(text)

    def _tagged(self, text: str, tag: str, plain: bool, start: int, end: int) -> Any:
        if tag == "!":
            return text
        if tag not in SCALAR_TAGS:
            return self._custom_tag(tag, start)
        try:
            return resolve_tagged(text, tag) if plain or tag == "str" else text
        except ValueError:
            self.fault("YAML004", f"'{text}' is not what its tag `!!{tag}` says", self.span(start, end))
            return LEFT_OUT

    def _custom_tag(self, tag: str, start: int) -> Any:
        end = self._word_end(start)
        written = self.source.text[start:end]
        if written.startswith("&"):  # the anchor may stand before the tag
            written = tag
        self.fault(
            "YAML003",
            f"the tag `{written}` means nothing here",
            self.span(start, end),
            "delete it; a text that begins with '!' must be quoted",
        )
        return LEFT_OUT

    def _open_mapping(self, event: Any) -> None:
        self._open_collection(event, MappingFrame, Form.MAPPING, "map")

    def _open_sequence(self, event: Any) -> None:
        self._open_collection(event, SequenceFrame, Form.LIST, "seq")

    def _open_collection(
        self, event: Any, kind: type[MappingFrame] | type[SequenceFrame], form: Form, own_tag: str
    ) -> None:
        start = event.start_mark.index
        self._check_depth(len(self._frames) + 1, start)
        node = Node(start, event.end_mark.index, form)
        tag = yaml.tag_of(event)
        frame = kind(node, event.anchor, bool(event.flow_style), self._count)
        if tag not in (None, "!", own_tag):
            frame.faulty = self._custom_tag(str(tag), start) is LEFT_OUT
        self._count += 1
        self._deepest = len(self._frames) + 1
        if event.anchor:
            self._open.add(event.anchor)
        self._frames.append(frame)

    def _close(self, event: Any) -> None:
        frame = self._frames.pop()
        node = frame.node
        value: Any = frame.finish(self)
        # The end of a block collection is given as the start of what follows: take the end of its last child.
        node.end = event.end_mark.index if frame.flow else frame.last_end()
        if frame.faulty:
            value = LEFT_OUT
        if frame.anchor:
            self._open.discard(frame.anchor)
            depth = frame.deepest - len(self._frames)
            self._anchors[frame.anchor] = _Anchor(value, node, self._count - frame.count_before, depth)
        if self._frames:
            self._frames[-1].deepest = max(self._frames[-1].deepest, frame.deepest)
        self._put(value, node, frame.last_plain(self))

    def _alias(self, event: Any) -> None:
        start, end, name = event.start_mark.index, event.end_mark.index, event.anchor
        node = Node(start, end, Form.ALIAS)
        value: Any = LEFT_OUT
        if name in self._open:
            message = f"`*{name}` stands inside what it names: it would never end"
            self.fault("YAML005", message, self.span(start, end))
        elif name not in self._anchors:
            help = (
                f"write `&{name}` before the value it stands for; a text that begins with '*' must be quoted"
            )
            if self._anchors:
                help = did_you_mean(name, self._anchors, what="anchors")
            message = f"there is no anchor `&{name}` above this alias"
            self.fault("YAML005", message, self.span(start, end), help)
        else:
            anchor = self._anchors[name]
            node.target = anchor.node
            if self._may_expand(anchor, start, end):
                value = anchor.value
        self._put(value, node, None)

    def _may_expand(self, anchor: _Anchor, start: int, end: int) -> bool:
        """Count what an alias adds, and refuse the one that passes the cap."""
        self._check_depth(len(self._frames) + anchor.depth, start)
        if self._aliased + anchor.count > MAX_ALIASED:
            if self._aliased <= MAX_ALIASED:
                self.fault(
                    "YAML006",
                    f"aliases make this document larger than {MAX_ALIASED} values",
                    self.span(start, end),
                    "write less through aliases of aliases",
                )
            self._aliased = MAX_ALIASED + 1  # told once; every further alias is left out
            self.left_out = True
            return False
        self._aliased += anchor.count
        self._count += anchor.count
        self._deepest = len(self._frames) + anchor.depth
        return True

    def _check_depth(self, depth: int, at: int) -> None:
        if depth > MAX_DEPTH:
            self.fault("YAML007", f"more than {MAX_DEPTH} levels inside one another", self.span(at, at + 1))
            raise StopReading

    def _put(self, value: Any, node: Node, plain: str | None) -> None:
        """Hand a finished value to its collection. `plain`: its text when it is a plain scalar."""
        if not self._frames:
            self.root = (value, node)
            return
        frame = self._frames[-1]
        frame.deepest = max(frame.deepest, self._deepest)
        frame.take(self, value, node, plain)

    def _after_properties(self, start: int, end: int) -> int:
        """Where a scalar itself begins behind its anchor and tag."""
        text = self.source.text
        while start < end and text[start] in "&!":
            start = self._word_end(start)
            while start < end and text[start].isspace():
                start += 1
        return start

    def _word_end(self, start: int) -> int:
        text = self.source.text
        end = start
        while end < len(text) and not text[end].isspace() and text[end] not in ",[]{}":
            end += 1
        return end
