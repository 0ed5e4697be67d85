"""From a file or a text to a `Document`. Every fault is told; none raises."""

import re
from collections.abc import Iterator
from pathlib import Path as FilePath
from typing import Any

from shotlane.diagnostics import Report, Source, Span
from shotlane.document._build import Builder, StopReading
from shotlane.document._document import Document
from shotlane.document._events import SyntaxFault, exact_events, fast_events, fast_is_enough
from shotlane.document._given import are_given, given_text
from shotlane.document._node import LEFT_OUT, Form
from shotlane.document._syntax import reword

MAX_CHARACTERS = 2 * 1024 * 1024

_NOT_TEXT = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff")


def read_file(path: FilePath, report: Report, *, name: str | None = None) -> Document | None:
    """Read a document; `name` is what messages call it. None when nothing in it is usable."""
    name = str(path) if name is None else name
    if are_given():
        return _read_given(path, name, report)
    try:
        with path.open("rb") as file:
            raw = file.read(4 * MAX_CHARACTERS + 1)
    except OSError as error:
        _cannot_read(path, name, error, report)
        return None
    except ValueError:  # a NUL in the path
        report.error("YAML013", f"'{name}' is not a file name")
        return None
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        if len(raw) > 4 * MAX_CHARACTERS:
            return read_text(raw.decode("utf-8", "replace"), name, report)  # told as too large
        _not_utf_8(raw, error, name, report)
        return None
    return read_text(text, name, report)


def _read_given(path: FilePath, name: str, report: Report) -> Document | None:
    text = given_text(path)
    if text is None:
        _cannot_read(path, name, FileNotFoundError(), report)
        return None
    return read_text(text, name, report)


def is_file(path: FilePath) -> bool:
    """Whether there is such a file; no for a text that cannot be a path at all."""
    if are_given():
        return given_text(path) is not None
    try:
        return path.is_file()
    except (OSError, ValueError):  # too long, or with a NUL
        return False


def read_text(text: str, name: str, report: Report) -> Document | None:
    """Read a document from its text. None when nothing in it is usable."""
    source = Source(name, text.removeprefix("\ufeff"))
    if not _is_readable(source, report):
        return None
    builder, complete = _build(source)
    for fault in builder.faults:
        report.add(fault)
    if not complete:
        return None
    return _finish(source, builder, report)


def _build(source: Source) -> tuple[Builder, bool]:
    """The builder after the whole text, and whether it came to the end."""
    builder = Builder(source)
    refused: SyntaxFault | None = None
    if fast_is_enough(source.text):
        try:
            return builder, _complete(builder, fast_events(source.text))
        except SyntaxFault as fault:
            refused = fault
    builder = Builder(source)
    try:
        return builder, _complete(builder, exact_events(source.text))
    except SyntaxFault as fault:
        told = refused if fault.at is None and refused is not None else fault
        split = builder.split_call(len(source.text) if told.at is None else told.at)
        builder.faults.append(split or reword(source, told))
        return builder, False


def _complete(builder: Builder, events: Iterator[Any]) -> bool:
    """Build; True when the first document is whole, even if the reading stopped behind it."""
    try:
        builder.build(events)
    except StopReading:
        return builder.root is not None
    return True


def _finish(source: Source, builder: Builder, report: Report) -> Document | None:
    if builder.root is None:
        report.error("YAML009", "the document is empty", Span(source, 0, 0), help="write `key: value` lines")
        return None
    data, node = builder.root
    if data is LEFT_OUT:
        return None
    if not isinstance(data, dict):
        found = "a list" if node.form is Form.LIST else "a single value"
        line = source.text.find("\n", node.start)
        end = node.end if line < 0 else min(node.end, line)
        report.error(
            "YAML009",
            f"the document is {found}, and should be `key: value` lines",
            Span(source, node.start, max(node.start, end)),
            help="is a colon, or the space after it, missing?" if found == "a single value" else None,
        )
        return None
    return Document(source, data, node, left_out=builder.left_out)


def _is_readable(source: Source, report: Report) -> bool:
    if len(source.text) > MAX_CHARACTERS:
        report.error(
            "YAML014",
            f"the document is larger than {MAX_CHARACTERS // 1024**2} MiB",
            Span(Source(source.name, ""), 0, 0),
            help="sweep points can be read from a CSV file: `{file: points.csv, column: x}`",
        )
        return False
    match = _NOT_TEXT.search(source.text)
    if match is not None:
        report.error(
            "YAML013",
            f"the character U+{ord(match[0]):04X} cannot stand in a document",
            Span(source, match.start(), match.end()),
            help="delete it, or write it as an escape in double quotes",
        )
    return match is None


def _cannot_read(path: FilePath, name: str, error: OSError, report: Report) -> None:
    help = None
    if isinstance(error, FileNotFoundError):
        message = f"there is no file '{name}'"
        help = "is the name right, and the folder?"
    elif isinstance(error, IsADirectoryError):
        message = f"'{name}' is a folder, and should be a file"
    else:
        message = f"'{name}' cannot be read: {error.strerror or error}"
    report.error("YAML013", message, help=help)


def _not_utf_8(raw: bytes, error: UnicodeDecodeError, name: str, report: Report) -> None:
    source = Source(name, raw.decode("utf-8", "replace").removeprefix("\ufeff"))
    at = len(raw[: error.start].decode("utf-8").removeprefix("\ufeff"))
    if raw.startswith(_WIDE_MARKS):
        message = "the file is in UTF-16, and should be in UTF-8"
    else:
        message = f"the byte 0x{raw[error.start]:02X} is not UTF-8 text"
    report.error("YAML013", message, Span(source, at, at + 1), help="save the file in the encoding UTF-8")
