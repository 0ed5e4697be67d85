"""The one door through which every fault of a document goes.

Stages add to a report and go on with what is sound; the caller decides at the end. Equal messages at one
place are kept once, because two stages may meet the same fault. They are told in the order of reading, those
of what other documents depend on first: what is wrong there may be the cause of what seems wrong here.
"""

from collections.abc import Iterable, Iterator

from shotlane.diagnostics._codes import CODES
from shotlane.diagnostics._diagnostic import Diagnostic, Note, Severity
from shotlane.diagnostics._render import render_text
from shotlane.diagnostics._span import Span

_MOST_TOLD = 10


class DocumentError(Exception):
    """Documents are wrong; nothing was touched. `diagnostics` says where and why.

    As text it tells the first of them as the command line does: with the line, a caret and the help.
    """

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__(self.diagnostics)

    def __repr__(self) -> str:
        return f"<DocumentError with {len(self.diagnostics)} diagnostics>"

    def __str__(self) -> str:
        # Errors first, so that no warning takes the room of what keeps it from running.
        told = sorted(self.diagnostics, key=lambda item: item.severity is not Severity.ERROR)
        text = render_text(told[:_MOST_TOLD]) or "documents are wrong"
        more = len(told) - _MOST_TOLD
        return text if more <= 0 else f"{text}\n\nand {more} more"


class Report:
    """Collects diagnostics over all stages and files."""

    def __init__(self) -> None:
        self._items: dict[tuple[str, str, object], Diagnostic] = {}
        self._needed: set[str] = set()

    def precede(self, name: str) -> None:
        """Tell the messages of a document before those of the documents that need it."""
        self._needed.add(name)

    def add(self, item: Diagnostic) -> None:
        """Take a diagnostic; its code must be registered in `CODES`."""
        if item.code not in CODES:
            raise KeyError(f"diagnostic code {item.code} is not registered")
        place = (item.span.source.name, item.span.start, item.span.end) if item.span else None
        self._items.setdefault((item.code, item.message, place), item)

    def error(
        self,
        code: str,
        message: str,
        span: Span | None = None,
        *,
        help: str | None = None,
        notes: tuple[Note, ...] = (),
    ) -> None:
        """Add an error."""
        self.add(Diagnostic(code, message, span, help, Severity.ERROR, notes))

    def warning(
        self,
        code: str,
        message: str,
        span: Span | None = None,
        *,
        help: str | None = None,
        notes: tuple[Note, ...] = (),
    ) -> None:
        """Add a warning."""
        self.add(Diagnostic(code, message, span, help, Severity.WARNING, notes))

    def __iter__(self) -> Iterator[Diagnostic]:
        return iter(sorted(self._items.values(), key=self._order))

    def _order(self, item: Diagnostic) -> tuple[bool, tuple[str, int, str]]:
        needs_others = item.span is not None and item.span.source.name not in self._needed
        return needs_others, item.sort_key

    def __len__(self) -> int:
        return len(self._items)

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """The errors, sorted by place."""
        return tuple(item for item in self if item.severity is Severity.ERROR)

    @property
    def warnings(self) -> tuple[Diagnostic, ...]:
        """The warnings, sorted by place."""
        return tuple(item for item in self if item.severity is Severity.WARNING)

    @property
    def ok(self) -> bool:
        """Whether no error was reported."""
        return not self.errors

    def raise_if_errors(self) -> None:
        """Raise `DocumentError` with every diagnostic when there is an error among them."""
        if not self.ok:
            raise DocumentError(self)
