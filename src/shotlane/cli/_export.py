"""`shotlane export`: a run of a store, or of an archive, as files for other programs."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from shotlane.cli._archives import archive_complaints
from shotlane.cli._output import Complaint, print_json, say, store_complaints
from shotlane.cli._text import count
from shotlane.cli._where import store_of

if TYPE_CHECKING:
    from shotlane.analysis import LoadedRun


def main(arguments: argparse.Namespace) -> int:
    """Write them."""
    from shotlane.analysis import export  # late: polars

    with store_complaints(), archive_complaints():
        run = _run(arguments)
        folder = arguments.out or Path(f"run-{run.number}-{arguments.to}")
        if folder.exists():
            raise Complaint(f"'{folder}' exists already; remove it, or give another name with --out")
        try:
            rows = export(run, folder, arguments.to)
        except OSError as error:
            raise Complaint(f"'{folder}' cannot be written: {error.strerror or error}") from error
    if arguments.json:
        print_json({"run": run.number, "folder": str(folder), "rows": rows})
        return 0
    say(f"exported: run {run.number} to {folder}")
    say("\n".join(f"  {name}.{arguments.to}: {count(number, 'row')}" for name, number in rows.items()))
    return 0


def _run(arguments: argparse.Namespace) -> "LoadedRun":
    from shotlane.analysis import load  # late: polars

    if arguments.run.isdecimal():
        return load(int(arguments.run), store_of(arguments))
    return load(Path(arguments.run))
