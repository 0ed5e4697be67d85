"""In what order a port does what it has to do, and what goes out together."""

from tests.execution.fakes import MS, STOP, Bench, HandPlan, Set, call, index, lanes, rule, segment

from shotlane.execution import VirtualClock
from shotlane.plan import LanePlan
from shotlane.records import ActionKind, Status


def _texts(bench: Bench) -> list[str]:
    """What was sent between set-up and safe state."""
    bench.run()
    return bench.pool.texts[2:-3]


def test_set_up_is_written_first_and_the_safe_state_last() -> None:
    bench = Bench(HandPlan([segment(rule("a.x"))]))
    bench.run()
    assert bench.pool.texts == ["a.u=5", "c.u=6", "read a.x", "a.u=0", "b.u=0", "c.u=0"]


def test_what_ends_at_an_instant_goes_before_what_begins() -> None:
    plan = HandPlan([segment(Set("a.u", 10, 2.0, rank=1, order=0), rule("a.x", 10, rank=0, order=5))])
    assert _texts(Bench(plan)) == ["read a.x", "a.u=2"]


def test_within_a_rank_the_order_is_the_one_written() -> None:
    plan = HandPlan([segment(rule("a.x", order=2), call("a", order=1), Set("b.u", 0, order=0))])
    assert _texts(Bench(plan)) == ["b.u=1", "call a.tare", "read a.x"]


def test_readings_of_one_role_due_together_are_one_request() -> None:
    bench = Bench(HandPlan([segment(rule("a.x", order=0), rule("b.x", order=1), rule("a.y", order=2))]))
    assert _texts(bench) == ["read a.x+a.y", "read b.x"]
    first, second = (row for row in bench.attempts[0].samples if row.channel != index("b.x"))
    assert (first.requested_ns, first.received_ns) == (second.requested_ns, second.received_ns)


def test_a_set_of_the_role_between_two_readings_parts_them() -> None:
    plan = HandPlan([segment(rule("a.x", order=0), Set("a.u", 0, order=1), rule("a.y", order=2))])
    assert _texts(Bench(plan)) == ["read a.x", "a.u=1", "read a.y"]


def test_a_set_of_another_role_between_two_readings_does_not_part_them() -> None:
    plan = HandPlan([segment(rule("a.x", order=0), Set("b.u", 0, order=1), rule("a.y", order=2))])
    assert _texts(Bench(plan)) == ["read a.x+a.y", "b.u=1"]


def test_readings_of_different_ranks_are_not_joined() -> None:
    plan = HandPlan([segment(rule("a.x", rank=0), rule("a.y", rank=1))])
    assert _texts(Bench(plan)) == ["read a.x", "read a.y"]


def test_two_readings_of_one_channel_at_one_instant_are_one_request_and_two_samples() -> None:
    bench = Bench(HandPlan([segment(rule("a.x", count=3), rule("a.x", 10, order=1))]))
    assert _texts(bench) == ["read a.x"] * 3
    assert [(row.tick, row.target_ns) for row in bench.attempts[0].samples] == [
        (0, 0),
        (1, 10 * MS),
        (2, 10 * MS),
        (3, 20 * MS),
    ]


