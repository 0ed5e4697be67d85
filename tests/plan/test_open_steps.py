"""Open-ended steps: segments, what belongs to each, and what may cover them."""

from pathlib import Path

import pytest
from tests.plan.table import MS, S, compiled, faults, plan_of

from shotlane.plan import (
    AskEnding,
    CompiledPlan,
    PortPlan,
    SegmentPlan,
    UntilEnding,
    load_plan,
    save_plan,
)

STEPS = """\
sequence: test
parameters: {T: 60 degC, held: 0.1 s}
timeline:
  - heat: 1 s
  - settle: {until: abs(furnace.temperature - T) < 1 K, for: held, timeout: 5 s}
  - soak: 2 s
"""


def port(segment: SegmentPlan, plan: CompiledPlan, channel: str) -> PortPlan:
    name = next(item.port for item in plan.channels if item.name == channel)
    return segment.ports[name]


def sent(plan: CompiledPlan, channel: str) -> list[list[tuple[float, float]]]:
    """By segment, times in ms and values of what a channel is sent in the first shot."""
    index = [item.name for item in plan.channels].index(channel)
    found = []
    for segment in plan.shot(1).segments:
        table = port(segment, plan, channel).actions
        mine = [at for at in range(len(table)) if table.channel[at] == index]
        found.append([(float(table.target_ns[at]) / MS, float(table.value[at])) for at in mine])
    return found


def recorded(plan: CompiledPlan, channel: str) -> list[list[tuple[int, int, int]]]:
    """By segment, start, period and count of the readings of a channel."""
    index = [item.name for item in plan.channels].index(channel)
    return [
        [
            (rule.start_ns, rule.period_ns, rule.count)
            for rule in port(segment, plan, channel).readings
            if rule.channel == index
        ]
        for segment in plan.shot(1).segments
    ]


def test_an_open_ended_step_is_a_segment_of_its_own() -> None:
    shot = plan_of(STEPS).shot(1)
    assert [[step.name for step in segment.steps] for segment in shot.segments] == [
        ["heat"],
        ["settle"],
        ["soak"],
    ]
    assert [segment.duration_ns for segment in shot.segments] == [S, 5 * S, 2 * S]
    assert [step.start_ns for segment in shot.segments for step in segment.steps] == [0, 0, 0]
    assert shot.open_ended


def test_its_ending_holds_the_condition_with_its_values() -> None:
    plan = plan_of(STEPS + "sweep: [{T: [40 degC, 60 degC]}]\n")
    ending = plan.shot(1).segments[1].ending
    assert isinstance(ending, UntilEnding)
    assert (ending.hold_ns, ending.timeout_ns, ending.on_timeout) == (100 * MS, 5 * S, "fail")
    assert ending.condition.bound == {"T": pytest.approx(313.15)}
    assert ending.condition.evaluate([313.5]) is True
    assert ending.condition.evaluate([315.0]) is False


def test_hold_and_timeout_may_be_swept() -> None:
    text = STEPS.replace("timeout: 5 s", "timeout: 50 * held") + "sweep: [{held: [0.1 s, 0.2 s]}]\n"
    endings = [shot.segments[1].ending for shot in plan_of(text).shots()]
    assert [(item.hold_ns, item.timeout_ns) for item in endings if isinstance(item, UntilEnding)] == [
        (100 * MS, 5 * S),
        (200 * MS, 10 * S),
    ]


def test_without_a_timeout_a_condition_is_waited_for_a_day() -> None:
    text = STEPS.replace(", timeout: 5 s", "")
    plan = plan_of(text)
    ending = plan.shot(1).segments[1].ending
    assert isinstance(ending, UntilEnding)
    assert ending.timeout_ns == 86_400 * 10**9
    assert not plan.summary.bounded
    assert plan.summary.total_ns == 3 * S + 100 * MS


def test_a_person_may_end_a_step() -> None:
    text = STEPS + "  - wait: {ask: Take the sample., timeout: 1 h}\n"
    assert plan_of(text).shot(1).segments[3].ending == AskEnding("Take the sample.", 3600 * S)


def test_what_a_condition_looks_at_is_read_where_no_lane_does() -> None:
    plan = plan_of(STEPS)
    assert recorded(plan, "furnace.temperature") == [[], [(0, 20 * MS, 250)], []]
    assert plan.roles == ("furnace",)


def test_what_a_lane_records_is_not_read_twice() -> None:
    plan = plan_of(STEPS + "lanes:\n  furnace.temperature:\n    record: 10 Hz\n")
    assert recorded(plan, "furnace.temperature") == [
        [(0, 100 * MS, 10)],
        [(0, 100 * MS, 50)],
        [(0, 100 * MS, 20)],
    ]


def test_ticks_begin_anew_at_every_border() -> None:
    plan = plan_of(STEPS + "lanes:\n  balance.mass:\n    record: {heat..soak: 700 ms}\n")
    assert recorded(plan, "balance.mass") == [
        [(0, 700 * MS, 2)],
        [(0, 700 * MS, 8)],
        [(0, 700 * MS, 3)],
    ]


def test_a_value_is_held_over_a_border() -> None:
    lanes = "lanes:\n  box.level:\n    set: {heat..soak: 3 V}\n    initial: 0 V\n"
    assert sent(plan_of(STEPS + lanes), "box.level") == [[(0.0, 3.0)], [], []]


