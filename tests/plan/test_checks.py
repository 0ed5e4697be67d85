"""What is checked at every point of the sweep, and what stays silent."""

import pytest
from tests.plan.table import attribute, build_table, compiled, faults, line, plan_of, sequence, sets
from tests.plan.test_set import STEPS, lane

SWEPT = "parameters: {x: 1 V}\nsweep: [{x: [1 V, 20 V, 3 V, 30 V]}]\n"


def test_a_limit_exceeded_at_some_points_is_one_diagnostic_that_names_the_first() -> None:
    _, report = compiled(SWEPT + lane("a: 0 V\nb: x"))
    assert [(item.code, line(item)) for item in report.errors] == [("SEQ401", 12)]
    message = report.errors[0].message
    assert "20 V" in message
    assert "10 V" in message
    assert "shot 2 of 4 (x = 20 V), and at 1 more" in message


def test_a_limit_exceeded_everywhere_names_no_point() -> None:
    _, report = compiled(SWEPT.replace("[1 V, 20 V, 3 V, 30 V]", "[1 V, 2 V]") + lane("a: -11 V"))
    assert "shot" not in report.errors[0].message
    assert "-10 V" in report.errors[0].message


def test_a_value_at_its_limit_is_sound_as_it_is_sent() -> None:
    plan_of(lane("a: 10 V\nb: -10000 mV\nc: 10.0000000000000001 V"))
    plan_of(lane("a: 473.15 K", channel="furnace.setpoint"))


@pytest.mark.parametrize(
    ("unit", "written", "told"),
    [
        ("degC", "60 K", "is 60 degC meant, and not 60 K?"),
        ("degC", "T", "is 60 degC meant, and not 60 K?"),
        ("degF", "60 K", "is 60 degF meant, and not 60 K?"),
        ("K", "60 degC", "is 60 K meant, and not 60 degC?"),
        ("degC", "5 K", None),  # 5 degC is no better
        ("degC", "-100 degC", None),
        ("K", "200 degF", None),
        ("V", "300 V", None),
    ],
)
def test_a_temperature_written_in_the_other_scale_is_asked_about(
    unit: str, written: str, told: str | None
) -> None:
    table = build_table({"it": ("A", [attribute("level", unit=unit, low=10.0, high=200.0, safe=20.0)])})
    _, report = compiled("parameters: {T: 60 K}\n" + lane(f"a: {written}", channel="it.level"), table=table)
    (error,) = report.errors
    assert error.code == "SEQ401"
    assert (error.help or "").endswith(told or "`when` keeps a point out of a sweep")


def test_a_function_is_checked_at_every_tick_and_at_its_end() -> None:
    _, report = compiled(lane("b: t * 100 V/s\nc: 0 V", more="    every: 50 ms\n"))
    assert [item.code for item in report.errors] == ["SEQ401"]
    assert "0.15 s after its cell began" in report.errors[0].message
    assert faults(lane("b: t * 50.1 V/s", more="    every: 50 ms\n")) == [("SEQ401", 9)]


def test_the_ends_of_ramps_and_points_are_checked_where_they_are_written() -> None:
    assert faults(lane("a: 0 V\nb: ramp(11 V)\nc: ramp(0 V)", more="    every: 50 ms\n")) == [("SEQ401", 10)]
    assert faults(lane("a: 0 V\nb: ramp()\nc: 12 V", more="    every: 50 ms\n")) == [("SEQ401", 11)]
    assert faults(lane("a: 0 V", more="    initial: 12 V\n")) == [("SEQ401", 10)]
    points = "b:\n  - {at: 0 s, value: 11 V}"
    assert faults(lane(points, more="    every: 50 ms\n")) == [("SEQ401", 10)]


def test_a_value_that_is_not_finite_at_one_point() -> None:
    text = SWEPT.replace("20 V", "0 V").replace("30 V", "4 V") + lane("a: 0 V\nb: 1 V * (1 V / x)")
    _, report = compiled(text)
    assert [(item.code, line(item)) for item in report.errors] == [("SEQ402", 12)]
    assert "shot 2 of 4" in report.errors[0].message


def test_a_label_that_is_no_option_at_one_point() -> None:
    more = "labels: {gas: He}\nsweep: [{gas: [He, Xe]}]\n"
    _, report = compiled(more + lane("a: gas", channel="box.gas"))
    assert [(item.code, line(item)) for item in report.errors] == [("SEQ404", 11)]
    assert "'Xe'" in report.errors[0].message


