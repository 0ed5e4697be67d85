"""Ramps and lists of points."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.plan.table import faults, plan_of, sequence, sets
from tests.plan.test_set import STEPS, lane

EVERY = "    every: 50 ms\n"


def test_a_ramp_goes_straight_from_the_cell_before_to_the_cell_after() -> None:
    plan = plan_of(lane("a: 0 V\nb: ramp()\nc: 4 V", more=EVERY))
    assert sets(plan, "box.level") == [(150.0, 1.0), (200.0, 2.0), (250.0, 3.0), (300.0, 4.0)]


def test_ramp_to_starts_from_the_value_before_and_sends_its_end_when_nothing_follows() -> None:
    plan = plan_of(lane("a: 1 V\nb: ramp(5 V)", more=EVERY))
    assert sets(plan, "box.level") == [(150.0, 2.0), (200.0, 3.0), (250.0, 4.0), (300.0, 5.0)]


def test_ramp_from_to_jumps_to_its_start() -> None:
    plan = plan_of(lane("a: 0 V\nb: ramp(2 V, 4 V)\nc: 0 V", more="    every: 100 ms\n"))
    assert sets(plan, "box.level") == [(100.0, 2.0), (200.0, 3.0), (300.0, 0.0)]


def test_a_smooth_ramp_begins_and_ends_at_rest() -> None:
    plan = plan_of(lane('a: 0 V\nb: ramp(0 V, 1 V, shape="smooth")\nc: 1 V', more=EVERY))
    # 3 s^2 - 2 s^3 at 1/4, 1/2 and 3/4.
    assert sets(plan, "box.level") == [(150.0, 0.15625), (200.0, 0.5), (250.0, 0.84375), (300.0, 1.0)]


def test_a_ramp_over_a_gap_reaches_the_next_cell_at_its_own_end() -> None:
    plan = plan_of(lane("a: ramp()\nc: 2 V", more="    every: 50 ms\n    initial: 0 V\n"))
    assert sets(plan, "box.level") == [(50.0, 1.0), (100.0, 2.0)]


def test_a_ramp_after_a_gap_starts_from_the_value_that_is_held() -> None:
    plan = plan_of(lane("a: 1 V\nc: ramp(7 V)", more="    every: 100 ms\n"))
    assert sets(plan, "box.level") == [(400.0, 3.0), (500.0, 5.0), (600.0, 7.0)]


def test_a_ramp_at_the_start_uses_an_explicit_initial_value() -> None:
    plan = plan_of(lane("a: ramp(1 V)", more="    initial: 0 V\n    every: 50 ms\n"))
    assert plan.shot(1).initial[0].value == 0.0
    assert sets(plan, "box.level") == [(50.0, 0.5), (100.0, 1.0)]


@pytest.mark.parametrize(
    ("cells", "more", "expected"),
    [
        ("a: ramp()\nb: 1 V", "", [("SEQ215", 9)]),
        ("a: ramp(1 V)", "", [("SEQ215", 9)]),
        ("a: ramp(1 V)", "    initial: keep\n", [("SEQ215", 9)]),
        ("a: 0 V\nb: ramp()", "", [("SEQ215", 10)]),
        ("a: 0 V\nb: ramp()\nc: ramp(1 V)", "", [("SEQ215", 10)]),
        ("a: ramp(0 V, 1 V)\nb: ramp()\nc: 1 V", "", [("SEQ215", 10)]),
        ("a: 0 V\nb: ramp(1 K)\nc: 1 V", "", [("EXP040", 10)]),
        ("a: 0 V\nb: ramp(1 V, 2 V, 3 V)", "", [("SEQ216", 10)]),
        ('a: 0 V\nb: ramp(1 V, shape="round")', "", [("SEQ216", 10)]),
        ("a: 0 V\nb: ramp(1 V, form=2)", "", [("SEQ216", 10)]),
    ],
)
def test_a_ramp_without_what_it_needs_is_one_error(
    cells: str, more: str, expected: list[tuple[str, int]]
) -> None:
    assert faults(lane(cells, more=EVERY + more)) == expected


def test_a_ramp_beside_a_faulty_cell_stays_silent() -> None:
    assert faults(lane("a: 0 V\nb: ramp()\nc: 1 K", more=EVERY)) == [("EXP040", 11)]


def test_a_ramp_follows_its_swept_neighbours() -> None:
    more = "parameters: {x: 1 V}\nsweep:\n  - x: [2 V, 4 V]\n"
    text = sequence(
        steps=STEPS,
        lanes="  box.level:\n    set:\n      a: 0 V\n      b: ramp()\n      c: x\n" + EVERY,
        more=more,
    )
    plan = plan_of(text)
    assert [value for _, value in sets(plan, "box.level", 1)] == [0.5, 1.0, 1.5, 2.0]
    assert [value for _, value in sets(plan, "box.level", 2)] == [1.0, 2.0, 3.0, 4.0]


@given(start=st.floats(-9, 9), end=st.floats(-9, 9), length=st.integers(1, 400), every=st.integers(1, 60))
def test_a_ramp_never_leaves_its_ends_and_is_monotonic(
    start: float, end: float, length: int, every: int
) -> None:
    steps = f"  - a: 10 ms\n  - b: {length} ms\n  - c: 10 ms\n"
    cells = f"      a: {start} V\n      b: ramp()\n      c: {end} V\n"
    plan = plan_of(sequence(steps=steps, lanes=f"  box.level:\n    set:\n{cells}    every: {every} ms\n"))
    values = [plan.shot(1).initial[0].value, *(value for _, value in sets(plan, "box.level"))]
    assert values == sorted(values, reverse=end < start)
    assert values[-1] == pytest.approx(end, rel=1e-11, abs=1e-300)


POINTS = """\
  box.level:
    set:
      a: 0 V
      b:
        - {at: 0 s, value: 1 V}
        - {at: 100 ms, value: 3 V}
        - {at: end, value: 2 V}
      c: 0 V
    every: 50 ms
