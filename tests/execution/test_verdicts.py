"""Results of an attempt, what they make of it, and of the sweep."""

from typing import Any

import pytest
from tests.execution.fakes import (
    MS,
    STOP,
    Bench,
    HandPlan,
    Request,
    error,
    formula,
    index,
    lanes,
    reading,
    rule,
    segment,
)

from shotlane.plan import Figure, ResultPlan, RetryPolicy
from shotlane.records import ActionKind, Outcome

PLAN = segment(rule("a.x", count=5), duration_ms=50, step="soak")


def mean(high: float | None = None, **options: Any) -> ResultPlan:
    return ResultPlan("T_mean", formula("f0", Figure("mean", index("a.x"))), high=high, **options)


def python(source: str, high: float | None = None) -> ResultPlan:
    return ResultPlan("own", None, "own.py:own", source, high=high)


def run(*results: ResultPlan, act: Any = None, **options: Any) -> Bench:
    bench = Bench(
        HandPlan([PLAN], results=results, **options), act or (lambda bench, request: reading(x=4.0))
    )
    bench.run()
    return bench


def outcomes(bench: Bench) -> list[str]:
    return [str(shot.end and shot.end.outcome) for shot in bench.recorder.run.shots]


def test_results_without_limits_are_stored_and_judge_nothing() -> None:
    bench = run(mean())
    end = bench.attempts[0].end
    assert end is not None
    assert [(row.name, row.value, row.verdict) for row in end.results] == [("T_mean", 4.0, None)]
    assert bench.result.outcome is Outcome.DONE


