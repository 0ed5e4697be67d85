"""Steps that end when a condition has held, or a person has answered."""

import threading
from typing import Any

import pytest
from tests.execution.fakes import (
    MS,
    STOP,
    Bench,
    HandPlan,
    Request,
    Set,
    above,
    ask,
    error,
    formula,
    index,
    lanes,
    reading,
    rule,
    segment,
    until,
)

from shotlane.execution import VirtualClock
from shotlane.plan import Figure, RetryPolicy, SegmentPlan
from shotlane.records import ActionKind, Outcome, Status, StepRecord

HEAT = segment(rule("a.x", count=3), duration_ms=30, step="heat")
COOL = segment(rule("a.x", count=2), Set("c.u", 5, 7.0), duration_ms=20, step="cool")


def settle(*, hold_ms: float = 0, timeout_ms: float = 1000, **options: Any) -> SegmentPlan:
    ending = until(above("a.x", 10), hold_ms, timeout_ms, **options)
    return segment(rule("a.x", count=100), duration_ms=1000, step="settle", ending=ending)


def rising(at_ms: float) -> Any:
    """What is read is 0, and 20 from an instant on."""

    def act(bench: Bench, request: Request) -> Any:
        return reading(x=20.0 if request.at_ns >= at_ms * MS else 0.0, y=0.0)

    return act


def run(*segments: SegmentPlan, act: Any = None, **options: Any) -> Bench:
    bench = Bench(HandPlan(segments, **options), act or rising(60))
    bench.run()
    return bench


