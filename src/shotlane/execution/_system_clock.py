"""The clock of the machine: sleep to shortly before an instant, then spin.

A sleeping thread wakes some 20 to 80 us late, a spinning one within a microsecond, so the last stretch is
spun. `wait_until` returns no earlier than its target. It waits on `cancelled`, whose lock a signal handler in
the same thread could need: call it from a thread that runs no handlers, or have handlers set another event.
"""

import threading
import time

# Longer than nearly every late wake after `prepare_timing_thread`, and at 1 kHz a seventh of one core.
SPIN_NS = 200_000
# One wait in one piece is bounded because Windows takes no timeout over 49 days.
_LONGEST_SLEEP_S = 3600.0
_ANCHOR_TRIES = 3


def _measured_offset_ns() -> int:
    """UTC minus monotonic time, from the tightest of a few readings of both."""
    best: tuple[int, int] | None = None
    for _ in range(_ANCHOR_TRIES):
        before = time.perf_counter_ns()
        utc = time.time_ns()
        after = time.perf_counter_ns()
        candidate = (after - before, utc - (before + after) // 2)
        best = candidate if best is None else min(best, candidate)
    assert best is not None
    return best[1]


class SystemClock:
    """Real time. `spin_ns`: how long before its target a wait stops sleeping."""

    virtual = False

    def __init__(self, spin_ns: int = SPIN_NS) -> None:
        self._spin_ns = spin_ns
        self._offset_ns = _measured_offset_ns()

    def now_ns(self) -> int:
        """Monotonic time; on Linux CLOCK_MONOTONIC, elsewhere the counter of finest resolution."""
        return time.perf_counter_ns()

    def utc_ns(self) -> int:
        """Wall time, counted on from the last anchor."""
        return time.perf_counter_ns() + self._offset_ns

    def anchor(self) -> None:
        """Read the wall clock."""
        self._offset_ns = _measured_offset_ns()

    def wait_until(self, target_ns: int, cancelled: threading.Event) -> bool:
        """Wait for a monotonic instant; False at once when `cancelled` is set."""
        now = time.perf_counter_ns
        while (sleep_ns := target_ns - now() - self._spin_ns) > 0:
            if cancelled.wait(min(sleep_ns / 1e9, _LONGEST_SLEEP_S)):
                return False
        while now() < target_ns:
            pass
        return not cancelled.is_set()
