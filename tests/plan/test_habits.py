"""What people write out of habit gets the spelling that they meant."""

import pytest
from tests.plan.table import compiled, sequence

STEPS = "  - heat: 1 s\n"
RAMP = "  furnace.setpoint:\n    set:\n      heat: ramp(60 degC)\n    initial: 20 degC\n    every: EVERY\n"


def _helps(text: str) -> list[str | None]:
    return [item.help for item in compiled(text)[1].errors]


def test_a_rate_where_a_period_is_wanted() -> None:
    lanes = RAMP.replace("EVERY", "20 Hz")
    assert _helps(sequence(steps=STEPS, lanes=lanes)) == ["write the time from one to the next: 1 / (20 Hz)"]


def test_the_step_of_a_range_of_temperatures() -> None:
    axis = "sweep: [{T: {arange: [20 degC, 60 degC, 10 degC]}}]\n"
    text = sequence(
        steps=STEPS, lanes=RAMP.replace("EVERY", "0.1 s"), more="parameters: {T: 1 degC}\n" + axis
    )
    assert _helps(text) == ["a difference is written in K: write 10 K"]


@pytest.mark.parametrize("step", ["{until: furnace.temperature > 1 degC, timeout: 5 s}", "{ask: Go on}"])
def test_an_open_ended_step_without_a_name(step: str) -> None:
    (help_text,) = _helps(
        sequence(steps=f"  - {step}\n", lanes="  furnace.temperature:\n    record: 10 Hz\n")
    )
    assert "give it a name" in str(help_text)


def test_a_reading_set_in_place_of_its_set_point() -> None:
    lanes = "  gas.flow:\n    set:\n      heat: 10 cm**3/min\n"
    assert _helps(sequence(steps=STEPS, lanes=lanes)) == ["did you mean 'gas.flow_setpoint'?"]
