"""What is sent over time: the rules of `set`, one by one."""

import pytest
from tests.plan.table import demo_table, faults, plan_of, sequence, sets

STEPS = """\
  - a: 100 ms
  - b: 200 ms
  - c: 300 ms
"""


def lane(cells: str, *, channel: str = "box.level", more: str = "") -> str:
    """A document with one lane; cells are lines `step: value`."""
    body = "".join(f"      {line}\n" for line in cells.strip().splitlines())
    return sequence(steps=STEPS, lanes=f"  {channel}:\n    set:\n{body}{more}")


def test_a_constant_is_sent_once_where_its_cell_begins() -> None:
    plan = plan_of(lane("a: 1 V\nb: 2 V\nc: 3 V"))
    assert sets(plan, "box.level") == [(100.0, 2.0), (300.0, 3.0)]


def test_set_up_writes_the_value_at_t_0_and_counts_as_sent() -> None:
    plan = plan_of(lane("a: 1 V\nb: 2 V"))
    assert [item.value for item in plan.shot(1).initial] == [1.0]
    assert sets(plan, "box.level") == [(100.0, 2.0)]


def test_a_stated_initial_value_makes_the_first_cell_send() -> None:
    plan = plan_of(lane("a: 1 V", more="    initial: 4 V\n"))
    assert [item.value for item in plan.shot(1).initial] == [4.0]
    assert sets(plan, "box.level") == [(0.0, 1.0)]


def test_initial_keep_writes_nothing_and_sends_the_first_value() -> None:
    plan = plan_of(lane("b: 1 V", more="    initial: keep\n"))
    assert plan.shot(1).initial == ()
    assert sets(plan, "box.level") == [(100.0, 1.0)]


def test_without_a_cell_at_the_start_set_up_writes_the_safe_value() -> None:
    plan = plan_of(lane("b: 1 V"))
    assert [item.value for item in plan.shot(1).initial] == [0.0]
    assert sets(plan, "box.level") == [(100.0, 1.0)]


def test_without_a_safe_value_a_diagnostic_asks_for_the_initial_one() -> None:
    assert faults(lane("b: 1 V", channel="box.open")) == [("SEQ218", 7)]


def test_a_step_without_a_cell_holds_the_last_value() -> None:
    assert sets(plan_of(lane("a: 1 V\nc: 3 V")), "box.level") == [(300.0, 3.0)]


def test_a_value_equal_to_the_last_one_sent_is_not_sent_again() -> None:
    assert sets(plan_of(lane("a: 1 V\nb: 1 V\nc: 2 V")), "box.level") == [(300.0, 2.0)]


def test_a_span_covers_its_steps_from_first_to_last() -> None:
    assert sets(plan_of(lane("a: 1 V\nb..c: 2 V")), "box.level") == [(100.0, 2.0)]


def test_otherwise_is_one_cell_per_unbroken_stretch() -> None:
    plan = plan_of(lane("b: 2 V\notherwise: t * 1 V/s", more="    every: 50 ms\n"))
    assert sets(plan, "box.level") == [
        (50.0, 0.05), (100.0, 2.0), (300.0, 0.0), (350.0, 0.05), (400.0, 0.1), (450.0, 0.15), (500.0, 0.2),
        (550.0, 0.25), (600.0, 0.3),
    ]  # fmt: skip


def test_a_bare_value_is_one_cell_over_the_whole_shot() -> None:
    plan = plan_of(sequence(steps=STEPS, lanes="  box.level:\n    set: t / 1 s * 1 V\n    every: 400 ms\n"))
    assert sets(plan, "box.level") == [(400.0, 0.4), (600.0, 0.6)]


def test_t_counts_from_the_start_of_the_cell_and_duration_is_its_length() -> None:
    plan = plan_of(lane("a: 0 V\nb: t / duration * 1 V\nc: 0 V", more="    every: 100 ms\n"))
    assert sets(plan, "box.level") == [(200.0, 0.5), (300.0, 0.0)]


def test_a_function_of_duration_alone_is_sent_once() -> None:
    assert sets(plan_of(lane("b: duration / 1 s * 1 V")), "box.level") == [
        (100.0, 0.2),
    ]


