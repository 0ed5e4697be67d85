"""Where the threads of all ports meet between two phases: the last to come fixes what comes next.

It does so in its own thread and goes on at once, because handing over to another thread takes longer than all
the rest between a set-up and t = 0.
"""

import threading
from collections.abc import Callable, Iterator, Mapping

from shotlane.execution._trouble import Trouble

Steps = Mapping[str, Iterator[int]]


class Meeting:
    """Of so many ports. `then`: what each does next; called once, if nothing says halt."""

    def __init__(self, ports: int, then: Callable[[], Steps], trouble: Trouble) -> None:
        self._missing = ports
        self._then = then
        self._trouble = trouble
        self._lock = threading.Lock()

    def arrive(self) -> Steps | None:
        """For the last one what is next for all ports, None when there is nothing; None for the others."""
        with self._lock:
            self._missing -= 1
            if self._missing:
                return None
        if self._trouble.halt.is_set():
            return None
        try:
            return self._then() or None
        except BaseException as error:  # noqa: BLE001  a bug of ours must end in the safe state
            self._trouble.crash(error, "run")
            return None
