"""When ticks are due, and how many there are."""

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shotlane.acquisition._grid import Grid, make_grid


@pytest.mark.parametrize(
    ("rate_hz", "duration", "ticks"),
    [(100, 0.29, 29), (10, 0.3, 3), (10, 0.25, 2), (3, 1, 3), (0.1, 25, 2), (1000, 86400, 86_400_000)],
)
def test_ticks_are_the_whole_periods_of_a_duration(rate_hz: float, duration: float, ticks: int) -> None:
    assert make_grid(rate_hz, None, duration).ticks == ticks


def test_targets_do_not_drift_at_a_rate_that_no_period_in_nanoseconds_has() -> None:
    assert make_grid(3, None, None).offset_ns(3 * 10**9) == 10**18


@given(
    st.fractions(Fraction(1, 10**6), Fraction(10**4)),
    st.integers(0, 10**9),
)
def test_the_newest_tick_is_due_and_the_one_after_it_is_not(period_s: Fraction, tick: int) -> None:
    grid = Grid(period_s, None)
    offset = grid.offset_ns(tick)
    assert grid.newest(offset) == tick
    assert grid.newest(offset - 1) == tick - 1
    assert grid.newest(grid.offset_ns(tick + 1) - 1) == tick


@pytest.mark.parametrize(
    ("rate_hz", "period", "duration", "told"),
    [
        (None, None, None, "either rate_hz or period"),
        (10, 0.1, None, "either rate_hz or period"),
        (0, None, None, "rate_hz must be above 0"),
        (-1, None, None, "rate_hz must be above 0"),
        (math.nan, None, None, "rate_hz must be above 0"),
        (math.inf, None, None, "rate_hz must be above 0"),
        (True, None, None, "rate_hz is a number"),
        ("10 Hz", None, None, "rate_hz is a number"),
        (None, 0, None, "period must be above 0"),
        (10, None, 0, "duration must be above 0"),
        (10, None, 0.05, "shorter than one period"),
    ],
)
def test_what_is_no_rate_or_duration_is_refused(
    rate_hz: float, period: float, duration: float, told: str
) -> None:
    with pytest.raises(ValueError, match=told):
        make_grid(rate_hz, period, duration)
