"""Figures and verdicts of shots, from the readings of simulated instruments to frames and exit status."""

import signal

import polars as pl
import pytest
from tests.acceptance.lab import Lab, interrupted, wait_for

import shotlane
from shotlane import DocumentError, Outcome, Run

JUDGED = """
language: 1
sequence: judged
station: demo
parameters: {T: 40 degC, top: 60 degC}
timeline:
  - heat: 2 s
  - soak: 1 s
lanes:
  furnace.setpoint:
    set: {heat..soak: T}
  furnace.temperature:
    record: 50 Hz
results:
  T_mean:
    value: mean(furnace.temperature, soak)
    high: top
  drift: {value: "slope(furnace.temperature, soak)", unit: K/min}
  hot: max(furnace.temperature) > 45 degC
  readings: {value: count(furnace.temperature), equals: 150}
  middle: {python: figures.py:middle, unit: degC}
sweep:
  - T: [40 degC, 50 degC, 70 degC]
"""
FIGURES = """
import numpy as np

def middle(shot):
    return float(np.median(shot.during("furnace.temperature", "soak").value))
"""
HANGING = """
import time
from pathlib import Path

def middle(shot):
    Path("here").touch()
    time.sleep(600)
"""


@pytest.fixture
def judged(lab: Lab) -> Lab:
    lab.write(JUDGED, "sequences/judged.yaml")
    lab.write(FIGURES, "sequences/figures.py")
    return lab


def run(lab: Lab) -> Run:
    return shotlane.run(lab.folder / "sequences" / "judged.yaml", virtual_time=True)


def test_results_are_columns_of_shots_in_their_units(judged: Lab) -> None:
    made = run(judged)
    shots = made.shots()
    assert shots["T_mean"].to_list() == pytest.approx([40, 50, 70], abs=0.5)
    assert shots["middle"].to_list() == pytest.approx(shots["T_mean"].to_list(), abs=0.1)
    assert shots["hot"].to_list() == [False, True, True]
    assert shots["readings"].to_list() == [150, 150, 150]
    units = made.load().units
    assert (units["T_mean"], units["drift"], units["middle"]) == ("degC", "K/min", "degC")


def test_a_result_is_what_its_stored_samples_give(judged: Lab) -> None:
    made = run(judged)
    soak = made.load().samples(attempts="last").filter(pl.col("t") >= 2.0, channel="furnace.temperature")
    means = soak.group_by("shot", maintain_order=True).agg(pl.col("value").mean())
    assert made.shots()["T_mean"].to_list() == pytest.approx(means["value"].to_list(), rel=1e-11)


def test_a_verdict_that_does_not_hold_fails_the_shot_and_the_sweep_goes_on(judged: Lab) -> None:
    made = run(judged)
    assert made.outcome is Outcome.FAILED
    assert made.shots()["outcome"].to_list() == ["passed", "passed", "failed"]
    assert made.shots()["verdict"].to_list() == ["passed", "passed", "failed"]
    assert "T_mean is" in (made.result.reason or "")
    assert judged.run("--virtual-time", "-q", file="sequences/judged.yaml").status == 1


def test_a_shot_that_measured_nothing_never_passes(judged: Lab) -> None:
    nothing = JUDGED.replace("record: 50 Hz", "record: {heat: 50 Hz, soak: 0.1 Hz}").replace(
        "T_mean:\n    value: mean(furnace.temperature, soak)",
        "T_mean:\n    value: slope(furnace.temperature, soak)",
    )
    judged.write(nothing.replace("high: top", "high: 1 K/s"), "sequences/judged.yaml")
    made = run(judged)
    assert made.shots()["T_mean"].to_list() == [None] * 3
    assert set(made.shots()["outcome"]) == {"failed"}
    assert "not even two valid readings of furnace.temperature in soak" in (made.result.reason or "")


def test_a_function_that_raises_is_told_with_its_line_and_spares_the_other_results(judged: Lab) -> None:
    judged.write("def middle(shot):\n    return shot.array('gas.flow')\n", "sequences/figures.py")
    made = run(judged)
    assert made.outcome is Outcome.FAILED
    assert "figures.py:2: KeyError" in (made.result.reason or "")
    assert made.shots()["T_mean"].null_count() == 0
    assert made.shots()["middle"].null_count() == 3


def test_a_file_that_cannot_be_loaded_stops_a_run_before_anything_is_opened(judged: Lab) -> None:
    judged.write("import no_such_package\ndef middle(shot):\n    return 1\n", "sequences/figures.py")
    with pytest.raises(DocumentError, match="No module named 'no_such_package'"):
        run(judged)
    done = judged.run("--virtual-time", file="sequences/judged.yaml")
    assert done.status == 2
    assert "SEQ232" in done.err
    assert judged.count("run") == 0


def test_the_function_of_the_plan_runs_and_is_kept_with_the_run(judged: Lab) -> None:
    run(judged)
    assert shotlane.load(1, judged.store).documents()["figures.py"] == FIGURES


@pytest.mark.real_time
def test_a_function_that_hangs_is_left_behind_when_the_run_is_stopped(judged: Lab) -> None:
    judged.write(HANGING, "sequences/figures.py")
    process = judged.start("run-sequence", "sequences/judged.yaml", "--virtual-time")
    wait_for((judged.folder / "here").exists)
    assert interrupted(process, signal.SIGINT).status == 4
    assert judged.rows("SELECT outcome FROM attempt_view")[0]["outcome"] == "terminated"
    assert judged.count("result") == 0
