"""Two plans side by side."""

from dataclasses import replace

from tests.plan.table import demo_table, plan_of
from tests.plan.test_digest import TEXT

from shotlane.model import ChannelTable
from shotlane.plan import Comparison, Difference, Verdict, compare_plans

BOX = """\
sequence: box
parameters: {x: 1 V}
timeline: [{a: 1 s}, {b: 2 s}]
lanes:
  box.level: {set: {a: x, b: 2 V}, record: 5 Hz}
  box.fine: {set: {a: x, b: 0 V}}
  box: {call: {a: kick(1 V)}}
"""


def compared(one: str, other: str, table: ChannelTable | None = None) -> Comparison:
    return compare_plans(plan_of(one), plan_of(other, table=table))


def told(one: str, other: str) -> list[tuple[int | None, str | None, str | None, str]]:
    result = compared(one, other)
    assert result.verdict is Verdict.DIFFERENT
    assert result.count == len(result.planned)
    return [(item.shot, item.lane, item.step, item.message) for item in result.planned]


def test_a_plan_is_identical_when_it_does_the_same_and_what_was_written_is_told() -> None:
    result = compared(TEXT, TEXT.replace("T_soak: 60 degC", "T_soak: 61 degC"))
    assert compared(TEXT, TEXT).verdict is Verdict.IDENTICAL
    assert compared(TEXT, TEXT).written == ()
    assert result.verdict is Verdict.IDENTICAL
    assert result.written == ("parameters.T_soak: 60 degC -> 61 degC",)


def test_a_changed_value_is_told_by_shot_lane_and_step() -> None:
    assert told(BOX, BOX.replace("2 V}, record", "2.5 V}, record")) == [
        (1, "box.level", "b", "set to 2 -> 2.5 at 1 s")
    ]


def test_values_within_a_resolution_step_are_counted() -> None:
    table = demo_table()
    finer = replace(table.channels["box.fine"].attribute, resolution=0.05)
    channels = {**table.channels, "box.fine": replace(table.channels["box.fine"], attribute=finer)}
    one = plan_of(BOX.replace("0 V}", "0.12 V}"))
    other = plan_of(BOX.replace("0 V}", "0.15 V}"), table=replace(table, channels=channels))
    result = compare_plans(one, other)
    assert [item.message for item in result.planned] == ["its limits, unit, resolution or safe value differ"]
    nudged = compare_plans(one, plan_of(BOX.replace("0 V}", "0.2 V}")))
    assert (nudged.verdict, nudged.within) == (Verdict.EQUAL, 1)


def test_steps_readings_calls_and_lanes_are_told() -> None:
    found = told(BOX, BOX.replace("b: 2 s", "b: 3 s").replace("5 Hz", "4 Hz").replace("kick(1", "kick(2"))
    assert found == [
        (1, None, "b", "lasts 2 s -> 3 s"),
        (1, "box.level", "a", "readings differ"),
        (1, "box", "a", "calls differ"),
    ]
    without = BOX.replace("  box.fine: {set: {a: x, b: 0 V}}\n", "")
    assert Difference("only in the first", lane="box.fine") in compared(BOX, without).planned


def test_parameters_and_the_number_of_shots_are_told() -> None:
    sweep = "sweep: [{x: [1 V, 3 V]}]\n"
    assert [item.message for item in compared(BOX, BOX + sweep).planned] == ["1 shots -> 2 shots"]
    found = told(BOX + sweep, BOX + sweep.replace("3 V", "4 V"))
    assert found[0] == (2, None, None, "parameter x: 3 -> 4")
