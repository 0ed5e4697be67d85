"""Interlocks are watched from opening to release, and doubt counts as danger."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from tests.execution.fakes import (
    MS,
    Bench,
    HandPlan,
    Request,
    S,
    Set,
    above,
    ask,
    error,
    formula,
    index,
    interlock,
    lanes,
    reading,
    rows_on_the_wire,
    rule,
    segment,
    until,
)

from shotlane.plan import Figure, RetryPolicy
from shotlane.records import Outcome, Status

SAFE = ["a.u=0", "b.u=0", "c.u=0"]
HOT = interlock(above("a.x", 10), poll_ms=1000)


def hot_from(at_ms: float, value: float = 20.0) -> Any:
    def act(bench: Bench, request: Request) -> Any:
        bench.wait(0.001)
        return reading(x=value if request.at_ns >= at_ms * MS else 0.0, y=0.0)

    return act


def run(plan: HandPlan, act: Any, **options: Any) -> Bench:
    bench = Bench(plan, act, **options)
    bench.run()
    assert rows_on_the_wire(bench) == len(bench.pool.texts)
    assert bench.pool.texts[-3:] == SAFE
    return bench


def tripped(bench: Bench) -> list[str]:
    """What tripped, which must have aborted the run."""
    assert bench.result.outcome is Outcome.ABORTED
    messages = [event["message"] for event in bench.events("interlock.tripped")]
    assert bench.result.reason == messages[0]
    return messages


def test_a_recorded_channel_trips_in_the_shot_and_is_not_polled() -> None:
    plan = HandPlan([segment(rule("a.x", count=50), Set("c.u", 400, 9.0), duration_ms=500)], interlocks=[HOT])
    bench = run(plan, hot_from(200))
    assert tripped(bench) == ["interlock station.hot: f0 > 10 (it was 20)"]
    assert bench.events("interlock.tripped")[0]["values"] == {"a.x": 20.0}
    # One poll when the watch begins, before the lane reads.
    assert len(bench.recorder.polls) == 1
    assert len(bench.attempts[0].samples) == 21
    assert "c.u=9" not in bench.pool.texts
    assert bench.attempts[0].end is not None
    assert bench.attempts[0].end.outcome is Outcome.ABORTED
    assert bench.result.outcome.exit_status == 4


def test_a_channel_that_no_lane_records_is_polled_and_stored() -> None:
    plan = HandPlan([segment(rule("c.x", count=2), duration_ms=9500)], interlocks=[HOT])
    bench = run(plan, hot_from(4500))
    assert tripped(bench)
    rows = bench.recorder.polls
    assert [row.requested_utc_ns // MS for row in rows] == [0, 1000, 2000, 3000, 4000, 5000]
    assert [(row.channel, row.status) for row in rows] == [(index("a.x"), Status.OK)] * 6
    assert [row.value for row in rows[-2:]] == [0.0, 20.0]


def test_polls_begin_where_a_lane_stops_recording() -> None:
    plan = HandPlan([segment(rule("a.x", period_ms=100, count=20), duration_ms=6000)], interlocks=[HOT])
    bench = run(plan, hot_from(9e9))
    assert bench.result.outcome is Outcome.DONE
    # The last reading of the lane is at 1.9 s.
    assert [round(row.requested_utc_ns / S, 1) for row in bench.recorder.polls] == [0.0, 2.9, 3.9, 4.9, 5.9]


def test_what_holds_for_a_while_only_does_not_trip_where_it_must_hold_longer() -> None:
    lock = interlock(above("a.x", 10), hold_ms=50)
    hot = {10, 20, 30, 60, 70}

    def act(bench: Bench, request: Request) -> Any:
        return reading(x=20.0 if request.at_ns // MS in hot else 0.0)

    bench = Bench(HandPlan([segment(rule("a.x", count=50), duration_ms=500)], interlocks=[lock]), act)
    assert bench.run().outcome is Outcome.DONE
    hot |= set(range(100, 200))
    again = Bench(HandPlan([segment(rule("a.x", count=50), duration_ms=500)], interlocks=[lock]), act)
    assert again.run().outcome is Outcome.ABORTED
    assert len(again.attempts[0].samples) == 16


def test_a_failed_reading_does_not_reset_the_debounce() -> None:
    def act(bench: Bench, request: Request) -> Any:
        if request.at_ns // MS in (30, 50):
            raise error()
        return reading(x=20.0)

    lock = interlock(above("a.x", 10), hold_ms=70)
    plan = HandPlan([segment(rule("a.x", count=50), duration_ms=500)], interlocks=[lock])
    bench = Bench(plan, act)
    assert bench.run().outcome is Outcome.ABORTED
    assert bench.clock.now_ns() == 70 * MS


@pytest.mark.parametrize("value", [None, float("nan"), "fails"])
def test_a_channel_that_gives_nothing_valid_trips(value: Any) -> None:
    def act(bench: Bench, request: Request) -> Any:
        bench.wait(0.001)
        if request.text == "read a.x" and value == "fails":
            raise error()
        return reading(x=value)

    bench = run(HandPlan([segment(duration_ms=20_000)], interlocks=[HOT]), act)
    assert tripped(bench) == ["interlock station.hot: no valid reading of a.x for 5 s"]
    # Nothing begins when it has tripped; what was under way has ended.
    assert 5000 <= bench.clock.now_ns() / MS < 5001


def test_a_poll_that_hangs_is_blind() -> None:
    def act(bench: Bench, request: Request) -> Any:
        bench.wait(0.001)
        if request.text == "read a.x" and len(bench.recorder.polls) == 2:
            bench.wait(60_000)
        return reading(x=0.0)

    bench = run(
        HandPlan([segment(rule("c.x", count=30, period_ms=1000), duration_ms=30_000)], interlocks=[HOT]), act
    )
    assert tripped(bench) == ["interlock station.hot: no valid reading of a.x for 5 s"]
    # The last valid poll was just after 1 s; the reading of c at 7 s is not made any more.
    assert [row.target_ns // S for row in bench.attempts[0].samples] == list(range(7))


def test_watched_in_the_delay_before_a_retry() -> None:
    def act(bench: Bench, request: Request) -> Any:
        bench.wait(0.001)
        if request.text == "read c.x":
            raise error("disconnected")
        return reading(x=20.0 if request.at_ns > 3500 * MS else 0.0)

    retry = RetryPolicy(attempts=2, delay_ns=60 * S)
    bench = run(HandPlan([segment(rule("c.x"))], retry=retry, interlocks=[HOT]), act)
    assert tripped(bench)
    assert len(bench.attempts) == 1
    assert 3.5 < bench.clock.now_ns() / S < 4.5
    assert bench.recorder.run.shots[0].end is not None
    assert bench.recorder.run.shots[0].end.outcome is Outcome.ABORTED


def test_watched_between_shots() -> None:
    plan = HandPlan([segment(rule("c.x"), duration_ms=100)], count=3, cadence_ns=10 * S, interlocks=[HOT])
    bench = run(plan, hot_from(4500))
    assert tripped(bench)
    assert len(bench.recorder.run.shots) == 1
    assert bench.clock.now_ns() / S < 5.5


def test_watched_in_a_pause() -> None:
    plan = HandPlan([segment(rule("c.x"), duration_ms=100)], count=3, interlocks=[HOT])
    bench = Bench(plan, hot_from(4500))
    bench.plan.on_shot = lambda number: bench.control.pause("lunch", "Jo") if number == 2 else None
    bench.run()
    assert tripped(bench)
    assert bench.events("run.paused") == [{"reason": "lunch"}]
    assert len(bench.recorder.run.shots) == 1


def test_watched_while_a_person_is_asked() -> None:
    class Slow:
        def ask(self, text: str, timeout_s: float | None, cancelled: Any) -> str | None:
            return ""

    plan = HandPlan(
        [segment(duration_ms=100, step="load", ending=ask()), segment(duration_ms=9000)], interlocks=[HOT]
    )
    bench = run(plan, hot_from(2500), asker=Slow())
    assert tripped(bench)


def test_the_last_reading_of_the_last_shot_counts() -> None:
    plan = HandPlan([segment(rule("a.x", count=10), duration_ms=95)], interlocks=[HOT])
    bench = run(plan, hot_from(90))
    assert tripped(bench)


def test_two_interlocks_stay_two_and_one_trip_is_told() -> None:
    locks = [
        interlock(above("a.x", 30), name="station.hot"),
        interlock(above("a.x", 10), name="sequence.hot"),
    ]
    bench = run(HandPlan([segment(rule("a.x", count=9))], interlocks=locks), hot_from(30))
    assert tripped(bench) == ["interlock sequence.hot: f0 > 10 (it was 20)"]
    assert [event["name"] for event in bench.events("interlock.watched")] == ["station.hot", "sequence.hot"]


def test_a_condition_over_two_channels_tells_both() -> None:
    both = formula("f0 > 10 and f1 < 5", Figure("value", index("a.x")), Figure("value", index("c.y")))
    bench = run(HandPlan([segment(rule("c.y", count=9))], interlocks=[interlock(both)]), hot_from(-1))
    assert tripped(bench) == ["interlock station.hot: f0 > 10 and f1 < 5 (a.x was 20, c.y was 0)"]


def test_polls_of_one_instrument_that_are_due_together_are_one_request() -> None:
    locks = [interlock(above("a.x", 10), name="one"), interlock(above("a.y", 10), name="two")]
    bench = run(HandPlan([segment(duration_ms=1500)], interlocks=locks), hot_from(9e9))
    assert bench.pool.texts.count("read a.x+a.y") == 2
    assert len(bench.recorder.polls) == 4


def test_a_condition_that_cannot_be_judged_aborts() -> None:
    broken = formula("f0 > 10", Figure("no such figure", index("a.x"), 1))
    bench = Bench(HandPlan([segment(rule("a.x", count=9))], interlocks=[interlock(broken)]), hot_from(9e9))
    assert bench.run().outcome is Outcome.ABORTED
    assert "conditions could not be looked at" in (bench.result.reason or "")
    assert bench.pool.texts[-3:] == SAFE


def test_an_interlock_ends_an_open_step() -> None:
    step = segment(rule("a.x", count=500), duration_ms=5000, step="s", ending=until(above("a.x", 100)))
    bench = run(HandPlan([step], interlocks=[HOT], lanes=lanes()), hot_from(300))
    assert tripped(bench)
    tally = next(item for item in bench.result.tallies if item.channel == "a.x")
    assert (tally.planned, tally.ok) == (31, 31)


def test_short_shots_do_not_keep_a_dead_sensor_from_being_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the window of the condition is swept, so that the look-back begins anew in each shot."""
    plan = HandPlan([segment(rule("c.x"), duration_ms=300)], count=30)
    shot_of = plan.shot

    def swept(number: int) -> Any:
        lock = interlock(above("a.x", 10, window_ms=100 + number, function="mean"), blind_ms=2000)
        return replace(shot_of(number), interlocks=(lock,))

    monkeypatch.setattr(plan, "shot", swept)
    bench = run(plan, _dead)
    assert tripped(bench) == ["interlock station.hot: no valid reading of a.x for 2 s"]
    assert len(bench.recorder.run.shots) == 7


