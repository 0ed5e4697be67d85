"""`shotlane pause|continue|abort|skip`: ask a run that goes on in another process."""

import argparse
import getpass
import os
import socket

from shotlane.cli._output import Complaint, print_json, say, store_complaints
from shotlane.cli._where import store_of

# The run looks five times a second; more, for one whose database is slow.
_WAIT_S = 5.0


def main(arguments: argparse.Namespace) -> int:
    """Ask, and say what becomes of it."""
    from shotlane.store import send_request  # late: SQLAlchemy

    store = store_of(arguments)
    with store_complaints():
        run = _only_run(store, arguments.asks) if arguments.run is None else arguments.run
        wait_s = 0.0 if arguments.no_wait else _WAIT_S
        sent = send_request(store, run, arguments.asks, reason=arguments.reason, by=who(), wait_s=wait_s)
    if arguments.json:
        print_json({"run": run, "verb": sent.verb, "answer": sent.answer})
    else:
        say(f"run {run}: {sent.answer or 'asked'}")
    if sent.answer is None and not arguments.no_wait:
        _not_taken(store, run)
    return 0


def who() -> str:
    """Who asks, as it is recorded."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):  # no such user in this container
        name = "somebody"
    return f"{name} on {socket.gethostname()}, pid {os.getpid()}"


def _only_run(store: str, verb: str) -> int:
    """The run that goes on, if it is one."""
    from shotlane.store import open_reader  # late: SQLAlchemy

    with open_reader(store) as reader:
        going = [run for run in reader.runs() if run.outcome is None]
    if not going:
        raise Complaint("no run goes on in this store")
    if len(going) > 1:
        told = ", ".join(f"{run.number} ({run.sequence})" for run in going)
        raise Complaint(f"several runs go on: {told}; write e.g. `shotlane {verb} {going[0].number}`")
    return going[0].number


def _not_taken(store: str, run: int) -> None:
    from shotlane.store import open_reader  # late: SQLAlchemy

    with store_complaints(), open_reader(store) as reader:
        state = reader.run(run).summary
    if state.outcome is not None:
        raise Complaint(f"run {run} has ended meanwhile ({state.state})")
    raise Complaint(f"run {run} did not answer within {_WAIT_S:g} s; it may still do as it was asked", 3)
