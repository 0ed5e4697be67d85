"""The one way to stop a run from outside: signal handlers, other threads, later consoles and interlocks.

`stop` takes no lock that the running thread could hold, so it may be called from a signal handler. The worst
outcome asked for is the one that counts; asking again changes nothing else.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from shotlane.records import Outcome


@dataclass(frozen=True, slots=True)
class StopRequest:
    """How the run shall end, and one sentence why."""

    outcome: Outcome
    reason: str


def _nobody() -> None:
    """Wake nobody."""


class Control:
    """Stops a run. `request` is None until somebody asks; `stopped` is set then.

    The thread that receives signals must not wait on `stopped`: a handler sets it.
    """

    def __init__(self) -> None:
        self.stopped = threading.Event()
        self.request: StopRequest | None = None
        self._wake: Callable[[], None] = _nobody

    def stop(self, outcome: Outcome, reason: str) -> None:
        """Ask the run to end; returns at once. Callable from any thread and from signal handlers."""
        before = self.request
        if before is None or outcome.severity > before.outcome.severity:
            self.request = StopRequest(outcome, reason)
        if before is None:
            # Only the first caller sets it: a second signal may interrupt the first one's handler.
            self.stopped.set()
        self._wake()

    def on_stop(self, wake: Callable[[], None]) -> None:
        """Let `wake` be called by every `stop`, in place of the last one; it must be safe in a handler."""
        self._wake = wake
        if self.request is not None:
            wake()
