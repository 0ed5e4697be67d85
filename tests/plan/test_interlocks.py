"""Interlocks of the sequence and of the station."""

from dataclasses import replace

import pytest
from tests.plan.table import S, compiled, demo_table, faults, plan_of

from shotlane.diagnostics import Report
from shotlane.document import read_text
from shotlane.model import load_sequence
from shotlane.plan import CompiledPlan, StationRules, compile_sequence, station_interlocks

HEAD = "sequence: test\nparameters: {T: 90 degC}\ntimeline: [{a: 1 s}]\n"


def rules(text: str) -> StationRules:
    document = read_text(f"station: demo\ninterlocks:\n{text}", "demo.yaml", Report())
    assert document is not None
    return StationRules(document, document.data["interlocks"])


def guarded(text: str, station: str) -> tuple[CompiledPlan | None, Report]:
    report = Report()
    document = read_text(text, "test.yaml", report)
    assert document is not None
    sequence = load_sequence(document, report)
    assert sequence is not None
    return compile_sequence(sequence, document, demo_table(), report, rules=rules(station)), report


def test_an_interlock_has_its_times_and_polls_what_it_looks_at() -> None:
    text = HEAD + "interlocks: {hot: {when: furnace.temperature > T, for: 2 s, blind: 3 s}}\n"
    plan = plan_of(text)
    (found,) = plan.shot(1).interlocks
    assert (found.name, found.hold_ns, found.blind_ns) == ("sequence.hot", 2 * S, 3 * S)
    assert found.polls == {0: S}
    assert found.condition.evaluate([400.0]) is True
    assert ([item.name for item in plan.channels], plan.roles) == (["furnace.temperature"], ("furnace",))


def test_a_window_is_polled_often_enough_to_be_covered() -> None:
    text = HEAD + "interlocks: {runaway: 'slope(furnace.temperature, 0.8 s) > 5 K/s'}\n"
    (found,) = plan_of(text).shot(1).interlocks
    assert found.polls == {0: S // 5}


def test_its_channels_come_after_those_of_the_lanes() -> None:
    lanes = "lanes: {gas.flow: {record: 1 Hz}}\ninterlocks: {hot: furnace.temperature > T}\n"
    plan = plan_of(HEAD + lanes)
    assert [item.name for item in plan.channels] == ["gas.flow", "furnace.temperature"]
    assert plan.roles == ("furnace", "gas")
    assert [lane.channel for lane in plan.lanes] == [0, 1]


def test_station_and_sequence_add_up_under_their_own_names() -> None:
    text = HEAD + "interlocks: {hot: furnace.temperature > T}\n"
    plan, report = guarded(text, "  hot: furnace.temperature > 200 degC\n")
    assert plan is not None, list(report)
    assert [item.name for item in plan.shot(1).interlocks] == ["station.hot", "sequence.hot"]


def test_interlocks_of_a_station_hold_for_a_sequence_that_names_none() -> None:
    plan, _ = guarded(HEAD, "  hot: furnace.temperature > 200 degC\n")
    assert plan is not None
    assert plan.roles == ("furnace",)
    assert plan.shot(1).digest != plan_of(HEAD).shot(1).digest


def test_those_of_a_station_know_no_parameters() -> None:
    _, report = guarded(HEAD, "  hot: furnace.temperature > T\n")
    assert [(item.code, str(item.span)) for item in report.errors] == [("EXP020", "demo.yaml:3:30")]


@pytest.mark.parametrize(
    ("more", "wait", "blind"),
    [
        ("", "6 s", "5 s"),
        (", blind: 1 min", "1 h", "60 s"),
        (", blind: 1 min", "1 min", None),
        ("", "0 s", None),
    ],
)
def test_a_wait_that_an_interlock_cuts_short_is_warned_of(more: str, wait: str, blind: str | None) -> None:
    rule = f"interlocks: {{hot: {{when: furnace.temperature > T{more}}}}}\n"
    plan, report = compiled(f"{HEAD}retry: {{wait: {wait}}}\n{rule}")
    assert plan is not None
    found = [item for item in report.warnings if item.code == "SEQ414"]
    assert len(found) == (blind is not None)
    for item in found:
        assert str(item.span) == "test.yaml:4:15"
        assert f"furnace.temperature had no valid reading for {blind}" in item.message


def test_a_wait_that_an_interlock_of_the_station_cuts_short_is_warned_of() -> None:
    _, report = guarded(HEAD + "retry: {wait: 1 h}\n", "  hot: furnace.temperature > 200 degC\n")
    assert [item.code for item in report.warnings] == ["SEQ414"]


def test_a_station_is_checked_without_a_sequence() -> None:
    report = Report()
    found = station_interlocks(rules("  hot: gas.flow > 1 K\n"), demo_table(), report)
    assert found == ()
    assert [item.code for item in report.errors] == ["EXP030"]


@pytest.mark.parametrize(
    ("condition", "code"),
    [
        ("furnace.temp > T", "EXP050"),
        ("gas.shutoff", "EXP050"),
        ("furnace.temperature > 1 K/s", "EXP030"),
        ("box.gas == 'helium'", "EXP053"),
        ("T > 5 degC", "EXP051"),
        ("furnace.temperature", "EXP031"),
    ],
)
def test_a_condition_that_cannot_be_watched_is_told_once(condition: str, code: str) -> None:
    assert [item for item, _ in faults(f'{HEAD}interlocks:\n  x: "{condition}"\n')] == [code]


@pytest.mark.parametrize("condition", ["box.gate", "not box.gate", "box.gas == 'He'", "box.note != ''"])
def test_truths_options_and_texts_can_be_watched(condition: str) -> None:
    assert faults(f'{HEAD}interlocks:\n  x: "{condition}"\n') == []


def test_a_channel_of_a_faulty_role_is_not_blamed() -> None:
    table = replace(demo_table(), faulty=frozenset({"oven"}))
    assert faults(HEAD + "interlocks: {x: oven.temperature > T}\n", table=table) == []


def test_the_summary_says_how_long_it_takes_at_worst() -> None:
    lanes = "lanes: {balance: {call: {a: tare()}}}\n"
    text = HEAD + lanes + "interlocks: {hot: {when: furnace.temperature > T, for: 2 s}}\n"
    (found,) = plan_of(text).summary.live.interlocks
    # a poll, the longest exchange (the balance), and the hold
    assert found.delay_ns == S + 3 * S + 2 * S


def test_digests_hang_on_interlocks() -> None:
    one = plan_of(HEAD + "interlocks: {hot: furnace.temperature > T}\n").shot(1).digest
    other = plan_of(HEAD + "interlocks: {hot: {when: furnace.temperature > T, blind: 4 s}}\n").shot(1).digest
    assert len({one, other, plan_of(HEAD).shot(1).digest}) == 3


def test_the_report_of_a_sound_interlock_is_empty() -> None:
    _, report = compiled(HEAD + "interlocks: {hot: 'slope(furnace.temperature, 2 s) > 5 K/s'}\n")
    assert len(report) == 0