def test_a_cell_that_begins_behind_an_open_ended_step_begins_with_its_segment() -> None:
    lanes = "lanes:\n  box.level:\n    set: {heat..settle: 3 V, soak: 4 V}\n"
    assert sent(plan_of(STEPS + lanes), "box.level") == [[], [], [(0.0, 4.0)]]


def test_a_ramp_stands_beside_an_open_ended_step() -> None:
    lanes = "lanes:\n  box.level:\n    every: 500 ms\n    set: {heat: 'ramp(0 V, 4 V)', settle..soak: 4 V}\n"
    assert sent(plan_of(STEPS + lanes), "box.level") == [[(500.0, 2.0)], [(0.0, 4.0)], []]


def test_what_follows_a_cell_that_is_cut_short_is_always_sent() -> None:
    cells = "{heat: 0 V, settle: 1 V/s * t, soak: 4 V}"
    lanes = f"lanes:\n  box.level:\n    every: 1 s\n    set: {cells}\n"
    # At its longest the step ends with this value as well; had it ended sooner, it would not.
    assert sent(plan_of(STEPS + lanes), "box.level")[1:] == [
        [(1000.0, 1.0), (2000.0, 2.0), (3000.0, 3.0), (4000.0, 4.0)],
        [(0.0, 4.0)],
    ]


def test_readings_and_calls_lie_in_the_segment_of_their_step() -> None:
    lanes = "lanes:\n  balance.mass:\n    read: {heat: {at: end}}\n  balance:\n    call: {soak: tare()}\n"
    plan = plan_of(STEPS + lanes)
    assert recorded(plan, "balance.mass") == [[(S, 0, 1)], [], []]
    calls = [port(segment, plan, "balance.mass").calls for segment in plan.shot(1).segments]
    assert [[call.target_ns for call in item] for item in calls] == [[], [], [0]]


def test_a_step_without_length_between_two_open_ended_ones_keeps_its_call() -> None:
    steps = STEPS.replace("  - soak: 2 s\n", "  - mark: 0 s\n  - wait: {ask: Go on., timeout: 1 h}\n")
    plan = plan_of(steps + "lanes:\n  balance:\n    call: {mark: tare()}\n")
    segments = plan.shot(1).segments
    assert [segment.steps[0].name for segment in segments] == ["heat", "settle", "mark", "wait"]
    assert [sum(len(item.calls) for item in segment.ports.values()) for segment in segments] == [0, 0, 1, 0]


def test_the_end_of_a_cell_that_covers_an_open_ended_step_has_no_place() -> None:
    lanes = "lanes:\n  balance.mass:\n    read:\n      settle..soak: {at: end}\n"
    assert faults(STEPS + lanes) == [("SEQ227", 10)]


def test_a_condition_that_is_no_condition_is_told_once() -> None:
    assert faults(STEPS.replace("< 1 K", "+ 1 K")) == [("EXP031", 5)]


def test_digests_hang_on_conditions_and_times() -> None:
    digest = plan_of(STEPS).shot(1).digest
    others = [
        STEPS.replace("< 1 K", "< 2 K"),
        STEPS.replace("held: 0.1 s", "held: 0.2 s"),
        STEPS.replace("timeout: 5 s", "timeout: 6 s"),
        STEPS.replace("timeout: 5 s", "timeout: 5 s, on_timeout: continue"),
        STEPS.replace(
            "  - settle: {until: abs(furnace.temperature - T) < 1 K, for: held,", "  - settle: {ask: x,"
        ),
    ]
    assert len({digest, *(plan_of(text).shot(1).digest for text in others)}) == 6


def test_a_saved_plan_has_the_same_segments(tmp_path: Path) -> None:
    lanes = "lanes:\n  box.level:\n    every: 1 s\n    set: {heat: 0 V, settle: 1 V/s * t, soak: 4 V}\n"
    results = "results: {top: {value: max(furnace.temperature) - T, high: 2 K}}\n"
    interlocks = "interlocks: {hot: {when: 'mean(furnace.temperature, 2 s) > 90 degC', for: 1 s}}\n"
    plan = plan_of(STEPS + lanes + results + interlocks + "sweep: [{T: [40 degC, 60 degC]}]\n")
    save_plan(plan, tmp_path / "x.plan", documents={})
    saved = load_plan(tmp_path / "x.plan")
    saved.check_shots()
    for one, other in zip(plan.shots(), saved.plan.shots(), strict=True):
        assert [item.ending for item in one.segments] == [item.ending for item in other.segments]
        assert [item.digest for item in one.segments] == [item.digest for item in other.segments]
        assert (one.results, one.interlocks) == (other.results, other.interlocks)
    ending = saved.plan.shot(2).segments[1].ending
    assert isinstance(ending, UntilEnding)
    assert ending.condition.evaluate([333.15]) is True


def test_a_fault_of_one_point_is_told_with_it() -> None:
    text = STEPS + "sweep: [{held: [0.1 s, 7 s]}]\n"
    _, report = compiled(text)
    assert [item.code for item in report.errors] == ["SEQ226"]
    assert "shot 2 of 2" in report.errors[0].message