"""


def test_points_of_a_number_are_joined_by_straight_lines() -> None:
    plan = plan_of(sequence(steps=STEPS, lanes=POINTS))
    assert sets(plan, "box.level") == [(100.0, 1.0), (150.0, 2.0), (200.0, 3.0), (250.0, 2.5), (300.0, 0.0)]


def test_two_points_at_one_time_are_a_jump_and_places_count_from_the_end_too() -> None:
    lanes = POINTS.replace(
        "at: 100 ms, value: 3 V", "at: end - 100 ms, value: 1 V}\n        - {at: 100 ms, value: 3 V"
    )
    plan = plan_of(sequence(steps=STEPS, lanes=lanes))
    assert sets(plan, "box.level") == [(100.0, 1.0), (200.0, 3.0), (250.0, 2.5), (300.0, 0.0)]


def test_before_the_first_point_the_previous_value_holds_and_after_the_last_its_own() -> None:
    lanes = (
        "  box.level:\n    set:\n      a: 5 V\n      b:\n"
        "        - {at: 50 ms, value: 1 V}\n        - {at: 150 ms, value: 2 V}\n" + EVERY
    )
    plan = plan_of(sequence(steps=STEPS, lanes=lanes))
    assert sets(plan, "box.level") == [(150.0, 1.0), (200.0, 1.5), (250.0, 2.0)]


def test_points_of_booleans_and_options_jump() -> None:
    points = "        - {at: 20 ms, value: He}\n        - {at: end - 20 ms, value: Ar}\n"
    lanes = f"  box.gas:\n    set:\n      b:\n{points}"
    plan = plan_of(sequence(steps=STEPS, lanes=lanes))
    assert sets(plan, "box.gas") == [(120.0, 1.0), (280.0, 2.0)]


def test_a_ramp_goes_to_a_list_of_points_only_when_it_has_a_value_at_its_start() -> None:
    lanes = POINTS.replace("a: 0 V", "a: ramp(0 V, 2 V)").replace("c: 0 V", "c: ramp()")
    assert faults(sequence(steps=STEPS, lanes=lanes)) == [("SEQ215", 14)]
    before = POINTS.replace("a: 0 V", "a: ramp()").replace("{at: 0 s", "{at: 10 ms") + "    initial: 0 V\n"
    assert faults(sequence(steps=STEPS, lanes=before)) == [("SEQ215", 9)]


def test_points_out_of_order_and_outside_their_cell_are_errors() -> None:
    lanes = POINTS.replace("at: end,", "at: 50 ms,")
    assert faults(sequence(steps=STEPS, lanes=lanes)) == [("SEQ223", 13)]
    outside = POINTS.replace("at: end,", "at: 300 ms,")
    assert faults(sequence(steps=STEPS, lanes=outside)) == [("SEQ221", 13)]
