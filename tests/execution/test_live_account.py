"""Whatever is waited for, watched and goes wrong: statuses sum to planned, and each request is one record."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.examples import examples
from tests.execution.fakes import (
    MS,
    NAMES,
    STOP,
    Bench,
    HandPlan,
    Request,
    Set,
    above,
    error,
    formula,
    index,
    interlock,
    last_sets,
    reading,
    rows_on_the_wire,
    rule,
    until,
)
from tests.execution.fakes import segment as make_segment
from tests.execution.test_account import parts, readable, times

from shotlane.plan import Figure, InterlockPlan, LanePlan, ResultPlan, RetryPolicy, SegmentPlan
from shotlane.records import Outcome

windows = st.sampled_from([None, None, 5.0, 20.0])
functions = st.sampled_from(["mean", "max", "slope"])


@st.composite
def conditions(draw: st.DrawFn) -> Any:
    window = draw(windows)
    return above(draw(readable), draw(st.integers(1, 9)), window, draw(functions) if window else "value")


@st.composite
def segments(draw: st.DrawFn) -> SegmentPlan:
    items = draw(parts)
    if draw(st.booleans()):
        return make_segment(*items, duration_ms=200, step="fixed")
    ending = until(
        draw(conditions()),
        draw(times),
        draw(st.sampled_from([10.0, 70.0])),
        draw(st.sampled_from(["fail", "continue"])),
    )
    return make_segment(*items, duration_ms=200, step="open", ending=ending)


@st.composite
def interlocks(draw: st.DrawFn) -> InterlockPlan:
    return interlock(
        draw(conditions()),
        name=draw(st.sampled_from(["station.a", "station.b", "sequence.a"])),
        hold_ms=draw(st.sampled_from([0, 15])),
        blind_ms=draw(st.sampled_from([40, 500])),
        poll_ms=draw(st.sampled_from([7, 30])),
    )


faults = st.sampled_from(
    ["timeout", "disconnected", "garbled", "bug", "slow", "stop", "skip", "hot", "nothing"]
)
schedules = st.dictionaries(st.integers(1, 80), faults, max_size=8)
retries = st.builds(
    RetryPolicy,
    attempts=st.integers(1, 3),
    on=st.just(frozenset({"timeout", "garbled", "verdict"})),
    delay_ns=st.just(5 * MS),
    then=st.sampled_from(["abort", "skip", "pause"]),
    budget=st.sampled_from([None, 2]),
)


@settings(max_examples=examples(250), deadline=None)
@given(
    st.lists(segments(), min_size=1, max_size=3),
    st.lists(interlocks(), max_size=2, unique_by=lambda plan: plan.name),
    schedules,
    retries,
    st.sampled_from([None, 1.0, 6.0]),
    st.sampled_from(["hold", "safe"]),
    st.integers(1, 3),
)
def test_the_account_of_a_live_run_adds_up(
    plan_segments: list[SegmentPlan],
    locks: list[InterlockPlan],
    schedule: dict[int, str],
    retry: RetryPolicy,
    high: float | None,
    between: str,
    count: int,
) -> None:
    hot: list[int] = []

    def act(bench: Bench, request: Request) -> Any:
        # A microsecond each, so that no two requests share their stamps.
        bench.wait(0.001)
        number = len(bench.pool.log)
        fault = schedule.get(number)
        value: float | None = 12.0 if hot and number < hot[-1] + 6 else float(number % 5)
        match fault:
            case "slow":
                bench.wait(35)
            case "stop":
                bench.control.stop(*STOP)
            case "skip":
                bench.control.skip("asked", "somebody")
            case "hot":
                hot.append(number)
            case "nothing":
                value = None
            case "bug" if request.operation != "make_safe":
                raise ZeroDivisionError("a bug")
            case str(name) if request.operation != "make_safe" and name != "bug":
                raise error(name)
        return reading(x=value, y=value)

    mean = ResultPlan("m", formula("f0", Figure("mean", index("a.x"))), high=high)
    lanes = tuple(LanePlan(number, max_missing=0.5) for number in range(len(NAMES)))
    plan = HandPlan(plan_segments, count=count, retry=retry, lanes=lanes, between=between)
    plan.interlocks, plan.results = locks, [mean]
    bench = Bench(plan, act)
    result = bench.run()
    assert rows_on_the_wire(bench) == len(bench.pool.texts)
    # A stop in the delay before a retry finds them safe already, and polls only read.
    assert last_sets(bench) == {"a.u": 0.0, "b.u": 0.0, "c.u": 0.0}
    assert (result.outcome is Outcome.ABORTED) == bool(bench.events("interlock.tripped"))
    if result.outcome in (Outcome.DONE, Outcome.PASSED):
        assert result.shots_done + result.shots_skipped == count
    elif result.outcome is not Outcome.SKIPPED:
        assert result.reason
    check_steps(bench)


def check_steps(bench: Bench) -> None:
    """Steps lie without gaps, and every reading's target lies within one that was."""
    for attempt in bench.attempts:
        assert attempt.end is not None
        for before, after in zip(attempt.end.steps, attempt.end.steps[1:], strict=False):
            assert before.end_ns == after.start_ns
        if attempt.end.steps:
            last_ns = attempt.end.steps[-1].end_ns
            assert all(0 <= row.target_ns <= last_ns for row in attempt.samples)


def test_a_live_run_can_be_stopped_at_every_request() -> None:
    """Set-up, steps of both kinds, polls, retries, safe states: it ends safe and truly told everywhere."""

    def stopped_at(number: int) -> tuple[Bench, Outcome]:
        def act(bench: Bench, request: Request) -> Any:
            bench.wait(0.001)
            count = len(bench.pool.log)
            if count == number:
                bench.control.stop(*STOP)
            if count == 8:
                raise error("timeout")
            return reading(x=20.0 if request.at_ns > 150 * MS else 0.0, y=0.0)

        heat = make_segment(rule("a.x", count=4), Set("c.u", 15, 9.0), duration_ms=40, step="heat")
        settle = make_segment(
            rule("a.x", count=99), duration_ms=990, step="settle", ending=until(above("a.x", 9))
        )
        plan = HandPlan([heat, settle, heat], count=2, retry=RetryPolicy(attempts=2, delay_ns=50 * MS))
        plan.lanes = tuple(LanePlan(index, required=True) for index in range(len(NAMES)))
        plan.interlocks = [interlock(above("c.y", 5), poll_ms=30)]
        bench = Bench(plan, act)
        return bench, bench.run().outcome

    whole, outcome = stopped_at(0)
    assert (outcome, len(whole.attempts)) == (Outcome.DONE, 3)
    requests = len(whole.pool.log)
    for number in range(1, requests + 1):
        bench, outcome = stopped_at(number)
        released = number > requests - 6  # three values, and what the three drivers do by themselves
        assert outcome is (Outcome.DONE if released else Outcome.TERMINATED), number
        assert rows_on_the_wire(bench) == len(bench.pool.texts)
        assert last_sets(bench) == {"a.u": 0.0, "b.u": 0.0, "c.u": 0.0}, number
        check_steps(bench)
