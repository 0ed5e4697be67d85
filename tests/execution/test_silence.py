"""What `then: skip` does about an instrument that is dead."""

from tests.execution.fakes import Bench, HandPlan, Request, error, rule, segment
from tests.execution.test_control import when_paused

from shotlane.execution import Control
from shotlane.instruments import ErrorContext, InstrumentError
from shotlane.plan import RetryPolicy
from shotlane.records import Outcome

PLAN = HandPlan([segment(rule("a.x"))], count=9, retry=RetryPolicy(then="skip"))


def unplugged(bench: Bench, request: Request) -> None:
    """It was there for the first shot."""
    if bench.pool.attempts[-1][0] > 1 and request.text == "read a.x":
        bench.pool.down.add("a")
        raise InstrumentError("disconnected", "declared down", ErrorContext(role="a"))


def shots(bench: Bench) -> list[int]:
    return [attempt.start.shot for attempt in bench.attempts]


def test_a_dead_instrument_does_not_use_up_the_sweep() -> None:
    bench = Bench(PLAN, unplugged)
    result = bench.run()
    assert shots(bench) == [1, 2, 3, 4]
    assert (result.outcome, result.shots_planned, result.shots_errored) == (Outcome.ERRORED, 9, 3)
    assert (result.reason or "").startswith("a does not answer, and 3 shots in a row ended with that; ")


def test_a_shot_that_ends_well_in_between_begins_the_count_anew() -> None:
    def now_and_then(bench: Bench, request: Request) -> None:
        if bench.pool.attempts[-1][0] % 3:
            unplugged(bench, request)

    bench = Bench(PLAN, now_and_then)
    bench.run()
    assert len(shots(bench)) == 9


def test_an_instrument_that_answers_may_fail_to_the_end() -> None:
    def garbled(bench: Bench, request: Request) -> None:
        if request.text == "read a.x":
            raise error("garbled")

    bench = Bench(PLAN, garbled)
    bench.run()
    assert len(shots(bench)) == 9


def test_with_somebody_there_it_is_waited_for_and_its_shot_tried_again() -> None:
    def until_the_pause(bench: Bench, request: Request) -> None:
        if not bench.events("run.paused"):
            unplugged(bench, request)

    bench = Bench(PLAN, until_the_pause, attended=True)
    when_paused(bench, lambda bench: bench.control.go_on("Jo"))
    bench.run()
    assert shots(bench) == [1, 2, 3, 4, 4, 5, 6, 7, 8, 9]
    assert "a does not answer" in bench.events("run.paused")[0]["reason"]


def test_one_shot_that_is_tried_again_and_again_is_one() -> None:
    reasons: list[str] = []

    class Patient(Control):
        def pause(self, reason: str, by: str) -> None:
            super().pause(reason, by)
            reasons.append(reason)
            if len(reasons) < 5:
                self.go_on("Jo")
            else:
                self.stop(Outcome.ABORTED, "enough")

    plan = HandPlan([segment(rule("a.x"))], count=2, retry=RetryPolicy(then="pause"))
    bench = Bench(plan, unplugged, attended=True, control=Patient())
    bench.run()
    assert shots(bench) == [1, 2, 2, 2, 2, 2]
    assert not any("does not answer" in reason for reason in reasons)
