"""What is told of a run that went wrong: nothing is lost of it, and no secret gets out."""

from typing import Any

import pytest
from tests.execution.fakes import Bench, HandPlan, Request, Set, rule, segment

from shotlane.execution import VirtualClock
from shotlane.execution._journal import Journal
from shotlane.records import Outcome, RunStart, ShotStart
from shotlane.testing import MemoryRecorder

PLAN = segment(rule("a.x", count=3), Set("c.u", 15, 9.0), duration_ms=30)


def _mask(value: Any) -> Any:
    """What a pool with the secret `hunter2` does."""
    if isinstance(value, str):
        return value.replace("hunter2", "***")
    return {key: _mask(item) for key, item in value.items()} if isinstance(value, dict) else value


@pytest.mark.parametrize("text", ["read a.x", "c.u=9", "a.u=5", "a.u=0"])
def test_a_bug_tells_no_secret_wherever_it_is(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    def act(bench: Bench, request: Request) -> None:
        if request.text == text:
            raise ValueError("cannot log in with hunter2")

    bench = Bench(HandPlan([PLAN]), act)
    monkeypatch.setattr(bench.pool, "mask", _mask)
    bench.run()
    told = [bench.result, bench.recorder.events, [attempt.end for attempt in bench.attempts]]
    told += [attempt.samples + attempt.actions for attempt in bench.attempts]
    assert "hunter2" not in repr(told)
    assert "cannot log in with ***" in repr(told)


def test_a_bug_between_shots_tells_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    def bug(number: int) -> None:
        raise ValueError("cannot log in with hunter2")

    bench = Bench(HandPlan([PLAN], on_shot=bug))
    monkeypatch.setattr(bench.pool, "mask", _mask)
    bench.run()
    assert "hunter2" not in repr([bench.result, bench.recorder.events])


def test_attempts_of_a_shot_that_could_not_be_stored_are_counted() -> None:
    bench = Bench(HandPlan([PLAN], count=3), recorder=MemoryRecorder({"end_shot"}))
    result = bench.run()
    assert (result.outcome, result.attempts) == (Outcome.ERRORED, 1)
    # It ended well, but nobody knows whether its rows are there.
    assert (result.shots_done, result.shots_errored, result.shots_left) == (0, 1, 2)


@pytest.mark.parametrize("raised", [ZeroDivisionError("a bug"), SystemExit(3)], ids=repr)
def test_whatever_closing_raises_the_result_is_whole(
    monkeypatch: pytest.MonkeyPatch, raised: BaseException
) -> None:
    bench = Bench(HandPlan([PLAN], count=2))

    def close() -> None:
        bench.pool.closed = True
        raise raised

    monkeypatch.setattr(bench.pool, "close", close)
    result = bench.run()
    assert (result.outcome, result.shots_done, result.attempts) == (Outcome.DONE, 2, 2)
    assert bench.events("worker.crashed")[0]["message"].startswith("closing the instruments")


def test_how_many_safe_values_were_written_is_told() -> None:
    bench = Bench(HandPlan([PLAN], count=2))
    bench.plan.on_shot = lambda number: (
        bench.control.stop(Outcome.TERMINATED, "Ctrl-C") if number == 2 else None
    )
    assert bench.run().made_safe == 3
    assert (bench.result.shots_done, bench.result.shots_left) == (1, 1)


def test_every_shot_is_in_one_of_the_numbers() -> None:
    def act(bench: Bench, request: Request) -> None:
        if request.text == "c.u=9" and bench.pool.attempts[-1][0] == 2:
            bench.control.stop(Outcome.TERMINATED, "Ctrl-C")

    result = Bench(HandPlan([PLAN], count=5), act).run()
    assert result.outcomes == {Outcome.DONE: 1, Outcome.TERMINATED: 1}
    assert result.shots_left == 3


def test_a_shot_is_told_with_the_units_of_its_parameters() -> None:
    recorder = MemoryRecorder()
    journal = Journal(recorder, VirtualClock(0))
    units = {"T": "degC", "gas": None}
    journal.begin_run(RunStart("soak", "demo", 0, 1, "d", (), units))
    journal.begin_shot(ShotStart(1, {"T": 50.0, "gas": "He"}, "d"))
    assert recorder.events[-1].fields == {"parameters": {"T": 50.0, "gas": "He"}, "units": {"T": "degC"}}