def test_two_commands_closer_than_update_are_one_error_at_the_second_cell() -> None:
    text = lane("a: 1 V\nb: 2 V\nc: 3 V", channel="box.slow").replace("200 ms", "50 ms")
    assert faults(text) == [("SEQ403", 11)]


def test_a_clash_at_one_point_of_the_sweep_names_it() -> None:
    head = "parameters: {hold: 1 s}\nsweep: [{hold: [1 s, 20 ms, 1 s]}]\n"
    text = head + lane("a: 1 V\nb: 2 V\nc: 3 V", channel="box.slow").replace("200 ms", "hold")
    _, report = compiled(text)
    assert [(item.code, line(item)) for item in report.errors] == [("SEQ403", 13)]
    assert "shot 2 of 3 (hold = 20 ms)".replace("20 ms", "0.02 s") in report.errors[0].message


def test_equal_values_are_no_command_and_cannot_clash() -> None:
    text = lane("a: 1 V\nb: 2 V\nc: 2 V", channel="box.slow").replace("200 ms", "50 ms")
    plan_of(text)


def test_an_interval_shorter_than_update_is_told_at_every() -> None:
    text = lane("a: 0 V\nb: ramp(1 V)", channel="box.slow", more="    every: 50 ms\n")
    assert faults(text) == [("SEQ403", 11)]


def test_a_pulse_that_is_too_fast_for_its_channel() -> None:
    table = build_table({"box": ("D", [attribute("gate", "bool", safe=False, update_ns=10_000_000)])})
    text = lane("a: off\nb: pulse(1 ms)", channel="box.gate")
    assert faults(text, table=table) == [("SEQ403", 10)]


@pytest.mark.parametrize(
    ("cells", "channel", "code"),
    [
        ("b: pulse(0 s)", "box.gate", "SEQ216"),
        ("b: pulse(1 ms, duty=2)", "box.gate", "SEQ216"),
        ("b: pulse()", "box.gate", "SEQ216"),
        ("b: pulse(1 V)", "box.gate", "EXP040"),
        ("b: pulse(1 ms, 2, 3 s, 4)", "box.gate", "SEQ216"),
        ("b: pulse(1 ns)", "box.gate", "SEQ216"),
        ("b: pulse(1 ms)", "box.level", "SEQ216"),
        ("b: ramp(1)", "box.gate", "SEQ216"),
        ("b: 1 V", "box.gate", "EXP040"),
        ("b: on", "box.level", "EXP040"),
        ("b: 5", "box.level", "EXP040"),
        ("b: 5 K", "furnace.setpoint", "SEQ401"),
        ("b: 30 degC - 20 degC", "furnace.setpoint", "EXP040"),
        ("b: tare()", "box.level", "SEQ216"),
        ("b: U", "box.level", "EXP020"),
        ("b: Xe", "box.gas", "SEQ219"),
        ("b: 1 V +", "box.level", "EXP001"),
        ("x: 1 V", "box.level", "SEQ213"),
        ("a..b: 1 V\nb: 1 V", "box.level", "SEQ214"),
        ("b: []", "box.level", "SEQ223"),
        ("{}", "box.level", "SEQ212"),
    ],
)
def test_a_faulty_cell_is_one_error(cells: str, channel: str, code: str) -> None:
    assert [item for item, _ in faults(lane(cells, channel=channel))] == [code]


def test_a_bare_number_is_told_how_to_write_it() -> None:
    _, report = compiled(lane("a: 60", channel="furnace.setpoint"))
    assert "60 degC" in str(report.errors[0].help)


@pytest.mark.parametrize(
    ("lanes", "code", "said"),
    [
        ("  furnce.setpoint: {set: 1 V}\n", "SEQ210", "furnace"),
        ("  furnace.setpiont: {set: 1 V}\n", "SEQ210", "furnace.setpoint"),
        ("  balanc: {call: {a: tare()}}\n", "SEQ210", "balance"),
        ("  furnace.temperature: {set: 20 degC}\n", "SEQ211", "record"),
        ("  gas.shutoff: {record: 5 Hz}\n", "SEQ211", ""),
        ("  gas.shutoff: {read: [a]}\n", "SEQ211", ""),
        ("  box: {set: 1 V}\n", "SEQ211", ""),
        ("  box.level: {call: {a: kick(1 V)}}\n", "SEQ211", ""),
        ("  box.level: {description: nothing}\n", "SEQ212", ""),
        ("  box: {description: nothing}\n", "SEQ212", ""),
        ("  box: {call: {a: kick(1 V)}, every: 5 ms}\n", "SEQ212", ""),
        ("  box.level: {set: 1 V, required: true}\n", "SEQ212", ""),
        ("  box.level: {set: 1 V, every: 0 s}\n", "SEQ224", ""),
        ("  box.level: {set: 1 V, every: 5}\n", "EXP040", "5 s"),
    ],
)
def test_a_lane_that_cannot_be(lanes: str, code: str, said: str) -> None:
    _, report = compiled(sequence(steps=STEPS, lanes=lanes))
    assert [item.code for item in report.errors] == [code]
    assert said in str(report.errors[0].help)


