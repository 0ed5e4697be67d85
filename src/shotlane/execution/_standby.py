"""Acts for the thread of the run when that is stopped while it waits for somebody else, as for the store.

A commit may stall for as long as a database does. Values hold between shots, and whoever stops the run, an
interlock too, must not wait for the store until the instruments are safe.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import SimpleQueue

from shotlane.execution._control import Control


class Standby:
    """A thread that sleeps until somebody wants something of the run. It is made when it is first needed."""

    def __init__(self, control: Control) -> None:
        self._control = control
        self._inbox: SimpleQueue[bool] = SimpleQueue()
        self._turn = threading.Lock()
        self._act: Callable[[], None] | None = None
        self._thread: threading.Thread | None = None

    @contextmanager
    def in_place(self, act: Callable[[], None]) -> Iterator[None]:
        """Call `act` once if the run is stopped, before the block or while it goes on, and end after it."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._serve, name="standby", daemon=True)
            self._thread.start()
        self._begin(act)
        try:
            yield
        finally:
            with self._turn:
                self._act = None

    def wake(self) -> None:
        """Look at the control. Callable from signal handlers."""
        if self._thread is not None:
            self._inbox.put(True)

    def close(self) -> None:
        """Let the thread end."""
        self._inbox.put(False)

    def _begin(self, act: Callable[[], None]) -> None:
        with self._turn:
            self._act = act
            self._act_if_stopped()

    def _serve(self) -> None:
        while self._inbox.get():
            with self._turn:
                self._act_if_stopped()

    def _act_if_stopped(self) -> None:
        """Act, with the turn taken."""
        if self._act is not None and self._control.request is not None:
            act, self._act = self._act, None
            act()
