"""Where text goes: results to standard output, messages to standard error."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from shotlane.diagnostics import Report, as_json, render_text


class Complaint(Exception):
    """Something a person must mend; told in one line, with the exit status of the command."""

    def __init__(self, message: str, status: int = 2) -> None:
        super().__init__(message)
        self.status = status


def say(text: str = "") -> None:
    """Print to standard output."""
    print(text)


def tell(text: str = "") -> None:
    """Print to standard error."""
    print(text, file=sys.stderr)


def print_json(value: Any) -> None:
    """Print one JSON value."""
    print(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def counted(report: Report) -> str:
    """'10 errors, 1 warning'."""
    errors, warnings = len(report.errors), len(report.warnings)
    parts = [f"{errors} error{'s' * (errors != 1)}"] if errors else []
    parts += [f"{warnings} warning{'s' * (warnings != 1)}"] if warnings else []
    return ", ".join(parts) or "no mistakes"


def print_report(report: Report, *, as_text: bool = True) -> None:
    """Print all diagnostics: text to standard error with a count, JSON to standard output."""
    if not as_text:
        say(as_json(report))
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
