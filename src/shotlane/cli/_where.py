"""Which store a verb reads that names no sequence: the one given, else that of the project around here."""

import argparse
from pathlib import Path

from shotlane.api import find_project
from shotlane.cli._output import print_report
from shotlane.diagnostics import Report


def store_of(arguments: argparse.Namespace) -> str:
    """Address of the store."""
    if arguments.store:
        return str(arguments.store)
    report = Report()
    project = find_project(Path.cwd(), report)
    print_report(report)
    return project.store_url
