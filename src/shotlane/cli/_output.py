"""Where text goes: results to standard output, messages to standard error.

A reader that has gone (head, less), or a full disk behind it, is no fault and stops no run; what a terminal
cannot show becomes `?`.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal, TextIO

from shotlane.cli._drawing import let_go
from shotlane.diagnostics import Report, as_github, as_json, render_text
from shotlane.records import without_passwords

Form = Literal["text", "json", "github"]


class Complaint(Exception):
    """Something a person must mend; told in one line, with the exit status of the command."""

    def __init__(self, message: str, status: int = 2) -> None:
        super().__init__(message)
        self.status = status


def say(text: str = "") -> None:
    """Print to standard output."""
    _print(text, sys.stdout)


def tell(text: str = "") -> None:
    """Print to standard error. An address that was given in a wrong place is told without its password."""
    _print(without_passwords(text), sys.stderr)


def _print(text: str, stream: TextIO) -> None:
    encoding = stream.encoding or "utf-8"
    try:
        # Flushed here, where a reader that has gone can be noticed, and not as Python exits.
        print(text.encode(encoding, "replace").decode(encoding), file=stream, flush=True)
    except OSError:
        let_go(stream)  # there is nobody left to tell


def print_json(value: Any) -> None:
    """Print one JSON value, in letters that its reader takes."""
    plain = not (sys.stdout.encoding or "").lower().startswith("utf")
    say(json.dumps(value, indent=2, ensure_ascii=plain, default=str))


def print_json_line(value: Any) -> None:
    """Print one JSON value on one line, at once."""
    print(json.dumps(value, ensure_ascii=False, default=str), flush=True)


def print_line(text: str, *, now: bool) -> None:
    """Print a line of a stream, `now` at once. That its reader has gone is raised, and ends the stream."""
    encoding = sys.stdout.encoding or "utf-8"
    print(text.encode(encoding, "replace").decode(encoding), flush=now)


def counted(report: Report) -> str:
    """'10 errors, 1 warning'."""
    errors, warnings = len(report.errors), len(report.warnings)
    parts = [f"{errors} error{'s' * (errors != 1)}"] if errors else []
    parts += [f"{warnings} warning{'s' * (warnings != 1)}"] if warnings else []
    return ", ".join(parts) or "no mistakes"


def form_of(arguments: argparse.Namespace) -> Form:
    """How diagnostics are to be printed; `--json` is short for `--format json`."""
    form: Form = "json" if arguments.json else arguments.format
    return form


def print_report(report: Report, form: Form = "text") -> None:
    """Print all diagnostics: text to standard error with a count, the rest to standard output."""
    if form == "json":
        say(as_json(report))
    elif form == "github" and len(report):
        say(as_github(report))
    elif len(report):
        tell(render_text(report))
        tell(f"\n{counted(report)}")


@contextmanager
def store_complaints() -> Iterator[None]:
    """Tell a fault of the store in one line."""
    from shotlane.store import StoreError  # late: SQLAlchemy

    try:
        yield
    except StoreError as error:
        raise Complaint(str(error)) from error
