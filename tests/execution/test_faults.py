"""What a fault does to a reading, an attempt, a shot and a run."""

from typing import Any

import pytest
from tests.execution.fakes import (
    MS,
    Bench,
    HandPlan,
    Request,
    Set,
    above,
    call,
    error,
    index,
    lanes,
    rule,
    segment,
    until,
)

from shotlane.execution import RunResult
from shotlane.instruments import Exchange, Reading
from shotlane.plan import RetryPolicy
from shotlane.records import ActionKind, Outcome, Status


def failing(*numbers: int, fault: str = "timeout") -> Any:
    """Fail the requests with these numbers, counted from 1."""

    def act(bench: Bench, request: Request) -> None:
        if len(bench.pool.log) in numbers:
            raise error(fault)

    return act


def always(text: str, fault: str = "timeout") -> Any:
    """Fail every request that reads so."""

    def act(bench: Bench, request: Request) -> None:
        if request.text == text:
            raise error(fault)

    return act


def run(plan: HandPlan, act: Any) -> tuple[Bench, RunResult]:
    bench = Bench(plan, act)
    return bench, bench.run()


def test_a_lost_reading_is_a_failed_row_that_tells_why_and_the_shot_goes_on() -> None:
    bench, result = run(HandPlan([segment(rule("a.x", count=10))]), failing(5))
    row = bench.attempts[0].samples[2]
    assert (row.status, row.value, row.raw) == (Status.FAILED, None, "timeout: no answer")
    assert row.requested_ns == 20 * MS
    assert result.outcome is Outcome.DONE


def test_more_lost_readings_than_allowed_end_the_attempt_at_once() -> None:
    bench, result = run(HandPlan([segment(rule("a.x", count=20))]), failing(3, 4, 5))
    assert len(bench.attempts[0].samples) == 3
    assert result.outcome is Outcome.ERRORED
    assert result.faults[0].fault.fault == "timeout"
    assert "a.x lost 3 of 20 readings" in (result.reason or "")


def test_one_lost_reading_of_a_required_lane_is_a_fault() -> None:
    plan = HandPlan([segment(rule("a.x", count=50))], lanes=lanes(required=True))
    bench, result = run(plan, failing(6))
    assert len(bench.attempts[0].samples) == 4
    assert "required" in (result.reason or "")


def test_a_single_reading_that_fails_is_a_fault() -> None:
    _, result = run(HandPlan([segment(rule("a.x"))]), failing(3))
    assert result.outcome is Outcome.ERRORED


def test_an_instrument_that_is_gone_is_a_fault_at_the_first_reading() -> None:
    bench, result = run(HandPlan([segment(rule("a.x", count=50))]), failing(4, fault="disconnected"))
    assert len(bench.attempts[0].samples) == 2
    assert result.faults[0].fault.fault == "disconnected"


def test_what_a_fault_made_the_port_miss_is_a_fault_of_its_class() -> None:
    """One reply that was lost for good holds the port up longer than the lane can afford."""

    def act(bench: Bench, request: Request) -> None:
        if len(bench.pool.log) == 4:
            bench.wait(60)
            raise error("timeout")

    retry = RetryPolicy(attempts=2)
    bench, result = run(HandPlan([segment(rule("a.x", count=20))], retry=retry), act)
    first = bench.attempts[0].end
    assert first is not None
    assert first.fault is not None
    assert (first.fault.fault, result.outcome) == ("timeout", Outcome.DONE)
    assert "held up" in first.fault.message


def test_what_a_fault_of_the_attempt_before_made_the_port_miss_is_a_fault_of_its_class() -> None:
    """The first reading afterwards opens the port again, and that takes long."""

    def act(bench: Bench, request: Request) -> None:
        number = [one.operation for one in bench.pool.log].count("read")
        if request.operation == "read" and number == 1:
            raise error("disconnected", "it is gone")
        if request.operation == "read" and number == 2:
            bench.wait(60)

    plan = HandPlan([segment(rule("a.x", count=20))], initial=(), retry=RetryPolicy(attempts=3))
    bench, result = run(plan, act)
    faults = [attempt.end.fault for attempt in bench.attempts if attempt.end]
    assert [fault and fault.fault for fault in faults] == ["disconnected", "disconnected", None]
    assert faults[1] is not None
    assert "held up since the attempt before: it is gone" in faults[1].message
    assert result.outcome is Outcome.DONE


