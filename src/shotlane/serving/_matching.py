"""Requests of a dialogue from the side of the device: the templates of the document, read backwards.

A template becomes a pattern of bytes; where it holds a value, the pattern takes what a value can look like.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from shotlane.instruments.dialogue._binary import BinarySend
from shotlane.instruments.dialogue._binary_layout import FORMATS, Number
from shotlane.instruments.dialogue._checksum import Checksum
from shotlane.instruments.dialogue._talk import Send
from shotlane.instruments.dialogue._template import Field, WriteTemplate, signed
from shotlane.instruments.dialogue._text_parts import TextSend

_NUMBER: Final = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_TEXT: Final = r"[^\r\n]*?"


@dataclass(frozen=True, slots=True)
class Value:
    """What a template holds: a number, a text, or one of some codes."""

    is_number: bool
    codes: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Pattern:
    """A request as it looks on the wire. `read`: its values, from those that were found."""

    expression: re.Pattern[bytes]
    read: Callable[[Mapping[str, bytes]], dict[str, Field]]
    is_fixed: bool
    checksum: Checksum | None = None

    def match(self, data: bytes) -> tuple[int, dict[str, Field]] | None:
        """How many bytes it takes, and its values; None where it does not begin so."""
        found = self.expression.match(data)
        if found is None:
            return None
        groups = found.groupdict()
        if self.checksum is not None:
            head, sum_ = groups.pop("head_"), groups.pop("sum_")
            if self.checksum.of(head) != (sum_.upper() if self.checksum.is_text else sum_):
                return None
        try:
            return found.end(), self.read(groups)
        except ValueError:
            return None


def pattern_of(send: Send, values: Mapping[str, Value], *, any_case: bool) -> Pattern:
    """The pattern of what a driver composes."""
    if isinstance(send, BinarySend):
        return _binary(send, values)
    assert isinstance(send, TextSend)
    return _text(send, values, any_case)


def _text(send: TextSend, values: Mapping[str, Value], any_case: bool) -> Pattern:
    encoding = send.line.encoding
    command = _template(send.template, values, encoding)
    head = b"".join(
        _escaped(literal, encoding) + (command if name else b"")
        for literal, name, _ in send.line.before.parts
    )
    checksum = send.line.checksum if send.line.after is not None else None
    if checksum is not None:
        tail = _escaped(send.line.after or "", encoding)
        head = b"(?P<head_>" + head + b")(?P<sum_>.{%d})" % checksum.width + tail
    elif head.endswith(re.escape(b"\n")) and not head.endswith(re.escape(b"\r") + re.escape(b"\n")):
        head = head[: -len(re.escape(b"\n"))] + rb"\r?\n"  # many programs end their lines with both
    specs = {name: spec for _, name, spec in send.template.parts if name}

    def read(groups: Mapping[str, bytes]) -> dict[str, Field]:
        return {
            name: _field(data.decode(encoding), specs[name], values[name]) for name, data in groups.items()
        }

    flags = re.DOTALL | (re.IGNORECASE if any_case else re.NOFLAG)
    return Pattern(re.compile(head, flags), read, not send.template.names, checksum)


def _template(template: WriteTemplate, values: Mapping[str, Value], encoding: str) -> bytes:
    pieces: list[bytes] = []
    seen: set[str] = set()
    for literal, name, spec in template.parts:
        pieces.append(_escaped(literal, encoding))
        if name is None:
            continue
        if name in seen:
            pieces.append(f"(?P={name})".encode())
            continue
        seen.add(name)
        pieces.append(b"(?P<" + name.encode() + b">" + _value(values[name], spec, encoding) + b")")
    return b"".join(pieces)


def _value(value: Value, spec: str, encoding: str) -> bytes:
    if value.codes:
        shown = sorted({_formatted(code, spec) for code in value.codes}, key=len, reverse=True)
        return b"(?:" + b"|".join(_escaped(one, encoding) for one in shown) + b")"
    if spec[-1:] in ("x", "X") or spec.startswith("sx"):
        return rb"\s*[0-9A-Fa-f]+"
    return (rf"\s*(?:{_NUMBER})\s*?" if value.is_number else _TEXT).encode()


def _formatted(code: Any, spec: str) -> str:
    try:
        return format(code, spec)
    except ValueError:
        return format(float(code), spec)


def _field(text: str, spec: str, value: Value) -> Field:
    for code in value.codes:
        if _formatted(code, spec).casefold() == text.casefold():
            return Field(code, str(code))
    if spec[-1:] in ("x", "X") or spec.startswith("sx"):
        whole = signed(text.strip()) if spec.startswith("sx") else int(text, 16)
        return Field(whole, str(whole))
    if value.is_number:
        number = float(text)
        return Field(int(number) if number.is_integer() else number, text.strip())
    return Field(text.strip('"'), text.strip('"'))


def _escaped(text: str, encoding: str) -> bytes:
    return re.escape(text.encode(encoding))


def _binary(send: BinarySend, values: Mapping[str, Value]) -> Pattern:
    types: dict[str, str] = {}
    command = b"".join(_piece(piece, types) for piece in send.pieces)
    expression = b""
    checksum = None
    for piece in send.line:
        if not isinstance(piece, bytes) and piece[0] == "command":
            expression += command
        elif not isinstance(piece, bytes) and piece[0] == "checksum" and send.checksum is not None:
            checksum = send.checksum
            expression = b"(?P<head_>" + expression + b")(?P<sum_>.{%d})" % checksum.width
        elif not isinstance(piece, bytes) and piece[0] == "length":
            expression += b".{%d}" % Number(piece[1]).size
        else:
            expression += _piece(piece, types)

    def read(groups: Mapping[str, bytes]) -> dict[str, Field]:
        return {name: _binary_field(data, types[name], send.low_first) for name, data in groups.items()}

    return Pattern(re.compile(expression, re.DOTALL), read, not types, checksum)


def _piece(piece: bytes | tuple[str, str], types: dict[str, str]) -> bytes:
    if isinstance(piece, bytes):
        return re.escape(piece)
    name, type_ = piece
    if type_ not in FORMATS and type_ != "text":
        return b""
    types[name] = type_
    size = b".*?" if type_ == "text" else b".{%d}" % Number(type_).size
    return b"(?P<" + name.encode() + b">" + size + b")"


def _binary_field(data: bytes, type_: str, low_first: bool) -> Field:
    if type_ == "text":
        text = data.decode("latin-1")
        return Field(text, text)
    number = Number(type_, low_first).read(data, 0)
    return Field(number, repr(number))
