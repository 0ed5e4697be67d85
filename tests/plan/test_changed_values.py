"""What rounding makes of values that were written: told once a lane, where it is not what was asked."""

import pytest
from tests.plan.table import attribute, build_table, compiled, line

from shotlane.model import Channel, ChannelTable, Grid

STEPS = "timeline: [{a: 1 s}, {b: 1 s}]\n"


def table() -> ChannelTable:
    box = [
        attribute("att", unit="dB", low=0.0, high=31.5, safe=0.0, resolution=0.5),
        attribute("power", unit="W", low=0.0, high=2.0, safe=0.0, resolution=1e-3, update_ns=100_000_000),
        attribute("heat", unit="degC", low=0.0, high=100.0, safe=20.0, resolution=0.1),
        attribute("count", "int", low=0.0, high=100.0, safe=0),
    ]
    made = build_table({"box": ("A", box)})
    raws, values = (0.0, 10.0), (0.0, 40.0)
    grid = Grid(0.5, box[0].unit, box[0].unit, raws, values, 0.0, 10.0)
    alias = attribute("rf.att", unit="dB", low=0.0, high=40.0, safe=0.0, grid=grid)
    channels = {**made.channels, "rf.att": Channel("box", alias, "A", target="box.v")}
    return ChannelTable("demo", channels, made.roles)


def told(lanes: str, more: str = "") -> list[str]:
    text = f"sequence: t\n{more}{STEPS}lanes:\n{lanes}"
    plan, report = compiled(text, table=table())
    assert plan is not None, [item.message for item in report]
    assert {item.code for item in report.warnings} <= {"SEQ406"}
    return [item.message for item in report.warnings]


def swept(channel: str, values: str, first: str) -> list[str]:
    more = f"parameters: {{x: {first}}}\nsweep: [{{x: {values}}}]\n"
    return told(f"  {channel}: {{set: x}}\n", more)


def test_a_value_that_becomes_zero_is_told_with_its_shot() -> None:
    assert swept("box.power", "[0 W, 5 mW, 0.4 mW]", "1 mW") == [
        "'box.power' is asked for 0.0004 W and set to 0 W: its resolution is 0.001 W,"
        " at shot 3 of 3 (x = 0.4 mW)"
    ]


def test_two_points_that_become_one_are_told_with_both_shots() -> None:
    assert swept("box.att", "[3.5 dB, 3.1 dB, 7 dB, 3.2 dB]", "1 dB") == [
        "'box.att' is set to 3 dB in shots 2 and 4, which ask for 3.1 dB and 3.2 dB: its resolution is 0.5 dB"
    ]


def test_a_value_that_moves_is_told() -> None:
    assert told("  box.att: {set: {a: 6.6 dB}}\n") == [
        "'box.att' is asked for 6.6 dB and set to 6.5 dB: its resolution is 0.5 dB"
    ]


def test_an_alias_is_told_in_its_own_values() -> None:
    assert told("  rf.att: {set: {a: 6.6 dB}}\n") == [
        "'rf.att' is asked for 6.6 dB and set to 6 dB: its resolution is 0.5 dB of 'box.v'"
    ]


def test_a_lane_is_told_of_once_by_the_worst_and_the_first() -> None:
    (message,) = told("  box.att: {initial: 0.1 dB, set: {a: 6.6 dB, b: 7.7 dB}}\n")
    assert "0.1 dB and set to 0 dB" in message
    (message,) = told("  box.att: {set: {a: 7.7 dB, b: 6.6 dB}}\n")
    assert "7.7 dB" in message


def test_the_place_is_that_of_the_value() -> None:
    text = f"sequence: t\n{STEPS}lanes:\n  box.att:\n    set:\n      a: 1 dB\n      b: 6.6 dB\n"
    (item,) = compiled(text, table=table())[1].warnings
    assert line(item) == 7


@pytest.mark.parametrize(
    ("lane", "more"),
    [
        ("box.att: {set: {a: 3.5 dB, b: 0 dB}}", ""),
        ("box.power: {set: {a: 0.3337 W}}", ""),  # less than 1 %
        ("box.power: {initial: 0 W, set: {a: ramp(0.1 mW + 1.9 W)}}", ""),  # ticks are rounded as is meant
        ("box.heat: {set: {a: 0.04 degC, b: 20.04 degC}}", ""),  # zero of degC is a value like others
        ("box.att: {set: {a: 0.3 dB - 0.2 dB - 0.1 dB}}", ""),  # nothing but the last bits
        ("box.att: {set: x}", "parameters: {x: 1 dB}\nsweep: [{x: [1 dB, 2 dB]}, {repeat: 2}]\n"),
        # Two axes make one value: several of them are near each other by right.
        (
            "box.att: {set: x + y}",
            "parameters: {x: 10 dB, y: 0 dB}\nsweep: [{x: [10 dB, 20 dB]}, {y: [0 dB, 0.1 dB]}]\n",
        ),
        ("box.count: {set: x}", "parameters: {x: 1}\nsweep: [{x: [1, 2, 3]}]\n"),
    ],
)
def test_what_is_as_it_was_asked_is_not_told(lane: str, more: str) -> None:
    assert told(f"  {lane}\n", more) == []


def test_points_of_different_stretches_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shotlane.plan._program.CHECKED", 2)
    values = ", ".join(f"{n / 2} dB" for n in range(1, 60))
    (message,) = swept("box.att", f"[{values}, 3.1 dB]", "1 dB")
    assert "in shots 6 and 60" in message
