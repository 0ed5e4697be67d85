"""A recorder without room: the run waits in its safe state, and goes on with nothing lost."""

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from tests.execution.fakes import Bench, HandPlan, Request, Set, above, interlock, reading, rule, segment

from shotlane.execution import Phase, SystemClock
from shotlane.execution import _room as room
from shotlane.records import NoRoomError, Outcome, RunEnd, ShotEnd
from shotlane.testing import MemoryRecorder

PLAN = segment(rule("a.x", count=3), Set("c.u", 15, 9.0), duration_ms=30)
SAFE = ["a.u=0", "b.u=0", "c.u=0"]


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "_FIRST_PAUSE_S", 0.002)


class Full(MemoryRecorder):
    """Refuses to commit the shots that are named, and everything after, as often as `tries` says."""

    def __init__(self, shots: tuple[int, ...] = (1,), tries: float = 3) -> None:
        super().__init__()
        self.shots, self.tries = shots, tries

    def _commit(self) -> None:
        if self.tries > 0:
            self.tries -= 1
            raise NoRoomError("the disk is full")

    def end_shot(self, end: ShotEnd, meanwhile: Callable[[], None] | None = None) -> None:
        super().end_shot(end, meanwhile)
        if end.shot in self.shots:
            self._commit()

    def flush(self) -> None:
        self._commit()

    def end_run(self, end: RunEnd) -> None:
        super().end_run(end)
        if self.shots == ():
            self._commit()


def no_act(bench: Bench, request: Request) -> None:
    del request
    bench.wait(0.001)


def bench_of(recorder: MemoryRecorder, count: int = 3, wait_s: float = 60.0, **options: Any) -> Bench:
    return Bench(HandPlan([PLAN], count=count), no_act, recorder=recorder, store_wait_s=wait_s, **options)


def test_a_run_waits_in_its_safe_state_until_there_is_room_and_goes_on() -> None:
    bench, told = bench_of(Full((2,))), list[tuple[Phase, str, list[str]]]()
    bench.progress.alarm = lambda text: told.append((bench.progress.phase, text, bench.pool.texts[-3:]))
    assert bench.run().outcome is Outcome.DONE
    assert [len(shot.attempts) for shot in bench.recorder.run.shots] == [1, 1, 1]
    assert bench.events("run.paused") == [{"reason": "no room for the records: the disk is full"}]
    assert len(bench.events("run.continued")) == 1
    assert told[0][0] is Phase.PAUSED
    assert (told[0][2], "the disk is full" in told[0][1]) == (SAFE, True)
    assert "the run goes on" in told[1][1]


def test_a_run_that_nobody_gives_time_ends_errored_and_safe() -> None:
    bench = bench_of(Full((2,), tries=1), wait_s=0.0)
    result = bench.run()
    assert (result.outcome, result.outcomes) == (Outcome.ERRORED, {Outcome.DONE: 1, Outcome.ERRORED: 1})
    assert result.reason == "the records could not be stored: the disk is full"
    assert bench.events("run.paused") == []
    assert bench.pool.texts[-3:] == SAFE


def test_when_the_time_is_over_the_run_ends_errored_and_waits_no_second_time() -> None:
    bench = bench_of(Full((2,), tries=float("inf")), wait_s=0.05)
    assert bench.run().outcome is Outcome.ERRORED
    assert len(bench.events("run.paused")) == 1
    assert bench.events("run.continued") == []


@pytest.mark.parametrize("clock", [None, SystemClock()], ids=["virtual", "real"])
def test_whoever_waits_may_stop_the_run(clock: SystemClock | None) -> None:
    options: dict[str, Any] = {} if clock is None else {"clock": clock}
    bench = bench_of(Full((2,), tries=float("inf")), **options)
    if clock is not None:
        bench.act = lambda _bench, _request: None
    bench.progress.alarm = lambda _text: bench.control.stop(Outcome.TERMINATED, "stopped by Ctrl-C")
    result = bench.run()
    assert (result.outcome, result.reason) == (Outcome.TERMINATED, "stopped by Ctrl-C")