def test_the_last_value_of_a_changing_cell_is_sent_where_no_cell_follows() -> None:
    plan = plan_of(lane("b: t * 1 V/s\nc: 0 V", more="    every: 100 ms\n"))
    assert sets(plan, "box.level") == [(200.0, 0.1), (300.0, 0.0)]
    held = plan_of(lane("b: t * 1 V/s", more="    every: 100 ms\n"))
    assert sets(held, "box.level") == [(200.0, 0.1), (300.0, 0.2)]


def test_the_last_value_belongs_to_the_step_that_ends() -> None:
    plan = plan_of(lane("b: t * 1 V/s", more="    every: 100 ms\n"))
    table = plan.shot(1).segments[0].ports["D"].actions
    assert table.rank.tolist() == [1, 0]
    assert table.periodic.tolist() == [True, False]


def test_ticks_leave_at_least_update_to_the_end_of_their_cell() -> None:
    plan = plan_of(lane("a: 0 V\nb..c: t * 1 V/s", channel="box.slow", more="    every: 120 ms\n"))
    # 500 ms long, update 100 ms: ticks at 120, 240 and 360, not at 480; then the end.
    assert [at for at, _ in sets(plan, "box.slow")] == [220.0, 340.0, 460.0, 600.0]


def test_every_defaults_to_update() -> None:
    plan = plan_of(lane("a: 0 V\nb..c: t * 1 V/s", channel="box.slow"))
    assert [at for at, _ in sets(plan, "box.slow")] == [200.0, 300.0, 400.0, 500.0, 600.0]


def test_a_changing_value_without_every_and_update_is_an_error() -> None:
    assert faults(lane("a: 0 V\nb: t * 1 V/s")) == [("SEQ217", 10)]


def test_values_are_rounded_to_the_resolution_and_sent_when_they_differ_by_it() -> None:
    plan = plan_of(lane("a: 0 V\nb: t * 1 V/s", channel="box.fine", more="    every: 20 ms\n"))
    # 0.02, 0.04 round to 0; 0.06 to 0.1; 0.16 to 0.2.
    assert sets(plan, "box.fine") == [(160.0, 0.1), (260.0, 0.2)]


def test_a_zero_length_cell_sends_nothing() -> None:
    text = lane("a: 1 V\nb: 2 V\nc: 3 V").replace("200 ms", "0 s")
    assert sets(plan_of(text), "box.level") == [(100.0, 3.0)]


def test_an_end_value_is_sent_before_a_zero_length_cell_at_the_end_of_the_shot() -> None:
    text = lane("b: t * 1 V/s\nc: 7 V", more="    every: 100 ms\n").replace("300 ms", "0 s")
    assert sets(plan_of(text), "box.level") == [(200.0, 0.1), (300.0, 0.2)]


def test_booleans_take_on_off_conditions_and_parameters() -> None:
    plan = plan_of(lane("a: on\nb: 1 V > 2 V\nc: lit", channel="box.gate").replace(
        "timeline:", "parameters: {lit: true}\ntimeline:"))  # fmt: skip
    assert plan.shot(1).initial[0].value is True
    assert sets(plan, "box.gate") == [(100.0, 0.0), (300.0, 1.0)]


def test_a_condition_of_t_is_evaluated_every_so_often() -> None:
    plan = plan_of(lane("a: off\nb: t > 90 ms\nc: off", channel="box.gate", more="    every: 50 ms\n"))
    assert sets(plan, "box.gate") == [(200.0, 1.0), (300.0, 0.0)]


def test_edges_of_a_pulse_are_exact() -> None:
    plan = plan_of(lane("a: off\nb: pulse(70 ms, duty=0.3)\nc: off", channel="box.gate"))
    edges = [(100.0, 1.0), (121.0, 0.0), (170.0, 1.0), (191.0, 0.0), (240.0, 1.0), (261.0, 0.0)]
    assert sets(plan, "box.gate") == edges


