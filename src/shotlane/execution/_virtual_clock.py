"""A clock that jumps: hours pass in milliseconds, the same ones each time.

It is driven by one thread. Time moves when somebody waits, or when a simulated exchange says how long it
took (`advance`); who drives it sets it back for those that this exchange does not concern (`set_back`).
"""

import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from shotlane.execution._priority import Timing


class VirtualClock:
    """Virtual time from zero. `utc_ns`: wall time at its zero, by default that of its making."""

    virtual = True

    def __init__(self, utc_ns: int | None = None) -> None:
        self._now_ns = 0
        self._zero_utc_ns = time.time_ns() if utc_ns is None else utc_ns

    @property
    def timing(self) -> Timing:
        """Nothing is ever late in it."""
        return Timing("virtual", "the clock jumps")

    def now_ns(self) -> int:
        """Virtual time."""
        return self._now_ns

    def utc_ns(self) -> int:
        """Virtual wall time."""
        return self._zero_utc_ns + self._now_ns

    def anchor(self) -> None:
        """Do nothing: virtual wall time never drifts from virtual time."""

    def advance(self, duration_ns: int) -> None:
        """Let time pass."""
        if duration_ns < 0:
            raise ValueError("time cannot run backwards")
        self._now_ns += duration_ns

    def set_back(self, now_ns: int) -> None:
        """Go back to an instant, for who did not wait."""
        self._now_ns = min(self._now_ns, now_ns)

    def wait_until(self, target_ns: int, cancelled: threading.Event) -> bool:
        """Jump to an instant, unless it is past; False when `cancelled` is set."""
        if cancelled.is_set():
            return False
        self._now_ns = max(self._now_ns, target_ns)
        return True

    def keeping_time(self, aides: Sequence[int] = ()) -> AbstractContextManager[None]:
        """Ask nothing of the process."""
        return nullcontext()

    def prepare_thread(self) -> None:
        """Do nothing: one thread drives all."""

    def happenings(self) -> list[tuple[str, Mapping[str, Any]]]:
        """Nothing happens to virtual time."""
        return []
