import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shotlane.expression import tidy

FLOATS = st.floats(allow_nan=False, allow_infinity=False)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.1 + 0.2, 0.3),
        (19.999999999999996, 20.0),
        (1e-9 * 3, 3e-9),
        (0.0, 0.0),
        (-1.1 * 3, -3.3),
        (1e300, 1e300),
    ],
)
def test_noise_of_binary_floats_goes_away(value: float, expected: float) -> None:
    assert tidy(value) == expected


@given(st.integers(-999_999_999_999, 999_999_999_999), st.integers(-20, 10))
def test_twelve_decimal_digits_are_kept_exactly(digits: int, exponent: int) -> None:
    value = float(f"{digits}e{exponent}")
    assert tidy(value) == value


@given(FLOATS)
def test_rounding_changes_the_thirteenth_digit_at_most(value: float) -> None:
    assert tidy(value) == pytest.approx(value, rel=6e-12, abs=1e-300)


@given(st.lists(FLOATS, min_size=1, max_size=20))
def test_a_column_equals_its_points_bit_for_bit(values: list[float]) -> None:
    column = tidy(np.array(values))
    assert column.tobytes() == np.array([tidy(value) for value in values]).tobytes()


def test_what_is_not_finite_stays() -> None:
    assert math.isnan(tidy(math.nan))
    assert tidy(np.array([math.inf, -math.inf])).tolist() == [math.inf, -math.inf]
