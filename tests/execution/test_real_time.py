"""On the system clock: ports side by side, stops that wake, lateness told. No tight times: machines stall."""

import signal
import sys
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
    error,
    lanes,
    rows_on_the_wire,
    rule,
    segment,
    start_of,
)

from shotlane.execution import Progress, SystemClock, execute
from shotlane.execution._timing import SWITCH_INTERVAL_S, punctual_process
from shotlane.plan import RetryPolicy
from shotlane.records import Outcome, Status

pytestmark = pytest.mark.real_time


def _bench(plan: HandPlan, act: Any = lambda bench, request: None) -> Bench:
    return Bench(plan, act, clock=SystemClock())


def test_a_slow_port_does_not_delay_another() -> None:
    def act(bench: Bench, request: Request) -> None:
        if request.role == "a" and request.operation == "read":
            time.sleep(0.15)

    plan = HandPlan([segment(rule("a.x", count=2, tolerance_ms=500), rule("c.x", count=30), duration_ms=320)])
    bench = _bench(plan, act)
    assert bench.run().outcome is Outcome.DONE
    slow, fast = bench.result.lateness["a.x"], bench.result.lateness["c.x"]
    assert slow.max_ns > 100 * MS
    assert fast.p50_ns < slow.max_ns


def test_a_port_that_hangs_in_every_exchange_costs_the_others_no_reading() -> None:
    """Counted, not timed: the slow port cannot do most of its readings, the other one does all."""

    def act(bench: Bench, request: Request) -> None:
        if request.role == "a" and request.operation == "read":
            time.sleep(0.5)

    rules = (rule("a.x", period_ms=250, count=8), rule("c.x", period_ms=250, count=8))
    bench = _bench(HandPlan([segment(*rules, duration_ms=2000)], lanes=lanes(max_missing=1.0)), act)
    bench.run()
    slow, fast = (next(t for t in bench.result.tallies if t.channel == name) for name in ("a.x", "c.x"))
    assert slow.missed >= 3
    assert (fast.ok + fast.late, fast.failed, fast.missed, fast.unreached) == (8, 0, 0, 0)


def test_every_reading_starts_at_its_target_or_later_without_drift() -> None:
    bench = _bench(
        HandPlan([segment(rule("a.x", period_ms=5, count=60), duration_ms=300)], lanes=lanes(max_missing=1.0))
    )
    bench.run()
    late = [
        row.requested_ns - row.target_ns for row in bench.attempts[0].samples if row.requested_ns is not None
    ]
    assert min(late) >= 0
    assert min(late[-10:]) < 5 * MS  # a busy machine delays some, a drift all
    assert bench.result.lateness["a.x"].count == len(late)


def test_a_stop_from_another_thread_wakes_the_workers() -> None:
    bench = _bench(
        HandPlan([segment(rule("a.x"), rule("a.y", 600_000), rule("c.x", 600_000), duration_ms=900_000)])
    )
    threading.Timer(0.2, lambda: bench.control.stop(*STOP)).start()
    assert bench.run().outcome is Outcome.TERMINATED
    assert bench.pool.texts[-3:] == ["a.u=0", "b.u=0", "c.u=0"]
    assert rows_on_the_wire(bench) == len(bench.pool.texts)


@pytest.mark.parametrize("phase", ["end", "delay"])
def test_a_signal_handler_stops_a_wait_of_the_main_thread(phase: str) -> None:
    plan = HandPlan(
        [segment(rule("a.x"), duration_ms=60_000)], retry=RetryPolicy(attempts=2, delay_ns=60 * S)
    )

    def act(bench: Bench, request: Request) -> None:
        if request.text == "read a.x" and phase == "delay":
            raise error()

    bench = _bench(plan, act)
    before = signal.signal(signal.SIGALRM, lambda *_: bench.control.stop(*STOP))
    signal.setitimer(signal.ITIMER_REAL, 0.3)
    try:
        assert bench.run().outcome is Outcome.TERMINATED
    finally:
        signal.signal(signal.SIGALRM, before)
    assert len(bench.attempts) == 1


