"""`shotlane explain`: pages of codes, and where values come from."""

import json
from pathlib import Path

import pytest

from shotlane.cli import main

REPOSITORY = Path(__file__).parents[2]
RAMP = str(REPOSITORY / "sequences" / "furnace-ramp.yaml")
ANNEALING = str(REPOSITORY / "sequences" / "annealing.yaml")
ATOMS = str(REPOSITORY / "sequences" / "atoms-scan.yaml")


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]):  # type: ignore[no-untyped-def]
    def say(*arguments: str) -> str:
        assert main(["explain", *arguments]) == 0
        return capsys.readouterr().out

    return say


def test_a_code_is_explained_by_its_page(said) -> None:  # type: ignore[no-untyped-def]
    text = said("seq213")
    assert text.startswith("# SEQ213\n\n*the key of a cell names no step*\n")
    assert "<!--" not in text


@pytest.mark.parametrize(
    ("what", "help"),
    [("SEQ2133", "no file"), ("SEQ214x", "no file"), ("SEQ219", None), ("SEQ299", "did you mean SEQ")],
)
def test_an_unknown_code_has_a_near_one(
    what: str, help: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["explain", what]) == (0 if help is None else 2)
    assert (help or "") in capsys.readouterr().err


def test_a_swept_parameter_names_its_line_and_its_axis(said) -> None:  # type: ignore[no-untyped-def]
    text = said(RAMP, "T_soak", "--shot", "5")
    assert "T_soak: parameter, swept" in text
    assert "furnace-ramp.yaml:10:3  T_soak: 60 degC" in text
    assert "swept by T_soak: [40 degC, 60 degC, 80 degC]" in text
    assert "in shot 5: 60 degC" in text


def test_an_override_takes_the_place_of_line_and_axis(said) -> None:  # type: ignore[no-untyped-def]
    text = said(RAMP, "T_soak", "-p", "T_soak=70 degC")
    assert "-p T_soak=70 degC takes its place" in text
    assert "in shot 1: 70 degC" in text
    assert "swept by" not in text


def test_a_derived_value_shows_all_its_sources(said) -> None:  # type: ignore[no-untyped-def]
    lines = [line.strip() for line in said(ANNEALING, "cool").splitlines()]
    assert lines[0] == "cool: step"
    assert any(line.startswith("cool_time: 5 * cool_tau = 15000 s") for line in lines)
    assert any(line.startswith("cool_tau = 50 min") for line in lines)


def test_a_channel_shows_its_cells_and_what_it_is_sent(said) -> None:  # type: ignore[no-untyped-def]
    text = said(RAMP, "gas.flow_setpoint", "--shot", "3")
    assert "limits 0..50 cm**3/min" in text
    assert "heat..soak: flow" in text
    assert "30 cm**3/min" in text


def test_an_alias_says_which_channel_it_is_and_the_port_of_that(said) -> None:  # type: ignore[no-untyped-def]
    text = said(ATOMS, "mot.detuning", "--shot", "2")
    assert text.startswith("mot.detuning: channel\n")
    assert "\n  station atoms, port sim:sequencer\n  is sequencer.detuning\n" in text
    assert "load: -15 MHz" in text


def test_json_has_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", RAMP, "T_soak", "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert (found["kind"], found["value"], found["unit"]) == ("parameter", 40.0, "degC")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([RAMP, "T_soka"], "did you mean 'T_soak'?"),
        ([RAMP, "T_soak", "--shot", "10"], "the plan has 9"),
        ([RAMP], "say which name"),
    ],
)
def test_what_cannot_be_explained_says_why(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["explain", *arguments]) == 2
    assert told in capsys.readouterr().err
