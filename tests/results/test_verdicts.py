"""Limits make a verdict; nothing that is not a value is ever passed."""

from typing import Any

import pytest
from tests.results.attempts import CHANNELS, at_times, figure, index, judge, only, python, result

from shotlane.plan import ResultPlan
from shotlane.records import Outcome
from shotlane.results import needed_channels


def mean(**limits: Any) -> ResultPlan:
    return result("v", "degC", limits, v=figure("mean", "T"))


def text(**limits: Any) -> ResultPlan:
    return result("v", None, limits, v=figure("last", "gas"))


ROWS = [*at_times("T", [60.0, 60.2]), *at_times("gas", ["N2", "He"]), *at_times("gate", [False, True])]


@pytest.mark.parametrize(
    ("limits", "verdict"),
    [
        ({}, None),
        ({"low": 60.1}, "passed"),
        ({"low": 60.11}, "failed"),
        ({"high": 60.1}, "passed"),
        ({"high": 60.09}, "failed"),
        ({"low": 60.0, "high": 61.0}, "passed"),
        ({"equals": 60.1}, "passed"),
        ({"equals": 60.0}, "failed"),
    ],
)
def test_limits_are_included(limits: dict[str, float], verdict: str | None) -> None:
    assert only(ROWS, mean(**limits)).verdict == verdict


def test_a_row_holds_the_value_the_limits_the_unit_and_the_verdict() -> None:
    assert only(ROWS, mean(low=60.0, high=61.0)) == ("r", 60.1, "degC", 60.0, 61.0, None, "passed")


def test_a_limit_is_compared_with_the_value_as_it_is_stored() -> None:
    third = result("v / 3", "", {"high": 0.333333333333}, v=figure("last", "x"))
    assert only(at_times("x", [1.0]), third).verdict == "passed"


@pytest.mark.parametrize(("equals", "verdict"), [("He", "passed"), ("N2", "failed")])
def test_a_text_is_compared_as_it_is(equals: str, verdict: str) -> None:
    assert only(ROWS, text(equals=equals)).verdict == verdict


@pytest.mark.parametrize(("equals", "verdict"), [(True, "passed"), (False, "failed"), (1.0, "failed")])
def test_a_truth_equals_a_truth_and_no_number(equals: bool | float, verdict: str) -> None:
    plan = result("v", None, {"equals": equals}, v=figure("last", "gate"))
    assert only(ROWS, plan).verdict == verdict


def test_without_a_valid_reading_a_verdict_is_errored_and_says_why() -> None:
    found = judge([], result("v", "degC", {"high": 70.0}, v=figure("mean", "T", "soak", "last")))
    assert found.rows[0].value is None
    assert found.rows[0].verdict == "errored"
    assert found.faults == (("r", "'v' has no value: no valid reading of box.T in soak..last"),)
    assert found.outcome is Outcome.FAILED


def test_a_comparison_with_nothing_is_neither_true_nor_false() -> None:
    cool = result("not v > 350", None, {"equals": True}, v=figure("max", "T"))
    assert only([], cool).verdict == "errored"
    assert only(ROWS, cool).verdict == "passed"


def test_a_number_that_is_not_finite_is_no_value() -> None:
    found = judge(at_times("x", [0.0]), result("1 / v", "", {"low": 0.0}, v=figure("last", "x")))
    assert found.rows[0].value is None
    assert found.rows[0].verdict == "errored"
    assert found.faults[0].message == "'1 / v' is not a finite number"


def test_without_limits_a_null_value_is_no_verdict() -> None:
    found = judge([], mean())
    assert found.rows[0].verdict is None
    assert found.outcome is Outcome.DONE
    assert found.faults == ()


def test_every_verdict_must_hold() -> None:
    assert judge(ROWS, mean(low=1.0), text()).outcome is Outcome.PASSED
    assert judge(ROWS, mean(low=1.0), text(equals="Ar")).outcome is Outcome.FAILED
    assert judge(ROWS, mean(), text()).outcome is Outcome.DONE


@pytest.mark.parametrize(("equals", "stops"), [("Ar", True), ("He", False)])
def test_only_a_verdict_that_did_not_hold_stops_a_sweep(equals: str, stops: bool) -> None:
    assert judge(ROWS, text(equals=equals, stops=True)).stops is stops
    assert judge(ROWS, text(equals=equals)).stops is False


def test_only_channels_of_results_are_kept_and_all_of_them_for_a_function() -> None:
    assert needed_channels([mean(), text()], CHANNELS) == {index("T"), index("gas")}
    assert needed_channels([mean(), python("")], CHANNELS) == set(range(len(CHANNELS)))
    assert needed_channels([], CHANNELS) == set()
