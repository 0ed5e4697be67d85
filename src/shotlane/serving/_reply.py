"""Replies of a dialogue from the side of the device: the frames of the document, filled in."""

import re
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from shotlane.instruments.dialogue._binary_layout import LayoutReply
from shotlane.instruments.dialogue._envelope import line_end
from shotlane.instruments.dialogue._pattern import PatternFrame
from shotlane.instruments.dialogue._talk import Reply
from shotlane.instruments.dialogue._template import _parts, twos_complement
from shotlane.instruments.dialogue._text_parts import BlockReply, TextReply
from shotlane.instruments.dialogue._texts import checksum_of
from shotlane.model import InstrumentDocument, ReplyForm
from shotlane.serving._sample import sample

# What stands in a field of which nothing is known, by its type.
_DEFAULTS: Final = {"f": 0.0, "d": 0, "x": 0, "sx": 0, "list": 0}
# A frame does not say how many digits a number in two's complement has.
_SIGNED_DIGITS: Final = 4
Values = Callable[[str], Any]  # of a field; None where nothing is known of it


class Composer:
    """Makes the replies of one document."""

    def __init__(self, document: InstrumentDocument) -> None:
        self._document = document
        self._checksum = checksum_of(document.checksum, "hex") if document.protocol != "binary" else None
        self._end = document.read_end or line_end(document.read or "") or line_end(document.write) or "\n"

    def reply(self, reply: Reply, values: Values) -> bytes:
        """A reply whose fields have these values, as they stand on the wire."""
        if isinstance(reply, LayoutReply):
            return _layout(reply, values)
        if isinstance(reply, BlockReply):
            return self._block(reply, values)
        assert isinstance(reply, TextReply)
        text = (
            _from_pattern(reply.frame, values)
            if isinstance(reply.frame, PatternFrame)
            else filled(reply.frame.text, values)
        )
        form = ReplyForm.model_validate_json(reply.key)
        if form.length is not None or form.quiet:
            return _sized(text, form.length).encode(self._document.encoding, "replace")
        if not reply.several:
            return self.line(text)
        lines = text.split("\n")
        lines += [""] * ((form.lines or 0) - len(lines))
        if form.until is not None:
            lines.append(form.until.strip())
        return b"".join(self.line(line) for line in lines)

    def line(self, text: str) -> bytes:
        """One line with what stands around it."""
        encoding = self._document.encoding
        if self._document.read is None:
            return (text + self._end).encode(encoding, "replace")
        before, found, after = self._document.read.partition("{checksum}")
        data = before.replace("{reply}", text).replace("{{", "{").replace("}}", "}")
        if not found or self._checksum is None:
            return _ended(data, self._end).encode(encoding, "replace")
        head = data.encode(encoding, "replace")
        tail = after or (self._end if self._checksum.is_text and data.endswith(text) else "")
        return head + self._checksum.of(head) + tail.encode(encoding)

    def refusal(self, fault: str) -> bytes:
        """What the device says when it refuses; nothing where the document does not say what."""
        for text, kind in self._document.errors.items():
            if kind == fault:
                if self._document.protocol == "binary":
                    return bytes.fromhex(text)
                return self.line(filled(text, lambda _: None))
        return b""

    def _block(self, reply: BlockReply, values: Values) -> bytes:
        numbers = np.asarray(values("value") if values("value") is not None else [], dtype=np.float64)
        data = numbers.astype(reply.dtype).tobytes()
        size = str(len(data))
        return f"#{len(size)}{size}".encode() + data + self._end.encode(self._document.encoding)


def filled(frame: str, values: Values) -> str:
    """A frame with its fields filled in; optional ones of which nothing is known are left out."""
    text = ""
    for literal, name, spec in _parts(frame):
        text += literal
        if name is None:
            continue
        type_ = spec.removesuffix("?")
        value = None if name == "_" else values(name)
        if type_ == "header" or (value in (None, "") and spec.endswith("?")):
            text = text.rstrip(" ")
            continue
        text += shown(type_, value)
    return text.strip(" ")


def shown(type_: str, value: Any) -> str:
    """A value as a field of a type."""
    if isinstance(value, np.ndarray):
        return ",".join(f"{number:.9g}" for number in value) or "0"
    if value is None or value == "":
        value = _DEFAULTS.get(type_, "" if type_ in ("rest", "s") else "0")
    match type_:
        case "f":
            return f"{float(value):.9g}"
        case "d":
            return str(round(float(value)))
        case "x":
            return f"{round(float(value)):X}"
        case "sx":
            return twos_complement(value, _SIGNED_DIGITS)
        case _:
            return f"{value:.9g}" if isinstance(value, float) else str(value)


def _from_pattern(frame: PatternFrame, values: Values) -> str:
    """A short text that fits a pattern, with the values of its groups."""

    def group(name: str, expression: str) -> str | None:
        value = values(name)
        if value is None:
            return None
        given = shown(frame.types[name], value)
        # A group that takes only some texts says one of them.
        return given if re.fullmatch(expression, given, re.DOTALL) else None

    return sample(frame.text, group)


def _layout(reply: LayoutReply, values: Values) -> bytes:
    framing, checksum = reply.framing, reply.checksum
    after = (checksum.width if checksum else 0) + len(framing.end)
    places = {place: values(place.name) for place in reply.places}
    size = max(framing.least - after, *(_end(place, value) for place, value in places.items()), 0)
    if framing.length is not None and framing.length.number is None:
        size = framing.length.fixed - after
    body = bytearray(size)
    body[: len(framing.start)] = framing.start
    for place, value in places.items():
        data = _packed(place, value, size)
        if place.bit is not None and place.number is not None:
            held = int(place.number.read(bytes(body), place.at)) | int(bool(value)) << place.bit
            data = place.number.pack(held)
        body[place.at : place.at + len(data)] = data
    length = framing.length
    if length is not None and length.number is not None:
        number = length.number.pack(size + after - length.fixed)
        body[length.at : length.at + len(number)] = number
    return bytes(body) + (checksum.of(bytes(body)) if checksum else b"") + framing.end


def _end(place: Any, value: Any) -> int:
    if place.count != -1:
        return int(place.end)
    return int(place.at) + len(_packed(place, value, 1 << 20))


def _packed(place: Any, value: Any, size: int) -> bytes:
    if place.number is None:
        room = size - place.at if place.count == -1 else place.count or 0
        data = str(value or "").encode("latin-1", "replace")
        return data[:room] if place.count == -1 else data[:room].ljust(room, b"\0")
    if place.count is not None:
        numbers = np.asarray([] if value is None else value, dtype=np.float64)
        many = len(numbers) if place.count == -1 else place.count
        data = numbers[:many].astype(np.dtype(place.number.format)).tobytes()
        return data.ljust(0 if place.count == -1 else many * place.number.size, b"\0")
    try:
        return bytes(place.number.pack(float(value or 0)))
    except ValueError:
        return bytes(place.number.size)  # it cannot hold what the simulation makes of it


def _sized(text: str, length: object) -> str:
    """A text that nothing ends: as long as it must be."""
    return text if not isinstance(length, int) else text.ljust(length)[:length]


def _ended(text: str, end: str) -> str:
    return text if line_end(text) is not None else text + end
