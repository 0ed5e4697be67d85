"""Dialogues in bytes: how the messages and replies of a document with `protocol: binary` are made.

Bytes are written as hexadecimal digits, with blanks where one likes; `{value:uint16}` is a number in bytes,
`{checksum}` the checksum of what stands before it, `{length:uint8}` (in `write`) how many bytes the command
has. Numbers have the order of bytes of the document.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from shotlane.diagnostics import did_you_mean
from shotlane.instruments.dialogue._binary_layout import (
    FORMATS,
    LayoutFraming,
    LayoutReply,
    Length,
    Number,
    Place,
)
from shotlane.instruments.dialogue._checksum import Checksum
from shotlane.instruments.dialogue._framing import Ignored
from shotlane.instruments.dialogue._missing import Missing
from shotlane.instruments.dialogue._talk import Handshake, Message, Path, Reply, Send
from shotlane.instruments.dialogue._template import TemplateError
from shotlane.instruments.dialogue._texts import checksum_of
from shotlane.model import BinaryField, BlockForm, InstrumentDocument, LengthField, ReplyForm

_TOKEN: Final = re.compile(r"\s+|(?P<hex>[0-9A-Fa-f]{2})|\{(?P<name>[A-Za-z_]\w*)(?::(?P<type>\w+))?\}")
Piece = bytes | tuple[str, str]


def parse_bytes(text: str, names: Sequence[str]) -> tuple[Piece, ...]:
    """Bytes and fields of a template; `names` are the fields it may hold. Raises `TemplateError`."""
    pieces: list[Piece] = []
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            bad = text[at:].split()[0]
            raise TemplateError(f"{bad!r} is no byte", "write two hexadecimal digits for each, e.g. 02 1F")
        if found["hex"]:
            pieces.append(bytes.fromhex(found["hex"]))
        elif found["name"]:
            pieces.append(_field(found["name"], found["type"], names))
        at = found.end()
    return tuple(pieces)


def _field(name: str, type_: str | None, names: Sequence[str]) -> tuple[str, str]:
    if name not in names:
        known = ", ".join(f"{{{known}}}" for known in names) or "none"
        raise TemplateError(f"{{{name}}} has no value here", f"fields that have one: {known}")
    plain = name in ("command", "checksum")
    if plain != (type_ is None):
        what = "has no type" if plain else f"needs its type, e.g. {{{name}:uint16}}"
        raise TemplateError(f"{{{name}}} {what}")
    if type_ is not None and type_ not in (*FORMATS, "text"):
        known = did_you_mean(type_, [*FORMATS, "text"], what="types")
        raise TemplateError(f"{{{name}:{type_}}}: {type_!r} is no type", known)
    return name, type_ or ""


@dataclass(frozen=True, slots=True)
class BinarySend:
    """A command inside what stands around every command."""

    text: str
    pieces: tuple[Piece, ...]
    line: tuple[Piece, ...]
    checksum: Checksum | None
    low_first: bool
    echo: bool

    def compose(self, values: Mapping[str, Any]) -> Message:
        """The bytes. Raises `ValueError`, `TypeError` or `KeyError` for a value that cannot be written."""
        command = self._joined(self.pieces, values)
        data = self._joined(self.line, {"command": command, "length": len(command)})
        return Message(data.hex(" ").upper(), data, data if self.echo else b"")

    def _joined(self, pieces: tuple[Piece, ...], values: Mapping[str, Any]) -> bytes:
        data = b""
        for piece in pieces:
            if isinstance(piece, bytes):
                data += piece
            elif piece[0] == "checksum" and self.checksum is not None:
                data += self.checksum.of(data)
            else:
                data += self._written(values[piece[0]], piece[1])
        return data

    def _written(self, value: Any, type_: str) -> bytes:
        if isinstance(value, bytes):
            return value
        if type_ == "text":
            return str(value).encode("latin-1")
        return Number(type_, self.low_first).pack(float(value) if isinstance(value, str) else value)


class BinaryLanguage:
    """Makes messages and replies of one document."""

    ignored: Ignored | None = None

    def __init__(self, document: InstrumentDocument, fault: Callable[[Path, TemplateError], None]) -> None:
        self._document = document
        self._fault = fault
        self._checksum = checksum_of(document.checksum, "low_first")
        self._low_first = document.byte_order == "low_first"
        self._line = self._written_line()
        self._refusals = {
            data: kind
            for text, kind in document.errors.items()
            if (data := self._bytes(text, ("errors", text)))
        }

    def is_inline(self, text: str) -> bool:
        """A layout is never written in one text."""
        return False

    def send(self, text: str, names: Sequence[str], numbers: Sequence[str] = ()) -> Send:
        """Messages of a template, whose fields have their types. Raises `TemplateError`."""
        pieces = parse_bytes(text, names)
        return BinarySend(
            text, pieces, self._line, self._checksum, self._low_first, bool(self._document.echo)
        )

    def reply(self, form: str | ReplyForm, missing: Missing | None = None) -> Reply:
        """Replies of a layout. Raises `TemplateError`."""
        if isinstance(form, str):
            raise TemplateError("a binary reply is no text", "write `length:` and `fields:` below its name")
        places = tuple(self._place(name, field) for name, field in form.fields.items())
        start, end = (_fixed(text or "") for text in (form.start, form.end))
        checksum = self._checksum if form.checksum in (None, True) else None
        if form.checksum and checksum is None:
            raise TemplateError("nothing says what the checksum is", "write e.g. `checksum: crc16`")
        after = (checksum.width if checksum else 0) + len(end)
        length = self._length(form.length)
        least = max([len(start), *(place.end for place in places), _extent(length)]) + after
        framing = LayoutFraming(start, end, length, least, self._refusals)
        self._check(framing, least)
        return LayoutReply(form.model_dump_json(exclude_unset=True), framing, places, checksum)

    def handshake(self) -> Handshake | None:
        """None: bytes have none."""
        return None

    def block(self, form: BlockForm) -> Reply:
        """Blocks belong to SCPI. Raises `TemplateError`."""
        raise TemplateError("blocks belong to protocol scpi", "write the numbers as a field with `count:`")

    def _check(self, framing: LayoutFraming, least: int) -> None:
        length = framing.length
        if length is None and not framing.end:
            raise TemplateError("nothing says where the reply ends", "write `length:` with its bytes")
        if length is not None and length.number is None and length.fixed < least:
            raise TemplateError(f"the reply has {length.fixed} bytes, and its parts need {least}")
        for prefix in self._refusals:
            if framing.start.startswith(prefix):
                shown = prefix.hex(" ").upper()
                raise TemplateError(f"it begins like the error {shown}", "write more bytes of either")

    def _place(self, name: str, field: BinaryField) -> Place:
        low_first = (field.byte_order or self._document.byte_order) == "low_first"
        count = -1 if field.count == "rest" else field.count
        if field.type == "text":
            if count is None:
                raise TemplateError(f"the text {name!r} needs its number of bytes", "add `count:`")
            return Place(name, field.at, None, count)
        number = Number(field.type, low_first)
        if field.bit is not None and (not number.whole or count is not None or field.bit >= 8 * number.size):
            raise TemplateError(f"{name!r} has no bit {field.bit}", "a bit is one of a whole number")
        return Place(name, field.at, number, count, field.bit)

    def _length(self, written: int | LengthField | None) -> Length | None:
        if written is None or isinstance(written, int):
            return None if written is None else Length(written)
        if written.type.startswith("float"):
            raise TemplateError("a length is a whole number")
        return Length(written.plus, written.at, Number(written.type, self._low_first))

    def _written_line(self) -> tuple[Piece, ...]:
        document = self._document
        text = document.write if "write" in document.model_fields_set else "{command}"
        try:
            line = parse_bytes(text, ("command", "checksum", "length"))
        except TemplateError as error:
            self._fault(("write",), error)
            return (("command", ""),)
        if ("checksum", "") in line and self._checksum is None:
            help_text = "write e.g. `checksum: crc16`"
            self._fault(("write",), TemplateError("nothing says what {checksum} is", help_text))
        return line

    def _bytes(self, text: str, path: Path) -> bytes:
        try:
            data = _fixed(text)
        except TemplateError as error:
            self._fault(path, error)
            return b""
        if not data:
            self._fault(path, TemplateError("an error needs the bytes that it begins with"))
        return data


def _fixed(text: str) -> bytes:
    """Bytes without fields. Raises `TemplateError`."""
    return b"".join(piece for piece in parse_bytes(text, ()) if isinstance(piece, bytes))


def _extent(length: Length | None) -> int:
    return 0 if length is None or length.number is None else length.at + length.number.size
