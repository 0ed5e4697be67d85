"""Open steps, questions and interlocks on the system clock, with exchanges that hang. No tight times."""

import threading
import time
from typing import Any

import pytest
from tests.execution.fakes import (
    MS,
    STOP,
    Bench,
    HandPlan,
    Request,
    S,
    Set,
    above,
    ask,
    error,
    interlock,
    lanes,
    reading,
    rows_on_the_wire,
    rule,
    segment,
    until,
)

from shotlane.execution import SystemClock
from shotlane.plan import RetryPolicy
from shotlane.records import ActionKind, Outcome

pytestmark = pytest.mark.real_time

SAFE = ["a.u=0", "b.u=0", "c.u=0"]


def _bench(plan: HandPlan, act: Any, **options: Any) -> Bench:
    plan.lanes = lanes(max_missing=1.0)
    return Bench(plan, act, clock=SystemClock(), **options)


def _hot_after(seconds: float) -> Any:
    begun = time.monotonic()

    def act(bench: Bench, request: Request) -> Any:
        return reading(x=20.0 if time.monotonic() - begun > seconds else 0.0, y=0.0)

    return act


def test_an_open_step_ends_and_what_follows_has_one_new_origin_on_all_ports() -> None:
    step = segment(
        rule("a.x", count=3000), duration_ms=30_000, step="settle", ending=until(above("a.x", 10), hold_ms=30)
    )
    after = segment(Set("a.u", 20, 8.0), Set("c.u", 20, 9.0), rule("c.x", 0), duration_ms=40, step="after")
    bench = _bench(HandPlan([segment(rule("c.x", count=3), duration_ms=30), step, after]), _hot_after(0.2))
    assert bench.run().outcome is Outcome.DONE
    end = bench.attempts[0].end
    assert end is not None
    settle, last = end.steps
    # It lasts until the origin of what follows, which is the end that was found and a lead.
    assert settle.end_ns == last.start_ns == last.end_ns - 40 * MS
    lasted_ns = bench.events("segment.ended")[0]["lasted_s"] * 1e9
    assert settle.end_ns - settle.start_ns > lasted_ns >= 30 * MS
    planned = [row for row in bench.attempts[0].actions if row.kind is ActionKind.PLANNED]
    assert {row.target_ns - last.start_ns for row in planned} == {20 * MS}
    assert all(row.requested_ns is not None and row.requested_ns >= row.target_ns for row in planned)


def test_a_slow_exchange_at_the_end_of_an_open_step_is_waited_for() -> None:
    hot = _hot_after(0.1)

    def act(bench: Bench, request: Request) -> Any:
        if request.text == "read c.x":
            time.sleep(0.4)
        return hot(bench, request)

    step = segment(
        rule("a.x", count=500), rule("c.x"), duration_ms=5000, step="s", ending=until(above("a.x", 10))
    )
    bench = _bench(HandPlan([step, segment(Set("c.u", 5, 9.0), duration_ms=10)]), act)
    assert bench.run().outcome is Outcome.DONE
    assert bench.pool.texts[-4:] == ["c.u=9", *SAFE]
    assert bench.events("segment.ended")[0]["lasted_s"] < 0.35


def test_a_timeout_is_found_although_nothing_is_read() -> None:
    step = segment(duration_ms=5000, step="s", ending=until(above("a.x", 10), timeout_ms=100))
    bench = _bench(HandPlan([step]), _hot_after(99))
    assert bench.run().outcome is Outcome.FAILED
    assert "did not hold within 0.1 s" in (bench.result.reason or "")


class _Person:
    """Answers when told to, or when nobody waits any more."""

    def __init__(self) -> None:
        self.asked, self.ready, self.left = threading.Event(), threading.Event(), threading.Event()

    def ask(self, text: str, timeout_s: float | None, cancelled: threading.Event) -> str | None:
        self.asked.set()
        while not self.ready.wait(0.005):
            if cancelled.is_set():
                self.left.set()
                return None
        return "done"


