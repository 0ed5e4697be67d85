"""The commands without a process of their own, which would take a second of a core to start.

What depends on the process (signals, pipes, encodings, what is imported) is tested with the installed ones.
"""

import io
import sys
from collections.abc import Sequence
from contextlib import chdir, redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from shotlane import cli

COMMANDS = {"run-sequence": cli.run_sequence, "shotlane": cli.main}


def run_here(words: Sequence[str], folder: Path, out: io.StringIO, err: io.StringIO) -> int:
    """Run a command in a folder; its exit status."""
    before = set(sys.modules)
    with pytest.MonkeyPatch.context() as patch, chdir(folder), redirect_stdout(out), redirect_stderr(err):
        patch.setattr("sys.stdin", io.StringIO())
        patch.setattr("sys.path", [*sys.path])
        try:
            return COMMANDS[words[0]](list(words[1:]))
        except SystemExit as end:  # of argparse
            return int(end.code or 0)
        finally:
            _forget(set(sys.modules) - before, folder)


def _forget(names: set[str], folder: Path) -> None:
    """A module of a user's folder is another one in the next folder."""
    for name in names:
        if str(getattr(sys.modules[name], "__file__", None)).startswith(str(folder)):
            del sys.modules[name]