@pytest.mark.parametrize("result", [mean(), python("def own(shot): return 1.0")], ids=["formula", "python"])
def test_a_bug_in_judging_leaves_no_attempt_that_ended_well(
    result: ResultPlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shotlane.execution._judging.evaluate", lambda *_, **__: 1 / 0)
    bench = run(result, count=2)
    end = bench.attempts[0].end
    assert end is not None
    assert (end.outcome, end.fault and end.fault.fault) == (Outcome.ERRORED, "crashed")
    assert (outcomes(bench), bench.result.outcome) == (["errored"], Outcome.ERRORED)
    assert [row.kind for row in bench.attempts[0].actions[-3:]] == [ActionKind.SAFE] * 3


def test_a_verdict_that_holds_makes_the_shot_passed() -> None:
    bench = run(mean(5.0), count=2)
    assert (outcomes(bench), bench.result.outcome) == (["passed", "passed"], Outcome.PASSED)
    assert (bench.result.shots_passed, bench.result.shots_done) == (2, 2)
    assert bench.result.outcome.exit_status == 0


def test_a_verdict_that_fails_is_told_and_the_sweep_goes_on() -> None:
    bench = run(mean(3.0), count=2)
    assert (outcomes(bench), bench.result.outcome) == (["failed", "failed"], Outcome.FAILED)
    assert bench.result.reason == "2 of 2 shots failed, shot 2 because T_mean is 4, above 3"
    assert bench.events("verdict.failed")[0] == {
        "result": "T_mean",
        "value": 4.0,
        "unit": None,
        "low": None,
        "high": 3.0,
        "equals": None,
    }
    assert bench.result.outcome.exit_status == 1
    # Values hold between shots.
    assert bench.pool.texts.count("a.u=0") == 1


@pytest.mark.parametrize("options", [{"on_fail": "stop"}, {}])
def test_a_failure_may_end_the_sweep(options: dict[str, Any]) -> None:
    bench = run(mean(3.0, stops=not options), count=3, **options)
    assert (outcomes(bench), bench.result.outcome) == (["failed"], Outcome.FAILED)
    assert bench.result.reason == "shot 1 failed: T_mean is 4, above 3, and the sweep ends with it"
    assert bench.pool.texts[-3:] == ["a.u=0", "b.u=0", "c.u=0"]


def test_a_failed_verdict_is_tried_again_where_it_is_named() -> None:
    def act(bench: Bench, request: Request) -> Any:
        return reading(x=4.0 if bench.pool.attempts[-1][1] < 3 else 2.0)

    retry = RetryPolicy(attempts=3, on=frozenset({"verdict"}), delay_ns=10 * MS)
    bench = run(mean(3.0), act=act, retry=retry, count=2)
    assert outcomes(bench) == ["passed", "passed"]
    assert [attempt.end and str(attempt.end.outcome) for attempt in bench.attempts] == [
        "failed",
        "failed",
        "passed",
    ] * 2
    # Safe before every retry and at the end.
    assert bench.pool.texts.count("a.u=0") == 5
    assert bench.events("retry.scheduled")[0]["fault"] == "verdict"
    assert bench.result.outcome is Outcome.PASSED


def test_a_verdict_is_not_tried_again_unasked() -> None:
    bench = run(mean(3.0), retry=RetryPolicy(attempts=3))
    assert len(bench.attempts) == 1


def test_no_value_is_never_passed() -> None:
    bench = run(mean(3.0), act=lambda bench, request: reading(x=None), lanes=lanes(max_missing=1.0))
    end = bench.attempts[0].end
    assert end is not None
    assert [(row.value, row.verdict) for row in end.results] == [(None, "errored")]
    assert (outcomes(bench), bench.result.outcome) == (["failed"], Outcome.FAILED)


def test_a_python_result_that_crashes_is_a_fault_of_that_result() -> None:
    bench = run(python("def own(shot):\n    return 1 / 0\n"), mean(5.0), count=2)
    assert outcomes(bench) == ["failed", "failed"]
    assert bench.result.faults[0].fault.fault == "result"
    assert bench.events("verdict.errored")[0] == {
        "result": "own",
        "message": "own.py:2: ZeroDivisionError: division by zero",
    }
    assert bench.events("worker.crashed") == []
    end = bench.attempts[0].end
    assert end is not None
    assert [row.verdict for row in end.results] == ["errored", "passed"]


def test_a_python_result_sees_every_channel() -> None:
    source = "def own(shot):\n    return len(shot.samples['a.x'].value) + len(shot.steps)\n"
    bench = run(python(source, 10.0))
    end = bench.attempts[0].end
    assert end is not None
    assert end.results[0].value == 6.0


def test_an_attempt_with_a_fault_has_no_results() -> None:
    def act(bench: Bench, request: Request) -> Any:
        if bench.pool.attempts[-1][1] == 1 and request.operation == "read":
            raise error()
        return reading(x=4.0)

    bench = run(mean(5.0), act=act, retry=RetryPolicy(attempts=2), lanes=lanes(required=True))
    ends = [attempt.end for attempt in bench.attempts]
    assert [end and len(end.results) for end in ends] == [0, 1]
    assert bench.result.outcome is Outcome.PASSED


def test_safe_between_shots_where_that_is_asked_for() -> None:
    bench = run(mean(), count=3, between="safe")
    assert bench.pool.texts.count("a.u=0") == 3


HANGS = """
import threading
def own(shot):
    threading.Event().wait()
"""


def test_a_function_that_does_not_return_is_told_by_its_name_and_left_when_the_run_is_stopped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("shotlane.execution._judging.SLOW_S", 0.01)
    bench = Bench(HandPlan([PLAN], results=[mean(), python(HANGS)]), lambda bench, request: reading(x=4.0))
    alarms: list[str] = []

    def stop(text: str) -> None:
        alarms.append(text)
        bench.control.stop(*STOP)

    bench.progress.alarm = stop
    assert bench.run().outcome is Outcome.TERMINATED
    assert bench.events("result.slow") == [{"result": "own", "function": "own.py:own", "after_s": 0.01}]
    assert [text[:24] for text in alarms] == ["result own is not there "]
    end = bench.attempts[0].end
    assert end is not None
    assert (end.outcome, end.results) == (Outcome.TERMINATED, ())
    assert bench.pool.texts[-3:] == ["a.u=0", "b.u=0", "c.u=0"]