def test_a_question_is_answered_and_the_recordings_go_on_meanwhile() -> None:
    person = _Person()
    threading.Timer(0.3, person.ready.set).start()
    step = segment(rule("a.x", count=1000), duration_ms=10_000, step="load", ending=ask())
    bench = _bench(HandPlan([step, segment(rule("c.x"))]), _hot_after(99), asker=person)
    assert bench.run().outcome is Outcome.DONE
    assert len(bench.attempts[0].samples) > 5
    assert bench.events("segment.ended")[0]["how"] == "answered"


@pytest.mark.parametrize("how", ["stop", "interlock"])
def test_a_question_never_holds_up_a_stop(how: str) -> None:
    person = _Person()
    bench = _bench(
        HandPlan(
            [segment(duration_ms=60_000, step="load", ending=ask())],
            interlocks=[interlock(above("a.x", 10), poll_ms=50)] if how == "interlock" else [],
        ),
        _hot_after(0.3 if how == "interlock" else 99),
        asker=person,
    )
    if how == "stop":
        threading.Timer(0.3, lambda: bench.control.stop(*STOP)).start()
    bench.run()
    assert bench.result.outcome is (Outcome.ABORTED if how == "interlock" else Outcome.TERMINATED)
    assert person.left.wait(5)
    assert bench.pool.texts[-3:] == SAFE


def test_nobody_answers_in_time() -> None:
    step = segment(duration_ms=60_000, step="load", ending=ask(timeout_ms=100))
    bench = _bench(HandPlan([step]), _hot_after(99), asker=_Person())
    assert bench.run().outcome is Outcome.FAILED
    assert "nobody answered within 0.1 s" in (bench.result.reason or "")


HOT = interlock(above("a.x", 10), poll_ms=50, blind_ms=400)


def test_polls_run_beside_the_shot_and_trip_it() -> None:
    plan = HandPlan([segment(rule("c.x", count=2000), duration_ms=20_000)], interlocks=[HOT])
    bench = _bench(plan, _hot_after(0.4))
    assert bench.run().outcome is Outcome.ABORTED
    assert len(bench.recorder.polls) >= 3
    assert bench.pool.texts[-3:] == SAFE
    assert rows_on_the_wire(bench) == len(bench.pool.texts)


def test_watched_in_the_delay_before_a_retry_and_in_a_pause() -> None:
    hot = _hot_after(0.3)

    def act(bench: Bench, request: Request) -> Any:
        if request.text == "read c.x":
            raise error("disconnected")
        return hot(bench, request)

    for retry in (RetryPolicy(attempts=2, delay_ns=60 * S), RetryPolicy(then="pause")):
        plan = HandPlan([segment(rule("c.x"))], retry=retry, interlocks=[HOT])
        bench = _bench(plan, act, attended=True)
        assert bench.run().outcome is Outcome.ABORTED
        assert bench.pool.texts[-3:] == SAFE