def _dead(bench: Bench, request: Request) -> Any:
    bench.wait(0.001)
    return reading(x=None) if request.text == "read a.x" else reading(x=0.0)


def test_a_poll_without_a_value_has_failed() -> None:
    bench = run(HandPlan([segment(duration_ms=20_000)], interlocks=[HOT]), _dead)
    rows = bench.recorder.polls
    assert {(row.status, row.value, row.raw) for row in rows} == {(Status.FAILED, None, "None")}


def test_a_limit_that_is_swept_is_judged_when_its_shot_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = HandPlan([segment(rule("a.x", count=3), duration_ms=300)], count=3)
    shot_of = plan.shot

    def swept(number: int) -> Any:
        return replace(shot_of(number), interlocks=(interlock(above("a.x", 40 - 10 * number)),))

    monkeypatch.setattr(plan, "shot", swept)
    bench = run(plan, hot_from(-1, 15.0))
    assert tripped(bench) == ["interlock station.hot: f0 > 10 (it was 15)"]
    assert [shot.start.shot for shot in bench.recorder.run.shots] == [1, 2]


@pytest.mark.parametrize("value", [0.0, 9e9], ids=["cold", "hot"])
def test_a_condition_that_never_has_a_value_trips(value: float) -> None:
    """Two polls never lie in one window, so there is no slope, whatever the channel does."""
    slope = interlock(above("a.x", 1.0, window_ms=900, function="slope"), poll_ms=1000)
    bench = run(HandPlan([segment(rule("c.x"), duration_ms=20_000)], interlocks=[slope]), hot_from(0, value))
    assert tripped(bench) == [
        "interlock station.hot: f0 > 1.0 has had no value for 5.9 s: too few readings come"
    ]


