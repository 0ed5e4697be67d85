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
# One that goes on while the machine sleeps, one that does not.
_PAIRS = {
    "linux": ("CLOCK_BOOTTIME", "CLOCK_MONOTONIC"),
    "darwin": ("CLOCK_MONOTONIC_RAW", "CLOCK_UPTIME_RAW"),
}
_TRIES = 3


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
    best: tuple[int, Clocks] | None = None
    for _ in range(_TRIES):
        before = time.perf_counter_ns()
        utc = time.time_ns()
        after = time.perf_counter_ns()
        if best is None or after - before < best[0]:
            best = (after - before, Clocks((before + after) // 2, utc, 0))
    assert best is not None
    return best[1]._replace(slept_ns=_slept_ns())


def _slept_ns() -> int:
    """How long this machine has slept."""
    names = _PAIRS.get(sys.platform)
    numbers = [getattr(time, name, None) for name in names or ()]
    if not numbers or None in numbers:
        return 0
    going, standing = (int(number) for number in numbers if number is not None)
    # A stall between the two readings makes the difference smaller, never larger.
    return max(time.clock_gettime_ns(going) - time.clock_gettime_ns(standing) for _ in range(_TRIES))


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
