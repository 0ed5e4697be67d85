"""The clock of the machine: sleep to shortly before an instant, then spin.

A sleeping thread wakes some 20 to 80 us late, a spinning one within a microsecond, so the last stretch is
spun. `wait_until` returns no earlier than its target. It waits on `cancelled`, whose lock a signal handler in
the same thread could need: call it from a thread that runs no handlers, or have handlers set another event.
"""

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from shotlane.execution._priority import (
    AIDE_PRIORITY,
    Timing,
    drop_priority,
    runaway_guard,
    take_priority,
)
from shotlane.execution._time_changes import Clocks, read_clocks, time_changes
from shotlane.execution._timing import prepare_timing_thread, punctual_process

# Longer than nearly every late wake after `prepare_timing_thread`; at 100 Hz a fiftieth of one core, and at
# 1 kHz, where half of it does, a tenth.
SPIN_NS = 200_000
_SHORTEST_SPIN_NS = 50_000
_SPIN_PART = 10
# One wait in one piece is bounded because Windows takes no timeout over 49 days.
_LONGEST_SLEEP_S = 3600.0
# Between two shots that follow each other at once the clocks are read once.
_FRESH_NS = 5_000_000
_BUSY_AIDE = "what writes the records computed for half a second, and is an ordinary thread now"
_NORMAL = Timing("normal", "nothing else was asked for")


class SystemClock:
    """Real time. `spin_ns`: how long before its target a wait stops sleeping."""

    virtual = False

    def __init__(self, spin_ns: int = SPIN_NS, timing: Timing = _NORMAL) -> None:
        self._spin_ns = spin_ns
        self._timing = timing
        self._urgent: list[int] = []  # threads with real-time priority
        self._aides: list[int] = []  # those that are lifted because they take the interpreter
        self._happened: list[tuple[str, Mapping[str, Any]]] = []
        self._clocks = read_clocks()
        self._offset_ns = self._clocks.offset_ns

    @property
    def timing(self) -> Timing:
        """How time is kept, and why so."""
        return self._timing

    def now_ns(self) -> int:
        """Monotonic time; on Linux CLOCK_MONOTONIC, elsewhere the counter of finest resolution."""
        return time.perf_counter_ns()

    def utc_ns(self) -> int:
        """Wall time, counted on from the last anchor."""
        return time.perf_counter_ns() + self._offset_ns

    def anchor(self) -> None:
        """Read the wall clock, unless that was just done."""
        if time.perf_counter_ns() - self._clocks.monotonic_ns > _FRESH_NS:
            self.look(read_clocks())
        self._offset_ns = self._clocks.offset_ns

    def look(self, clocks: Clocks) -> None:
        """Take what the clocks of the machine say, and note what they cannot have done by themselves."""
        for type_, duration_ns in time_changes(self._clocks, clocks):
            field = "for_s" if type_ == "clock.suspended" else "by_s"
            self._happened.append((type_, {field: duration_ns / 1e9}))
        self._clocks = clocks

    def happenings(self) -> list[tuple[str, Mapping[str, Any]]]:
        """What happened to time since the last call, as events: type and fields."""
        self.look(read_clocks())
        found, self._happened = self._happened, []
        return found

    def wait_until(self, target_ns: int, cancelled: threading.Event) -> bool:
        """Wait for a monotonic instant; False at once when `cancelled` is set."""
        now = time.perf_counter_ns
        # After a short sleep a core is still awake; and ports in quick turns must not spin into each other.
        spin_ns = min(self._spin_ns, max((target_ns - now()) // _SPIN_PART, _SHORTEST_SPIN_NS))
        while (sleep_ns := target_ns - now() - spin_ns) > 0:
            if cancelled.wait(min(sleep_ns / 1e9, _LONGEST_SLEEP_S)):
                return False
        while now() < target_ns:
            pass
        return not cancelled.is_set()

    @contextmanager
    def keeping_time(self, aides: Sequence[int] = ()) -> Iterator[None]:
        """Make the process punctual, and hear of threads that keep a core to themselves."""
        with punctual_process():
            if self._timing.priority is None:
                yield
                return
            with runaway_guard(self._relent):
                self._lift(aides)
                try:
                    yield
                finally:
                    self._drop_aides()

    def _lift(self, aides: Sequence[int]) -> None:
        for thread in aides:
            with suppress(OSError):  # those that keep time are refused as well then, and tell
                self._aides.append(take_priority(AIDE_PRIORITY, thread))

    def _drop_aides(self) -> None:
        for thread in self._aides:
            drop_priority(thread)
        self._aides.clear()

    def prepare_thread(self) -> None:
        """Ask for wakes without slack and, where it was granted, for priority."""
        prepare_timing_thread()
        if self._timing.priority is None:
            return
        try:
            self._urgent.append(take_priority(self._timing.priority))
        except OSError as error:
            self._fall_back(f"a thread was not granted priority any more ({error.strerror})")

    def _relent(self) -> bool:
        """Called by a signal handler: some thread computes and never waits. True to be told again.

        Aides may compute much and are no danger without their priority, so they lose it first.
        """
        if self._aides:
            self._drop_aides()
            self._happened.append(("timing.mode", {"mode": self._timing.mode, "reason": _BUSY_AIDE}))
            return True
        self._fall_back("a driver computed for half a second without a pause")
        for thread in self._urgent:
            drop_priority(thread)
        self._urgent.clear()
        return False

    def _fall_back(self, reason: str) -> None:
        self._timing = Timing("normal", reason)
        self._happened.append(("timing.mode", {"mode": "normal", "reason": reason}))