def test_a_port_that_is_on_time_again_has_no_such_excuse() -> None:
    def act(bench: Bench, request: Request) -> None:
        number = [one.operation for one in bench.pool.log].count("read")
        if request.operation == "read" and number == 1:
            raise error("disconnected", "it is gone")
        if request.operation == "read" and number == 5:
            bench.wait(60)

    plan = HandPlan([segment(rule("a.x", count=20))], initial=(), retry=RetryPolicy(attempts=3))
    bench, _ = run(plan, act)
    faults = [attempt.end.fault for attempt in bench.attempts if attempt.end]
    assert [fault and fault.fault for fault in faults] == ["disconnected", "missed"]


def test_missed_readings_count_as_lost() -> None:
    plan = HandPlan([segment(rule("a.x", count=20))], initial=())
    _, result = run(plan, lambda bench, request: bench.wait(65) if len(bench.pool.log) == 2 else None)
    assert result.faults[0].fault.fault == "missed"


def without_value(*numbers: int, value: Any = None, raw: str | None = "-------") -> Any:
    """Answer the requests with these numbers, counted from 1, without a value."""
    return lambda bench, request: {"x": Reading(value, raw)} if len(bench.pool.log) in numbers else None


@pytest.mark.parametrize(
    ("value", "raw", "told"),
    [(None, "-------", "-------"), (float("nan"), None, "nan"), (None, None, "None")],
)
def test_a_reading_without_a_value_is_a_failed_row_with_its_raw_text(
    value: Any, raw: str | None, told: str
) -> None:
    act = without_value(5, value=value, raw=raw)
    bench, result = run(HandPlan([segment(rule("a.x", count=10))]), act)
    row = bench.attempts[0].samples[2]
    assert (row.status, row.value, row.raw) == (Status.FAILED, None, told)
    assert row.requested_ns == 20 * MS
    assert result.outcome is Outcome.DONE


def test_an_empty_text_is_a_value() -> None:
    bench, result = run(HandPlan([segment(rule("a.x"))]), lambda bench, request: {"x": Reading("")})
    assert [(row.status, row.value) for row in bench.attempts[0].samples] == [(Status.OK, "")]
    assert result.outcome is Outcome.DONE


@pytest.mark.parametrize(
    ("required", "numbers", "told"),
    [
        (False, (3, 4, 5), "a.x lost 3 of 20 readings, and may lose 0.1 of them"),
        (True, (6,), "a.x lost 1 of 20 readings, of which each is required"),
    ],
)
def test_readings_without_a_value_count_as_lost(required: bool, numbers: tuple[int, ...], told: str) -> None:
    plan = HandPlan([segment(rule("a.x", count=20))], lanes=lanes(required=required))
    _, result = run(plan, without_value(*numbers))
    fault = result.faults[0].fault
    assert result.outcome is Outcome.ERRORED
    assert (fault.fault, fault.message) == ("no-value", f"{told}; the last had no value: -------")
    assert fault.context == {"role": "a", "channel": "a.x"}


def test_what_an_open_step_lost_without_a_value_is_judged_at_its_end() -> None:
    """While it goes on, 2 of 20 may be lost; at its end 2 of 8 are too many."""
    ending = until(above("a.y", 9.0), 0)
    step = segment(rule("a.x", count=99), rule("a.y", count=99), step="settle", ending=ending)

    def act(bench: Bench, request: Request) -> Any:
        tick = request.at_ns // (10 * MS)
        return {"x": Reading(None, "-------") if tick < 2 else Reading(1.0), "y": Reading(10.0 * (tick > 6))}

    _, result = run(HandPlan([step]), act)
    assert result.faults[0].fault.fault == "no-value"
    assert "the last had no value: -------" in result.faults[0].fault.message


