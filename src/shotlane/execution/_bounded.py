"""Wait for something no longer than a given time, whatever it does."""

import threading
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

T = TypeVar("T")


class NotEndedError(Exception):
    """It did not end in time. Not a `TimeoutError`, which the action itself may raise."""


class _Ended(Generic[T]):
    """How an action ended: with a value, or an error."""

    def __init__(self, action: Callable[[], T]) -> None:
        self.error: BaseException | None = None
        self.value: T | None = None
        try:
            self.value = action()
        except BaseException as error:  # noqa: BLE001  raised again in the thread that waits
            self.error = error


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
        if end.error is not None:
            raise end.error
        return end.value  # type: ignore[return-value]
    raise NotEndedError(f"no end after {timeout_s:g} s")
