"""Values as they are sent."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from shotlane.expression import parse_unit
from shotlane.plan._rounding import significant, to_resolution


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_twelve_digits_are_the_float_nearest_to_the_decimal(value: float) -> None:
    found = float(significant(value))
    assert found == float(f"{value:.11e}") or abs(found - value) <= 0.50001 * 10.0 ** (
        np.floor(np.log10(abs(value))) - 11
    )


def test_there_is_no_negative_zero_and_undefined_values_stay() -> None:
    found = significant([-0.0, np.inf, -np.inf, np.nan])
    assert str(found.tolist()) == "[0.0, inf, -inf, nan]"


@given(st.integers(-100_000, 100_000))
def test_a_grid_of_a_hundredth_degree_survives_the_way_through_kelvin(hundredths: int) -> None:
    unit = parse_unit("degC")
    value = hundredths / 100
    assert float(significant(unit.from_si(np.array(unit.to_si(value))))) == value


@given(st.integers(-1000, 1000), st.sampled_from([0.1, 0.01, 0.5, 1.0, 5.0, 0.3]))
def test_multiples_of_the_resolution_stay(steps: int, resolution: float) -> None:
    value = float(to_resolution(steps * resolution, resolution))
    assert abs(value - steps * resolution) < 1e-9
    assert float(to_resolution(value, resolution)) == value
