"""`shotlane check`: every mistake of documents."""

import argparse

from shotlane.api import Found, Options, check, find_documents, parse_overrides
from shotlane.cli._output import Complaint, counted, form_of, print_report, say
from shotlane.cli._text import count
from shotlane.diagnostics import Report


def main(arguments: argparse.Namespace) -> int:
    """Check and tell; exit status 2 when there is an error."""
    report = Report()
    options = Options(arguments.station, parse_overrides(arguments.parameters, report), arguments.mock)
    found = find_documents(arguments.files)
    if not found.documents:
        raise Complaint(f"there is no document to check in {', '.join(map(str, arguments.files))}")
    for item in check(found.documents, options, schema_only=arguments.schema_only):
        report.add(item)
    form = form_of(arguments)
    print_report(report, form)
    if report.ok and form == "text":
        say(("no errors" if len(report) else counted(report)) + _in_how_many(found))
    return 0 if report.ok else 2


def _in_how_many(found: Found) -> str:
    """' in 12 documents', with what was left out; nothing for one file."""
    others = f" ({count(len(found.others), 'other file')} left out)" if found.others else ""
    if len(found.documents) == 1 and not others:
        return ""
    return f" in {count(len(found.documents), 'document')}{others}"
