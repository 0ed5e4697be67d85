"""Shots that start so far apart, and retries that are bounded over a run."""

from tests.execution.fakes import MS, Bench, HandPlan, Request, error, rule, segment

from shotlane.plan import RetryPolicy

PLAN = segment(rule("a.x", count=10))


def test_shots_start_on_the_cadence_and_it_is_told() -> None:
    bench = Bench(HandPlan([PLAN], count=3, cadence_ns=500 * MS))
    bench.run()
    starts = [attempt.start.began_utc_ns for attempt in bench.attempts]
    assert [start - starts[0] for start in starts] == [0, 500 * MS, 1000 * MS]
    assert bench.events("cadence.kept") == [{"shot": 2, "interval_s": 0.5}, {"shot": 3, "interval_s": 0.5}]
    assert not bench.events("cadence.missed")


def test_a_shot_that_overruns_is_told_and_the_next_ones_do_not_come_in_a_burst() -> None:
    def act(bench: Bench, request: Request) -> None:
        if bench.pool.attempts == [(1, 1)]:
            bench.wait(500)

    bench = Bench(HandPlan([segment(rule("a.x"))], count=3, cadence_ns=300 * MS), act)
    bench.run()
    (missed,) = bench.events("cadence.missed")
    assert missed["shot"] == 2
    assert missed["interval_s"] > 0.3
    starts = [attempt.start.began_utc_ns for attempt in bench.attempts]
    assert starts[2] - starts[1] == 300 * MS


def test_retries_of_a_run_are_bounded_by_the_budget() -> None:
    def act(bench: Bench, request: Request) -> None:
        if request.text == "a.u=5":
            raise error()

    retry = RetryPolicy(attempts=3, then="skip", budget=3)
    bench = Bench(HandPlan([PLAN], count=3, retry=retry), act)
    bench.run()
    assert [len(shot.attempts) for shot in bench.recorder.run.shots] == [3, 2, 1]
    assert bench.events("retry.exhausted") == [{"budget": 3}]
