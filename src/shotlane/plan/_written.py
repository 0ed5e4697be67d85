"""One scalar as its author wrote it, and where: in the document or given beside it."""

from dataclasses import dataclass
from typing import Any

from shotlane.diagnostics import Note, Report, Source, Span
from shotlane.document import Document, Path
from shotlane.expression import Expression, ExpressionError, Fault, parse
from shotlane.plan._given_by import GivenBy


@dataclass(frozen=True, slots=True)
class Written:
    """A raw scalar with its place. `document` and `path` are None for what was given beside it."""

    raw: Any
    span: Span
    document: Document | None = None
    path: Path = ()

    @property
    def text(self) -> str:
        """The scalar as text, booleans as YAML writes them."""
        return str(self.raw).lower() if isinstance(self.raw, bool) else str(self.raw)

    def inside(self, offset: int, length: int) -> Span:
        """A stretch of the text."""
        if self.document is not None:
            return self.document.within(self.path, offset, length)
        return Span(self.span.source, self.span.start + offset, self.span.start + offset + max(length, 1))


def in_document(document: Document, path: Path, raw: Any) -> Written:
    """A scalar of the document."""
    return Written(raw, document.span(path), document, path)


def given_value(name: str, text: str, given: GivenBy) -> Written:
    """The value that was given for a name; messages show it as a text of its own."""
    source = Source(given.place(name), text)
    return Written(text, Span(source, 0, max(len(text), 1)))


def tell(report: Report, written: Written, faults: tuple[Fault, ...], notes: tuple[Note, ...] = ()) -> None:
    """Report faults of an expression at their places inside it."""
    for fault in faults:
        span = written.inside(fault.offset, fault.length)
        report.error(fault.code, fault.message, span, help=fault.help, notes=notes)


def parse_written(report: Report, written: Written, names: set[str]) -> Expression | None:
    """The scalar as an expression, or None when it is not one, which is reported."""
    try:
        return parse(written.raw, names=names)
    except ExpressionError as error:
        tell(report, written, error.faults)
        return None
