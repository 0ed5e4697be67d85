"""Whatever is planned and whatever goes wrong: statuses sum to planned, and each request is one record."""

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.examples import examples
from tests.execution.fakes import (
    NAMES,
    PORTS,
    STOP,
    Bench,
    HandPlan,
    Request,
    Set,
    call,
    error,
    last_sets,
    rows_on_the_wire,
    rule,
    segment,
)

from shotlane.plan import LanePlan, PlannedCall, ReadingRule, RetryPolicy, SegmentPlan
from shotlane.records import Outcome

times = st.integers(0, 60)
ranks = st.integers(0, 1)
orders = st.integers(0, 3)
periods = st.sampled_from([0.5, 3, 10])
readable = st.sampled_from([name for name in NAMES if not name.endswith("u")])
writable = st.sampled_from([name for name in NAMES if name.endswith("u")])


@st.composite
def rules(draw: st.DrawFn) -> ReadingRule:
    count = draw(st.integers(1, 12))
    rank, order = draw(ranks), draw(orders)
    return rule(draw(readable), draw(times), draw(periods), count, rank=rank, order=order)


@st.composite
def sets(draw: st.DrawFn) -> Set:
    rank, order = draw(ranks), draw(orders)
    return Set(draw(writable), draw(times), 1.0, rank, order, draw(st.booleans()))


@st.composite
def calls(draw: st.DrawFn) -> PlannedCall:
    return call(draw(st.sampled_from(list(PORTS))), draw(times), rank=draw(ranks))


parts = st.lists(st.one_of(rules(), sets(), calls()), max_size=12)
segments: st.SearchStrategy[list[SegmentPlan]] = st.lists(
    st.builds(lambda items: segment(*items, duration_ms=80), parts), min_size=1, max_size=2
)
faults = st.sampled_from(["timeout", "disconnected", "garbled", "rejected", "bug", "slow", "stop"])
schedules = st.dictionaries(st.integers(1, 60), faults, max_size=6)
retries = st.builds(
    RetryPolicy,
    attempts=st.integers(1, 3),
    delay_ns=st.just(5_000_000),
    then=st.sampled_from(["abort", "skip"]),
)


@settings(max_examples=examples(200), deadline=None)
@given(segments, schedules, retries, st.sampled_from([0.0, 0.1, 1.0]), st.integers(1, 3))
def test_the_account_of_a_run_adds_up(
    plan_segments: list[SegmentPlan],
    schedule: dict[int, str],
    retry: RetryPolicy,
    max_missing: float,
    count: int,
) -> None:
    lanes = tuple(LanePlan(number, max_missing=max_missing) for number in range(len(NAMES)))

    def act(bench: Bench, request: Request) -> None:
        # A microsecond each, so that no two requests share their stamps.
        bench.wait(0.001)
        match schedule.get(len(bench.pool.log)):
            case None:
                return
            case "slow":
                bench.wait(35)
            case "stop":
                bench.control.stop(*STOP)
            case "bug" if request.operation != "make_safe":
                raise ZeroDivisionError("a bug")
            case str(fault) if request.operation != "make_safe" and fault != "bug":
                raise error(fault)

    bench = Bench(HandPlan(plan_segments, count=count, retry=retry, lanes=lanes), act)
    result = bench.run()
    assert rows_on_the_wire(bench) == len(bench.pool.texts)
    if result.outcome is Outcome.DONE:
        assert result.shots_done == count
    else:
        assert result.reason
    assert last_sets(bench) == {"a.u": 0.0, "b.u": 0.0, "c.u": 0.0}
