"""Places, messages and their rendering. Knows nothing else of shotlane."""

from shotlane.diagnostics._codes import CODES
from shotlane.diagnostics._diagnostic import Diagnostic, Note, Severity
from shotlane.diagnostics._render import as_github, as_json, render_text
from shotlane.diagnostics._report import DocumentError, Report
from shotlane.diagnostics._span import Source, Span
from shotlane.diagnostics._suggest import did_you_mean, nearest

__all__ = [
    "CODES",
    "Diagnostic",
    "DocumentError",
    "Note",
    "Report",
    "Severity",
    "Source",
    "Span",
    "as_github",
    "as_json",
    "did_you_mean",
    "nearest",
    "render_text",
]
