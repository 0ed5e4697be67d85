"""Figures over the valid readings of a shot, a step or a span, against numbers worked out by hand."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.results.attempts import S, at_times, figure, index, judge, only, result, row

from shotlane.plan import Figure
from shotlane.records import Status, StepRecord

FIVE = at_times("x", [1.0, 2.0, 4.0, 7.0, 11.0])


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        ("mean", 5.0),
        ("min", 1.0),
        ("max", 11.0),
        ("std", 3.63318042492),  # sqrt(66 / 5)
        ("first", 1.0),
        ("last", 11.0),
        ("count", 5.0),
        ("integral", 19.0),  # 1.5 + 3 + 5.5 + 9
        ("slope", 2.5),  # 25 / 10
    ],
)
def test_a_figure_over_the_whole_shot(function: str, expected: float) -> None:
    assert only(FIVE, result("v", v=figure(function, "x"))).value == expected


def test_a_step_takes_what_was_planned_from_its_start_to_before_its_end() -> None:
    assert only(FIVE, result("v", v=figure("count", "x", "soak"))).value == 2  # at 1 s and 2 s, not at 3 s
    assert only(FIVE, result("v", v=figure("mean", "x", "soak"))).value == 3


def test_a_span_takes_both_of_its_steps() -> None:
    assert only(FIVE, result("v", v=figure("mean", "x", "soak", "last"))).value == pytest.approx(13 / 3)


def test_a_reading_belongs_to_the_step_that_planned_it_however_late_it_was() -> None:
    late = row("x", 0.9, 5.0, Status.LATE, late_s=0.5)
    assert only([late], result("v", v=figure("count", "x", "first"))).value == 1
    assert only([late], result("v", v=figure("count", "x", "soak"))).value == 0


def test_areas_and_slopes_go_by_the_times_of_the_readings_not_of_the_plan() -> None:
    rows = [row("x", 0, 1.0), row("x", 1, 3.0, late_s=1.0)]
    assert only(rows, result("v", v=figure("integral", "x"))).value == 4
    assert only(rows, result("v", v=figure("slope", "x"))).value == 1


@pytest.mark.parametrize("status", [Status.FAILED, Status.MISSED, Status.DROPPED])
def test_a_reading_that_gave_nothing_is_in_no_figure(status: Status) -> None:
    rows = [row("x", 0, 2.0), row("x", 1, 99.0, status), row("x", 2, 4.0)]
    assert only(rows, result("v", v=figure("mean", "x"))).value == 3


@pytest.mark.parametrize("nothing", [None, math.nan])
def test_a_null_reading_is_in_no_figure(nothing: float | None) -> None:
    rows = [row("x", 0, 2.0), row("x", 1, nothing)]
    assert only(rows, result("v", v=figure("count", "x"))).value == 1


@pytest.mark.parametrize("function", ["mean", "min", "max", "std", "first", "last", "integral", "slope"])
def test_a_figure_of_nothing_is_null(function: str) -> None:
    assert only([], result("v", v=figure(function, "x"))).value is None


@pytest.mark.parametrize("function", ["integral", "slope"])
def test_one_reading_spans_no_time(function: str) -> None:
    assert only(FIVE[:1], result("v", v=figure(function, "x"))).value is None


def test_a_count_of_nothing_is_zero() -> None:
    assert only([], result("v", v=figure("count", "x"))).value == 0


def test_at_takes_the_reading_planned_nearest_and_the_earlier_of_two() -> None:
    for at_s, expected in [(0.4, 1.0), (1.5, 2.0), (1.6, 4.0), (99.0, 11.0)]:
        at = Figure("at", index("x"), at_ns=round(at_s * S))
        assert only(FIVE, result("v", v=at)).value == expected


def test_temperatures_are_points_but_spreads_and_slopes_are_differences() -> None:
    rows = at_times("T", [20.0, 22.0, 24.0])
    assert only(rows, result("v", "degC", v=figure("mean", "T"))).value == 22.0
    assert only(rows, result("v", "K", v=figure("mean", "T"))).value == 295.15
    assert only(rows, result("v", "K/s", v=figure("slope", "T"))).value == 2.0
    assert only(rows, result("v", "K", v=figure("std", "T"))).value == 1.63299316186
    assert only(rows, result("v", "K*s", v=figure("integral", "T"))).value == 590.3


def test_a_formula_is_worked_out_in_si_and_leaves_in_the_unit_of_the_result() -> None:
    rows = at_times("T", [60.0, 61.7])
    overshoot = result("top - 333.15", "K", top=figure("max", "T"))
    assert only(rows, overshoot).value == 1.7
    volume = result("a", "cm**3", a=figure("integral", "flow"))
    assert only(at_times("flow", [30.0, 30.0, 30.0]), volume).value == 1.0


@pytest.mark.parametrize(
    ("name", "values"), [("gate", [True, False]), ("gas", ["N2", "He"]), ("note", ["a", ""])]
)
def test_truths_options_and_texts_can_be_picked_out_and_counted(name: str, values: list[bool | str]) -> None:
    rows = at_times(name, values)
    found = [
        only(rows, result("v", v=figure(function, name))).value for function in ("first", "last", "count")
    ]
    assert found == [*values, 2.0]


def test_an_array_can_be_counted_but_is_no_number() -> None:
    rows = at_times("image", [np.ones((2, 3)), np.ones((2, 3))])
    assert only(rows, result("v", v=figure("count", "image"))).value == 2
    assert only(rows, result("v", v=figure("last", "image"))).value is None


def test_a_step_that_was_never_reached_holds_nothing() -> None:
    reached = (StepRecord("first", 0, 1 * S),)
    (found,) = judge(FIVE, result("v", v=figure("mean", "x", "soak")), steps=reached).rows
    assert found.value is None


numbers = st.floats(-1e6, 1e6)


@given(st.lists(st.tuples(numbers, st.floats(0, 0.4), st.booleans()), min_size=2, max_size=40))
def test_figures_are_those_of_numpy_over_the_valid_readings(data: list[tuple[float, float, bool]]) -> None:
    rows = [
        row("volt", number * 0.1, value, Status.OK if valid else Status.FAILED, late_s=late / 10)
        for number, (value, late, valid) in enumerate(data)
    ]
    value = np.array([item.value for item in rows if item.status is Status.OK]) / 1000
    time = np.array([item.requested_ns for item in rows if item.status is Status.OK], dtype=float) / 1e9
    scale = float(np.abs(value).max(initial=0))
    for function, expected in _references(time, value).items():
        found = only(rows, result("v", "V", v=figure(function, "volt"))).value
        assert found == (
            None if expected is None else pytest.approx(expected, rel=1e-9, abs=1e-9 * scale + 1e-300)
        )


def _references(time: np.ndarray, value: np.ndarray) -> dict[str, float | None]:
    if not len(value):
        return dict.fromkeys(("mean", "min", "max", "std", "integral", "slope"))
    line = None if len(value) < 2 else float(np.polyfit(time - time.mean(), value, 1)[0])
    area = None if len(value) < 2 else float(np.sum((value[1:] + value[:-1]) / 2 * np.diff(time)))
    return {
        "mean": float(value.mean()),
        "min": float(value.min()),
        "max": float(value.max()),
        "std": float(value.std()),
        "integral": area,
        "slope": line,
    }
