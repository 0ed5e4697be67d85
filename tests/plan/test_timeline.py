"""Boundaries of steps and times in exact nanoseconds."""

from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from tests.plan.table import S, compiled, faults, plan_of

from shotlane.plan._exact import boundaries_ns, ticks_before, ticks_within, to_ns

durations = st.floats(0, 1e5, allow_nan=False)


def exactly(seconds: list[float]) -> list[int]:
    total = Fraction(0)
    bounds = [0]
    for value in seconds:
        total += Fraction(value)
        bounds.append(round(total * 10**9))
    return bounds


@given(st.lists(durations, max_size=40))
def test_boundaries_are_exact_sums_rounded_once(seconds: list[float]) -> None:
    found = [int(bound) for bound in boundaries_ns([np.array(value) for value in seconds])]
    assert all(
        abs(a - b) <= (0 if _clear(seconds) else 1) for a, b in zip(found, exactly(seconds), strict=True)
    )


def _clear(seconds: list[float]) -> bool:
    """Whether no exact sum lies so near to half a nanosecond that rounding either way is right."""
    total = Fraction(0)
    for value in seconds:
        total += Fraction(value)
        if abs((total * 10**9) % 1 - Fraction(1, 2)) < Fraction(1, 10**9):
            return False
    return True


def test_a_tenth_of_a_second_summed_a_million_times_does_not_drift() -> None:
    bounds = boundaries_ns([np.array(0.1)] * 100_000)
    assert int(bounds[-1]) == 10_000 * S


@given(st.floats(0, 1e6))
def test_to_ns_is_the_nearest_integer(seconds: float) -> None:
    assert abs(Fraction(seconds) * 10**9 - int(to_ns(seconds))) <= Fraction(1, 2) + Fraction(1, 10**9)


def test_30_hz_over_a_second_has_30_ticks() -> None:
    assert int(ticks_before(np.array(S), np.array(1 / 30))) == 30
    assert int(ticks_before(np.array(S), np.array(0.3))) == 4
    assert int(ticks_before(np.array(0), np.array(0.3))) == 0


def test_ticks_within_leave_a_margin() -> None:
    assert [int(ticks_within(np.array(length), np.array(20), 20)) for length in (0, 10, 39, 40, 59, 60)] == [
        0, 1, 1, 2, 2, 3,
    ]  # fmt: skip
    assert [int(ticks_within(np.array(length), np.array(20), 0)) for length in (0, 20, 21)] == [0, 1, 2]


def test_steps_follow_each_other_and_swept_durations_shift_what_comes_after() -> None:
    plan = plan_of(
        "sequence: test\nparameters: {hold: 1 s}\nsweep: [{hold: [0.1 s, 2 s]}]\n"
        "timeline: [{a: 0.2 s}, {b: hold}, {c: 1 ms}]\n"
    )
    marks = [[(step.start_ns, step.end_ns) for step in shot.segments[0].steps] for shot in plan.shots()]
    assert marks[0] == [(0, 200_000_000), (200_000_000, 300_000_000), (300_000_000, 301_000_000)]
    assert marks[1][2] == (2_200_000_000, 2_201_000_000)
    assert [shot.duration_ns for shot in plan.shots()] == [301_000_000, 2_201_000_000]


def test_a_negative_duration_at_one_point_names_the_point() -> None:
    text = (
        "sequence: test\nparameters: {x: 1 s}\nsweep: [{x: [3 s, 1 s, 2 s]}]\n"
        "timeline:\n  - a: 1 s\n  - b: x - 1.5 s\n"
    )
    _, report = compiled(text)
    assert [item.code for item in report.errors] == ["SEQ204"]
    assert "shot 2 of 3 (x = 1 s)" in report.errors[0].message


def test_a_duration_must_be_a_time() -> None:
    head = "sequence: test\ntimeline:\n"
    assert faults(head + "  - a: 5\n  - b: 3 V\n  - c: 1 s / 0\n  - d: 1e12 s\n") == [
        ("EXP040", 3),
        ("EXP040", 4),
        ("SEQ204", 5),
        ("SEQ204", 6),
    ]
    _, report = compiled(head + "  - a: 5\n")
    assert "5 s" in str(report.errors[0].help)
