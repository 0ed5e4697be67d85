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
    from shotlane.analysis import ONE_FILE, NoWriterError, export  # late: polars

    with store_complaints(), archive_complaints():
        run = _run(arguments)
        whole = ONE_FILE.get(arguments.to)
        out = arguments.out or Path(
            f"run-{run.number}{whole}" if whole else f"run-{run.number}-{arguments.to}"
        )
        if out.exists():
            raise Complaint(f"'{out}' exists already; remove it, or give another name with --out")
        try:
            rows = export(run, out, arguments.to)
        except NoWriterError as error:
            raise Complaint(str(error)) from error
        except OSError as error:
            raise Complaint(f"'{out}' cannot be written: {error.strerror or error}") from error
    if arguments.json:
        print_json({"run": run.number, "folder": str(out), "rows": rows})
        return 0
    say(f"exported: run {run.number} to {out}")
    ending = "" if whole else f".{arguments.to}"
    say("\n".join(f"  {name}{ending}: {count(number, 'row')}" for name, number in rows.items()))
    return 0


def _run(arguments: argparse.Namespace) -> "LoadedRun":
    from shotlane.analysis import load  # late: polars

    if arguments.run.isdecimal():
        return load(int(arguments.run), store_of(arguments))
    return load(Path(arguments.run))
