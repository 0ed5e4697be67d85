"""What a person may ask of a run: pause, continue, skip, abort; and runs that go on where another stopped."""

import sys
import threading
import time
from itertools import pairwise
from types import FrameType
from typing import Any

import pytest
from tests.execution.fakes import (
    MS,
    STOP,
    Bench,
    HandPlan,
    Request,
    Set,
    error,
    rows_on_the_wire,
    rule,
    segment,
)

from shotlane.execution import Control, Phase, SystemClock
from shotlane.plan import RetryPolicy
from shotlane.records import Outcome

SAFE = ["a.u=0", "b.u=0", "c.u=0"]
PLAN = segment(rule("a.x", count=3), Set("c.u", 15, 9.0), duration_ms=30)


def outcomes(bench: Bench) -> list[str]:
    return [str(shot.end and shot.end.outcome) for shot in bench.recorder.run.shots]


def at(text: str, shot: int, do: Any) -> Any:
    """Do something at the first request of a shot that reads so."""
    done: list[int] = []

    def act(bench: Bench, request: Request) -> None:
        bench.wait(0.001)
        if request.text == text and bench.pool.attempts[-1][0] == shot and not done:
            done.append(1)
            do(bench)

    return act


def when_paused(bench: Bench, do: Any) -> threading.Thread:
    """Do something from another thread, once the run is paused."""

    def watch() -> None:
        while bench.progress.phase is not Phase.PAUSED:
            time.sleep(0.001)
        do(bench)

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    return thread


def test_a_pause_begins_before_the_next_shot_and_values_hold() -> None:
    bench = Bench(
        HandPlan([PLAN], count=3), at("read a.x", 2, lambda bench: bench.control.pause("tea", "Jo"))
    )
    at_pause: list[Any] = []

    def go_on(bench: Bench) -> None:
        at_pause.append((len(bench.recorder.run.shots), bench.progress.paused_because, bench.pool.texts[-1]))
        bench.control.go_on("Ann")

    when_paused(bench, go_on)
    assert bench.run().outcome is Outcome.DONE
    assert at_pause == [(2, "tea", "read a.x")]
    assert bench.result.shots_done == 3
    told = [event["verb"] + " " + event["by"] for event in bench.events("request.taken")]
    assert told == ["pause Jo", "continue Ann"]
    assert len(bench.events("run.paused")) == len(bench.events("run.continued")) == 1


def test_a_pause_that_is_called_off_in_time_never_happens() -> None:
    def both(bench: Bench) -> None:
        bench.control.pause("tea", "Jo")
        bench.control.go_on("Jo")

    bench = Bench(HandPlan([PLAN], count=2), at("read a.x", 1, both))
    assert bench.run().outcome is Outcome.DONE
    assert bench.events("run.paused") == []


def test_a_stop_in_a_pause_ends_the_run_safe() -> None:
    bench = Bench(
        HandPlan([PLAN], count=3), at("read a.x", 1, lambda bench: bench.control.pause("tea", "Jo"))
    )
    when_paused(bench, lambda bench: bench.control.stop(*STOP))
    assert bench.run().outcome is Outcome.TERMINATED
    assert outcomes(bench) == ["done"]
    assert bench.pool.texts[-3:] == SAFE


def test_a_pause_does_not_make_the_next_shots_come_in_a_burst() -> None:
    plan = HandPlan([PLAN], count=4, cadence_ns=100 * MS)
    bench = Bench(plan, at("read a.x", 1, lambda bench: bench.control.pause("tea", "Jo")))

    def go_on(bench: Bench) -> None:
        bench.control.go_on("Jo")

    when_paused(bench, go_on)
    bench.run()
    began = [attempt.start.began_utc_ns for attempt in bench.attempts]
    assert all(later - earlier >= 100 * MS for earlier, later in pairwise(began[1:]))


