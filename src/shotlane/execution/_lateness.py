"""Lateness in bounded memory: a histogram of integer nanoseconds with buckets of 1/16 octave.

A quantile is the upper edge of its bucket, so it is never told smaller than it was, and at most 6.25 %
larger; it is never above the exact maximum.
"""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate
from math import ceil

_SUB_BITS = 4
_SUB = 1 << _SUB_BITS
# Up to 2**48 ns, three days; what is later than that falls into the last bucket.
_BUCKETS = (48 - _SUB_BITS + 1) * _SUB


def _bucket(value_ns: int) -> int:
    """Values under 16 have a bucket each; above, the octave and the four bits below its first."""
    if value_ns < _SUB:
        return value_ns if value_ns > 0 else 0
    shift = value_ns.bit_length() - _SUB_BITS - 1
    return min((shift << _SUB_BITS) + (value_ns >> shift), _BUCKETS - 1)


def _upper_edge_ns(bucket: int) -> int:
    """The largest value of a bucket."""
    if bucket < _SUB:
        return bucket
    shift = (bucket >> _SUB_BITS) - 1
    return (((bucket & (_SUB - 1)) + _SUB + 1) << shift) - 1


@dataclass(frozen=True, slots=True)
class LatenessSummary:
    """How late `count` starts were."""

    count: int
    p50_ns: int
    p99_ns: int
    max_ns: int


class Lateness:
    """Takes the lateness of each start; one thread adds, any thread may read.

    `counts`: starts by bucket.
    """

    __slots__ = ("counts", "max_ns")

    def __init__(self) -> None:
        self.counts = [0] * _BUCKETS
        self.max_ns = 0

    def add(self, late_ns: int) -> None:
        """Count one start; what is early counts as on time."""
        self.counts[_bucket(late_ns)] += 1
        if late_ns > self.max_ns:
            self.max_ns = late_ns

    def summary(self) -> LatenessSummary | None:
        """Quantiles of what was added; None of nothing."""
        return combined([self])


class PortLateness:
    """What one port adds to: lateness by channel or role, and over all."""

    __slots__ = ("by_name", "total")

    def __init__(self) -> None:
        self.by_name: dict[str, Lateness] = {}
        self.total = Lateness()

    def add(self, name: str, late_ns: int) -> None:
        """Count one start."""
        own = self.by_name.get(name)
        if own is None:
            own = self.by_name[name] = Lateness()
        own.add(late_ns)
        self.total.add(late_ns)


def combined(parts: Iterable[Lateness]) -> LatenessSummary | None:
    """Quantiles over several."""
    parts = list(parts)
    if not parts:
        return None
    counts = [sum(column) for column in zip(*(part.counts for part in parts), strict=True)]
    total = sum(counts)
    if total == 0:
        return None
    largest = max(part.max_ns for part in parts)
    ranks = list(accumulate(counts))

    def quantile(fraction: float) -> int:
        # The smallest bucket that at least this many starts do not exceed.
        bucket = bisect_left(ranks, ceil(total * fraction))
        return min(_upper_edge_ns(bucket), largest)

    return LatenessSummary(total, quantile(0.5), quantile(0.99), largest)
