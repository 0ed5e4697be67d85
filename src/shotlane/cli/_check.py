"""`shotlane check`: every mistake of documents."""

import argparse

from shotlane.api import Options, check, parse_overrides
from shotlane.cli._output import counted, print_report, say
from shotlane.diagnostics import Report


def main(arguments: argparse.Namespace) -> int:
    """Check and tell; exit status 2 when there is an error."""
    report = Report()
    options = Options(arguments.station, parse_overrides(arguments.parameters, report), arguments.mock)
    for item in check(arguments.files, options, schema_only=arguments.schema_only):
        report.add(item)
    print_report(report, as_text=not arguments.json)
    if report.ok and not arguments.json:
        say(counted(report) if not len(report) else "no errors")
    return 0 if report.ok else 2
