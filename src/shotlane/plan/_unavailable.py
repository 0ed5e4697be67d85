"""What the language knows and execution does not do yet: refused at its key, never ignored.

Each refusal is one diagnostic; what depends on the refused thing stays silent.
"""

from shotlane.diagnostics import Report
from shotlane.document import Document, Path
from shotlane.model import Sequence


def refuse_key(document: Document, report: Report, path: Path, what: str) -> None:
    """Say it at a key of the document."""
    report.error("SEQ900", f"{what} is not available yet", document.key_span(path))


def refuse_unavailable(sequence: Sequence, document: Document, report: Report) -> None:
    """Refuse whole sections; sweep items are refused by their own pass."""
    if sequence.include and not document.is_whole:
        refuse_key(document, report, ("include",), "`include`")
