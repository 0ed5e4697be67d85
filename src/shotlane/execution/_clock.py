"""Time as an argument: the protocol that execution keeps time by."""

import threading
from typing import Protocol


class Clock(Protocol):
    """Monotonic nanoseconds for targets, UTC nanoseconds for anchors."""

    virtual: bool

    def now_ns(self) -> int:
        """Monotonic time."""

    def utc_ns(self) -> int:
        """Wall time in UTC, nanoseconds since 1970."""

    def wait_until(self, target_ns: int, cancelled: threading.Event) -> bool:
        """Wait for a monotonic instant; False at once when `cancelled` is set."""
