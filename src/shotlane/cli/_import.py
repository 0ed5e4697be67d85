"""`shotlane import`: the run of an archive, into a store."""

import argparse
from dataclasses import asdict

from shotlane.cli._archives import archive_complaints
from shotlane.cli._output import print_json, say, store_complaints
from shotlane.cli._text import count


def main(arguments: argparse.Namespace) -> int:
    """Bring it, and tell its number."""
    from shotlane.api import import_run  # late: polars, SQLAlchemy

    with store_complaints(), archive_complaints():
        found = import_run(arguments.archive, store=arguments.store)
    if arguments.json:
        print_json(asdict(found))
        return 0
    if found.new:
        say(f"imported: run {found.of} of {arguments.archive} is run {found.run} of {found.store}")
    else:
        say(f"nothing to import: run {found.of} of {arguments.archive} is run {found.run} of {found.store}")
    if found.later:
        say("  there it has gone on since it was archived")
    if found.notes:
        say(f"  {count(found.notes, 'note')} came with it")
    return 0
