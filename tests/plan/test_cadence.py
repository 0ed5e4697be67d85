"""Between shots: the cadence and the budget of retries."""

import pytest
from tests.plan.table import compiled, faults, plan_of

HEAD = "sequence: test\nparameters: {x: 1}\ntimeline: [{a: 1 s}]\n"


def test_the_cadence_is_a_time_from_start_to_start() -> None:
    assert plan_of(HEAD + "cadence: 10 s\n").cadence_ns == 10_000_000_000
    assert plan_of(HEAD).cadence_ns is None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("cadence: 5\n", "EXP040"),
        ("cadence: -1 s\n", "SEQ309"),
        ("cadence: x * 1 s\nsweep: [{x: [1, 2]}]\n", "SEQ309"),
    ],
)
def test_a_cadence_that_is_none_is_refused(text: str, code: str) -> None:
    assert faults(HEAD + text) == [(code, 4)]


def test_a_cadence_shorter_than_a_shot_is_warned_of() -> None:
    plan, report = compiled(HEAD + "cadence: 0.5 s\n")
    assert plan is not None
    assert [item.code for item in report.warnings] == ["SEQ413"]


def test_cadence_and_budget_count_in_the_digest() -> None:
    plans = [plan_of(HEAD + more) for more in ("", "cadence: 5 s\n", "retry: {budget: 5}\n")]
    assert len({plan.digest for plan in plans}) == 3
    assert plans[2].retry.budget == 5


@pytest.mark.parametrize(
    ("cadence", "seconds"),
    [("", 1 + 3 + 2), ("cadence: 2.5 s\n", 2.5 + 3 + 2), ("cadence: 10 s\n", 10 + 10 + 2)],
)
def test_how_long_all_shots_take_counts_what_a_cadence_waits_between_them(
    cadence: str, seconds: float
) -> None:
    text = "sequence: test\nparameters: {x: 1}\ntimeline: [{a: x * 1 s}]\nsweep: [{x: [1, 3, 2]}]\n"
    assert plan_of(text + cadence).summary.total_ns == seconds * 1_000_000_000


def test_shots_of_one_length_at_a_cadence() -> None:
    summary = plan_of(HEAD + "cadence: 10 s\nsweep: [{x: [1, 2, 3]}]\n").summary
    assert summary.total_ns == 21_000_000_000