def test_skipping_ends_the_shot_under_way_safe() -> None:
    bench = Bench(HandPlan([PLAN], count=3), at("read a.x", 2, lambda bench: bench.control.skip("bad", "Jo")))
    assert bench.run().outcome is Outcome.DONE
    assert outcomes(bench) == ["done", "skipped", "done"]
    skipped = bench.attempts[1]
    assert skipped.end is not None
    assert skipped.end.outcome is Outcome.SKIPPED
    assert [row.value for row in skipped.actions[-3:]] == [0.0, 0.0, 0.0]
    assert bench.events("shot.skipped") == [{"reason": "bad"}]
    assert bench.result.shots_skipped == 1
    assert rows_on_the_wire(bench) == len(bench.pool.texts)


def test_skipping_the_last_shot_ends_the_run() -> None:
    bench = Bench(HandPlan([PLAN], count=2), at("a.u=5", 2, lambda bench: bench.control.skip("bad", "Jo")))
    assert bench.run().outcome is Outcome.DONE
    assert outcomes(bench) == ["done", "skipped"]
    assert bench.pool.texts[-3:] == SAFE


def test_skipping_between_shots_leaves_the_next_one_out() -> None:
    bench = Bench(HandPlan([PLAN], count=3))
    bench.plan.on_shot = lambda number: bench.control.skip("bad", "Jo") if number == 2 else None
    bench.run()
    assert outcomes(bench) == ["done", "skipped", "done"]
    assert [shot.end and shot.end.attempts for shot in bench.recorder.run.shots] == [1, 0, 1]
    assert bench.pool.attempts == [(1, 1), (3, 1)]


def test_skipping_in_a_pause_leaves_the_next_shot_out_and_stays_paused() -> None:
    bench = Bench(
        HandPlan([PLAN], count=3), at("read a.x", 1, lambda bench: bench.control.pause("tea", "Jo"))
    )

    def skip_then_go_on(bench: Bench) -> None:
        bench.control.skip("bad", "Jo")
        while bench.progress.shots_skipped == 0 or bench.progress.phase is not Phase.PAUSED:
            time.sleep(0.001)
        bench.control.go_on("Jo")

    when_paused(bench, skip_then_go_on)
    bench.run()
    assert outcomes(bench) == ["done", "skipped", "done"]
    assert len(bench.events("run.paused")) == 1


def _failing(times: int, fault: str = "timeout") -> Any:
    """Let the first attempts fail."""

    def act(bench: Bench, request: Request) -> None:
        bench.wait(0.001)
        if request.text == "read a.x" and len(bench.attempts) <= times:
            raise error(fault)

    return act


PAUSE = RetryPolicy(attempts=2, then="pause")
ALL = segment(rule("a.x"), duration_ms=30)


def test_after_a_fault_the_run_waits_safe_for_a_person_who_has_it_tried_again() -> None:
    bench = Bench(HandPlan([ALL], count=2, retry=PAUSE), _failing(2), attended=True)
    at_pause: list[list[str]] = []

    def go_on(bench: Bench) -> None:
        at_pause.append(bench.pool.texts[-3:])
        bench.control.go_on("Jo")

    when_paused(bench, go_on)
    assert bench.run().outcome is Outcome.DONE
    assert at_pause == [SAFE]
    assert [attempt.start.attempt for attempt in bench.attempts] == [1, 2, 3, 1]
    reason = "shot 1 ended with a fault in attempt 2: timeout: a.x lost 1 of 1 readings"
    assert bench.events("run.paused")[0]["reason"].startswith(reason)


def test_who_continues_as_the_pause_begins_is_heeded() -> None:
    class Hasty(Control):
        def pause(self, reason: str, by: str) -> None:
            super().pause(reason, by)
            self.go_on("somebody in another thread")

    bench = Bench(HandPlan([ALL], retry=PAUSE), _failing(2), attended=True, control=Hasty())
    assert bench.run().outcome is Outcome.DONE
    assert len(bench.events("run.paused")) == len(bench.events("run.continued")) == 1


