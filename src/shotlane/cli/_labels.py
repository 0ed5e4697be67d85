"""Asks a person at a terminal for the labels of a sequence, before anything is touched."""

import sys
from collections.abc import Iterable, Mapping
from dataclasses import replace

from shotlane.api import Options, Prepared, refuse_unanswered
from shotlane.cli._output import Complaint, tell
from shotlane.cli._prepared import prepare_any
from shotlane.diagnostics import Report
from shotlane.plan import AskedLabel


def with_answers(prepared: Prepared, report: Report) -> tuple[Prepared | None, Report]:
    """The sequence with everything answered, and the report of compiling it so.

    Where nobody sits at a terminal, what is not answered is an error.
    """
    if not prepared.questions:
        return prepared, report
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        refuse_unanswered(prepared, report)
        return None, report
    answers = _answers(prepared.questions)
    options: Options = replace(prepared.options, parameters={**prepared.options.parameters, **answers})
    again = Report()
    return prepare_any(prepared.path, again, options), again


def _answers(labels: Iterable[AskedLabel]) -> Mapping[str, str]:
    return {label.name: _answer(label) for label in labels}


def _answer(label: AskedLabel) -> str:
    """Ask until the answer can be taken."""
    while True:
        # The question goes where the messages go, so that standard output can be piped.
        tell(label.prompt)
        line = sys.stdin.readline()
        if not line:
            raise Complaint(f"'{label.name}' was not answered, so nothing was run")
        if label.accepts(line):
            return line.strip()
        tell(f"the answer must match {label.pattern}" if label.pattern else "the answer must not be empty")
