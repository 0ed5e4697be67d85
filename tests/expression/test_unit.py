import math
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shotlane.expression import DIMENSIONLESS, Unit, UnitError, parse_unit
from shotlane.expression._dimension import ANGLE, FLOW, FREQUENCY, LEVEL, ROTATION, TIME, VOLUME
from shotlane.expression._unit_table import PREFIXES, SYMBOLS


@pytest.mark.parametrize(
    ("text", "si"),
    [
        ("ms", 1e-3),
        ("cm**3/min", 1e-6 / 60),
        ("min", 60.0),
        ("N*m", 1.0),
        ("K/s", 1.0),
        ("mol/L", 1000.0),
        ("percent", 0.01),
        ("ppm", 1e-6),
        ("sccm", 1e-6 / 60),
        ("slm", 1e-3 / 60),
        ("slpm", 1e-3 / 60),
        ("gauss", 1e-4),
        ("G", 1e-4),
        ("mG", 1e-7),
        ("Torr", 101325 / 760),
        ("mTorr", 0.101325 / 0.76),
        ("1/s", 1.0),
        ("nV/Hz**0.5", 1e-9),
        ("s**-1", 1.0),
        ("µs", 1e-6),
        ("kΩ", 1000.0),
        ("cm³/min", 1e-6 / 60),
        ("mbar*L/s", 0.1),
    ],
)
def test_factor(text: str, si: float) -> None:
    assert parse_unit(text).to_si(1.0) == pytest.approx(si, rel=1e-15)


def test_factor_of_a_product_is_the_nearest_float() -> None:
    assert parse_unit("cm**3").factor == 1e-6
    assert parse_unit("km/h").factor == 1000 / 3600


@pytest.mark.parametrize("text", ["", "1", " "])
def test_no_unit_is_that_of_a_plain_number(text: str) -> None:
    assert parse_unit(text) == Unit("", DIMENSIONLESS)


@pytest.mark.parametrize(("text", "celsius"), [("degC", 0.0), ("°C", 0.0), ("degF", -17.77777777777778)])
def test_zero_of_a_temperature_scale(text: str, celsius: float) -> None:
    unit = parse_unit(text)
    assert unit.point
    assert unit.to_si(0.0) - 273.15 == pytest.approx(celsius, abs=1e-12)


def test_angle_keeps_hertz_and_turns_apart() -> None:
    assert parse_unit("Hz").dimension == FREQUENCY
    assert parse_unit("rpm").dimension == parse_unit("rad/s").dimension == ROTATION
    assert parse_unit("rpm").factor == pytest.approx(2 * math.pi / 60)
    assert parse_unit("deg").dimension == ANGLE


def test_decibel_is_linear_and_a_dimension_of_its_own() -> None:
    unit = parse_unit("dB")
    assert (unit.dimension, unit.to_si(3.0)) == (LEVEL, 3.0)
    assert parse_unit("dBm").point


@given(st.integers(-27315, 999999).map(lambda n: n / 100))
def test_a_grid_of_a_hundredth_of_a_degree_survives_kelvin(celsius: float) -> None:
    unit = parse_unit("degC")
    assert unit.from_si(unit.to_si(celsius)) == celsius
    assert unit.from_si(unit.to_si(np.array([celsius])))[0] == celsius


@pytest.mark.parametrize(
    ("text", "message", "help"),
    [
        ("Vlt", "unknown unit 'Vlt'", "did you mean 'volt'?"),
        ("mbr", "unknown unit 'mbr'", "did you mean 'mbar'?"),
        ("v", "unknown unit 'v'", "did you mean 'V'?"),
        ("mhz", "unknown unit 'mhz'", "did you mean 'MHz' or 'mHz'?"),
        ("cm3/min", "unknown unit 'cm3'", "a power is written with two stars: cm**3"),
        ("degC/s", "degC is a point on a scale", "write K/s"),
        ("delta_degC", "'delta_degC' is not used here", "write K"),
        ("kdegC", "degC is a point on a scale and takes no prefix", "in degC, or in K"),
        ("mdegF", "degF is a point on a scale and takes no prefix", "in degF, or in K"),
        ("V/µdegC", "degC is a point on a scale and takes no prefix", "in degC, or in K"),
        ("millicelsius", "celsius is a point on a scale and takes no prefix", "in celsius"),
        ("kdBm", "dBm is a point on a scale and takes no prefix", "write the value in dBm"),
        ("kdegree_Celsius", "unknown unit 'kdegree_Celsius'", ""),
        ("mdecade", "unknown unit 'mdecade'", ""),
        ("m^2", "'m^2' is no unit", "m**2"),
        ("%", "'%' is no unit", "`percent`"),
        ("℃", "'℃' is no unit", "write degC"),
        ("℉", "'℉' is no unit", "write degF"),
        ("N m", "'N m' is no unit", "Nm"),
        ("m**99", "an exponent of the unit is too large", "20"),
    ],
)
def test_refusal_says_what_to_write(text: str, message: str, help: str) -> None:
    with pytest.raises(UnitError) as caught:
        parse_unit(text)
    assert message in caught.value.message
    assert help in str(caught.value.help)


def test_a_unit_that_only_pint_knows() -> None:
    assert parse_unit("fortnight") == Unit("fortnight", TIME, 1209600.0)
    assert parse_unit("gallon/h").dimension == VOLUME / TIME == FLOW


def test_common_units_do_not_load_pint() -> None:
    code = (
        "import sys; from shotlane.expression import parse; parse('20 cm**3/min'); parse('5 mV/s + 3 sccm');"
        "sys.exit('pint' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@given(st.sampled_from(sorted(SYMBOLS)), st.sampled_from(["", *PREFIXES]), st.floats(1e-6, 1e6))
def test_values_survive_the_way_through_si(symbol: str, prefix: str, number: float) -> None:
    unit = parse_unit(prefix + symbol if SYMBOLS[symbol].prefixed else symbol)
    assert unit.from_si(unit.to_si(number)) == pytest.approx(number, rel=1e-12, abs=1e-9)


@pytest.mark.parametrize("text", ["degC_0__", "NAN", "nan", "V*NaN"])
def test_a_unit_that_is_something_else_to_python_is_unknown(text: str) -> None:
    with pytest.raises(UnitError, match="unknown unit"):
        parse_unit(text)
