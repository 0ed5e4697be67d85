"""`shotlane queue`: what runs and what waits at the manager of another machine."""

import argparse

from shotlane.api import ManagerError, RemoteManager
from shotlane.cli._output import Complaint, form_of, print_json, say
from shotlane.cli._text import table
from shotlane.sessions import SessionError

_HEAD = ("key", "state", "number", "sequence", "by")


def main(arguments: argparse.Namespace) -> int:
    """List, or interrupt one: 0 done, 3 nobody is there, or it knows no such one."""
    try:
        manager = RemoteManager(arguments.address, arguments.token_file)
        if arguments.interrupt is not None:
            manager.submitted(arguments.interrupt).interrupt("asked for by shotlane queue")
        rows = [{name: row[name] for name in _HEAD} for row in manager.queue()]
    except (ManagerError, SessionError) as error:
        raise Complaint(str(error), 3) from error
    if form_of(arguments) == "json":
        print_json(rows)
    else:
        cells = [["" if row[name] is None else str(row[name]) for name in _HEAD] for row in rows]
        say(table(list(_HEAD), cells) if rows else "nothing was handed in")
    return 0
