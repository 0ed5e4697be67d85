"""Hours of furnace in seconds, the same each time, and never with a real instrument."""

import polars as pl
import pytest
from tests.acceptance.lab import Lab

import shotlane

TWO_HOURS = """
language: 1
sequence: two-hours
station: bench
parameters: {T: 60 degC}
timeline:
  - heat: 30 min
  - soak: 1 h
  - cool: 30 min
lanes:
  furnace.setpoint:
    set: {heat: "ramp(25 degC, T)", soak: T, cool: 25 degC}
    every: 1 s
  furnace.temperature:
    record: 10 Hz
"""


@pytest.fixture
def furnace_lab(lab: Lab) -> Lab:
    lab.write(TWO_HOURS, "sequences/two-hours.yaml")
    return lab


def samples(lab: Lab, run: int) -> pl.DataFrame:
    """What was measured: no times of day, no numbers of runs."""
    return shotlane.load(run, lab.store).samples().drop("run", "time")


def test_two_hours_take_seconds_and_are_the_same_for_one_seed(furnace_lab: Lab) -> None:
    arguments = ("--virtual-time", "--mock", "-q")
    for seed in (1, 1, 2):
        done = furnace_lab.run(*arguments, "--seed", seed, file="sequences/two-hours.yaml")
        assert (done.status, done.text) == (0, "")
    first, again, other = (samples(furnace_lab, run) for run in (1, 2, 3))
    assert first.height == 2 * 3600 * 10
    assert first.equals(again)
    assert not first.equals(other)
    assert first.drop("value").equals(other.drop("value"))
    assert first["value"].is_finite().all()


def test_virtual_time_follows_the_furnace(furnace_lab: Lab) -> None:
    run = shotlane.run(
        furnace_lab.folder / "sequences" / "two-hours.yaml", mock=True, virtual_time=True, station="demo"
    )
    soak = run.samples().filter(pl.col("t").is_between(2000, 5000))
    assert soak["value"].mean() == pytest.approx(60.0, abs=0.05)
    assert run.load().units["furnace.temperature"] == "degC"


def test_real_instruments_are_refused_before_anything_is_opened(furnace_lab: Lab) -> None:
    done = furnace_lab.run("--virtual-time", file="sequences/two-hours.yaml")
    assert (done.status, done.out) == (2, "")
    assert "virtual time cannot drive real instruments: furnace of station 'bench'" in done.err
    assert "help: add --mock" in done.err
    assert not (furnace_lab.folder / "data").exists()


def test_only_instruments_that_a_sequence_names_count_as_real(lab: Lab) -> None:
    lab.write(
        "sequence: balance-only\nstation: bench\n"
        "timeline: [{wait: 1 s}]\nlanes: {balance.mass: {record: 5 Hz}}\n"
    )
    assert lab.run("--virtual-time").status == 0
    assert lab.count("sample") == 5
