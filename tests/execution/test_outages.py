"""What `retry: {wait: ...}` does about an instrument that is away for a while, with nobody there."""

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.examples import examples
from tests.execution.fakes import (
    MS,
    Bench,
    HandPlan,
    Request,
    above,
    interlock,
    rows_on_the_wire,
    rule,
    segment,
)

from shotlane.execution import Control, SystemClock
from shotlane.execution._rounds import PATIENCE_S
from shotlane.instruments import ErrorContext, InstrumentError
from shotlane.plan import RetryPolicy
from shotlane.records import Outcome, Status

S = 1000 * MS


def plan_of(count: int = 3, **policy: Any) -> HandPlan:
    return HandPlan([segment(rule("a.x"))], count=count, retry=RetryPolicy(**{"wait_ns": 3600 * S, **policy}))


def away(*spans_s: tuple[float, float], fault: str = "disconnected") -> Callable[[Bench, Request], None]:
    """Instrument a answers nothing between these times."""

    def act(bench: Bench, request: Request) -> None:
        if request.role == "a" and any(first * S <= request.at_ns < last * S for first, last in spans_s):
            raise InstrumentError(fault, "nobody is there", ErrorContext(role="a"))

    return act


def shots(bench: Bench) -> list[int]:
    return [attempt.start.shot for attempt in bench.attempts]


def ended_s(bench: Bench) -> float:
    return bench.clock.now_ns() / S


def test_it_is_waited_for_and_its_shot_is_tried_again() -> None:
    bench = Bench(plan_of(), away((0.0, 100.0)))
    result = bench.run()
    assert (result.outcome, shots(bench)) == (Outcome.DONE, [1, 1, 2, 3])
    assert [one["reason"] for one in bench.events("run.continued")] == ["a answers again"]
    assert bench.events("run.paused")[0]["reason"].startswith("a does not answer and is waited for: ")
    assert 100 <= ended_s(bench) < 130


def test_it_is_safe_meanwhile_and_every_question_is_recorded() -> None:
    bench = Bench(plan_of(), away((0.0, 20.0)))
    bench.run()
    statuses = [row.status for row in bench.recorder.polls]
    # After 1, 3, 7 and 15 s; it was made safe in vain before.
    assert statuses == [Status.FAILED] * 3 + [Status.OK]
    first = next(n for n, request in enumerate(bench.pool.log) if request.at_ns >= S)
    assert "b.u=0" in [request.text for request in bench.pool.log[:first]]
    assert rows_on_the_wire(bench) == len([one for one in bench.pool.log if one.operation != "make_safe"])


@pytest.mark.parametrize(
    ("then", "count"), [("abort", [1]), ("pause", [1]), ("skip", [1, 2, 3])], ids=["abort", "pause", "skip"]
)
def test_when_the_time_is_over_the_policy_applies(then: str, count: list[int]) -> None:
    bench = Bench(plan_of(then=then, wait_ns=60 * S), away((0.0, 1e6)))
    result = bench.run()
    assert (result.outcome, shots(bench)) == (Outcome.ERRORED, count)
    assert bench.events("run.continued") == [{"reason": "a has not come back within 60 s"}]
    # One time for the whole outage, and each of the shots after it is made safe in vain.
    safe_s = len(count) * (PATIENCE_S + 2)
    assert 60 <= ended_s(bench) < 60 + safe_s


def test_a_shot_that_ends_well_ends_the_outage() -> None:
    bench = Bench(plan_of(count=60, wait_ns=60 * S), away((0.0, 50.0), (62.0, 110.0)))
    assert bench.run().outcome is Outcome.DONE
    assert len(bench.events("run.paused")) == 2


def test_who_comes_back_and_stammers_gets_the_rest_of_the_time() -> None:
    def act(bench: Bench, request: Request) -> None:
        away((0.0, 5.0))(bench, request)
        if request.text == "a.u=5" and request.at_ns < 20 * S:
            raise InstrumentError("garbled", "what?", ErrorContext(role="a"))

    bench = Bench(plan_of(count=1), act)
    assert bench.run().outcome is Outcome.DONE
    assert len(bench.events("run.paused")) == 4


def test_a_fault_of_another_kind_is_not_waited_for() -> None:
    bench = Bench(plan_of(), away((0.0, 100.0), fault="refused"))
    assert bench.run().outcome is Outcome.ERRORED
    assert bench.events("run.paused") == []


def test_without_a_time_nothing_is_waited_for() -> None:
    bench = Bench(plan_of(wait_ns=0), away((0.0, 100.0)))
    assert bench.run().outcome is Outcome.ERRORED
    assert bench.recorder.polls == []


def test_the_budget_of_retries_bounds_it() -> None:
    bench = Bench(plan_of(count=200, budget=2), away((0.0, 0.5), (5.0, 5.5), (9.0, 9.5)))
    assert bench.run().outcome is Outcome.ERRORED
    assert len(bench.events("run.paused")) == 2
    assert bench.events("retry.exhausted") == [{"budget": 2}]


@pytest.mark.parametrize(
    ("wish", "outcome", "ran"),
    [
        (lambda control: control.stop(Outcome.ABORTED, "enough"), Outcome.ABORTED, [1]),
        (lambda control: control.skip("leave it", "Jo"), Outcome.ERRORED, [1, 2]),
    ],
    ids=["abort", "skip"],
)
def test_somebody_can_end_it_or_leave_the_shot(
    wish: Callable[[Control], None], outcome: Outcome, ran: list[int]
) -> None:
    bench = Bench(plan_of(count=2, wait_ns=60 * S), away((0.0, 1e6)))
    alarms: list[str] = []

    def alarm(told: str) -> None:
        alarms.append(told)
        if len(alarms) == 1:
            wish(bench.control)

    bench.progress.alarm = alarm
    assert (bench.run().outcome, shots(bench)) == (outcome, ran)
    assert "the run waits, the other instruments safe" in alarms[0]


