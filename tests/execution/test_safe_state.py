"""The safe state is reached on every way out, recorded, and stopped by nothing."""

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
    error,
    formula,
    index,
    interlock,
    last_sets,
    reading,
    rows_on_the_wire,
    rule,
    segment,
)

from shotlane.execution import Control, VirtualClock
from shotlane.execution._rounds import LEAST_ROUNDS, PATIENCE_S
from shotlane.plan import Figure, ResultPlan, RetryPolicy
from shotlane.records import ActionKind, Outcome, RecorderError, Status
from shotlane.testing import MemoryRecorder

SAFE = ["a.u=0", "b.u=0", "c.u=0"]


def _plan(**options: Any) -> HandPlan:
    return HandPlan([segment(rule("a.x", count=5), Set("c.u", 20, 9.0), duration_ms=60)], **options)


def _first_safe(bench: Bench) -> list[str]:
    """The first round of making safe."""
    first = next(n for n, request in enumerate(bench.pool.log) if request.text == SAFE[0])
    return bench.pool.texts[first : first + 3]


def _rounds(bench: Bench, role: str) -> list[int]:
    """When something was tried in vain or not, in ms after the first."""
    at = [one.at_ns for one in bench.pool.log if one.text == f"{role}.u=0"]
    return [round((one - at[0]) / MS) for one in at]


def _away(until_ms: int, *roles: str) -> Any:
    """Instruments that do not answer so long after the run has begun to be made safe."""

    def act(bench: Bench, request: Request) -> None:
        begun = [one.at_ns for one in bench.pool.log if one.text in SAFE]
        if request.role in roles and begun and request.at_ns < begun[0] + until_ms * MS:
            raise error("timeout", f"{request.role} does not answer")

    return act


def _stopping_at(text: str, shot: int = 1) -> Any:
    def act(bench: Bench, request: Request) -> None:
        bench.wait(0.001)
        if request.text == text and bench.pool.attempts[-1][0] == shot:
            bench.control.stop(*STOP)

    return act


@pytest.mark.parametrize("text", ["a.u=5", "c.u=6", "read a.x", "c.u=9"])
def test_a_stop_in_an_attempt_ends_it_there_with_its_safe_writes_as_rows(text: str) -> None:
    bench = Bench(_plan(count=3), _stopping_at(text, shot=2))
    result = bench.run()
    assert (result.outcome, result.reason) == STOP
    last = bench.attempts[-1]
    assert last.end is not None
    assert last.end.outcome is Outcome.TERMINATED
    assert [row.kind for row in last.actions[-3:]] == [ActionKind.SAFE] * 3
    assert bench.pool.texts[-4:] == [text, *SAFE]
    assert len(bench.pool.texts) == rows_on_the_wire(bench)


def test_a_stop_before_anything_was_opened_opens_nothing() -> None:
    control = Control()
    control.stop(*STOP)
    bench = Bench(_plan(), control=control)
    assert bench.run().outcome is Outcome.TERMINATED
    assert (bench.pool.opened, bench.pool.texts) == ([], [])


def test_a_stop_before_the_first_shot_makes_what_was_opened_safe_and_tells_it() -> None:
    bench = Bench(_plan())
    bench.pool.when_opening = lambda: bench.control.stop(*STOP)
    assert bench.run().outcome is Outcome.TERMINATED
    assert bench.pool.texts == SAFE
    assert len(bench.events("safe-state.written")) == 3
    assert rows_on_the_wire(bench) == 3


def test_a_stop_between_shots_begins_no_other_shot() -> None:
    bench = Bench(_plan(count=3))
    bench.plan.on_shot = lambda number: bench.control.stop(*STOP) if number == 2 else None
    bench.run()
    assert bench.pool.texts[-3:] == SAFE
    assert bench.result.outcome is Outcome.TERMINATED
    assert bench.result.shots_done == 1


def test_a_stop_in_the_delay_before_a_retry_finds_the_instruments_safe() -> None:
    bench = Bench(_plan(retry=RetryPolicy(attempts=2, delay_ns=100 * MS)))

    def act(bench: Bench, request: Request) -> None:
        if request.text == "read a.x":
            raise error("disconnected")
        if request.operation == "make_safe" and request.role == "c":
            bench.control.stop(*STOP)

    bench.act = act
    bench.run()
    assert len(bench.attempts) == 1
    assert bench.pool.texts[-3:] == SAFE
    assert bench.result.outcome is Outcome.TERMINATED
    assert bench.recorder.run.shots[0].end is not None
    assert bench.recorder.run.shots[0].end.outcome is Outcome.TERMINATED