def test_what_follows_counts_from_the_end_that_was_found() -> None:
    bench = run(HEAT, settle(), COOL)
    end = bench.attempts[0].end
    assert end is not None
    assert end.outcome is Outcome.DONE
    assert end.steps == (
        StepRecord("heat", 0, 30 * MS),
        StepRecord("settle", 30 * MS, 60 * MS),
        StepRecord("cool", 60 * MS, 80 * MS),
    )
    assert [row.target_ns // MS for row in bench.attempts[0].samples] == [*range(0, 61, 10), 60, 70]
    planned = [row for row in bench.attempts[0].actions if row.kind is ActionKind.PLANNED]
    assert [row.target_ns // MS for row in planned] == [65]
    assert bench.clock.now_ns() == 80 * MS


def test_steps_are_known_before_the_first_row_of_what_follows() -> None:
    seen: list[tuple[float, tuple[StepRecord, ...]]] = []

    def act(bench: Bench, request: Request) -> Any:
        seen.append((request.at_ns / MS, bench.attempts[-1].buffer.steps))
        return rising(60)(bench, request)

    run(HEAT, settle(), COOL, act=act)
    heat = StepRecord("heat", 0, 30 * MS)
    planned = (StepRecord("settle", 30 * MS, 1030 * MS), StepRecord("cool", 1030 * MS, 1050 * MS))
    settled = (StepRecord("settle", 30 * MS, 60 * MS), StepRecord("cool", 60 * MS, 80 * MS))
    assert {steps for at_ms, steps in seen if 30 < at_ms < 60} == {(heat, *planned)}
    assert {steps for at_ms, steps in seen if at_ms > 60} == {(heat, *settled)}


def test_ticks_are_numbered_on_and_what_was_not_due_was_not_planned() -> None:
    bench = run(HEAT, settle(), COOL)
    assert [row.tick for row in bench.attempts[0].samples] == list(range(9))
    tally = next(item for item in bench.result.tallies if item.channel == "a.x")
    assert (tally.planned, tally.ok, tally.unreached) == (9, 9, 0)


def test_the_condition_must_hold_without_a_break() -> None:
    values = {60: 0.0, 70: 20.0, 80: 20.0, 90: 0.0}

    def act(bench: Bench, request: Request) -> Any:
        return reading(x=values.get(request.at_ns // MS, 0.0 if request.at_ns < 60 * MS else 20.0))

    bench = run(HEAT, settle(hold_ms=30), COOL, act=act)
    # True at 70 and 80, false at 90, and from 100 on.
    assert bench.events("segment.ended") == [{"step": "settle", "how": "held", "lasted_s": 0.1}]


def test_a_failed_reading_begins_the_hold_anew() -> None:
    def act(bench: Bench, request: Request) -> Any:
        if request.at_ns == 60 * MS:
            raise error()
        return reading(x=20.0)

    bench = run(HEAT, settle(hold_ms=40), act=act, lanes=lanes(max_missing=1.0))
    assert bench.events("segment.ended")[0]["lasted_s"] == 0.08


@pytest.mark.parametrize("value", [None, float("nan")])
def test_a_reading_without_a_value_begins_the_hold_anew(value: float | None) -> None:
    def act(bench: Bench, request: Request) -> Any:
        return reading(x=value if request.at_ns == 60 * MS else 20.0)

    bench = run(HEAT, settle(hold_ms=40), act=act)
    assert bench.events("segment.ended")[0]["lasted_s"] == 0.08


def test_readings_from_before_the_step_do_not_end_it() -> None:
    """Two channels: the one that is not read in the step yet may say what was."""
    both = formula("f0 > 10 and f1 > 10", Figure("value", index("a.x")), Figure("value", index("c.x")))
    heat = segment(rule("c.x", count=3), duration_ms=30, step="heat")
    step = segment(rule("a.x", count=9), rule("c.x", 25), duration_ms=99, step="settle", ending=until(both))
    bench = run(heat, step, act=rising(0))
    assert bench.events("segment.ended")[0]["lasted_s"] == 0.025


def test_windows_look_back_on_the_steps_before() -> None:
    still = formula("f0 < 1", Figure("slope", index("a.x"), 30 * MS))
    step = segment(rule("a.x", count=50), duration_ms=500, step="settle", ending=until(still))

    def act(bench: Bench, request: Request) -> Any:
        return reading(x=min(request.at_ns / MS, 50.0))

    bench = run(HEAT, step, act=act)
    # Level from 50 ms on; a window of 30 ms is level at 80 ms.
    assert bench.events("segment.ended")[0]["lasted_s"] == 0.05


def test_a_timeout_ends_the_attempt_safe_and_failed_without_retry() -> None:
    bench = run(HEAT, settle(timeout_ms=95), COOL, act=rising(9999), retry=RetryPolicy(attempts=3))
    end = bench.attempts[0].end
    assert end is not None
    assert end.fault is not None
    assert (bench.result.outcome, len(bench.attempts)) == (Outcome.FAILED, 1)
    assert bench.result.reason == ("shot 1 failed: step settle: 'f0 > 10' did not hold within 0.095 s")
    assert end.steps[-1] == StepRecord("settle", 30 * MS, 125 * MS)
    assert bench.pool.texts[-3:] == ["a.u=0", "b.u=0", "c.u=0"]
    assert "c.u=7" not in bench.pool.texts
    assert (end.fault.fault, bench.result.outcome.exit_status) == ("unsettled", 1)


def test_after_a_timeout_that_continues_the_shot_goes_on() -> None:
    bench = run(HEAT, settle(timeout_ms=95, on_timeout="continue"), COOL, act=rising(9999))
    assert bench.result.outcome is Outcome.DONE
    assert bench.events("segment.ended") == [{"step": "settle", "how": "timeout", "lasted_s": 0.095}]
    assert "c.u=7" in bench.pool.texts


def test_a_failed_shot_does_not_end_the_sweep() -> None:
    bench = run(settle(timeout_ms=50), act=rising(120), count=3)
    # The first two shots end at 50 and 100 ms.
    outcomes = [shot.end and shot.end.outcome for shot in bench.recorder.run.shots]
    assert outcomes == [Outcome.FAILED, Outcome.FAILED, Outcome.DONE]
    assert (bench.result.shots_failed, bench.result.shots_done) == (2, 1)


def test_a_failed_shot_ends_the_sweep_where_that_is_asked_for() -> None:
    bench = run(settle(timeout_ms=50), act=rising(9999), count=3, on_fail="stop")
    assert len(bench.recorder.run.shots) == 1
    assert (bench.result.reason or "").endswith("and the sweep ends with it")


def test_an_open_step_of_a_day_is_not_expanded() -> None:
    day = 86_400_000
    step = segment(rule("a.x", 0, 1, day), duration_ms=day, step="wait", ending=until(above("a.x", 10)))
    bench = run(step, act=rising(25))
    assert len(bench.attempts[0].samples) == 26


def test_a_fault_in_an_open_step_is_retried() -> None:
    def act(bench: Bench, request: Request) -> Any:
        if bench.pool.attempts[-1] == (1, 1) and request.at_ns == 50 * MS:
            raise error("disconnected")
        return reading(x=20.0 if request.at_ns > 100 * MS else 0.0)

    bench = run(HEAT, settle(), act=act, retry=RetryPolicy(attempts=2))
    outcomes = [attempt.end and attempt.end.outcome for attempt in bench.attempts]
    assert outcomes == [Outcome.ERRORED, Outcome.DONE]
    first = bench.attempts[0].end
    assert first is not None
    assert first.steps[-1] == StepRecord("settle", 30 * MS, 50 * MS)


def test_a_few_lost_readings_at_the_beginning_are_judged_at_the_end() -> None:
    def act(bench: Bench, request: Request) -> Any:
        if request.operation == "read" and request.at_ns < 15 * MS:
            raise error()
        return reading(x=20.0 if request.at_ns >= 30 * MS else 0.0)

    bench = run(settle(), act=act)
    assert len(bench.attempts[0].samples) == 4
    assert bench.result.outcome is Outcome.ERRORED
    assert "a.x lost 2 of 4 readings" in (bench.result.reason or "")


def test_a_stop_in_an_open_step_ends_it_there() -> None:
    def act(bench: Bench, request: Request) -> Any:
        if request.at_ns == 70 * MS and request.operation == "read":
            bench.control.stop(*STOP)
        return reading(x=0.0)

    bench = run(HEAT, settle(), COOL, act=act)
    assert bench.result.outcome is Outcome.TERMINATED
    tally = next(item for item in bench.result.tallies if item.channel == "a.x")
    # Those of the step that were not due yet were not planned; those of the steps that never came were.
    assert (tally.ok, tally.unreached) == (8, 2)


def test_an_exchange_that_takes_time_holds_up_its_own_port_only() -> None:
    def act(bench: Bench, request: Request) -> Any:
        if request.role == "c" and request.operation == "read":
            bench.wait(70)
        return reading(x=20.0 if request.at_ns >= 60 * MS else 0.0)

    step = segment(
        rule("a.x", count=50), rule("c.x", 5), duration_ms=500, step="s", ending=until(above("a.x", 10))
    )
    bench = run(step, COOL, act=act)
    statuses = {row.status for row in bench.attempts[0].samples}
    assert statuses == {Status.OK}
    # Found at 60 ms; the port of c has ended at 75 ms, and what follows waits for it.
    assert bench.attempts[0].end is not None
    assert bench.attempts[0].end.steps[0].end_ns == 75 * MS


class Person:
    """Answers what a test tells it."""

    def __init__(self, answer: str | None) -> None:
        self.answer = answer
        self.asked: list[tuple[str, float | None]] = []

    def ask(self, text: str, timeout_s: float | None, cancelled: threading.Event) -> str | None:
        self.asked.append((text, timeout_s))
        return self.answer


def test_a_step_that_asks_goes_on_with_the_answer() -> None:
    person = Person("done, by Jo")
    step = segment(duration_ms=5000, step="load", ending=ask("insert the unit", 5000))
    bench = Bench(HandPlan([HEAT, step, COOL]), clock=VirtualClock(0), asker=person)
    assert bench.run().outcome is Outcome.DONE
    assert person.asked == [("insert the unit", 5.0)]
    assert bench.events("question.answered") == [{"text": "insert the unit", "answer": "done, by Jo"}]
    assert bench.clock.now_ns() == 50 * MS


@pytest.mark.parametrize(
    ("person", "why"),
    [(None, "nobody is there to answer"), (Person(None), "nobody answered within 0 s")],
)
def test_without_an_answer_the_attempt_has_failed(person: Person | None, why: str) -> None:
    step = segment(duration_ms=5000, step="load", ending=ask("insert the unit", 5000))
    bench = Bench(HandPlan([step, COOL]), clock=VirtualClock(0), asker=person)
    assert bench.run().outcome is Outcome.FAILED
    assert bench.result.reason == f"shot 1 failed: step load asks 'insert the unit': {why}"
    assert bench.pool.texts[-3:] == ["a.u=0", "b.u=0", "c.u=0"]


def test_one_reading_alone_in_its_window_proves_no_stability() -> None:
    """It has no spread; and the channel jumps."""
    quiet = formula("f0 < 0.1", Figure("std", index("a.x"), 900 * MS))
    step = segment(
        rule("a.x", period_ms=1000, count=20), duration_ms=20_000, step="settle", ending=until(quiet)
    )

    def act(bench: Bench, request: Request) -> Any:
        return reading(x=float(len(bench.pool.log)))

    bench = Bench(HandPlan([step]), act)
    assert bench.run().outcome is Outcome.FAILED
