"""The commands `run-sequence` and `shotlane`: argv in, text and an exit status out.

Nothing is imported before Ctrl-C is taken care of, because a person may press it at once.
"""

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


def _command(name: str, argv: Sequence[str] | None) -> int:
    try:
        status: int = getattr(import_module("shotlane.cli._main"), name)(argv)
    except KeyboardInterrupt:
        # While a run goes on, Ctrl-C does not raise.
        sys.stderr.write("stopped by Ctrl-C before anything was touched\n")
        status = 4
    if argv is None:
        # The process ends: signals could merely spoil what it has said.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
    return status


__all__ = ["main", "run_sequence"]
