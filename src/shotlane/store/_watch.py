"""Breaks off a transaction that a server never answers: one that hangs keeps its connection sound.

A driver waits for such a server for ever. The watch cuts the connection in two, upon which the driver raises
what it raises for a server that died.
"""

import os
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType

# A transaction that takes so many times the wait for a lock has stalled.
STALL = 6.0
_LOOK_S = 0.25


class Watch:
    """A context manager around everything that talks to the server; `handle` gives its socket."""

    def __init__(self, handle: Callable[[], int], limit_s: float) -> None:
        self._handle = handle
        self._limit_s = limit_s
        self._deadline = 0.0  # 0: nothing is under way
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._look, name="shotlane-store-watch", daemon=True)
            self._thread.start()
        self._deadline = time.monotonic() + self._limit_s

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # Not while it cuts: the socket may be another one's a moment later.
        with self._lock:
            self._deadline = 0.0

    def _look(self) -> None:
        while not self._closing.wait(_LOOK_S):
            with self._lock:
                if self._deadline and time.monotonic() > self._deadline:
                    self._deadline = 0.0
                    self._cut()

    def _cut(self) -> None:
        with suppress(OSError, AttributeError), socket.socket(fileno=os.dup(self._handle())) as line:
            line.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """End the thread."""
        self._closing.set()
