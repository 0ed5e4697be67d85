"""The commands `run-sequence` and `shotlane`: argv in, text and an exit status out.

Nothing is imported before Ctrl-C is taken care of, because a person may press it at once.
"""

import os
import signal
import sys
from collections.abc import Sequence
from importlib import import_module


def run_sequence(argv: Sequence[str] | None = None) -> int:
    """Run the command `run-sequence`."""
    return _command("run_sequence", argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command `shotlane`."""
    return _command("main", argv)


_told: list[int] = []


def has_told(status: int) -> None:
    """A run has told how it ended, which a Ctrl-C on the way out does not change."""
    _told[:] = [status]


def _command(name: str, argv: Sequence[str] | None) -> int:
    _open_closed_streams()
    _told.clear()
    try:
        status: int = getattr(import_module("shotlane.cli._main"), name)(argv)
    except KeyboardInterrupt:
        # While a run goes on, Ctrl-C does not raise.
        if not _told:
            sys.stderr.write("stopped by Ctrl-C before anything was touched\n")
        status = _told[0] if _told else 4
    if argv is None:
        # The process ends: signals could merely spoil what it has said.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
    return status


def _open_closed_streams() -> None:
    """Let streams that were closed (`>&-`) lead nowhere.

    Else the next file that is opened takes the descriptor: the store, into which a library or a child then
    writes what it has to say.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):  # the lowest that is free is taken
        if getattr(sys, name) is None:
            # Open to the end of the process; pathlib need not be imported for it.
            stream = open(os.devnull, mode, encoding="utf-8", errors="replace")  # noqa: PTH123, SIM115
            os.set_inheritable(stream.fileno(), True)
            setattr(sys, name, stream)


__all__ = ["has_told", "main", "run_sequence"]