def test_a_window_that_begins_anew_in_each_shot_does_not_hide_that_it_is_never_full(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plan = HandPlan([segment(rule("c.x"), duration_ms=300)], count=40)
    shot_of = plan.shot

    def swept(number: int) -> Any:
        lock = interlock(above("a.x", 10, window_ms=5000 + number, function="mean"), poll_ms=100)
        return replace(shot_of(number), interlocks=(lock,))

    monkeypatch.setattr(plan, "shot", swept)
    assert "has had no value for 10" in tripped(run(plan, hot_from(99_999)))[0]


def test_a_long_window_that_is_not_full_yet_is_waited_for() -> None:
    slope = interlock(above("a.x", 1.0, window_ms=15_000, function="slope"))
    bench = run(HandPlan([segment(rule("c.x"), duration_ms=40_000)], interlocks=[slope]), hot_from(99_999))
    assert bench.result.outcome is Outcome.DONE


def test_polls_that_take_long_keep_their_pace_and_leave_the_port_half_a_period() -> None:
    """Also where one takes longer than its period."""

    def pace(ms: float) -> set[int]:
        def act(bench: Bench, request: Request) -> Any:
            bench.wait(ms if request.text == "read a.x" else 0.001)
            return reading(x=0.0)

        bench = run(HandPlan([segment(rule("c.x"), duration_ms=9_000)], interlocks=[HOT]), act)
        begun = [row.requested_utc_ns for row in bench.recorder.polls]
        return {(later - earlier) // MS for earlier, later in pairwise(begun)}

    assert pace(300) == {1000}
    assert pace(1200) == {1700}
