import pytest
from tests.expression.support import unit_type

from shotlane.expression import (
    BOOLEAN,
    NUMBER,
    TEXT,
    ExpressionError,
    Type,
    ValueKind,
    expected,
    parse,
    parse_unit,
)
from shotlane.expression._dimension import TEMPERATURE

DIFFERENCE = Type(ValueKind.NUMBER, TEMPERATURE, difference=True)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("degC", "K"),
        ("degC", "degF"),
        ("K", "degC"),
        ("s", "h"),
        ("sccm", "cm**3/min"),
        ("dB", "dB"),
        ("dBm", "dBm"),
    ],
)
def test_values_that_fit(wanted: str, found: str) -> None:
    assert expected(unit_type(wanted), unit_type(found)) is None


def message(wanted: Type, found: Type, text: str | None = None, unit: str | None = None) -> tuple[str, str]:
    answer = expected(wanted, found, text=text, unit=parse_unit(unit) if unit else None)
    assert answer is not None
    return answer[0], str(answer[1])


def test_a_bare_number_shows_how_it_is_written() -> None:
    text, help = message(unit_type("sccm"), NUMBER, "20", "cm**3/min")
    assert text == "a volume per time (e.g. cm**3/min) is needed here, and this is a plain number"
    assert help == "write the number with its unit: 20 cm**3/min"


def test_without_a_unit_of_the_place_the_usual_one_is_shown() -> None:
    assert message(unit_type("s"), NUMBER, "0.5")[1] == "write the number with its unit: 0.5 s"


@pytest.mark.parametrize(("letter", "scale"), [("C", "degC"), ("F", "degF")])
def test_a_letter_for_a_temperature(letter: str, scale: str) -> None:
    assert message(unit_type("degC"), unit_type(letter), f"60 {letter}")[1].endswith(f"60 {scale}")


def test_a_name_sends_to_where_it_gets_its_value() -> None:
    assert message(unit_type("s"), NUMBER, "soak_time")[1] == (
        "give the number its unit where 'soak_time' gets its value, e.g. 1 s"
    )
    assert message(unit_type("degC"), unit_type("C"), "T_soak")[1].endswith(
        "degrees Celsius are written degC: write them where 'T_soak' gets its value"
    )


def test_a_name_that_may_be_a_point_is_not_sent_to_kelvin() -> None:
    with pytest.raises(ExpressionError) as caught:
        parse("T_soak - T_base").infer({"T_soak": NUMBER, "T_base": unit_type("degC")})
    assert caught.value.faults[0].help == (
        "give the number its unit where 'T_soak' gets its value, e.g. 20 degC, or 5 K for a difference"
    )


def test_a_difference_for_a_point() -> None:
    assert "this is a difference" in message(unit_type("degC"), DIFFERENCE)[0]
    assert "this is a difference" in message(unit_type("dBm"), unit_type("dB"))[0]


def test_a_point_for_a_difference() -> None:
    assert "write 1 K" in message(DIFFERENCE, unit_type("degC"))[1]
    assert "write 1 dB" in message(unit_type("dB"), unit_type("dBm"))[1]
    assert message(DIFFERENCE, unit_type("degC"), "2 degC")[1].endswith("write 2 K")


@pytest.mark.parametrize(
    ("wanted", "found", "help"),
    [
        (BOOLEAN, NUMBER, "write on or off"),
        (TEXT, NUMBER, "inner quotes"),
        (NUMBER, TEXT, "without quotes"),
        (NUMBER, BOOLEAN, "a if condition else b"),
        (NUMBER, unit_type("V"), "/ (1 V)"),
        (unit_type("Hz"), unit_type("rpm"), "1 turn/s"),
        (unit_type("s"), unit_type("V"), "1 s"),
    ],
)
def test_help(wanted: Type, found: Type, help: str) -> None:
    assert help in message(wanted, found)[1]