def test_a_stop_after_the_last_shot_changes_nothing() -> None:
    bench = Bench(_plan(), _stopping_at("a.u=0"))
    assert bench.run().outcome is Outcome.DONE


def test_a_stop_after_the_last_shot_does_not_hide_that_one_was_errored() -> None:
    def act(bench: Bench, request: Request) -> None:
        if bench.pool.attempts[-1] == (1, 1) and request.text == "c.u=6":
            raise error()
        if bench.pool.attempts[-1] == (2, 1) and request.text == "a.u=0":
            bench.control.stop(*STOP)

    bench = Bench(_plan(count=2, retry=RetryPolicy(then="skip")), act)
    result = bench.run()
    assert result.outcome is Outcome.ERRORED
    assert str(result.reason).startswith("shot 1 ended with a fault")


def test_the_worst_of_two_stops_counts() -> None:
    control = Control()
    control.stop(*STOP)
    control.stop(Outcome.ABORTED, "too hot")
    control.stop(*STOP)
    assert Bench(_plan(), control=control).run().outcome is Outcome.ABORTED


def test_a_safe_write_that_fails_does_not_stop_the_rest_and_is_told() -> None:
    def act(bench: Bench, request: Request) -> None:
        if request.text == "a.u=0":
            raise error("timeout", "a does not answer")

    bench = Bench(_plan(), act)
    result = bench.run()
    assert _first_safe(bench) == SAFE
    assert [(item.role, item.attribute, item.message) for item in result.unsafe] == [
        ("a", "u", "a does not answer")
    ]
    assert (result.outcome, result.shots_done) == (Outcome.ERRORED, 1)
    assert result.reason == "not every instrument could be made safe: a: a does not answer"
    assert len(bench.events("safe-state.failed")) == 1
    assert bench.events("safe-state.reached") == []
    rows = [row for row in bench.attempts[0].actions if row.kind is ActionKind.SAFE]
    again = len(rows) - 3
    assert again >= LEAST_ROUNDS - 1
    assert [row.status for row in rows] == [Status.FAILED, Status.OK, Status.OK, *[Status.FAILED] * again]


def test_a_sweep_that_failed_does_not_hide_that_something_is_not_safe() -> None:
    def act(bench: Bench, request: Request) -> None:
        if request.text == "a.u=0":
            raise error("timeout", "a does not answer")

    cold = ResultPlan("T", formula("f0", Figure("mean", index("a.x"))), low=1e9)
    result = Bench(_plan(results=[cold]), act).run()
    assert (result.outcome, result.shots_failed) == (Outcome.ERRORED, 1)
    assert result.reason == "not every instrument could be made safe: a: a does not answer"


def test_a_sweep_that_failed_does_not_hide_that_its_end_was_not_stored() -> None:
    cold = ResultPlan("T", formula("f0", Figure("mean", index("a.x"))), low=1e9)
    result = Bench(_plan(results=[cold]), recorder=MemoryRecorder({"end_run"})).run()
    assert result.outcome is Outcome.ERRORED
    assert result.reason == "the records could not be stored: end_run fails as asked"


def test_a_bug_in_a_driver_does_not_keep_the_others_from_being_safe() -> None:
    def act(bench: Bench, request: Request) -> None:
        if request.text == "a.u=0" or (request.operation == "make_safe" and request.role == "b"):
            raise ZeroDivisionError("a bug")

    bench = Bench(_plan(), act)
    result = bench.run()
    assert _first_safe(bench) == SAFE
    assert [(item.role, item.attribute) for item in result.unsafe] == [("a", "u"), ("b", None)]


@pytest.mark.parametrize("raised", [TimeoutError("of a socket"), SystemExit(3)], ids=repr)
def test_nothing_that_a_driver_raises_keeps_its_port_from_being_safe(raised: BaseException) -> None:
    def act(bench: Bench, request: Request) -> None:
        if request.text == "a.u=0":
            raise raised

    bench = Bench(_plan(), act)
    result = bench.run()
    assert _first_safe(bench) == SAFE
    assert [(item.role, item.attribute) for item in result.unsafe] == [("a", "u")]