def open_after_fixed(lost: int, over: int) -> tuple[Bench, RunResult]:
    """Three readings, an open-ended step until a tick is over, three more; that of one tick is lost."""
    fixed = segment(rule("a.x", count=3), rule("a.y", count=3), duration_ms=30)
    ending = until(above("a.y", 9.0), 0)
    step = segment(rule("a.x", count=99), rule("a.y", count=99), step="settle", ending=ending)

    def act(bench: Bench, request: Request) -> Any:
        del bench
        tick = request.at_ns // (10 * MS)
        return {"x": Reading(None if tick == lost else 1.0), "y": Reading(10.0 * (tick > over))}

    return run(HandPlan([fixed, step, fixed]), act)


@pytest.mark.parametrize("lost", [0, 7, 11], ids=["before", "in the step", "after"])
def test_when_a_reading_is_lost_does_not_matter_where_a_step_is_open_ended(lost: int) -> None:
    """One of 6 would be too many, and is not of the 13 that they come to."""
    bench, result = open_after_fixed(lost, 8)
    end = bench.attempts[0].end
    assert end is not None
    (tally,) = [one for one in end.tallies if (one.channel, one.what) == ("a.x", "readings")]
    assert (result.outcome, tally.planned, tally.failed) == (Outcome.DONE, 13, 1)


def test_what_was_lost_before_an_open_step_is_judged_when_all_is_known() -> None:
    fixed = segment(rule("a.x", count=2), rule("a.y", count=2), duration_ms=20)
    step = segment(rule("a.x", count=99), rule("a.y", count=99), step="settle", ending=until(above("a.y", 0)))
    bench = Bench(
        HandPlan([fixed, step]),
        lambda _, request: {"x": Reading(None if request.at_ns < MS else 1.0), "y": Reading(1.0)},
    )
    result = bench.run()
    assert result.faults[0].fault.message == (
        "a.x lost 1 of 3 readings, and may lose 0.1 of them; the last had no value: None"
    )
    assert len(bench.attempts[0].samples) == 6


def test_a_reading_without_a_value_is_tried_again_where_retry_names_it() -> None:
    retry = RetryPolicy(attempts=2, on=frozenset({"no-value"}))
    bench, result = run(HandPlan([segment(rule("a.x"))], retry=retry), without_value(3))
    assert len(bench.attempts) == 2
    assert result.outcome is Outcome.DONE


def test_a_reading_that_an_earlier_try_gave_has_the_times_of_that_try(monkeypatch: Any) -> None:
    bench = Bench(HandPlan([segment(rule("a.x", 10), rule("a.y", 10))]))
    read = bench.pool.read

    def repeated(role: str, names: Any) -> Exchange:
        begun = bench.clock.now_ns()
        bench.wait(3)
        return read(role, names)._replace(earlier={"x": (begun, begun + MS)})

    monkeypatch.setattr(bench.pool, "read", repeated)
    bench.run()
    stamps = {row.channel: (row.requested_ns, row.received_ns) for row in bench.attempts[0].samples}
    assert stamps == {index("a.x"): (10 * MS, 11 * MS), index("a.y"): (13 * MS, 13 * MS)}


def test_one_failed_reading_of_a_block_leaves_the_others() -> None:
    plan = HandPlan([segment(rule("a.x", count=20), rule("a.y", count=20))])
    good = {"x": Reading(1.0), "y": Reading(2.0)}
    half = {"x": Reading(1.0), "y": Reading(None, None, error("garbled"))}
    bench, result = run(plan, lambda bench, request: half if len(bench.pool.log) == 4 else good)
    failed = [row for row in bench.attempts[0].samples if row.status is Status.FAILED]
    assert [(row.channel, row.tick) for row in failed] == [(index("a.y"), 1)]
    assert result.outcome is Outcome.DONE


@pytest.mark.parametrize("text", ["a.u=9", "call a.tare"])
def test_a_failed_set_or_call_is_a_fault_at_once(text: str) -> None:
    plan = HandPlan([segment(Set("a.u", 10, 9.0), call("a", 20), rule("a.x", 50))])
    bench, result = run(plan, always(text, "refused"))
    planned = [row for row in bench.attempts[0].actions if row.kind is ActionKind.PLANNED]
    assert planned[-1].status is Status.FAILED
    assert planned[-1].raw == "refused: no answer"
    assert bench.attempts[0].samples == []
    assert result.outcome is Outcome.ERRORED


