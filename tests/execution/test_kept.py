"""What a run tells at its end does not grow with its length."""

from tests.execution.fakes import Bench, HandPlan, Request, error, lanes, rule, segment

from shotlane.execution._kept import MOST, Kept
from shotlane.plan import RetryPolicy
from shotlane.records import Outcome


def test_the_first_and_the_newest_are_kept_and_the_others_counted() -> None:
    kept = Kept[int](3)
    kept.extend(range(3))
    assert (kept.items, kept.last, kept.left_out) == ((0, 1, 2), 2, 0)
    kept.extend(range(3, 10))
    assert (kept.items, kept.last, kept.left_out) == ((0, 1, 2, 9), 9, 6)


def test_of_faults_without_end_all_are_counted_and_recorded() -> None:
    def act(bench: Bench, request: Request) -> None:
        if request.operation == "read":
            raise error()

    plan = HandPlan(
        [segment(rule("a.x"))], (), MOST + 50, RetryPolicy(then="skip"), lanes=lanes(required=True)
    )
    bench = Bench(plan, act)
    result = bench.run()
    assert result.outcome is Outcome.ERRORED
    assert len(result.faults) == MOST + 1
    assert result.faults_left_out == 49
    assert result.faults[-1].shot == MOST + 50
    assert str(result.reason).startswith(f"{MOST + 50} of {MOST + 50} shots ended with a fault")
    assert sum(attempt.end is not None and attempt.end.fault is not None for attempt in bench.attempts) == 550