@pytest.mark.parametrize("comes_back", [True, False], ids=["comes back", "given up"])
def test_a_pause_that_somebody_wants_meanwhile_outlives_the_wait(comes_back: bool) -> None:
    plan = plan_of(then="abort" if comes_back else "pause")
    bench = Bench(plan, away((0.0, 100.0 if comes_back else 1e6)), attended=True)
    sent: list[int] = []

    def meanwhile(told: str) -> None:
        if told.startswith("the run waits"):
            bench.control.pause("the door is open", "Jo")

    def shut_the_door() -> None:
        while not bench.events("request.taken"):
            time.sleep(0.001)
        sent.append(len(bench.pool.attempts))
        bench.control.go_on("Ann") if comes_back else bench.control.stop(Outcome.ABORTED, "enough")

    bench.progress.alarm = meanwhile
    threading.Thread(target=shut_the_door, daemon=True).start()
    assert bench.run().outcome is (Outcome.DONE if comes_back else Outcome.ABORTED)
    assert sent == [1]
    taken = [(one["verb"], one["reason"], one["by"]) for one in bench.events("request.taken")]
    assert taken[0] == ("pause", "the door is open", "Jo")
    assert [one[0] for one in taken[1:]] == ["continue"] * comes_back
    assert len(bench.events("run.paused")) == 2


def test_who_says_go_on_has_it_asked_at_once() -> None:
    bench = Bench(plan_of(count=1), clock=SystemClock())
    said_s: list[float] = []
    asked_s: list[float] = []

    def act(bench: Bench, request: Request) -> None:
        if request.role == "a" and not said_s:
            raise InstrumentError("disconnected", "nobody is there", ErrorContext(role="a"))
        if request.role == "a":
            asked_s.append(time.monotonic())

    def go_on(told: str) -> None:
        if told.startswith("the run waits"):
            said_s.append(time.monotonic())
            bench.control.go_on("Jo")

    bench.act = act
    alarmed(bench, go_on)
    assert bench.run().outcome is Outcome.DONE
    assert asked_s[0] - said_s[0] < 0.7  # by itself it asks after a second


@settings(max_examples=examples(60))
@given(
    st.lists(st.tuples(st.floats(0, 0.5) | st.floats(0, 200), st.floats(0.1, 80)), max_size=4),
    st.integers(1, 3),
    st.sampled_from(["abort", "skip"]),
    st.sampled_from(["timeout", "disconnected"]),
)
def test_whatever_the_outages_the_books_agree_with_the_wire(
    outages: list[tuple[float, float]], attempts: int, then: str, fault: str
) -> None:
    spans = [(begin, begin + length) for begin, length in outages]
    bench = Bench(plan_of(attempts=attempts, then=then, wait_ns=40 * S), away(*spans, fault=fault))
    result = bench.run()
    asked = [one for one in bench.pool.log if one.operation != "make_safe"]
    assert rows_on_the_wire(bench) == len(asked)
    if all(length < 9 for _, length in outages) and len(outages) < 2:
        # It is asked again before the time is over; away at the very end, it cannot be made safe.
        assert result.shots_done == 3


def blind_plan(wait_s: float) -> HandPlan:
    """A run that an interlock ends, in an outage of what it watches."""
    watch = interlock(above("a.y", 10**9), poll_ms=200, blind_ms=1000)
    return HandPlan(
        [segment(rule("a.x", count=50, period_ms=100), duration_ms=5000)],
        retry=RetryPolicy(wait_ns=round(wait_s * S)),
        interlocks=[watch],
    )


def alarmed(bench: Bench, then: Callable[[str], None] = lambda _: None) -> list[str]:
    alarms: list[str] = []

    def alarm(told: str) -> None:
        alarms.append(told)
        then(told)

    bench.progress.alarm = alarm
    return alarms


def test_a_run_that_an_interlock_ends_goes_on_making_safe_as_long_as_it_would_have_waited() -> None:
    bench = Bench(blind_plan(600), away((2.0, 300.0)))
    alarms = alarmed(bench)
    result = bench.run()
    assert (result.outcome, result.unsafe) == (Outcome.ABORTED, ())
    assert 300 <= ended_s(bench) < 335
    assert alarms[-2].startswith("a does not answer and is NOT SAFE: trying to make it safe for another ")
    assert alarms[-1] == "a answers again, and is safe"
    assert rows_on_the_wire(bench) == len(bench.pool.texts)


def test_who_does_not_come_back_in_that_time_is_told_as_not_safe() -> None:
    bench = Bench(blind_plan(60), away((2.0, 1e6)))
    alarms = alarmed(bench)
    result = bench.run()
    assert [(item.role, item.attribute) for item in result.unsafe] == [("a", "u")]
    assert 60 <= ended_s(bench) < 90
    assert alarms[-1] == "a is given up, NOT SAFE"


@pytest.mark.parametrize("when", ["before", "meanwhile"])
def test_who_stops_the_run_waits_no_longer_than_without(when: str) -> None:
    def act(bench: Bench, request: Request) -> None:
        if when == "before" and request.text == "a.u=0":
            bench.control.stop(Outcome.TERMINATED, "Ctrl-C")
        away((2.0, 1e6))(bench, request)

    bench = Bench(blind_plan(3600), act)

    def stop(told: str) -> None:
        if "NOT SAFE" in told and when == "meanwhile":
            bench.control.stop(Outcome.TERMINATED, "Ctrl-C")

    alarmed(bench, stop)
    assert bench.run().outcome is (Outcome.TERMINATED if when == "before" else Outcome.ABORTED)
    assert ended_s(bench) < 40