def test_a_fault_of_one_port_stops_the_others_before_their_next_exchange() -> None:
    plan = HandPlan([segment(rule("a.x", 25), rule("c.x", count=10))])
    bench, _ = run(plan, always("read a.x"))
    assert bench.pool.texts.count("read c.x") == 3


def test_a_failed_set_up_ends_the_attempt_without_an_origin() -> None:
    bench, result = run(HandPlan([segment(rule("a.x"))]), always("c.u=6"))
    end = bench.attempts[0].end
    assert end is not None
    assert end.origin_utc_ns is None
    assert [row.kind for row in bench.attempts[0].actions[:2]] == [ActionKind.SETUP] * 2
    assert result.tallies[0].unreached == 1


def test_without_retry_a_fault_ends_the_run_errored_and_safe() -> None:
    bench, result = run(HandPlan([segment(rule("a.x"))], count=3), failing(3))
    assert bench.pool.texts[-3:] == ["a.u=0", "b.u=0", "c.u=0"]
    assert len(bench.recorder.run.shots) == 1
    assert (result.outcome, result.shots_done, result.shots_errored) == (Outcome.ERRORED, 0, 1)


def test_a_retried_shot_is_made_safe_set_up_again_and_both_attempts_are_kept() -> None:
    plan = HandPlan([segment(rule("a.x"))], retry=RetryPolicy(attempts=3))
    bench, result = run(plan, failing(3))
    safe = ["a.u=0", "b.u=0", "c.u=0"]
    once = ["a.u=5", "c.u=6", "read a.x"]
    assert bench.pool.texts == [*once, *safe, *once, *safe]
    outcomes = [attempt.end and attempt.end.outcome for attempt in bench.attempts]
    assert outcomes == [Outcome.ERRORED, Outcome.DONE]
    assert (result.outcome, result.attempts) == (Outcome.DONE, 2)
    assert [len(attempt.samples) for attempt in bench.attempts] == [1, 1]


def test_delays_grow_by_the_backoff_and_are_told() -> None:
    retry = RetryPolicy(attempts=3, delay_ns=100 * MS, backoff=2.0)
    bench, result = run(HandPlan([segment(rule("a.x"))], retry=retry), always("read a.x"))
    assert [item["delay_s"] for item in bench.events("retry.scheduled")] == [0.1, 0.2]
    assert [attempt.start.began_utc_ns // MS for attempt in bench.attempts] == [0, 100, 300]
    assert result.outcome is Outcome.ERRORED


def test_a_class_that_is_not_named_is_not_retried() -> None:
    plan = HandPlan([segment(rule("a.x"))], retry=RetryPolicy(attempts=3))
    bench, _ = run(plan, failing(3, fault="rejected"))
    assert len(bench.attempts) == 1


@pytest.mark.parametrize("fault", ["refused", "rejected", "missed", "door-open"])
def test_any_class_that_is_named_is_retried(fault: str) -> None:
    retry = RetryPolicy(attempts=3, on=frozenset({fault}))
    bench, result = run(HandPlan([segment(rule("a.x"))], retry=retry), failing(3, fault=fault))
    assert (len(bench.attempts), result.outcome) == (2, Outcome.DONE)


def test_skip_goes_on_with_the_next_point_and_the_run_is_errored() -> None:
    plan = HandPlan([segment(rule("a.x"))], count=3, retry=RetryPolicy(attempts=2, then="skip"))

    def second_shot(bench: Bench, request: Request) -> None:
        if bench.pool.attempts[-1][0] == 2 and request.text == "read a.x":
            raise error()

    bench, result = run(plan, second_shot)
    ends = [shot.end and (shot.end.outcome, shot.end.attempts) for shot in bench.recorder.run.shots]
    assert ends == [(Outcome.DONE, 1), (Outcome.ERRORED, 2), (Outcome.DONE, 1)]
    assert (result.outcome, result.shots_done, result.shots_errored) == (Outcome.ERRORED, 2, 1)
    assert "shot 2" in (result.reason or "")


def test_values_hold_between_shots() -> None:
    bench, _ = run(HandPlan([segment(rule("a.x"))], count=2), lambda bench, request: None)
    assert bench.pool.texts.count("a.u=0") == 1
