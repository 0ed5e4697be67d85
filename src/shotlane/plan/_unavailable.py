"""What the language knows and nothing can do yet: refused at its key, never ignored.

Each refusal is one diagnostic; what depends on the refused thing stays silent.
"""

from shotlane.diagnostics import Report
from shotlane.document import Document, Path


def refuse_key(document: Document, report: Report, path: Path, what: str) -> None:
    """Say it at a key of the document."""
    report.error("SEQ900", f"{what} is not available yet", document.key_span(path))