def test_a_stop_ends_an_opening_that_never_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shotlane.execution._run.BOUND_S", 0.1)
    bench, forever = Bench(_plan()), threading.Event()

    def hang() -> None:
        bench.control.stop(*STOP)
        forever.wait(10)

    bench.pool.when_opening = hang
    assert bench.run().outcome is Outcome.TERMINATED
    assert not forever.is_set()
    forever.set()


def test_a_bug_in_closing_still_ends_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(_plan())

    def close() -> None:
        bench.pool.closed = True
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(bench.pool, "close", close)
    assert bench.run().outcome is Outcome.DONE
    assert bench.events("worker.crashed")[0]["message"].startswith("closing the instruments: a bug")


def test_an_instrument_that_just_failed_is_made_safe_too() -> None:
    def act(bench: Bench, request: Request) -> None:
        if request.text == "read a.x":
            raise error("disconnected")

    bench = Bench(_plan(), act)
    assert bench.run().outcome is Outcome.ERRORED
    assert bench.pool.texts[-3:] == SAFE


def test_a_crash_of_a_worker_is_errored_safe_told_and_not_retried() -> None:
    def act(bench: Bench, request: Request) -> None:
        if request.text == "read a.x":
            raise ZeroDivisionError("a bug")

    bench = Bench(_plan(retry=RetryPolicy(attempts=5, then="skip"), count=3), act)
    result = bench.run()
    assert (result.outcome, len(bench.attempts)) == (Outcome.ERRORED, 1)
    assert bench.pool.texts[-3:] == SAFE
    assert bench.events("worker.crashed") == [{"port": "P", "message": "ZeroDivisionError: a bug"}]
    assert "test_safe_state" in result.faults[0].fault.context["traceback"]


def test_a_bug_between_shots_is_errored_and_safe() -> None:
    def bug(number: int) -> None:
        if number == 2:
            raise ZeroDivisionError("a bug")

    bench = Bench(_plan(count=3, on_shot=bug))
    assert bench.run().outcome is Outcome.ERRORED
    assert bench.pool.texts[-3:] == SAFE
    assert bench.result.shots_done == 1


def test_ctrl_c_that_raises_in_the_middle_of_a_shot_is_a_stop() -> None:
    def act(bench: Bench, request: Request) -> None:
        if request.text == "read a.x":
            raise KeyboardInterrupt

    bench = Bench(_plan(), act)
    assert bench.run().outcome is Outcome.TERMINATED
    assert bench.pool.texts[-3:] == SAFE


@pytest.mark.parametrize(
    "method", ["begin_shot", "begin_attempt", "end_attempt", "end_shot", "end_run", "event"]
)
def test_a_recorder_that_fails_leaves_the_instruments_safe_and_the_run_errored(method: str) -> None:
    bench = Bench(_plan(count=2), recorder=MemoryRecorder({method}))
    result = bench.run()
    assert result.outcome is Outcome.ERRORED
    assert "could not be stored" in (result.reason or "")
    assert bench.pool.texts[-3:] == SAFE


def test_instruments_that_cannot_be_opened_end_the_run_before_anything_is_set() -> None:
    bench = Bench(_plan())
    bench.pool.refuses = {"a": error("disconnected", "no such port"), "c": error("timeout", "silent")}
    result = bench.run()
    assert result.outcome is Outcome.ERRORED
    assert result.reason == "not every instrument could be opened:\na: no such port\nc: silent"
    assert bench.pool.texts == ["b.u=0"]
    assert [item.fault.fault for item in result.faults] == ["disconnected", "timeout"]
    assert bench.recorder.run.shots == []


def test_a_failed_write_is_tried_again_when_the_run_ends_later() -> None:
    plan = _plan(count=2, retry=RetryPolicy(then="skip"))

    def act(bench: Bench, request: Request) -> None:
        first = bench.pool.attempts[-1][0] == 1
        if first and request.text in ("read a.x", "a.u=0"):
            raise error("disconnected")

    bench = Bench(plan, act, clock=VirtualClock(0))
    result = bench.run()
    assert result.unsafe == ()
    assert len(bench.events("safe-state.failed")) == 1


def test_an_abort_is_not_hidden_by_a_commit_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(_plan(count=3), recorder=MemoryRecorder({"end_run"}))

    def failing(*_: object) -> None:
        bench.control.stop(Outcome.ABORTED, "too hot")
        raise RecorderError("the disk is full")

    monkeypatch.setattr(bench.recorder, "end_shot", failing)
    result = bench.run()
    assert (result.outcome, result.reason) == (Outcome.ABORTED, "too hot")
    assert bench.pool.texts[-3:] == SAFE


