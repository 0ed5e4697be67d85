"""The grid of a recording: when each tick is due, without drift, and how many there are.

A rate and a duration are taken as they are written in decimals: 0.29 s at 100 Hz are 29 ticks.
"""

from fractions import Fraction
from math import floor

S = 1_000_000_000


class Grid:
    """Ticks at n x period from an origin; `ticks` None: without end. Exact over years."""

    def __init__(self, period_s: Fraction, ticks: int | None) -> None:
        self._numerator = period_s.numerator * S
        self._denominator = period_s.denominator
        self.ticks = ticks

    @property
    def period_ns(self) -> int:
        """From tick to tick, rounded."""
        return self.offset_ns(1)

    def offset_ns(self, tick: int) -> int:
        """When a tick is due, from the origin."""
        return tick * self._numerator // self._denominator

    def newest(self, offset_ns: int) -> int:
        """The last tick that is due at an instant."""
        return (offset_ns * self._denominator + self._denominator - 1) // self._numerator


def make_grid(rate_hz: float | None, period_s: float | None, duration_s: float | None) -> Grid:
    """The grid of a rate or a period. Raises `ValueError`."""
    if (rate_hz is None) == (period_s is None):
        raise ValueError("give either rate_hz or period")
    period = 1 / _positive("rate_hz", rate_hz) if rate_hz is not None else _positive("period", period_s)
    if period * S < 1:
        raise ValueError("a rate above 1 GHz is none that this clock knows")
    if duration_s is None:
        return Grid(period, None)
    ticks = floor(_positive("duration", duration_s) / period)
    if not ticks:
        raise ValueError(f"a duration of {duration_s:g} s is shorter than one period, {float(period):g} s")
    return Grid(period, ticks)


def _positive(name: str, value: float | None) -> Fraction:
    # A truth value is a number to Python, and no rate.
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{name} is a number, not {value!r}")  # noqa: TRY004  one kind for every bad argument
    if not 0 < value < float("inf"):
        raise ValueError(f"{name} must be above 0 and finite, not {value:g}")
    return Fraction(repr(value))
