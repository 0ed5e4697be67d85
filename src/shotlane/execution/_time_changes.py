"""What happened to time itself: the machine slept, or somebody set the wall clock.

Targets count on a monotonic clock, which neither moves. But instants in UTC are that clock plus an offset
taken once per attempt, so whoever reads them must know. While a machine sleeps its monotonic clock stands
still; a second clock that goes on tells for how long. What the wall clock gained beyond that was a step.
"""

import sys
import time
from collections.abc import Iterator
from typing import NamedTuple

# Smaller steps are those of a clock that is disciplined; less sleep than this cannot be told from reading.
SMALLEST_NS = 20_000_000
# A wall clock may be slewed by 500 millionths; what it gains so was never a step.
SLEW = 1e-3
# The clock that goes on while the machine sleeps, as `perf_counter` does not there.
_SLEEPLESS = {"linux": "CLOCK_BOOTTIME", "darwin": "CLOCK_MONOTONIC_RAW"}
_GOING: int | None = getattr(time, _SLEEPLESS.get(sys.platform, ""), None)
_TRIES = 3
# A reading in which nobody came between.
_TIGHT_NS = 2_000


class Clocks(NamedTuple):
    """All clocks at one instant; `slept_ns`: since the machine was started, 0 where nothing tells."""

    monotonic_ns: int
    utc_ns: int
    slept_ns: int

    @property
    def offset_ns(self) -> int:
        """UTC minus monotonic time."""
        return self.utc_ns - self.monotonic_ns


class TimeChange(NamedTuple):
    """An event of time: `clock.stepped` or `clock.suspended`, and by how much."""

    type: str
    duration_ns: int


def read_clocks() -> Clocks:
    """Read them as close together as can be: the tightest of a few tries."""
    took_ns, found = _read()
    for _ in range(_TRIES - 1):
        if took_ns <= _TIGHT_NS:
            break
        took_ns, found = min((took_ns, found), _read())
    return found


def _read() -> tuple[int, Clocks]:
    """Read them once; how long it took, and what they said in the middle of that."""
    before = time.perf_counter_ns()
    utc = time.time_ns()
    going = None if _GOING is None else time.clock_gettime_ns(_GOING)
    after = time.perf_counter_ns()
    middle = (before + after) // 2
    return after - before, Clocks(middle, utc, 0 if going is None else going - middle)


def time_changes(before: Clocks, after: Clocks) -> Iterator[TimeChange]:
    """What must have happened between two readings."""
    slept_ns = after.slept_ns - before.slept_ns
    if slept_ns >= SMALLEST_NS:
        yield TimeChange("clock.suspended", slept_ns)
    else:
        slept_ns = 0
    stepped_ns = after.offset_ns - before.offset_ns - slept_ns
    allowed_ns = SMALLEST_NS + SLEW * (after.monotonic_ns - before.monotonic_ns + slept_ns)
    if abs(stepped_ns) > allowed_ns:
        yield TimeChange("clock.stepped", stepped_ns)
