"""The guard is not sent home while an instrument may still come open."""

import socket
import subprocess
import sys
import threading
from typing import Any, cast

from shotlane.api._guard import Guard, GuardedPool
from shotlane.execution import InstrumentPool


class SlowPool:
    """Its opening ends when it is let go."""

    read = write = call = None

    def __init__(self) -> None:
        self.opening, self.let_go = threading.Event(), threading.Event()

    def open(self, roles: Any) -> None:
        self.opening.set()
        self.let_go.wait()

    def close(self) -> None:
        """Nothing is held."""


def test_the_guard_stays_as_long_as_an_opening_hangs_and_no_longer() -> None:
    ours, theirs = socket.socketpair()
    slow = SlowPool()
    with theirs, subprocess.Popen([sys.executable, "-c", ""]) as process:
        guard = Guard(process, ours, lambda *_: None)
        pool = GuardedPool(cast("InstrumentPool", slow), guard, lambda: 1)
        thread = threading.Thread(target=pool.open, args=(["a"],))
        thread.start()
        slow.opening.wait()
        pool.close()
        guard.release()  # as the end of the run does
        theirs.setblocking(False)
        said = theirs.recv(4096)
        slow.let_go.set()
        thread.join()
        assert b"released" not in said
        assert ours.fileno() < 0
