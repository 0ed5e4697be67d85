"""Seconds to integer nanoseconds, exactly.

Invariant: a boundary is the exact sum of the durations before it, rounded once. Durations are floats in
seconds; each is split into whole nanoseconds and a rest below 16 ns that is known to better than 1e-14 ns, so
that sums over a million steps still round like the exact sum. All functions take arrays of any shape.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]

NS_PER_S = 1_000_000_000
# Above this the nanoseconds of a shot no longer fit 64 bits with room to add.
LONGEST_S = 4.0e9
_COARSE = 2.0**26


def split_ns(seconds: Any) -> tuple[Integers, Floats]:
    """Whole nanoseconds and the rest, in ns; their sum is the exact product."""
    values = np.asarray(seconds, dtype=np.float64)
    whole = np.floor(values)
    rest = values - whole
    # 26 bits times 1e9 (21 significant bits) is exact in a float; what is left is below 15 ns.
    coarse = np.floor(rest * _COARSE) / _COARSE
    product = coarse * NS_PER_S
    floor = np.floor(product)
    fraction = (product - floor) + (rest - coarse) * NS_PER_S
    return whole.astype(np.int64) * NS_PER_S + floor.astype(np.int64), fraction


def to_ns(seconds: Any) -> Integers:
    """Nearest integer nanoseconds."""
    whole, fraction = split_ns(seconds)
    return whole + np.rint(fraction).astype(np.int64)


def boundaries_ns(durations: list[Floats]) -> list[Integers]:
    """Start of the first step, then the end of every step, each rounded once from the exact sum."""
    whole: Integers = np.zeros((), dtype=np.int64)
    fraction: Floats = np.zeros(())
    bounds = [whole]
    for duration in durations:
        more, rest = split_ns(duration)
        whole = whole + more
        fraction = fraction + rest
        # Carrying whole nanoseconds keeps the rest small, and with it exact.
        carry = np.floor(fraction)
        whole = whole + carry.astype(np.int64)
        fraction = fraction - carry
        bounds.append(whole + np.rint(fraction).astype(np.int64))
    return bounds


def ticks_before(length_ns: Integers, period_s: Floats) -> Integers:
    """How many n >= 0 have n x period < length. Lengths are rounded, so a tick may miss by half a ns."""
    exact = length_ns / (np.asarray(period_s) * NS_PER_S)
    return np.maximum(np.ceil(exact - 1e-9), 0).astype(np.int64)


def ticks_within(length_ns: Integers, period_ns: Integers, margin_ns: int) -> Integers:
    """How many ticks n x period leave at least `margin_ns` to the end; the first one always counts.

    Without a margin a tick must lie before the end. A length of 0 has no tick.
    """
    last = length_ns - max(margin_ns, 1)
    return np.where(length_ns > 0, np.maximum(last // period_ns, 0) + 1, 0).astype(np.int64)