def test_an_abort_between_two_lines_of_a_signal_handler_is_not_lost() -> None:
    control, inside = Control(), list[int]()

    def trace(frame: FrameType, _event: str, _: object) -> Any:
        if frame.f_code is not Control.stop.__code__:
            return None
        if "before" in frame.f_locals and not inside:
            inside.append(1)
            other = threading.Thread(target=control.stop, args=(Outcome.ABORTED, "too hot"))
            other.start()
            other.join()
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        control.stop(*STOP)
    finally:
        sys.settrace(before)
    assert inside
    assert control.request is not None
    assert control.request.outcome is Outcome.ABORTED


def test_after_a_fault_a_person_may_skip_the_shot_which_stays_errored() -> None:
    bench = Bench(HandPlan([ALL], count=2, retry=PAUSE), _failing(2), attended=True)
    when_paused(bench, lambda bench: bench.control.skip("broken", "Jo"))
    assert bench.run().outcome is Outcome.ERRORED
    assert outcomes(bench) == ["errored", "done"]
    assert bench.events("shot.skipped") == [{"reason": "broken"}]


def test_after_a_fault_a_person_may_abort() -> None:
    bench = Bench(HandPlan([ALL], count=2, retry=PAUSE), _failing(9), attended=True)
    when_paused(bench, lambda bench: bench.control.stop(Outcome.ABORTED, "aborted by Jo"))
    assert bench.run().outcome is Outcome.ABORTED
    assert (outcomes(bench), bench.result.reason) == (["aborted"], "aborted by Jo")
    assert bench.pool.texts[-3:] == SAFE


def test_with_nobody_to_answer_a_pause_is_an_abort() -> None:
    bench = Bench(HandPlan([ALL], count=2, retry=PAUSE), _failing(9))
    assert bench.run().outcome is Outcome.ERRORED
    assert (outcomes(bench), bench.events("run.paused")) == (["errored"], [])


def test_skipping_in_the_delay_before_a_retry_goes_on_with_the_next_shot() -> None:
    retry = RetryPolicy(attempts=2, delay_ns=3600_000 * MS)
    bench = Bench(HandPlan([ALL], count=2, retry=retry), _failing(1))

    def act(bench: Bench, request: Request) -> None:
        if request.operation == "make_safe" and request.role == "c" and len(bench.attempts) == 1:
            bench.control.skip("no", "Jo")
        _failing(1)(bench, request)

    bench.act = act
    bench.run()
    assert outcomes(bench) == ["errored", "done"]


def test_only_the_shots_that_are_named_are_run() -> None:
    bench = Bench(HandPlan([PLAN], count=5), shots=[2, 5])
    assert bench.run().outcome is Outcome.DONE
    assert bench.pool.attempts == [(2, 1), (5, 1)]
    assert (bench.result.shots_planned, bench.result.shots_done, bench.result.shots_left) == (2, 2, 0)
    assert bench.progress.shots_ended == 5


def test_a_run_that_goes_on_says_which_shots_it_will_run(monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    from tests.execution import fakes

    start_of = fakes.start_of
    monkeypatch.setattr(fakes, "start_of", lambda plan: replace(start_of(plan), resumes=7))
    bench = Bench(HandPlan([PLAN], count=3), shots=[3])
    bench.run()
    assert bench.events("run.resumed") == [{"shots": [3]}]


@pytest.mark.real_time
def test_pause_and_continue_in_real_time() -> None:
    bench = Bench(HandPlan([segment(rule("a.x"), duration_ms=5)], count=3), clock=SystemClock())
    bench.plan.on_shot = lambda number: bench.control.pause("tea", "Jo") if number == 2 else None
    when_paused(bench, lambda bench: bench.control.go_on("Jo"))
    assert bench.run().outcome is Outcome.DONE
    assert bench.result.shots_done == 3
