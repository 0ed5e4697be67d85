"""Being called for every event that is wanted: those that are there, then those that come.

A callback that raises is told, as what ends a thread is, and is called again for the next event.
"""

import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from shotlane.records import LoggedEvent
from shotlane.store._event_filter import EventFilter
from shotlane.store._event_tail import EventTail

_JOIN_S = 5.0


def subscribe(
    store: str | Path, callback: Callable[[LoggedEvent], object], wanted: EventFilter | None = None
) -> "Subscription":
    """Call for the events that are there, here and now, and for those that come, in a thread of its own.

    Raises `StoreError` when there is no store; one that is gone later is waited for.
    """
    tail = EventTail(store, wanted)
    subscription = Subscription(tail, callback)
    try:
        subscription.begin()
    except BaseException:
        tail.close()
        raise
    return subscription


class Subscription:
    """Ends when it is called, or at the end of the run or session that is followed."""

    def __init__(self, tail: EventTail, callback: Callable[[LoggedEvent], object]) -> None:
        self._tail = tail
        self._callback = callback
        self._failed = 0
        self._ended = False
        self._thread = threading.Thread(target=self._follow, name="shotlane-events", daemon=True)

    def begin(self) -> None:
        """Tell what is there, then start the thread."""
        for event in self._tail.read():
            self._tell(event)
        self._thread.start()

    def __call__(self) -> None:
        """Unsubscribe: the callback is not called any more. Safe to call twice, and in the callback."""
        self._ended = True
        self._tail.stop()
        if self._thread is not threading.current_thread():
            self._thread.join(_JOIN_S)

    @property
    def following(self) -> bool:
        """Whether events are still told."""
        return self._thread.is_alive() and not self._ended

    def statistics(self) -> dict[str, Any]:
        """Those of the tail, and how often the callback raised."""
        return {**self._tail.statistics(), "failed": self._failed}

    def _follow(self) -> None:
        try:
            for event in self._tail.follow():
                if self._ended:
                    break
                self._tell(event)
        finally:
            self._tail.close()

    def _tell(self, event: LoggedEvent) -> None:
        try:
            self._callback(event)
        except Exception:  # noqa: BLE001  (theirs, not ours: it must not end what others rely on)
            self._failed += 1
            kind, error, trace = sys.exc_info()
            assert kind is not None
            thread = threading.current_thread()
            threading.excepthook(threading.ExceptHookArgs((kind, error, trace, thread)))
