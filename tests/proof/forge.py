"""Commands as a person types them, forked from a process that has imported everything: it takes 0.1 s.

What is forked is a process of its own in every respect: it can be sent signals, and be killed.
"""

import faulthandler
import multiprocessing
import os
import pty
import signal
import sqlite3
import sys
import threading
import time
from collections.abc import Callable
from contextlib import nullcontext, suppress
from pathlib import Path

from tests.acceptance.lab import Done

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["tests.proof.preloaded"])


def _command(argv: list[str], folder: str, terminal: str | None, told: str) -> None:
    """Be the command: its folder, its terminal, its output and its exit status."""
    out = os.open(told, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    inward = os.open(terminal or os.devnull, os.O_RDWR)
    for number, source in enumerate((inward, out, inward if terminal else out)):
        os.dup2(source, number)
    # Text of its own, in place of what the parent's test runner has captured.
    sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), open(2, "w")  # noqa: SIM115
    faulthandler.register(signal.SIGUSR1, file=2, all_threads=True)
    os.chdir(folder)
    from shotlane.cli import main, run_sequence  # late: imported long since, where this was forked

    status = run_sequence(argv[1:]) if argv[0] == "run-sequence" else main(argv[1:])
    sys.stdout.flush()
    sys.stderr.flush()
    sys.exit(status)


class Forked:
    """A command under way."""

    def __init__(self, folder: Path, *argv: object, terminal: bool = False) -> None:
        self._told = folder / f"told-{time.monotonic_ns()}.txt"
        self._main: int | None = None
        self.lock: sqlite3.Connection | None = None
        self.closing = False  # it may have ended already
        name = None
        if terminal:
            self._main, secondary = pty.openpty()
            name = os.ttyname(secondary)
            threading.Thread(target=self._drain, args=(self._main, secondary), daemon=True).start()
        arguments = ([str(item) for item in argv], str(folder), name, str(self._told))
        self._process = _CONTEXT.Process(target=_command, args=arguments, daemon=True)
        self._process.start()

    @staticmethod
    def _drain(main: int, secondary: int) -> None:
        """Read what is drawn, else it would be waited for."""
        try:
            while os.read(main, 65536):
                pass
        except OSError:
            os.close(secondary)

    @property
    def over(self) -> bool:
        """Whether it has ended."""
        return not self._process.is_alive()

    def unlock(self) -> None:
        """Let go of what holds its store, if a test does."""
        lock, self.lock = self.lock, None
        if lock is not None:
            lock.rollback()
            lock.close()

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        assert self._process.pid is not None
        with suppress(ProcessLookupError) if self.closing else nullcontext():
            os.kill(self._process.pid, number)

    def wait_for(self, holds: Callable[[], bool], timeout_s: float = 60.0) -> None:
        """Wait until something holds, for as long as it runs."""
        deadline = time.monotonic() + timeout_s
        while not holds():
            assert not self.over, self.finish()
            assert time.monotonic() < deadline, "waited in vain"
            time.sleep(0.004)

    def finish(self, timeout_s: float = 60.0) -> Done:
        """How it ended; a negative status is the signal that killed it."""
        self._process.join(timeout_s)
        if not self.over:
            self.send(signal.SIGUSR1)
            self._process.join(1.0)  # while it tells where it hangs
        assert self.over, f"no end after {timeout_s} s: {self._told.read_text()}"
        status = self._process.exitcode
        assert status is not None
        return Done(status, self._told.read_text(), "")

    def close(self) -> None:
        """End what a test that failed has left behind."""
        self.unlock()
        if not self.over:
            self.send(signal.SIGKILL)
            self._process.join()
        if self._main is not None:
            os.close(self._main)
