"""Reads a text and keeps what was told."""

from typing import Any

from shotlane.diagnostics import Report, Span
from shotlane.document import Document, read_text


def read(text: str) -> tuple[Document | None, Report]:
    report = Report()
    return read_text(text, "x.yaml", report), report


def sound(text: str) -> Document:
    document, report = read(text)
    assert report.ok, list(report)
    assert document is not None
    return document


def data_of(text: str) -> Any:
    return sound(text).data


def codes_of(text: str) -> list[str]:
    return [item.code for item in read(text)[1]]


def shown(span: Span) -> str:
    """The characters that a span points at."""
    return span.source.text[span.start : span.end]
