"""The one way to steer a run from outside: signal handlers, other threads, consoles and interlocks.

Nothing here takes a lock that the running thread could hold, so all of it may be called from a signal
handler. The worst outcome asked for is the one that counts; asking again changes nothing else.
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


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody asked for: pause, continue or skip."""

    verb: str
    reason: str
    by: str


def _nobody() -> None:
    """Wake nobody."""


class Control:
    """Stops, pauses and skips. `request` is None until somebody asks for the end; `stopped` is set then.

    `pausing` holds until somebody continues; `skipping` until the run has taken it. `waiting` is the run's
    own, and a pause that somebody wants meanwhile must outlive it. The thread that receives signals must not
    wait on `stopped`: a handler sets it.
    """

    def __init__(self) -> None:
        self.stopped = threading.Event()
        self._asked: list[StopRequest] = []
        self.asked = 0  # how often a stop was asked for
        self.pausing: Wish | None = None
        self.waiting: str | None = None  # what the run waits for by itself, until it tries that again
        self.skipping: Wish | None = None
        self.continuing: Wish | None = None
        self.breaking: str | None = None  # why the attempt that is under way shall end
        self._wake: Callable[[], None] = _nobody

    @property
    def request(self) -> StopRequest | None:
        """The worst that was asked for, of equal ones the first."""
        # Asked for some twenty times a shot.
        return max(self._asked, key=lambda asked: asked.outcome.severity) if self._asked else None

    @property
    def interrupts(self) -> bool:
        """Whether what is under way shall end before its time."""
        return self.request is not None or self.skipping is not None

    def stop(self, outcome: Outcome, reason: str) -> None:
        """Ask the run to end; returns at once. Callable from any thread and from signal handlers."""
        self.asked += 1
        before = self.request
        if before is None or outcome.severity > before.outcome.severity:
            self._asked.append(StopRequest(outcome, reason))
        if before is None:
            # Only the first caller sets it: a second signal may interrupt the first one's handler.
            self.stopped.set()
        self._wake()

    def pause(self, reason: str, by: str) -> None:
        """Ask the run to wait before its next shot. Callable like `stop`."""
        self.continuing = None
        self.pausing = Wish("pause", reason, by)
        self._wake()

    def go_on(self, by: str) -> None:
        """End a pause, or call off one that has not begun; what is waited for is tried now. As `stop`."""
        self.continuing = Wish("continue", "", by)
        self.pausing = self.waiting = None
        self._wake()

    def skip(self, reason: str, by: str) -> None:
        """Ask the run to leave the shot that is under way, or else the next one. Callable like `stop`."""
        self.skipping = Wish("skip", reason, by)
        self._wake()

    def break_off(self, reason: str) -> None:
        """End the attempt that is under way: memory takes no more records. Callable like `stop`."""
        self.breaking = reason
        self._wake()

    def take_skip(self) -> Wish | None:
        """What asked to skip, which is thereby done with."""
        wish, self.skipping = self.skipping, None
        return wish

    def on_stop(self, wake: Callable[[], None]) -> None:
        """Let `wake` be called by every wish, in place of the last one; it must be safe in a handler."""
        self._wake = wake
        if self.request is not None:
            wake()
