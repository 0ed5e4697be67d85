"""`record`, `read` and `call`."""

from typing import Any

import pytest
from tests.plan.table import MS, compiled, faults, plan_of, sequence
from tests.plan.test_set import STEPS

from shotlane.plan import CompiledPlan, ReadingRule


def rules(plan: CompiledPlan, shot: int = 1) -> list[ReadingRule]:
    return [rule for port in plan.shot(shot).segments[0].ports.values() for rule in port.readings]


def times(plan: CompiledPlan) -> list[tuple[float, float, int]]:
    return [(rule.start_ns / MS, rule.period_ns / MS, rule.count) for rule in rules(plan)]


def document(body: str, channel: str = "furnace.temperature", more: str = "") -> str:
    return sequence(steps=STEPS, lanes=f"  {channel}:\n    {body}\n", more=more)


def test_record_ticks_at_a_rate_or_a_period_over_the_whole_shot() -> None:
    assert times(plan_of(document("record: 50 Hz"))) == [(0, 20, 30)]
    assert times(plan_of(document("record: 0.25 s"))) == [(0, 250, 3)]


def test_record_ticks_count_from_the_start_of_their_cell_while_less_than_its_length() -> None:
    assert times(plan_of(document("record: {a: 20 Hz, c: 100 ms}"))) == [(0, 50, 2), (300, 100, 3)]
    assert times(plan_of(document("record: {b..c: 1 s}"))) == [(100, 1000, 1)]


def test_a_rate_may_be_swept() -> None:
    more = "parameters: {rate: 10 Hz}\nsweep: [{rate: [10 Hz, 20 Hz]}]\n"
    plan = plan_of(document("record: rate", more=more))
    assert [rules(plan, shot)[0].count for shot in (1, 2)] == [6, 12]


def test_read_lists_steps_or_names_places() -> None:
    assert times(plan_of(document("read: [b, c]"))) == [(100, 0, 1), (300, 0, 1)]
    places = times(plan_of(document("read: {b: {at: [start, 50 ms, end - 0.05 s, end]}}")))
    assert [start for start, _, _ in places] == [100, 150, 250, 300]


def test_what_is_read_at_the_end_belongs_to_the_step_that_ends() -> None:
    plan = plan_of(document("read: {b: {at: [start, end, 200 ms]}, c: {at: start}}"))
    assert [rule.rank for rule in rules(plan)] == [1, 0, 0, 1]


def test_tolerance_is_half_the_period_10_ms_for_a_single_one_or_what_is_written() -> None:
    plan = plan_of(document("record: 50 Hz\n    read: [b]"))
    assert [rule.tolerance_ns for rule in rules(plan)] == [10 * MS, 10 * MS]
    assert [rule.periodic for rule in rules(plan)] == [True, False]
    stated = plan_of(document("record: 50 Hz\n    tolerance: 3 ms"))
    assert rules(stated)[0].tolerance_ns == 3 * MS
    assert stated.lanes[0].tick_tolerance_ns == 3 * MS


def test_options_of_a_lane() -> None:
    plan = plan_of(document("record: 50 Hz\n    required: true\n    max_missing: 5 percent"))
    assert plan.lanes[0].required
    assert plan.lanes[0].max_missing == 0.05
    assert plan_of(document("record: 50 Hz")).lanes[0].max_missing == 0.1


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("record: 5 V", "EXP040"),
        ("record: 5", "EXP040"),
        ("record: 0 Hz", "SEQ220"),
        ("record: -1 s", "SEQ220"),
        ("record: 2 GHz", "SEQ220"),
        ("record: {x: 5 Hz}", "SEQ213"),
        ("record: {b..a: 5 Hz}", "SEQ213"),
        ("record: {a..b: 5 Hz, b: 1 Hz}", "SEQ214"),
        ("read: [x]", "SEQ213"),
        ("read: [a, a]", "SEQ214"),
        ("read: {b: {at: 1 s}}", "SEQ221"),
        ("read: {b: {at: end - 1 s}}", "SEQ221"),
        ("read: {b: {at: middle}}", "EXP020"),
        ("read: {b: {at: 5}}", "EXP040"),
        ("record: 5 Hz\n    every: 5 ms", "SEQ212"),
        ("record: 5 Hz\n    initial: 5 ms", "SEQ212"),
        ("record: 5 Hz\n    max_missing: 2", "SEQ224"),
        ("record: 5 Hz\n    tolerance: -1 s", "SEQ224"),
        ("record: 5 Hz\n    tolerance: 1 V", "EXP040"),
        ("required: true", "SEQ212"),
    ],
)
def test_a_faulty_reading_is_one_error(body: str, code: str) -> None:
    found = [item for item, _ in faults(document(body))]
    assert found == ([code] if body != "required: true" else [code, code])


def test_a_tolerance_cannot_be_swept() -> None:
    more = "parameters: {x: 1 s}\nsweep: [{x: [1 s, 2 s]}]\n"
    assert [code for code, _ in faults(document("record: 5 Hz\n    tolerance: x", more=more))] == ["SEQ224"]


def test_recording_faster_than_the_channel_updates_is_a_warning() -> None:
    plan, report = compiled(document("record: 100 Hz"))
    assert plan is not None
    assert [item.code for item in report.warnings] == ["SEQ412"]


def calls(body: str, more: str = "", shot: int = 1) -> list[tuple[float, str, dict[str, Any]]]:
    plan = plan_of(document(body, "box", more))
    return [
        (call.target_ns / MS, call.command.name, dict(call.arguments))
        for call in plan.shot(shot).segments[0].ports["D"].calls
    ]


def test_a_command_is_called_at_the_start_of_its_step() -> None:
    assert calls("call: {b: kick(2 V)}") == [(100, "kick", {"voltage": 2.0})]


def test_a_command_may_be_called_at_a_place_and_several_in_a_step() -> None:
    found = calls("call: {b: [{do: kick(1 V), at: end}, 'kick(voltage=2 V, gas=He)', 'kick(3 V, \"N2\")']}")
    assert found == [
        (100, "kick", {"voltage": 2.0, "gas": "He"}),
        (100, "kick", {"voltage": 3.0, "gas": "N2"}),
        (300, "kick", {"voltage": 1.0}),
    ]


def test_arguments_follow_the_sweep() -> None:
    more = "parameters: {u: 1 V}\nlabels: {gas: He}\nsweep: [{u: [1 V, 2 V], gas: [He, N2]}]\n"
    assert calls("call: {a: 'kick(u * 2, gas)'}", more, 2) == [(0, "kick", {"voltage": 4.0, "gas": "N2"})]


@pytest.mark.parametrize(
    ("call", "code"),
    [
        ("kik(1 V)", "SEQ222"),
        ("kick", "SEQ222"),
        ("kick()", "SEQ222"),
        ("kick(1 V, He, 3)", "SEQ222"),
        ("kick(1 V, volt=3)", "SEQ222"),
        ("kick(1 V, voltage=2 V)", "SEQ222"),
        ("kick(1 K)", "EXP040"),
        ("kick(9 V)", "SEQ401"),
        ("kick(1 V, gas=Xe)", "SEQ219"),
        ("kick(1 V", "EXP001"),
        ("kick(u)", "EXP020"),
    ],
)
def test_a_faulty_call_is_one_error(call: str, code: str) -> None:
    assert [item for item, _ in faults(document(f"call:\n      b: '{call}'", "box"))] == [code]
