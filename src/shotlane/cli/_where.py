"""Which store a verb reads that names no sequence: the one given, else that of the project around here."""

import argparse
from pathlib import Path

from shotlane.cli._output import Complaint, print_report, tell
from shotlane.diagnostics import Report
from shotlane.project import find_project, is_project, no_project


def store_of(arguments: argparse.Namespace) -> str:
    """Address of the store."""
    if arguments.store:
        return str(arguments.store)
    report = Report()
    project = find_project(Path.cwd(), report)
    print_report(report)
    if report.errors:
        raise Complaint("no store is read before that is mended, unless --store names one")
    if not is_project(project.folder) and not (project.data_folder / "shotlane.db").exists():
        tell(f"shotlane: {no_project(project.folder)}, or give --store")
    return project.store_url


def data_of(store: str) -> Path | None:
    """The folder of data of the project around here, where a server's records wait; None for a file."""
    if not store.startswith("postgres"):
        return None
    # What is wrong with the settings is told where the store is looked up.
    return find_project(Path.cwd(), Report()).data_folder
