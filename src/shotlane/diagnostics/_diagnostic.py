"""One message to the author of a document: where, what, and how to mend it."""

from dataclasses import dataclass
from enum import Enum

from shotlane.diagnostics._span import Span


class Severity(Enum):
    """An error stops a run before anything is touched; a warning is shown and the run goes on."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Note:
    """A second place that belongs to a fault, such as the first of two equal keys."""

    message: str
    span: Span


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One mistake, told once."""

    code: str
    message: str
    span: Span | None = None
    help: str | None = None
    severity: Severity = Severity.ERROR
    notes: tuple[Note, ...] = ()

    @property
    def sort_key(self) -> tuple[str, int, str]:
        """Order of reading: by file, then by place."""
        if self.span is None:
            return ("", 0, self.code)
        return (self.span.source.name, self.span.start, self.code)
