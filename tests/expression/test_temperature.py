import pytest
from tests.expression.support import fault, infer, unit_type, value

from shotlane.expression import BOOLEAN, Type, ValueKind
from shotlane.expression._dimension import TEMPERATURE

POINT = unit_type("degC")
KELVIN = unit_type("K")
DIFFERENCE = Type(ValueKind.NUMBER, TEMPERATURE, difference=True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("T - T_soak", DIFFERENCE),
        ("60 degC - 50 degF", DIFFERENCE),
        ("T + 5 K", POINT),
        ("T - 5 K", POINT),
        ("T + dT", POINT),
        ("5 K + T", POINT),
        ("T + (T_soak - T)", POINT),
        ("T - (T_soak - T)", POINT),
        ("300 K - T", DIFFERENCE),
        ("abs(T - T_soak)", DIFFERENCE),
        ("2 * (T - T_soak)", DIFFERENCE),
        ("dT + dT", KELVIN),
        ("max(T, 300 K)", POINT),
        ("clip(T, 20 degC, 80 degC)", POINT),
        ("T if ready else 300 K", POINT),
        ("rate * t", KELVIN),
        ("(T - T_soak) / rate", unit_type("s")),
        ("+T", POINT),
    ],
)
def test_points_and_differences(text: str, expected: Type) -> None:
    assert infer(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "T < 300 K",
        "T < 20 degC",
        "T - T_soak < 5 K",
        "dT < 5 K",
        "T == 68 degF",
        "dT < T",
        "1 K < T - T_soak < 2 K",
    ],
)
def test_comparisons_that_are_allowed(text: str) -> None:
    assert infer(text) == BOOLEAN


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("T + T_soak", "1 K"),
        ("T + 5 degC", "5 K"),
        ("abs(T)", "1 K"),
        ("T * 2", "1 K"),
        ("2 * 60 degC", "60 K"),
        ("T / 2", "1 K"),
        ("T / T_soak", "1 K"),
        ("1 / T", "1 K"),
        ("T ** 2", "1 K"),
        ("-T", "1 K"),
        ("T - T_soak < 1 degC", "1 K"),
        ("T - T_soak < 9 degF", "5 K"),
        ("T < T - T_soak", "1 K"),
        ("(T - T_soak) - T", "1 K"),
        ("sqrt(T)", "1 K"),
        ("sign(T)", "1 K"),
        ("mod(T, 5 K)", "1 K"),
        ("max(T, T - T_soak)", "1 K"),
        ("T if ready else T - T_soak", "1 K"),
        ("hypot(dT, 3 degC)", "3 K"),
    ],
)
def test_a_point_used_like_an_amount_says_how_to_write_a_difference(text: str, shown: str) -> None:
    only = fault(text)
    assert only.code == "EXP032"
    assert f"write {shown}" in str(only.help)


def test_values_of_points_and_differences() -> None:
    assert value("60 degC + 5 K") == pytest.approx(338.15)
    assert value("60 degC - 5 K") == pytest.approx(328.15)
    assert value("60 degC - 20 degC") == pytest.approx(40.0)
    assert value("35 K < 1 degC") is True
    assert value("300 K < 1 degC") is False


@pytest.mark.parametrize(("letter", "scale"), [("C", "degC"), ("F", "degF")])
def test_a_single_letter_where_a_temperature_is_wanted(letter: str, scale: str) -> None:
    only = fault(f"T > 60 {letter}")
    assert only.code == "EXP030"
    assert f"write 60 {scale}" in str(only.help) or f": 60 {scale}" in str(only.help)


def test_levels_follow_the_same_rules() -> None:
    assert infer("10 dBm - 3 dB") == unit_type("dBm")
    assert infer("10 dBm - 3 dBm").is_difference
    assert "write 3 dB" in str(fault("10 dBm + 3 dBm").help)
    assert fault("10 dBm < 3 dB").code == "EXP032"
    assert fault("3 dB + 1").code == "EXP030"
