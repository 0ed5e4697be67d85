"""Results and verdicts: as columns of the shots, and long."""

import math
from typing import Any

import polars as pl
from tests.store import lab

from shotlane.analysis import _types as types
from shotlane.analysis import load
from shotlane.records import Fault, Outcome, ResultRow, ShotEnd
from shotlane.store import open_recorder

GOOD = (
    ResultRow("T_mean", 59.98, "degC"),
    ResultRow("overshoot", 1.5, "K", None, 2.0, None, "passed"),
    ResultRow("closed", True, None, None, None, True, "passed"),
    ResultRow("serial", "A-17", None, None, None, "A-17", "passed"),
)
BAD = (
    ResultRow("T_mean", math.nan, "degC"),
    ResultRow("overshoot", 2.5, "K", None, 2.0, None, "failed"),
    ResultRow("closed", None, None, None, None, True, "errored"),
    ResultRow("serial", None, None, None, None, "A-17", None),
)


def _record(url: str, *shots: tuple[tuple[ResultRow, ...], ...], **start: Any) -> None:
    """Shots by the results of each of their attempts; all attempts but the last end with a fault."""
    with open_recorder(url) as recorder:
        recorder.begin_run(lab.run_start(shots_planned=len(shots), **start))
        for shot, attempts in enumerate(shots, 1):
            lab.begin_shot(recorder, shot)
            for number, results in enumerate(attempts, 1):
                fault = Fault("timeout", "no answer") if number < len(attempts) else None
                lab.record_attempt(recorder, shot, attempt=number, fault=fault, results=results)
            recorder.end_shot(ShotEnd(shot, Outcome.DONE, len(attempts)))
        lab.end_run(recorder)


def test_results_are_columns_of_the_shots_with_their_types(store_url: str) -> None:
    _record(store_url, (GOOD,), (BAD,), ((),))
    found = load(store=store_url).shots()
    assert found.columns[-4:] == ["T_mean", "overshoot", "closed", "serial"]
    assert found.dtypes[-4:] == [pl.Float64, pl.Float64, pl.Boolean, pl.String]
    assert found["overshoot"].to_list() == [1.5, 2.5, None]
    assert found["closed"].to_list() == [True, None, None]
    assert math.isnan(found["T_mean"][1])


def test_the_verdict_of_a_shot_is_the_worst_of_all(store_url: str) -> None:
    _record(store_url, (GOOD,), (BAD,), (GOOD[:1],), (BAD[:2],))
    assert load(store=store_url).shots()["verdict"].to_list() == ["passed", "errored", None, "failed"]


def test_the_attempt_that_decided_a_shot_gives_its_results(store_url: str) -> None:
    _record(store_url, (BAD, GOOD))
    run = load(store=store_url)
    assert run.shots().select("overshoot", "verdict").row(0) == (1.5, "passed")
    assert run.results()["attempt"].unique().to_list() == [2]
    assert run.results(attempts="all").filter(result="overshoot")["value"].to_list() == [2.5, 1.5]


def test_results_are_long_with_limits_and_verdict(store_url: str) -> None:
    _record(store_url, (GOOD,))
    found = load(store=store_url).results()
    assert found.schema == pl.Schema(types.RESULTS)
    assert found.select("result", "value", "unit", "high", "equals", "equals_text", "verdict").rows()[1:] == [
        ("overshoot", 1.5, "K", 2.0, None, None, "passed"),
        ("closed", 1.0, None, None, 1.0, None, "passed"),
        ("serial", None, None, None, None, "A-17", "passed"),
    ]


def test_a_result_named_like_a_column_keeps_its_values(store_url: str) -> None:
    clash = (ResultRow("flow", 1.0, "V"), ResultRow("outcome", 2.0))
    _record(store_url, (clash,))
    run = load(store=store_url)
    assert run.shots().select("result.flow", "result.outcome", "flow").row(0) == (1.0, 2.0, 10.5)
    assert (run.units["result.flow"], run.units["flow"]) == ("V", "cm**3/min")


def test_a_run_without_results_has_their_schema(store_url: str) -> None:
    _record(store_url, ((),))
    run = load(store=store_url)
    assert run.results().schema == pl.Schema(types.RESULTS)
    assert run.shots()["verdict"].to_list() == [None]


def test_the_units_of_a_frame_are_told_by_its_columns(store_url: str) -> None:
    _record(store_url, (GOOD,))
    run = load(store=store_url)
    shots = run.shots().select("T_soak", "overshoot", "duration_s", "outcome")
    assert run.frame_units(shots) == {"T_soak": "degC", "overshoot": "K", "duration_s": "s"}
    assert run.frame_units(run.lazy().select("t", "value")) == {"t": "s"}
