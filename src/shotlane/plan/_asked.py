"""Asked labels: texts that a person gives once, at the start of a run, or `-p` gives.

Without an answer a placeholder stands for it, so that everything else is checked; nothing is run with one.
"""

import re
from dataclasses import dataclass
from typing import Final

from shotlane.diagnostics import Report
from shotlane.document import Document
from shotlane.model import Ask, Sequence
from shotlane.plan._written import Written

PLACEHOLDER: Final = "(asked)"
CODE: Final = "SEQ233"


@dataclass(frozen=True, slots=True)
class AskedLabel:
    """A question whose answer is the text of a label. `pattern`: what the whole answer must match."""

    name: str
    prompt: str
    pattern: str | None = None

    def accepts(self, answer: str) -> bool:
        """Whether an answer can be taken."""
        text = answer.strip()
        return bool(text) and (self.pattern is None or re.fullmatch(self.pattern, text) is not None)


def asked_label(name: str, ask: Ask) -> AskedLabel:
    """The question of a document."""
    return AskedLabel(name, ask.prompt, ask.pattern)


def check_patterns(sequence: Sequence, document: Document, report: Report) -> None:
    """Report patterns that are no regular expressions."""
    for name, ask in sequence.ask.items():
        try:
            re.compile(ask.pattern or "")
        except re.error as error:
            span = document.span(("ask", name, "pattern"))
            message = f"the pattern is no regular expression: {error}"
            report.error(CODE, message, span, help="a serial number may be written [A-Z]{2}[0-9]+")


def check_answer(name: str, ask: Ask, written: Written, report: Report) -> None:
    """Report an answer given beforehand that does not match."""
    try:
        accepted = asked_label(name, ask).accepts(written.text)
    except re.error:
        return  # told where it stands
    if not accepted:
        message = f"'{written.text}' is no answer to '{ask.prompt}'"
        report.error(CODE, message, written.span, help=f"it must match {ask.pattern}")