def test_ticks_count_over_all_rules_of_a_channel_by_target() -> None:
    bench = Bench(HandPlan([segment(rule("a.x", 50, count=2), rule("a.x", 0, count=3), rule("a.x", 55))]))
    bench.run()
    targets = [row.target_ns // MS for row in bench.attempts[0].samples]
    assert targets == [0, 10, 20, 50, 55, 60]
    assert [row.tick for row in bench.attempts[0].samples] == list(range(6))


def test_ticks_and_times_go_on_over_segments() -> None:
    part = segment(rule("a.x", count=2), Set("a.u", 5), duration_ms=30)
    bench = Bench(HandPlan([part, part]))
    bench.run()
    rows = bench.attempts[0].samples
    assert [(row.tick, row.target_ns // MS, row.requested_ns) for row in rows] == [
        (0, 0, 0),
        (1, 10, 10 * MS),
        (2, 30, 30 * MS),
        (3, 40, 40 * MS),
    ]


def test_a_shot_lasts_as_long_as_planned_although_nothing_is_due_at_its_end() -> None:
    clock = VirtualClock(utc_ns=0)
    bench = Bench(HandPlan([segment(rule("a.x"), duration_ms=700)], count=2), clock=clock)
    bench.run()
    assert clock.now_ns() == 1400 * MS


def test_a_long_recording_is_not_expanded() -> None:
    bench = Bench(HandPlan([segment(rule("a.x", count=10**9), rule("c.x", 25), duration_ms=40)]))
    bench.act = lambda bench, request: bench.control.stop(*STOP) if request.role == "c" else None
    bench.run()
    assert len(bench.attempts[0].samples) < 10
    tally = next(item for item in bench.result.tallies if item.channel == "a.x")
    assert tally.unreached == 10**9 - tally.ok


def test_set_up_rows_count_from_the_origin_and_come_before_it() -> None:
    bench = Bench(HandPlan([segment()]), act=lambda bench, request: bench.wait(3))
    bench.run()
    rows = [row for row in bench.attempts[0].actions if row.kind is ActionKind.SETUP]
    # The two ports are set up side by side.
    assert [row.requested_ns for row in rows] == [-3 * MS, -3 * MS]
    assert bench.attempts[0].end is not None
    assert bench.attempts[0].end.origin_utc_ns == 3 * MS


def test_a_start_later_than_the_tolerance_is_late_and_still_done() -> None:
    plan = HandPlan([segment(Set("a.u", 0), Set("b.u", 1), rule("a.x", 2, tolerance_ms=20))])
    plan.lanes = tuple(LanePlan(number, action_tolerance_ns=5 * MS) for number in range(len(lanes())))
    bench = Bench(plan, act=lambda bench, request: bench.wait(12))
    bench.run()
    assert [row.status for row in bench.attempts[0].actions[2:4]] == [Status.OK, Status.LATE]
    assert [row.status for row in bench.attempts[0].samples] == [Status.LATE]
    assert bench.result.lateness["a.x"].max_ns == 22 * MS


def test_a_stall_leaves_out_what_is_overdue_and_never_bursts() -> None:
    stall = {3: 45.0}
    bench = Bench(
        HandPlan([segment(rule("a.x", count=10))], initial=(), lanes=lanes(max_missing=1.0)),
        act=lambda bench, request: bench.wait(stall.get(len(bench.pool.log), 0)),
    )
    bench.run()
    statuses = [row.status for row in bench.attempts[0].samples]
    assert statuses == [Status.OK] * 3 + [Status.MISSED] * 3 + [Status.OK] * 4
    assert [row.requested_ns for row in bench.attempts[0].samples][3:6] == [None] * 3


def test_periodic_sets_are_left_out_when_replaced_but_single_ones_are_sent() -> None:
    ramp = [Set("a.u", at, at, periodic=True) for at in (0, 10, 20, 30)]
    plan = HandPlan([segment(*ramp, Set("a.u", 40, 99.0), Set("b.u", 5, 7.0))], initial=())
    bench = Bench(plan, act=lambda bench, request: bench.wait(35) if len(bench.pool.log) == 1 else None)
    assert bench.run() is bench.result
    assert bench.pool.texts[:4] == ["a.u=0", "b.u=7", "a.u=30", "a.u=99"]
    assert [row.status for row in bench.attempts[0].actions if row.channel == index("a.u")][:5] == [
        Status.OK,
        Status.MISSED,
        Status.MISSED,
        Status.OK,
        Status.OK,
    ]


def test_the_same_run_gives_the_same_rows() -> None:
    def rows() -> object:
        bench = Bench(
            HandPlan([segment(rule("a.x", count=9), rule("c.x", count=9), Set("c.u", 20))], count=2)
        )
        bench.run()
        return [(attempt.samples, attempt.actions, attempt.end) for attempt in bench.attempts]

    assert rows() == rows()