def test_the_phase_of_a_pulse_delays_it_and_earlier_pulses_reach_in() -> None:
    plan = plan_of(lane("a: off\nb: pulse(100 ms, duty=0.5, phase=20 ms)\nc: off", channel="box.gate"))
    assert sets(plan, "box.gate") == [(120.0, 1.0), (170.0, 0.0), (220.0, 1.0), (270.0, 0.0)]
    late = plan_of(lane("a: off\nb: pulse(100 ms, phase=70 ms)\nc: off", channel="box.gate"))
    assert sets(late, "box.gate")[:3] == [(100.0, 1.0), (120.0, 0.0), (170.0, 1.0)]


def test_a_pulse_sends_no_edge_at_its_end() -> None:
    plan = plan_of(lane("a: off\nb: pulse(100 ms)", channel="box.gate"))
    assert sets(plan, "box.gate") == [(100.0, 1.0), (150.0, 0.0), (200.0, 1.0), (250.0, 0.0)]


@pytest.mark.parametrize("duty", [0, 1])
def test_a_pulse_that_is_never_or_always_on_has_no_edges(duty: int) -> None:
    plan = plan_of(lane(f"a: off\nb: pulse(10 ms, duty={duty})", channel="box.gate"))
    assert sets(plan, "box.gate") == ([(100.0, 1.0)] if duty else [])


def test_options_are_sent_as_their_index_and_decoded_at_set_up() -> None:
    plan = plan_of(lane("a: N2\nb: He\nc: Ar", channel="box.gas"))
    assert plan.shot(1).initial[0].value == "N2"
    assert sets(plan, "box.gas") == [(100.0, 1.0), (300.0, 2.0)]


def test_the_name_of_a_label_stands_for_the_label_and_inner_quotes_force_the_text() -> None:
    head = "labels: {gas: Ar}\ntimeline:"
    plan = plan_of(lane("a: gas", channel="box.gas").replace("timeline:", head))
    assert plan.shot(1).initial[0].value == "Ar"
    text = plan_of(lane("a: gas\nb: \"'gas'\"", channel="box.note").replace("timeline:", head))
    assert text.texts == ("Ar", "gas")
    assert sets(text, "box.note") == [(100.0, 1.0)]


def test_values_leave_in_the_unit_of_the_channel() -> None:
    plan = plan_of(lane("a: 500 mV\nb: 1 kV / 1000"))
    assert sets(plan, "box.level") == [(100.0, 1.0)]
    assert plan.shot(1).initial[0].value == 0.5


def test_a_channel_in_degc_takes_k_and_degf() -> None:
    plan = plan_of(lane("a: 293.15 K\nb: 212 degF", channel="furnace.setpoint"))
    assert plan.shot(1).initial[0].value == 20.0
    assert sets(plan, "furnace.setpoint") == [(100.0, 100.0)]


def test_a_whole_number_channel_refuses_a_fraction() -> None:
    assert faults(lane("a: 2\nb: 2.5", channel="box.count")) == [("SEQ405", 10)]
    assert sets(plan_of(lane("a: 2\nb: 3", channel="box.count")), "box.count") == [(100.0, 3.0)]


def test_what_is_sent_does_not_depend_on_the_order_of_the_cells_in_the_text() -> None:
    first = plan_of(lane("a: 1 V\nb: 2 V\nc: 3 V"))
    second = plan_of(lane("c: 3 V\na: 1 V\nb: 2 V"))
    assert sets(first, "box.level") == sets(second, "box.level")


def test_at_one_instant_what_ends_goes_first_then_the_order_of_the_document() -> None:
    lanes = """\
  box.fine:
    set: {b: 1 V}
  box.level:
    set:
      a: ramp(0 V, 1 V)
    every: 50 ms
  box.slow:
    set: {b: 1 V}
"""
    plan = plan_of(sequence(steps=STEPS, lanes=lanes))
    table = plan.shot(1).segments[0].ports["D"].actions
    at = [plan.channels[index].attribute.name for index in table.channel[table.target_ns == 100_000_000]]
    assert at == ["level", "fine", "slow"]


def test_the_demo_table_has_a_channel_of_every_type() -> None:
    assert {str(item.attribute.type) for item in demo_table().channels.values()} >= {
        "float",
        "int",
        "bool",
        "option",
    }
