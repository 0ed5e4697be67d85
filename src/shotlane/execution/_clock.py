"""Time as an argument: the protocol that execution keeps time by."""

import threading
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from shotlane.execution._priority import Timing


class Clock(Protocol):
    """Monotonic nanoseconds for targets, UTC nanoseconds for anchors.

    UTC is monotonic time plus an offset that only `anchor` moves, so that a wall clock which steps during a
    shot never bends the times of that shot.
    """

    virtual: bool

    @property
    def timing(self) -> Timing:
        """How time is kept, and why so."""

    def now_ns(self) -> int:
        """Monotonic time."""

    def utc_ns(self) -> int:
        """Wall time in UTC, nanoseconds since 1970, counted on from the last anchor."""

    def anchor(self) -> None:
        """Take the offset of UTC anew; done once before each attempt."""

    def wait_until(self, target_ns: int, cancelled: threading.Event) -> bool:
        """Wait for a monotonic instant; False at once when `cancelled` is set."""

    def keeping_time(self, aides: Sequence[int] = ()) -> AbstractContextManager[None]:
        """What the process needs while shots run, put back at the end.

        `aides`: other threads, by their native ids, that compute meanwhile and never for long.
        """

    def prepare_thread(self) -> None:
        """What a thread needs that waits on this clock; called once in it."""

    def happenings(self) -> list[tuple[str, Mapping[str, Any]]]:
        """What happened to time since the last call, as events: type and fields."""