def test_an_exchange_under_way_ends_and_is_recorded_before_its_port_is_made_safe() -> None:
    def act(bench: Bench, request: Request) -> None:
        if request.text == "read a.x":
            bench.control.stop(*STOP)
            time.sleep(0.5)

    bench = _bench(HandPlan([segment(rule("a.x"), rule("c.x", 5000), duration_ms=9000)]), act)
    bench.run()
    assert [row.status for row in bench.attempts[0].samples] in ([Status.OK], [Status.LATE])
    assert bench.pool.texts[-3] == "c.u=0"
    assert rows_on_the_wire(bench) == len(bench.pool.texts)


def test_a_crash_in_one_port_stops_the_others() -> None:
    def act(bench: Bench, request: Request) -> None:
        if request.text == "read a.x":
            raise ZeroDivisionError("a bug")

    bench = _bench(HandPlan([segment(rule("a.x", 20), rule("c.x", 60_000), duration_ms=90_000)]), act)
    assert bench.run().outcome is Outcome.ERRORED
    assert bench.pool.texts[-3:] == ["a.u=0", "b.u=0", "c.u=0"]


def _hang(monkeypatch: pytest.MonkeyPatch, text: str) -> Bench:
    """A run in which one exchange on port P never ends, nor does closing it."""
    for module in ("_safe_state", "_shot", "_run"):
        monkeypatch.setattr(f"shotlane.execution.{module}.BOUND_S", 0.2)
    never, lock = threading.Event(), threading.Lock()

    def act(bench: Bench, request: Request) -> None:
        if request.role in ("a", "b"):
            with lock:
                if request.text == text:
                    bench.control.stop(*STOP)
                    never.wait(20)

    def close() -> None:
        bench.pool.closed = True
        with lock:
            pass

    bench = _bench(HandPlan([segment(rule("a.x"), Set("c.u", 10, 9.0), duration_ms=5000)]), act)
    monkeypatch.setattr(bench.pool, "close", close)
    bench.run()
    never.set()
    return bench


@pytest.mark.parametrize("text", ["a.u=5", "read a.x"])
def test_a_driver_that_never_returns_is_left_behind(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    bench = _hang(monkeypatch, text)
    assert [(item.role, item.attribute) for item in bench.result.unsafe][:2] == [("a", "u"), ("b", "u")]
    told = [row.raw for row in bench.attempts[0].samples] + [row.raw for row in bench.attempts[0].actions]
    assert "stuck: the exchange did not end" in told
    assert "c.u=0" in bench.pool.texts
    assert bench.result.outcome is Outcome.TERMINATED


def test_the_threads_and_the_process_are_left_as_they_were() -> None:
    before = threading.active_count()
    bench = _bench(HandPlan([segment(rule("a.x"), rule("c.x"), duration_ms=5)], count=3))
    bench.run()
    deadline = time.monotonic() + 30
    while threading.active_count() > before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert threading.active_count() <= before


def test_the_switch_interval_is_short_while_it_matters() -> None:
    before = sys.getswitchinterval()
    with punctual_process():
        assert sys.getswitchinterval() == pytest.approx(SWITCH_INTERVAL_S)
    assert sys.getswitchinterval() == pytest.approx(before)


def test_those_who_keep_time_may_overlap() -> None:
    before = sys.getswitchinterval()
    first, second = punctual_process(), punctual_process()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert sys.getswitchinterval() == pytest.approx(SWITCH_INTERVAL_S)
    second.__exit__(None, None, None)
    assert sys.getswitchinterval() == pytest.approx(before)


def test_progress_can_be_read_from_another_thread() -> None:
    progress, seen = Progress(), set()
    bench = _bench(HandPlan([segment(rule("a.x", count=10), duration_ms=120)], count=2))
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(0.01):
            seen.add((progress.shot, progress.phase.value, progress.lateness is None))
            assert progress.elapsed_s >= progress.shot_elapsed_s >= 0
            assert (progress.remaining_s or 0.0) >= 0

    watcher = threading.Thread(target=watch)
    watcher.start()
    execute(
        bench.plan, bench.pool, bench.recorder, bench.clock, start=start_of(bench.plan), progress=progress
    )
    ended.set()
    watcher.join()
    assert {(1, "running"), (2, "running")} <= {(shot, phase) for shot, phase, _ in seen}
    assert (progress.shots_done, progress.run, progress.phase.value) == (2, 1, "ended")
