"""A sweep that an optimiser asks for: it finds the best, leaves out what is not allowed, survives a kill."""

import json
from typing import Any

import polars as pl
import pytest
from tests.acceptance.lab import Lab, finish, wait_for

import shotlane
from shotlane import Outcome

pytest.importorskip("optuna")

# What was set is read back, so that the figure hangs on nothing but the point.
SEARCH = """
language: 1
sequence: search
station: demo
parameters: {T: 30 degC}
timeline:
  - hold: 60 ms
lanes:
  furnace.setpoint:
    set: T
    read: {hold: {at: end}}
results:
  far: abs(last(furnace.setpoint) - 70 degC)
sweep:
  - optimize: {minimize: far, over: {T: [20 degC, 300 degC]}, shots: 30, seed: 4}
"""


@pytest.fixture
def search_lab(lab: Lab) -> Lab:
    lab.write(SEARCH, "sequences/search.yaml")
    return lab


def told(lab: Lab, run: int) -> list[dict[str, Any]]:
    rows = lab.rows("SELECT fields FROM event WHERE type = 'optimize.told' AND run = ? ORDER BY number", run)
    return [json.loads(row["fields"]) for row in rows]


def test_it_comes_close_to_the_best_and_leaves_out_what_is_not_allowed(search_lab: Lab) -> None:
    made = shotlane.run(search_lab.folder / "sequences" / "search.yaml", virtual_time=True)
    shots = made.shots()
    assert made.outcome is Outcome.DONE
    assert shots.height == 30
    assert shots["T"][0] == 30.0
    assert float(shots["far"].min()) < 10  # type: ignore[arg-type]
    skipped = shots.filter(pl.col("outcome") == "skipped")
    assert skipped.height > 0
    assert skipped["T"].min() > 200  # type: ignore[operator]
    assert skipped["far"].is_null().all()


def test_every_shot_is_journalled_with_what_came_of_it(search_lab: Lab) -> None:
    shotlane.run(search_lab.folder / "sequences" / "search.yaml", virtual_time=True)
    shots = {row["shot"]: row for row in search_lab.rows("SELECT * FROM shot")}
    found = told(search_lab, 1)
    assert [item["shot"] for item in found] == list(range(1, 31))
    for item in found:
        assert (item["how"] == "infeasible") == (item["values"]["T"] > 200) == (item["reason"] is not None)
        assert item["digest"] == shots[item["shot"]]["digest"]


def test_the_same_seed_asks_the_same_and_gives_the_same_digest(search_lab: Lab) -> None:
    runs = [search_lab.run("--virtual-time", "-q", file="sequences/search.yaml") for _ in range(2)]
    assert [run.status for run in runs] == [0, 0]
    assert told(search_lab, 1) == told(search_lab, 2)
    first, second = (json.loads(row["summary"]) for row in search_lab.rows("SELECT summary FROM run"))
    assert first["shots_digest"] == second["shots_digest"]


@pytest.mark.real_time
def test_a_killed_search_goes_on_as_if_nothing_had_happened(search_lab: Lab) -> None:
    assert search_lab.run("-q", file="sequences/search.yaml").status == 0
    process = search_lab.start("run-sequence", "sequences/search.yaml", "-q")
    wait_for(lambda: search_lab.count("shot WHERE run = 2 AND outcome IS NOT NULL") >= 8)
    process.kill()
    finish(process)
    assert len(told(search_lab, 2)) < 30
    done = search_lab.do("shotlane", "resume", 2, "-q")
    assert done.status == 0, done.text
    whole = {item["shot"]: item for item in told(search_lab, 1)}
    assert {item["shot"]: item for item in told(search_lab, 2)} == whole


def test_the_plan_says_what_is_searched_and_cannot_be_saved(search_lab: Lab) -> None:
    shown = search_lab.do("shotlane", "plan", "sequences/search.yaml")
    assert "minimize far, 30 shots, over  T 20..300 degC" in shown.out
    saved = search_lab.do("shotlane", "plan", "sequences/search.yaml", "--save", "search.plan")
    assert saved.status == 2
    assert "a plan with `optimize` cannot be saved" in saved.err