def test_who_says_go_on_has_it_tried_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "_FIRST_PAUSE_S", 3600.0)
    bench = bench_of(Full((2,), tries=1))
    bench.progress.alarm = lambda text: bench.control.go_on("Jo") if "paused" in text else None
    assert bench.run().outcome is Outcome.DONE


def test_a_pause_that_somebody_asked_for_still_comes() -> None:
    bench = bench_of(Full((1,)))

    def act(bench: Bench, request: Request) -> None:
        no_act(bench, request)
        if request.text == "read a.x" and bench.pool.attempts == [(1, 1)]:
            bench.control.pause("lunch", "Jo")

    def eat() -> None:
        while bench.progress.paused_because != "lunch":
            time.sleep(0.001)
        bench.control.go_on("Jo")

    bench.act = act
    threading.Thread(target=eat, daemon=True).start()
    assert bench.run().outcome is Outcome.DONE
    reasons = [fields["reason"] for fields in bench.events("run.paused")]
    assert reasons == ["no room for the records: the disk is full", "lunch"]


@pytest.mark.parametrize("memory", [False, True], ids=["between shots", "in a shot"])
def test_a_pause_that_somebody_asks_for_meanwhile_outlives_the_wait(memory: bool) -> None:
    bench, begun = bench_of(Full(() if memory else (1,))), list[int]()

    def act(bench: Bench, request: Request) -> None:
        no_act(bench, request)
        if memory and request.text == "read a.x" and bench.pool.attempts == [(1, 1)]:
            bench.control.break_off("too many records wait")

    def meanwhile(text: str) -> None:
        if "paused" in text:
            bench.control.pause("lunch", "Jo")
            threading.Thread(target=eat, daemon=True).start()

    def eat() -> None:
        while bench.progress.paused_because != "lunch":
            time.sleep(0.001)
        begun.append(len(bench.pool.attempts))
        bench.control.go_on("Jo")

    bench.act = act
    bench.progress.alarm = meanwhile
    assert bench.run().outcome is Outcome.DONE
    assert begun == [1]
    assert [item["verb"] for item in bench.events("request.taken")] == ["pause", "continue"]
    reasons = [fields["reason"] for fields in bench.events("run.paused")]
    assert reasons == ["no room for the records: the disk is full", "lunch"]


def test_the_end_of_a_run_waits_for_room_too() -> None:
    bench = bench_of(Full((), tries=3), count=1)
    assert bench.run().outcome is Outcome.DONE
    assert len(bench.events("run.continued")) == 1


def test_interlocks_are_watched_while_the_records_have_no_room() -> None:
    recorder = Full((1,), tries=float("inf"))
    bench = Bench(
        HandPlan([PLAN], count=2, interlocks=[interlock(above("a.x", 10), poll_ms=10)]),
        recorder=recorder,
        clock=SystemClock(),
        store_wait_s=60.0,
    )
    bench.act = lambda bench, _: reading(x=20.0 if bench.progress.phase is Phase.PAUSED else 0.0, y=0.0)
    assert bench.run().outcome is Outcome.ABORTED
    assert len(bench.events("interlock.tripped")) == 1


def test_a_shot_that_memory_cannot_hold_is_ended_and_measured_again() -> None:
    recorder = Full((), tries=2)
    bench = Bench(HandPlan([PLAN], count=2), recorder=recorder, store_wait_s=60.0)

    def act(bench: Bench, request: Request) -> None:
        bench.wait(0.001)
        if request.text == "read a.x" and bench.pool.attempts == [(1, 1)]:
            bench.control.break_off("too many records wait")

    bench.act = act
    assert bench.run().outcome is Outcome.DONE
    first, again = bench.recorder.run.shots[0].attempts
    assert first.end is not None
    assert first.end.fault is not None
    assert (first.end.outcome, first.end.fault.fault) == (Outcome.ERRORED, "storage")
    assert again.end is not None
    assert again.end.outcome is Outcome.DONE
    assert len(bench.recorder.run.shots) == 2
