"""Wait for something no longer than a given time, whatever it does."""

import threading
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

T = TypeVar("T")
_POLL_S = 0.05


class NotEndedError(Exception):
    """It did not end in time. Not a `TimeoutError`, which the action itself may raise."""


class _Ended(Generic[T]):
    """How an action ended: with a value, or an error."""

    def __init__(self, action: Callable[[], T]) -> None:
        self._error: BaseException | None = None
        self._values: list[T] = []  # one, or none
        try:
            self._values.append(action())
        except BaseException as error:  # noqa: BLE001  raised again in the thread that waits
            self._error = error

    def outcome(self) -> T:
        """Its value, or its error raised."""
        if self._error is not None:
            raise self._error
        return self._values[0]


def unless_stopped(action: Callable[[], T], stopped: Callable[[], bool], grace_s: float) -> T:
    """The same, for as long as nobody stops it; `grace_s` from then on."""
    ended: SimpleQueue[_Ended[T]] = SimpleQueue()
    threading.Thread(target=lambda: ended.put(_Ended(action)), name="unless stopped", daemon=True).start()
    deadline_s: float | None = None
    while deadline_s is None or time.monotonic() < deadline_s:
        if deadline_s is None and stopped():
            deadline_s = time.monotonic() + grace_s
        try:
            # A signal handler runs in this thread, so nothing is waited for that it sets.
            return ended.get(timeout=_POLL_S).outcome()
        except Empty:
            continue
    raise NotEndedError(f"no end {grace_s:g} s after the stop")


def bounded(action: Callable[[], T], timeout_s: float) -> T:
    """Do it in a thread of its own; raises what it raises, or `NotEndedError`.

    After a timeout the action is left to itself. Ctrl-C does not end the wait: what is waited for here is the
    way to the safe state.
    """
    ended: SimpleQueue[_Ended[T]] = SimpleQueue()
    threading.Thread(target=lambda: ended.put(_Ended(action)), name="bounded", daemon=True).start()
    deadline_s = time.monotonic() + timeout_s
    while (remaining_s := deadline_s - time.monotonic()) > 0:
        try:
            end = ended.get(timeout=remaining_s)
        except (Empty, KeyboardInterrupt):
            continue
        return end.outcome()
    raise NotEndedError(f"no end after {timeout_s:g} s")
