"""Waiting until something may have been written: cheap for the store, and quick.

SQLite counts for every connection what others committed (sqlite.org, "PRAGMA data_version"); asking costs
some microseconds. A PostgreSQL server tells those who listen, with the commit. Both only wake: what is new is
read from the store, so that a lost message loses no event.
"""

import selectors
import threading
import time
from pathlib import Path
from typing import Any, Protocol

from shotlane.store._writer import CHANNEL

_POLL_S = 0.04
# A server may be reached through a pooler that passes no messages on.
_ASK_S = 1.0
_LOOK_S = 0.1


class Wake(Protocol):
    """Bound to one connection; raises what its driver raises, after which both are made anew."""

    def wait(self, timeout_s: float, stop: threading.Event) -> bool:
        """Whether something may be new; False when the time has passed, or `stop` is set."""

    def close(self) -> None:
        """Let go of what is the wake's own."""


class SqliteWake:
    """Asks a SQLite file."""

    def __init__(self, connection: Any, file: Path) -> None:
        self._connection = connection
        self._file = file
        self._identity = self._found()
        self._seen = self._version()

    def wait(self, timeout_s: float, stop: threading.Event) -> bool:
        """Whether something may be new; False when the time has passed, or `stop` is set."""
        deadline = time.monotonic() + timeout_s
        while not stop.is_set():
            version = self._version()
            if version != self._seen:
                self._seen = version
                return True
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            stop.wait(min(_POLL_S, left))
        return False

    def close(self) -> None:
        """Nothing is the wake's own."""

    def _version(self) -> int:
        if self._found() != self._identity:
            raise OSError("its file was removed or replaced")
        return int(self._connection.execute("PRAGMA data_version").fetchone()[0])

    def _found(self) -> tuple[int, int]:
        found = self._file.stat()
        return found.st_dev, found.st_ino


class PostgresWake:
    """Listens to a server."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._told = True  # what was written before the server heard of us
        self._since = time.monotonic()
        connection.add_notify_handler(self._hear)
        connection.execute(f"LISTEN {CHANNEL}")
        self._selector = selectors.DefaultSelector()
        self._selector.register(connection.fileno(), selectors.EVENT_READ)

    def wait(self, timeout_s: float, stop: threading.Event) -> bool:
        """Whether something may be new; False when the time has passed, or `stop` is set."""
        deadline = time.monotonic() + timeout_s
        while not self._told and time.monotonic() - self._since < _ASK_S:
            left = deadline - time.monotonic()
            if stop.is_set() or left <= 0:
                return False
            if self._selector.select(min(_LOOK_S, left)):
                self._receive()
        self._told, self._since = False, time.monotonic()
        return True

    def close(self) -> None:
        """Let go of the selector."""
        self._selector.close()

    def _hear(self, _: Any) -> None:
        self._told = True

    def _receive(self) -> None:
        line = self._connection.pgconn
        line.consume_input()
        while line.notifies() is not None:
            self._told = True
