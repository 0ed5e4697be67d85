"""Diagnostics as text with the line and a caret, as JSON, and as annotations of a GitHub workflow."""

import json
from collections.abc import Iterable

from shotlane.diagnostics._diagnostic import Diagnostic, Severity
from shotlane.diagnostics._span import Span


def _excerpt(span: Span) -> list[str]:
    """The line a span begins on, and a caret line under it."""
    text = span.source.line(span.line)
    gutter = f"{span.line:>5} | "
    # Tabs are kept in the caret line so that both lines shift alike.
    lead = "".join("\t" if character == "\t" else " " for character in text[: span.column - 1])
    width = max(1, min(span.end - span.start, len(text) - span.column + 1))
    return [f"{gutter}{text}", f"{'':>5} | {lead}{'^' * width}"]


def render_text(diagnostics: Iterable[Diagnostic]) -> str:
    """Messages as `file:line:col CODE message`, the line, a caret and `help:`."""
    blocks = []
    for item in diagnostics:
        warning = "warning: " if item.severity is Severity.WARNING else ""
        place = f"{item.span} " if item.span else ""
        lines = [f"{place}{item.code} {warning}{item.message}"]
        if item.span is not None:
            lines += _excerpt(item.span)
        for note in item.notes:
            lines.append(f"      = {note.span}: {note.message}")
        if item.help or item.severity is Severity.ERROR:
            lines.append(f"      = help: {item.help or f'see `shotlane explain {item.code}`'}")
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks)


def as_json(diagnostics: Iterable[Diagnostic]) -> str:
    """The same as a JSON array; places are line and column from 1."""

    def place(span: Span) -> dict[str, object]:
        return {
            "file": span.source.name,
            "line": span.line,
            "column": span.column,
            "end_offset": span.end,
            "offset": span.start,
        }

    rows = [
        {
            "code": item.code,
            "severity": item.severity.value,
            "message": item.message,
            "help": item.help,
            "place": place(item.span) if item.span else None,
            "notes": [{"message": note.message, "place": place(note.span)} for note in item.notes],
        }
        for item in diagnostics
    ]
    return json.dumps(rows, indent=2)


def as_github(diagnostics: Iterable[Diagnostic]) -> str:
    """One workflow command a line, which GitHub shows beside the line of the pull request."""
    return "\n".join(_command(item) for item in diagnostics)


def _command(item: Diagnostic) -> str:
    fields = {"title": item.code}
    if item.span is not None:
        end = Span(item.span.source, item.span.end, item.span.end)
        fields |= {"file": item.span.source.name, "line": str(item.span.line), "col": str(item.span.column)}
        # GitHub takes columns only within one line.
        if end.line == item.span.line:
            fields |= {"endLine": str(end.line), "endColumn": str(end.column)}
    values = ",".join(f"{key}={_property(value)}" for key, value in fields.items())
    notes = [f"{note.span}: {note.message}" for note in item.notes]
    help = [f"help: {item.help}"] if item.help else []
    return f"::{item.severity.value} {values}::{_escaped(chr(10).join([item.message, *notes, *help]))}"


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")
