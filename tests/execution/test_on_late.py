"""What is late is recorded; where a lane says so, it is a fault of the shot."""

from collections.abc import Callable
from typing import Any

import pytest
from tests.execution.fakes import Bench, HandPlan, Request, Set, lanes, rule, segment

from shotlane.plan import RetryPolicy
from shotlane.records import Outcome, Status

STRICT = lanes(on_late_fails=True, action_tolerance_ns=5_000_000)


def _stall(text: str, ms: float) -> Callable[[Bench, Request], Any]:
    """One request takes long, once."""
    seen: list[str] = []

    def act(bench: Bench, request: Request) -> None:
        if request.text == text and text not in seen:
            seen.append(text)
            bench.wait(ms)

    return act


def test_a_late_reading_ends_the_attempt_where_the_lane_says_so() -> None:
    plan = HandPlan([segment(rule("a.x"), rule("a.y", 1), rule("a.y", 50))], lanes=STRICT)
    bench = Bench(plan, _stall("read a.x", 20))
    assert bench.run().outcome is Outcome.ERRORED
    fault = bench.attempts[0].end.fault if bench.attempts[0].end else None
    assert fault is not None
    assert fault.fault == "late"
    assert fault.message == "a reading of a.y started 19 ms late, and its tolerance is 5 ms"
    assert fault.context == {"role": "a", "channel": "a.y"}
    assert [row.status for row in bench.attempts[0].samples] == [Status.OK, Status.LATE]


def test_the_same_is_only_recorded_otherwise() -> None:
    plan = HandPlan([segment(rule("a.x"), rule("a.y", 1), rule("a.y", 50))])
    bench = Bench(plan, _stall("read a.x", 20))
    assert bench.run().outcome is Outcome.DONE
    assert [row.status for row in bench.attempts[0].samples] == [Status.OK, Status.LATE, Status.OK]


@pytest.mark.parametrize(
    ("late", "message"),
    [
        (Set("a.u", 1), "a set of a.u started 19 ms late, and its tolerance is 5 ms"),
        (rule("a.y", 1, 5, 15), "a reading of a.y was missed, because the next was due"),
    ],
)
def test_so_does_a_late_set_and_a_missed_tick(late: Any, message: str) -> None:
    bench = Bench(HandPlan([segment(rule("a.x"), late)], lanes=STRICT), _stall("read a.x", 20))
    bench.run()
    assert [item.fault.message for item in bench.result.faults] == [message]


def test_a_missed_ramp_tick_is_a_fault_too() -> None:
    sets = [Set("a.u", at, periodic=True) for at in (1, 6, 30)]
    bench = Bench(HandPlan([segment(rule("a.x"), *sets)], lanes=STRICT), _stall("read a.x", 20))
    bench.run()
    assert bench.result.faults[0].fault.message.startswith("a set of a.u was missed")


def test_lateness_can_be_retried() -> None:
    retry = RetryPolicy(attempts=2, on=frozenset({"late"}))
    plan = HandPlan([segment(rule("a.x"), rule("a.y", 1))], lanes=STRICT, retry=retry)
    bench = Bench(plan, _stall("read a.x", 20))
    assert bench.run().outcome is Outcome.DONE
    assert len(bench.attempts) == 2


def test_a_tick_on_its_tolerance_is_on_time() -> None:
    bench = Bench(HandPlan([segment(rule("a.x"), rule("a.y", 1))], lanes=STRICT), _stall("read a.x", 6))
    assert bench.run().outcome is Outcome.DONE