def test_channels_without_safe_value_and_limits_are_warned_about_at_the_lane() -> None:
    plan, report = compiled(lane("a: 1 V", channel="box.open"))
    assert plan is not None
    assert [(item.code, line(item)) for item in report.warnings] == [("SEQ410", 7), ("SEQ411", 7)]


def test_otherwise_that_covers_nothing_is_warned_about() -> None:
    _, report = compiled(lane("a..c: 1 V\notherwise: 2 V"))
    assert [item.code for item in report.warnings] == ["SEQ212"]


def test_a_faulty_duration_hides_nothing_that_needs_no_time() -> None:
    text = lane("a: 1 V\nb: 11 V\nc: 2 K\nx: 1 V").replace("200 ms", "200 V")
    assert faults(text) == [("EXP040", 4), ("SEQ401", 10), ("EXP040", 11), ("SEQ213", 12)]


def test_cells_of_a_step_that_was_faulty_are_not_blamed() -> None:
    text = lane("a: 1 V\nb: 2 V\nend: 3 V").replace("- c:", "- end:")
    assert faults(text) == [("SEQ202", 5)]


def test_ten_mistakes_give_ten_diagnostics() -> None:
    text = """\
sequence: many
description: Ten mistakes.
parameters:
  T_soak: 60 degC
  loop: pool * 2
  pool: loop
  u: 1 V
timeline:
  - a: 1 s
  - b: 2 V
lanes:
  furnace.setpoint:
    sett: {a: T_soak}
  furnace.temprature:
    record: 5 Hz
  furnace.temperature:
    set: {a: T_soak}
  box.level:
    set:
      a: u
      b: u * loop
  box.fine:
    set:
      a: ramp()
      b: 1 V
    every: 50 ms
  box.gate:
    set:
      a: on +
  box.gas:
    set:
      a: He
      a: Ar
sweep:
  - {T_soak: [40 degC, 60 degC], pool: [1]}
  - u: [1 V, 2 V, 30 V]
"""
    assert faults(text) == [
        ("SEQ206", 5),
        ("EXP040", 10),
        ("SEQ101", 13),
        ("SEQ210", 14),
        ("SEQ211", 17),
        ("SEQ401", 20),
        ("SEQ215", 24),
        ("EXP001", 29),
        ("YAML002", 33),
        ("SEQ303", 35),
    ]


def test_points_without_sound_times_do_not_hide_what_is_wrong_at_others() -> None:
    head = "parameters: {hold: 1 s}\nsweep: [{hold: [-1 s, 20 ms, 1 s]}]\n"
    text = head + lane("a: 1 V\nb: 2 V\nc: 3 V", channel="box.slow").replace("200 ms", "hold")
    _, report = compiled(text)
    assert [(item.code, line(item)) for item in report.errors] == [("SEQ204", 6), ("SEQ403", 13)]
    assert "shot 2 of 3" in report.errors[1].message


def test_a_fault_of_otherwise_counts_every_point_once() -> None:
    _, report = compiled(SWEPT + lane("b: 1 V\notherwise: x"))
    assert "shot 2 of 4 (x = 20 V), and at 1 more" in report.errors[0].message


def test_a_text_channel_starts_from_its_safe_text() -> None:
    plan = plan_of(lane("a: first", channel="box.note") + "  box.gas:\n    set: {b: He}\n")
    assert [item.value for item in plan.shot(1).initial] == ["first", "N2"]
    held = plan_of(lane("b: later", channel="box.note"))
    assert held.shot(1).initial[0].value == ""
    assert [held.texts[int(code)] for _, code in sets(held, "box.note")] == ["later"]


def test_a_first_step_of_no_length_leaves_the_start_to_the_next() -> None:
    text = "parameters: {wait: 1 s}\nsweep: [{wait: [0 s, 100 ms]}]\n"
    plan = plan_of(text + lane("a: 1 V\nb: 2 V").replace("a: 100 ms", "a: wait"))
    assert [shot.initial[0].value for shot in plan.shots()] == [2.0, 1.0]
    assert [sets(plan, "box.level", shot) for shot in (1, 2)] == [[], [(100.0, 2.0)]]
