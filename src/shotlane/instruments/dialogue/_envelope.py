"""What stands around every command and every reply on the line: address, header, checksum, end.

`write` and `read` are mirror images: `{command}` or `{reply}`, and perhaps `{checksum}` after it, which is of
all that stands before it.
"""

import re
from dataclasses import dataclass
from typing import Final

from shotlane.instruments.dialogue._checksum import Checksum, ChecksumError
from shotlane.instruments.dialogue._framing import Until
from shotlane.instruments.dialogue._template import ReplyMismatch, TemplateError, WriteTemplate, parse_write

_LINE_END: Final = re.compile(r"[\x00-\x1f]+\Z")
_SUM: Final = "{checksum}"


def split_checksum(text: str, checksum: Checksum | None) -> tuple[str, str | None]:
    """What stands before and after `{checksum}`; None for no checksum. Raises `TemplateError`."""
    before, found, after = text.partition(_SUM)
    if not found:
        return text, None
    if checksum is None:
        raise TemplateError("nothing says what {checksum} is", "write e.g. `checksum: sum8`")
    if _SUM in after:
        raise TemplateError("{checksum} stands twice")
    return before, after


@dataclass(frozen=True, slots=True)
class WrittenLine:
    """The line that is written for a command."""

    before: WriteTemplate
    after: str | None
    checksum: Checksum | None
    encoding: str

    def compose(self, command: str) -> bytes:
        """The bytes of a command. Raises `ValueError` for what cannot be encoded."""
        data = self.before.fill({"command": command}).encode(self.encoding)
        if self.after is None or self.checksum is None:
            return data
        return data + self.checksum.of(data) + self.after.encode(self.encoding)


def parse_written_line(text: str, checksum: Checksum | None, encoding: str) -> WrittenLine:
    """Read `write`. Raises `TemplateError`."""
    before, after = split_checksum(text, checksum)
    _check_encodable(text, encoding)
    return WrittenLine(parse_write(before, ("command",)), after, checksum, encoding)


def line_end(text: str) -> str | None:
    """The control characters that a written line ends with."""
    found = _LINE_END.search(text)
    return found[0] if found else None


@dataclass(frozen=True, slots=True)
class ReplyLine:
    """The line of a reply: what stands before the reply, after it, and how the line ends."""

    framing: Until
    header: bytes
    footer: bytes
    checksum: Checksum | None
    encoding: str

    def open(self, payload: bytes) -> str:
        """The reply itself. Raises `ReplyMismatch`, or `ChecksumError` for a wrong checksum."""
        if self.checksum is not None:
            width = self.checksum.width
            self.checksum.check(payload[:-width], payload[-width:])
            payload = payload[:-width]
        elif self.header or self.footer:
            payload = payload.strip()
        if not payload.startswith(self.header):
            came = payload[: len(self.header)]
            raise ReplyMismatch(f"the reply says {came!r} where {self.header!r} must stand: {payload!r}")
        if not payload.endswith(self.footer) or len(payload) < len(self.header) + len(self.footer):
            raise ReplyMismatch(f"the reply does not end with {self.footer!r}: {payload!r}")
        return payload[len(self.header) : len(payload) - len(self.footer)].decode(self.encoding)


def plain_reply_line(end: str, encoding: str) -> ReplyLine:
    """A line that holds nothing but the reply."""
    return ReplyLine(Until(end.encode(encoding)), b"", b"", None, encoding)


def parse_reply_line(text: str, end: str, checksum: Checksum | None, encoding: str) -> ReplyLine:
    """Read `read`; `end` where it has none. Raises `TemplateError`."""
    before, after = split_checksum(text, checksum)
    header, found, footer = before.partition("{reply}")
    if not found:
        raise TemplateError("the line read holds no reply", "put `{reply}` into it, before {checksum}")
    pieces = [piece.replace("{{", "{").replace("}}", "}") for piece in (header, footer, after or "")]
    _check_encodable(text, encoding)
    head, foot, tail = (piece.encode(encoding) for piece in pieces)
    if after is None or checksum is None:
        return _without_checksum(head, foot, end, encoding)
    if tail and checksum.is_text:
        framing = Until(tail)
    elif foot:
        framing = Until(foot, checksum.width, tail)
    elif checksum.is_text and end:
        framing = Until(end.encode(encoding))
    else:
        help = "put what ends the reply between {reply} and {checksum}, e.g. the byte ETX, \\x03"
        raise TemplateError("nothing marks the end of a reply whose checksum is in bytes", help)
    return ReplyLine(framing, head, foot, checksum, encoding)


def _without_checksum(head: bytes, foot: bytes, end: str, encoding: str) -> ReplyLine:
    mark = foot or end.encode(encoding)
    return ReplyLine(Until(mark), head, b"", None, encoding)


def _check_encodable(text: str, encoding: str) -> None:
    try:
        text.encode(encoding)
    except UnicodeEncodeError as error:
        bad = text[error.start]
        raise TemplateError(f"{bad!r} cannot be written in {encoding}", "set `encoding:`") from error


__all__ = [
    "ChecksumError",
    "ReplyLine",
    "WrittenLine",
    "line_end",
    "parse_reply_line",
    "parse_written_line",
    "plain_reply_line",
    "split_checksum",
]
