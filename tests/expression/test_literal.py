import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.expression.support import fault, infer, marked, unit_type, value

from shotlane.expression import Expression, ExpressionError, parse, parse_literal, parse_unit, tidy

UNITS = [
    "V",
    "mV",
    "cm**3/min",
    "K/s",
    "N*m",
    "mol/L",
    "degC",
    "degF",
    "rad/s",
    "Hz",
    "percent",
    "sccm",
    "s**-1",
]


@pytest.mark.parametrize(
    ("text", "si"),
    [
        ("20 cm**3/min", 20e-6 / 60),
        ("5 N*m", 5.0),
        ("40 K/s", 40.0),
        ("1e-3 mol/L", 1.0),
        ("5V", 5.0),
        (".5 ms", 0.5e-3),
        ("5. V", 5.0),
        ("1_000 V", 1000.0),
        ("2 h", 7200.0),
        ("50 percent", 0.5),
        ("2 1/s", 2.0),
        ("3eV", 3 * 1.602176634e-19),
    ],
)
def test_number_and_unit_are_one_literal(text: str, si: float) -> None:
    assert value(text) == pytest.approx(si, rel=1e-15)


def test_a_sign_is_folded_into_a_temperature() -> None:
    assert value("-40 degC") == pytest.approx(233.15)
    assert value("- 40 degF") == pytest.approx(233.15)
    assert infer("-40 degC") == unit_type("degC")


def test_a_minus_between_a_point_and_a_difference_is_a_subtraction() -> None:
    assert value("60 degC -40 K") == pytest.approx(293.15)


def test_spaces_make_a_product() -> None:
    assert value("5 V * t", t=2.0) == 10.0
    assert value("5 V/s * t", t=2.0) == 10.0
    assert infer("5 V/s * t") == unit_type("V")
    assert value("5 V/2") == 2.5
    assert value("5 V*(x)", x=2.0) == 10.0


@pytest.mark.parametrize(
    ("text", "part", "help"),
    [
        ("5 V/s*t", "t", "5 V/s * t"),
        ("5 V*laser.power", "laser", "5 V * laser.power"),
        ("5 V*sin(x)", "sin", "5 V * sin(...)"),
        ("5 min(x, y)", "min", "5 * min(...)"),
        ("2 pi", "pi", "2 * pi"),
        ("2 V*pi", "pi", "2 V * pi"),
        ("5 1/t", "t", "5 / t"),
    ],
)
def test_a_unit_with_a_name_of_the_scope_is_an_error(text: str, part: str, help: str) -> None:
    only = fault(text)
    assert (only.code, marked(text)) == ("EXP011", part)
    assert help in str(only.help)


def test_a_unit_wins_over_a_name_directly_after_a_number() -> None:
    assert parse("5 A", names=["A"]).infer({}) == unit_type("A")


def test_a_name_after_a_number_is_no_unit() -> None:
    assert "write 5 * x" in str(fault("5 x").help)


@pytest.mark.parametrize("word", ["if ready else 3 V", "if not ready else 3 V"])
def test_operator_words_are_never_units(word: str) -> None:
    assert infer(f"5 V {word}") == unit_type("V")


def test_min_in_a_unit_is_the_minute() -> None:
    assert value("min(2 min, 90 s)") == 90.0


@pytest.mark.parametrize(
    ("text", "part", "help"),
    [
        ("5  V", "V", "at most one space"),
        ("5 N * m", "m", "no space inside"),
        ("20 %", "%", "`percent`"),
        ("7 % 3", "%", "mod(a, b)"),
        ("0x10 V", "0x10", "16"),
        ("1e999", "1e999", "1e308"),
        ("5 Vlt", "Vlt", "volt"),
        ("5 degC/s", "degC/s", "write K/s"),
        ("5 in", "in", "`inch`"),
        ("5 cm^3", "^", "two stars"),
    ],
)
def test_refused_literals_say_what_to_write(text: str, part: str, help: str) -> None:
    assert marked(text) == part
    assert help in str(fault(text).help)


def test_two_unknown_units_are_two_faults() -> None:
    with pytest.raises(ExpressionError) as caught:
        parse("5 Vlt + 3 Amper")
    assert [item.code for item in caught.value.faults] == ["EXP010", "EXP010"]


@given(st.floats(1e-6, 1e6).map(tidy), st.sampled_from(UNITS))
def test_literals_round_trip(number: float, text: str) -> None:
    si, unit = parse_literal(f"{number!r} {text}") or (0.0, parse_unit(""))
    assert unit.text == text
    assert tidy(unit.from_si(si)) == pytest.approx(number, rel=1e-12, abs=1e-9)
    assert parse(f"{number!r} {text}").evaluate({}) == si


@pytest.mark.parametrize(
    "text", ["t", "5 V + 1 V", "", "5 foo", "'5'", "on", "(5)", "--5", "5 V/s*", "5 ; 3"]
)
def test_what_is_not_one_literal(text: str) -> None:
    assert parse_literal(text) is None


@pytest.mark.parametrize(("text", "si"), [("5", 5.0), (" -5 V ", -5.0), ("+3 s", 3.0), ("-40 degC", 233.15)])
def test_one_literal(text: str, si: float) -> None:
    found = parse_literal(text)
    assert found is not None
    assert found[0] == pytest.approx(si)


@pytest.mark.parametrize(
    ("given_value", "expected"),
    [(5, 5.0), (2.5, 2.5), (True, True), (False, False), (-3, -3.0), (1e-7, 1e-7)],
)
def test_numbers_and_booleans_of_yaml_are_constants(
    given_value: float | bool, expected: float | bool
) -> None:
    expression: Expression = parse(given_value)
    assert expression.is_constant
    assert expression.evaluate({}) is expected or expression.evaluate({}) == expected


@pytest.mark.parametrize("number", [float("inf"), float("nan"), 10**400])
def test_a_number_that_is_not_finite_is_refused(number: float) -> None:
    with pytest.raises(ExpressionError, match="not finite"):
        parse(number)


@pytest.mark.parametrize("text", ["on", "true", "True"])
def test_spellings_of_true(text: str) -> None:
    assert parse(text).evaluate({}) is True


def test_a_text_in_inner_quotes_is_a_text() -> None:
    assert parse("'He'").evaluate({}) == "He"
    assert parse('"Ar/N₂ 5 %"').evaluate({}) == "Ar/N₂ 5 %"