def test_a_poll_that_never_comes_back_trips_as_blind_and_the_rest_is_made_safe(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for module in ("_safe_state", "_shot", "_run"):
        monkeypatch.setattr(f"shotlane.execution.{module}.BOUND_S", 0.2)
    never, lock = threading.Event(), threading.Lock()

    def act(bench: Bench, request: Request) -> Any:
        if request.role == "a":
            with lock:
                if request.operation == "read" and len(bench.recorder.polls) >= 2:
                    never.wait(200)  # longer than a test may take
        return reading(x=0.0)

    bench = _bench(HandPlan([segment(rule("c.x", count=2000), duration_ms=20_000)], interlocks=[HOT]), act)
    assert bench.run().outcome is Outcome.ABORTED
    never.set()
    assert bench.result.reason == "interlock station.hot: no valid reading of a.x for 0.4 s"
    assert (bench.result.unsafe[0].role, bench.result.unsafe[0].attribute) == ("a", "u")
    assert "c.u=0" in bench.pool.texts


def test_the_threads_end_with_the_run() -> None:
    before = threading.active_count()
    step = segment(rule("a.x", count=500), duration_ms=5000, step="s", ending=until(above("a.x", 10)))
    bench = _bench(HandPlan([step], interlocks=[interlock(above("c.x", 99), poll_ms=20)]), _hot_after(0.1))
    assert bench.run().outcome is Outcome.DONE
    deadline = time.monotonic() + 30
    while threading.active_count() > before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert threading.active_count() <= before


def test_a_release_that_takes_longer_than_blind_is_no_dead_sensor() -> None:
    """Nobody polls any more, so nothing can be concluded from no reading."""

    def act(bench: Bench, request: Request) -> Any:
        if request.text == "a.u=0":
            time.sleep(0.8)
        return reading(x=0.0)

    bench = _bench(HandPlan([segment(rule("c.x"))], interlocks=[HOT]), act)
    assert (bench.run().outcome, bench.result.reason) == (Outcome.DONE, None)


@pytest.mark.parametrize("when", ["during", "before"])
def test_a_commit_that_stalls_keeps_nobody_from_being_made_safe(
    when: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Values hold between shots; whoever stops the run does not wait for the store."""
    safe = threading.Event()

    def act(bench: Bench, request: Request) -> None:
        if request.text == "c.u=0":
            safe.set()

    bench = _bench(HandPlan([segment(rule("c.x"))], count=2), act)
    commit, was_safe = bench.recorder.end_shot, list[bool]()

    def stalling(end: Any, meanwhile: Any) -> None:
        threading.Timer(0.05, bench.control.stop, STOP).start()
        was_safe.append(safe.wait(10))
        commit(end, meanwhile)

    def stopped_before(end: Any, meanwhile: Any) -> None:
        was_safe.append(safe.is_set())
        commit(end, meanwhile)

    if when == "before":
        tell = bench.recorder.event

        def stopping(event: Any) -> None:
            tell(event)
            if event.type == "attempt.ended":
                bench.control.stop(*STOP)

        monkeypatch.setattr(bench.recorder, "event", stopping)
    monkeypatch.setattr(bench.recorder, "end_shot", stalling if when == "during" else stopped_before)
    assert bench.run().outcome is Outcome.TERMINATED
    assert was_safe == [True]
    assert bench.pool.texts[-3:] == SAFE
    assert bench.result.shots_done == 1
    assert rows_on_the_wire(bench) == len(bench.pool.texts)


def test_who_waits_for_a_port_begins_nothing_once_the_run_is_stopped() -> None:
    """A set that waits behind a poll would go out long after the stop, and maybe after the safe value."""
    polled = threading.Event()

    def act(bench: Bench, request: Request) -> Any:
        if request.text == "read b.x" and bench.progress.origin_ns is not None:
            polled.set()
            bench.control.stopped.wait(10)
            time.sleep(0.1)
        return reading(x=0.0)

    plan = HandPlan(
        [segment(Set("a.u", 300, 9.0), duration_ms=20_000)],
        interlocks=[interlock(above("b.x", 9), poll_ms=50)],
    )
    bench = _bench(plan, act)

    def stop_when_it_waits() -> None:
        polled.wait(10)
        time.sleep(0.5)
        bench.control.stop(*STOP)

    threading.Thread(target=stop_when_it_waits, daemon=True).start()
    bench.run()
    assert "a.u=9" not in bench.pool.texts
    assert bench.pool.texts[-3:] == SAFE


@pytest.mark.parametrize("part", ["_along", "_due_ns"])
def test_a_bug_in_polling_aborts(part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"shotlane.execution._sentinel.Sentinel.{part}", lambda *_: 1 / 0)
    plan = HandPlan([segment(rule("c.x"), duration_ms=20_000)], interlocks=[interlock(above("a.x", 9))])
    assert _bench(plan, _hot_after(99)).run().outcome is Outcome.ABORTED


def test_a_time_that_no_system_can_wait_for_ends_no_watch() -> None:
    ages = interlock(above("a.x", 10), poll_ms=50, blind_ms=1e13)
    bench = _bench(HandPlan([segment(rule("c.x"), duration_ms=20_000)], interlocks=[ages]), _hot_after(0.2))
    assert bench.run().outcome is Outcome.ABORTED
    assert "it was 20" in (bench.result.reason or "")
