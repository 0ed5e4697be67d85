"""What people write out of habit gets the spelling that they meant."""

import pytest

from shotlane.expression import ExpressionError, parse


def _help(text: str) -> str | None:
    with pytest.raises(ExpressionError) as caught:
        parse(text).infer({})
    return caught.value.faults[0].help


def test_a_time_as_on_a_clock() -> None:
    assert _help("1:30") == "a time is written with its unit: 90 s, 1.5 min"
    assert "if condition" in str(_help("a : b"))


@pytest.mark.parametrize("state", ["open", "closed", "Enabled"])
def test_the_state_of_a_valve(state: str) -> None:
    assert _help(state) == "booleans are written on and off, or true and false"


@pytest.mark.parametrize(("text", "unit"), [("60 ℃", "degC"), ("140 ℉ + 1 K", "degF")])
def test_a_degree_of_one_character(text: str, unit: str) -> None:
    assert _help(text) == f"write {unit}"