def test_an_abort_while_the_instruments_are_released_counts() -> None:
    def act(bench: Bench, request: Request) -> None:
        if request.text == "c.u=0":
            bench.control.stop(Outcome.ABORTED, "aborted by Jo")

    bench = Bench(_plan(count=2, on_shot=lambda number: [1][number - 1]), act)
    assert (bench.run().outcome, bench.result.reason) == (Outcome.ABORTED, "aborted by Jo")


def test_what_failed_is_tried_again_after_pauses_that_grow() -> None:
    bench = Bench(_plan(), _away(1500, "a"))
    result = bench.run()
    assert (result.outcome, result.unsafe, result.made_safe) == (Outcome.DONE, (), 3)
    assert _rounds(bench, "a") == [0, 250, 750, 1750]
    assert (_rounds(bench, "b"), _rounds(bench, "c")) == ([0], [0])
    assert last_sets(bench) == {"a.u": 0.0, "b.u": 0.0, "c.u": 0.0}
    statuses = [row.status for row in bench.attempts[0].actions if row.kind is ActionKind.SAFE]
    assert statuses == [Status.FAILED, Status.OK, Status.OK, Status.FAILED, Status.FAILED, Status.OK]
    assert [one["written"] for one in bench.events("safe-state.reached")] == [3]


def test_who_stays_dead_is_given_up_after_a_while_and_told_once() -> None:
    bench = Bench(_plan(), _away(10**9, "a", "b"))
    result = bench.run()
    assert result.outcome is Outcome.ERRORED
    assert [(item.role, item.attribute) for item in result.unsafe] == [("a", "u"), ("b", "u")]
    assert PATIENCE_S * 1000 <= _rounds(bench, "a")[-1] < (PATIENCE_S + 2) * 1000
    assert len(bench.events("safe-state.failed")) == 2
    assert bench.events("safe-state.reached") == []


def test_what_else_a_silent_instrument_is_set_to_comes_after_the_others() -> None:
    bench = Bench(_plan(), _away(1, "a"))
    bench.pool.safe.insert(1, ("a", "y", 7.0))
    assert bench.run().unsafe == ()
    assert bench.pool.texts[-6:] == [*SAFE, "a.y=7", "a.u=0", "a.y=7"]  # the second time as a whole


def test_rounds_outside_of_an_attempt_are_events() -> None:
    bench = Bench(_plan(), _away(1500, "a"))
    bench.pool.when_opening = lambda: bench.control.stop(*STOP)
    assert bench.run().outcome is Outcome.TERMINATED
    assert len(bench.events("safe-state.failed")) == 3
    assert len(bench.events("safe-state.written")) == 3
    assert rows_on_the_wire(bench) == len(bench.pool.texts)


def test_a_stop_does_not_skip_the_rounds() -> None:
    def act(bench: Bench, request: Request) -> None:
        if request.text in SAFE:
            bench.control.stop(*STOP)
        _away(5000, "a", "c")(bench, request)

    bench = Bench(_plan(), act)
    assert bench.run().unsafe == ()
    assert last_sets(bench) == {"a.u": 0.0, "b.u": 0.0, "c.u": 0.0}


def test_interlocks_are_watched_between_rounds() -> None:
    def act(bench: Bench, request: Request) -> Any:
        if request.role == "a" and bench.pool.attempts:
            raise error("timeout", "a does not answer")
        return reading(x=0.0, y=9.0 if request.at_ns > 2000 * MS else 0.0)

    plan = _plan(retry=RetryPolicy(attempts=2), interlocks=[interlock(above("c.y", 5), poll_ms=100)])
    bench = Bench(plan, act)
    assert bench.run().outcome is Outcome.ABORTED
    assert len(bench.attempts) == 1
    assert bench.events("interlock.tripped")


def test_who_was_given_up_does_not_hold_up_every_attempt_so_long() -> None:
    plan = _plan(count=1, retry=RetryPolicy(attempts=4, delay_ns=0))

    def act(bench: Bench, request: Request) -> None:
        if request.role == "a":
            raise error("timeout", "a does not answer")

    bench = Bench(plan, act)
    bench.pool.down = {"a"}
    bench.run()
    counts = [sum(row.kind is ActionKind.SAFE for row in attempt.actions) - 2 for attempt in bench.attempts]
    assert counts[1:3] == [LEAST_ROUNDS] * 2
    assert counts[0] == counts[3] > LEAST_ROUNDS  # the first time, and the last
