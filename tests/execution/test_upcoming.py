"""The next shot is made ready while the one before is committed; nothing is begun before that is through."""

import threading
from collections.abc import Callable
from typing import Any

from tests.execution.fakes import (
    STOP,
    Bench,
    HandPlan,
    Request,
    Set,
    above,
    error,
    interlock,
    lanes,
    reading,
    rule,
    segment,
)

from shotlane.execution import SystemClock, VirtualClock
from shotlane.plan import RetryPolicy
from shotlane.records import ActionKind, Outcome, ShotEnd
from shotlane.testing import MemoryRecorder, RecordedAttempt

# All of it is done however late: a busy machine leaves nothing out.
SHOT = segment(rule("a.x"), rule("a.y", 2), Set("c.u", 1, 9.0), duration_ms=4)
AHEAD = "upcoming"  # the thread


class Slow(MemoryRecorder):
    """A commit that lasts until the next shot was cut, where one is made ready, and does `during` then."""

    def __init__(self, during: Callable[[int], None]) -> None:
        super().__init__()
        self.cut = threading.Event()
        self.during = during

    def end_shot(self, end: ShotEnd, meanwhile: Callable[[], None] | None = None) -> None:
        self.cut.clear()
        if meanwhile is not None:
            meanwhile()
            meanwhile()  # a commit that is tried again
            assert self.cut.wait(10)
        self.during(end.shot)
        super().end_shot(end)


class Scene:
    """A run on the system clock. `cut`: which shots were cut, and whether ahead of time."""

    def __init__(self, act: Any = None, during: Any = None, **options: Any) -> None:
        self.cut: list[tuple[int, bool]] = []
        self.recorder = Slow((lambda shot: None) if during is None else lambda shot: during(self, shot))
        plan = HandPlan([SHOT], lanes=lanes(max_missing=1.0), on_shot=self._note, **{"count": 3, **options})
        act = act or (lambda bench, request: None)
        self.bench = Bench(plan, act, clock=SystemClock(), recorder=self.recorder)

    def _note(self, shot: int) -> None:
        ahead = threading.current_thread().name == AHEAD
        self.cut.append((shot, ahead))
        if ahead:
            self.recorder.cut.set()


def _sets(attempt: RecordedAttempt) -> list[tuple[Any, ...]]:
    """The planned ones."""
    planned = [row for row in attempt.actions if row.kind is ActionKind.PLANNED]
    return [(row.number, row.channel, row.target_ns, row.value) for row in planned]


def test_each_shot_after_the_first_is_cut_once_and_ahead_of_time() -> None:
    scene = Scene()
    assert scene.bench.run().outcome is Outcome.DONE
    assert scene.cut == [(1, False), (2, True), (3, True)]


def test_nothing_is_asked_of_an_instrument_while_a_shot_is_committed() -> None:
    asked: list[int] = []
    scene = Scene(during=lambda scene, shot: asked.append(len(scene.bench.pool.log)))
    scene.bench.run()
    each = 2 + 2 + 1  # initial values, readings and the set
    assert asked == [each, 2 * each, 3 * each + 2 * len("abc")]  # the last one's safe state, each with two


def test_what_was_made_ready_does_the_same_as_what_is_made_when_its_turn_comes() -> None:
    scene, plain = Scene(), Bench(HandPlan([SHOT], count=3), clock=VirtualClock(utc_ns=0))
    scene.bench.run()
    plain.run()
    for ahead, before in zip(scene.bench.attempts, plain.attempts, strict=True):
        assert [row[:3] for row in ahead.samples] == [row[:3] for row in before.samples]
        assert _sets(ahead) == _sets(before)
        assert ahead.end is not None
        assert before.end is not None
        assert [tally[:3] for tally in ahead.end.tallies] == [tally[:3] for tally in before.end.tallies]


def test_a_retry_is_made_anew_and_the_shot_after_it_is_ready() -> None:
    def act(bench: Bench, request: Request) -> None:
        if bench.pool.attempts[-1] == (2, 1) and request.text == "c.u=6":
            raise error()

    scene = Scene(act, retry=RetryPolicy(attempts=2))
    assert scene.bench.run().outcome is Outcome.DONE
    assert scene.bench.pool.attempts == [(1, 1), (2, 1), (2, 2), (3, 1)]
    assert scene.cut == [(1, False), (2, True), (3, True)]


def test_a_shot_that_is_skipped_was_ready_in_vain() -> None:
    def skip(scene: Scene, shot: int) -> None:
        if shot == 1:
            scene.bench.control.skip("not now", "a test")

    scene = Scene(during=skip)
    scene.bench.run()
    assert scene.bench.pool.attempts == [(1, 1), (3, 1)]
    assert [shot.end and shot.end.outcome for shot in scene.recorder.run.shots] == [
        Outcome.DONE,
        Outcome.SKIPPED,
        Outcome.DONE,
    ]


def test_a_stop_while_a_shot_is_committed_begins_no_other() -> None:
    scene = Scene(during=lambda scene, shot: scene.bench.control.stop(*STOP))
    assert scene.bench.run().outcome is Outcome.TERMINATED
    assert scene.bench.pool.attempts == [(1, 1)]


def test_a_pause_while_a_shot_is_committed_goes_on_with_what_is_ready() -> None:
    def pause(scene: Scene, shot: int) -> None:
        if shot == 1:
            scene.bench.control.pause("look", "a test")
            threading.Timer(0.05, scene.bench.control.go_on, ["a test"]).start()

    scene = Scene(during=pause)
    assert scene.bench.run().outcome is Outcome.DONE
    assert scene.cut == [(1, False), (2, True), (3, True)]


def test_a_shot_that_cannot_be_made_ready_fails_when_its_turn_comes() -> None:
    scene = Scene()

    def fail(shot: int) -> None:
        Scene._note(scene, shot)
        if shot == 2:
            raise ValueError("a bug in cutting")

    scene.bench.plan.on_shot = fail
    result = scene.bench.run()
    assert result.outcome is Outcome.ERRORED
    assert "a bug in cutting" in str(result.reason)
    assert scene.cut == [(1, False), (2, True), (2, False)]


def test_interlocks_of_the_shot_that_is_ready_see_its_readings() -> None:
    """What is handed on to conditions is decided while those of the shot before are in force."""

    def act(bench: Bench, request: Request) -> Any:
        hot = bench.pool.attempts[-1:] == [(2, 1)]
        return reading(x=50.0 if hot else 1.0, y=1.0)

    scene = Scene(act, interlocks=[interlock(above("a.x", 10), poll_ms=60_000)])
    assert scene.bench.run().outcome is Outcome.ABORTED
    assert scene.bench.pool.attempts == [(1, 1), (2, 1)]


def test_only_asked_for_shots_are_made_ready() -> None:
    scene = Scene(count=9)
    scene.bench.shots = [2, 7]
    scene.bench.run()
    assert scene.cut == [(2, False), (7, True)]


def test_in_virtual_time_nobody_waits_for_a_disk() -> None:
    cut: list[str] = []

    class Quick(MemoryRecorder):
        def end_shot(self, end: ShotEnd, meanwhile: Callable[[], None] | None = None) -> None:
            if meanwhile is not None:
                meanwhile()
            super().end_shot(end)

    plan = HandPlan([SHOT], count=2, on_shot=lambda shot: cut.append(threading.current_thread().name))
    Bench(plan, clock=VirtualClock(utc_ns=0), recorder=Quick()).run()
    assert len(cut) == 2
    assert AHEAD not in cut
