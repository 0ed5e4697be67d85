"""Channels that their instrument times: edges on its steps, and frames by the edges of a trigger."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.plan.table import attribute, compiled, faults, plan_of, sets
from tests.plan.test_saved import equal, saved

from shotlane.model import Channel, ChannelTable, HardwareTiming, Role
from shotlane.plan import load_plan

US = HardwareTiming(1_000)


def table(*, timing: HardwareTiming = US, lead_ns: int = 0) -> ChannelTable:
    """A sequencer, a camera that its `shoot` triggers, and a meter that the computer times."""
    sequencer = [attribute("shoot", "bool", safe=False), attribute("gate", "bool", safe=False)]
    sequencer += [attribute("ramp", unit="V", low=0.0, high=10.0, safe=0.0, update_ns=10_000)]
    camera = attribute("image", "array", writable=False)
    meter = attribute("level", unit="V", low=0.0, high=10.0, safe=0.0)
    frames = HardwareTiming(1_000, "seq.shoot")
    channels = [Channel("seq", item, "S", lead_ns=lead_ns, hardware=timing) for item in sequencer]
    channels += [Channel("camera", camera, "C", hardware=frames), Channel("meter", meter, "M")]
    channels += [Channel("camera", attribute("gain", unit="V", safe=0.0), "C", hardware=frames)]
    roles = {role: Role(role, port, False) for role, port in (("seq", "S"), ("camera", "C"), ("meter", "M"))}
    return ChannelTable("atoms", {channel.name: channel for channel in channels}, roles)


def text(steps: str, lanes: str, more: str = "") -> str:
    return f"sequence: t\ntimeline: [{steps}]\nlanes:\n{lanes}\n{more}"


def shoot(cells: str, reads: str, steps: str = "{a: 1 ms}, {b: 100 us}, {c: 1 ms}, {d: 100 us}") -> str:
    return text(steps, f"  seq.shoot: {{set: {cells}}}\n  camera.image: {{read: {reads}}}")


def messages(written: str, timing: HardwareTiming = US) -> list[str]:
    return [f"{item.code} {item.message}" for item in compiled(written, table=table(timing=timing))[1].errors]


def test_an_edge_is_rounded_to_the_step() -> None:
    pulse = "  seq.gate: {set: {b: true, otherwise: false}}"
    plan = plan_of(text("{a: 100.4 us}, {b: 99.2 us}, {c: 1 ms}", pulse), table=table())
    assert sets(plan, "seq.gate") == [(0.1, 1.0), (0.2, 0.0)]


def test_a_channel_of_the_computer_is_not_rounded() -> None:
    plan = plan_of(text("{a: 100.4 us}, {b: 1 ms}", "  meter.level: {set: {a: 0 V, b: 1 V}}"), table=table())
    assert sets(plan, "meter.level") == [(0.1004, 1.0)]


def test_what_is_sent_early_is_early_by_the_whole_lead() -> None:
    plan = plan_of(text("{a: 100.4 us}, {b: 1 ms}", "  seq.gate: {set: {a: false, b: true}}"),
                   table=table(lead_ns=2_300_200))  # fmt: skip
    assert sets(plan, "seq.gate") == [(-2.2, 1.0)]


@pytest.mark.parametrize("length", ["0.3 us", "0.9 us", "1 us"])
def test_a_pulse_is_neither_rounded_away_nor_to_a_whole_step(length: str) -> None:
    written = text(
        f"{{a: 100.1 us}}, {{b: {length}}}, {{c: 1 ms}}", "  seq.gate: {set: {b: true, otherwise: false}}"
    )
    found = faults(written, table=table())
    assert found == ([] if length == "1 us" else [("SEQ240", 2)])


def test_of_swept_pulses_those_that_vanish_are_told() -> None:
    written = text("{a: 1 ms}, {b: length}, {c: 1 ms}", "  seq.gate: {set: {b: true, otherwise: false}}",
                   "parameters: {length: 1 us}\nsweep: [length: [5 us, 0.3 us, 0.2 us, 1 us]]")  # fmt: skip
    (message,) = messages(written)
    assert message.startswith("SEQ240 'b' lasts 300 ns, and 'seq' has time steps of 1 us")
    assert message.endswith("at shot 2 of 4 (length = 0.3 us), and at 1 more")


def test_a_short_step_is_told_once_for_all_lanes_and_a_short_pulse_by_its_edges() -> None:
    both = "  seq.gate: {set: {b: true, otherwise: false}}\n  seq.shoot: {set: {b: true, otherwise: false}}"
    (item,) = compiled(text("{a: 1 ms}, {b: 300 ns}, {c: 1 ms}", both), table=table())[1].errors
    assert (item.message, str(item.span)) == (
        "'b' lasts 300 ns, and 'seq' has time steps of 1 us",
        "test.yaml:2:27",
    )
    (message,) = messages(text("{a: 1 ms}", "  seq.gate: {set: 'pulse(1 us, duty=0.3)'}"))
    assert message.startswith("SEQ240 'seq.gate' has time steps of 1 us, and two edges are closer than that")


TICKS = HardwareTiming(400)


def warned(steps: str, lanes: str, more: str = "") -> list[tuple[str, str]]:
    plan, report = compiled(text(steps, lanes, more), table=table(timing=TICKS))
    assert plan is not None, [item.message for item in report]
    return [(item.code, item.message) for item in report.warnings]


GATE = "  seq.gate: {set: {b: true, otherwise: false}}"


def test_a_step_that_lasts_another_time_by_the_clock_is_told_once() -> None:
    both = f"{GATE}\n  seq.shoot: {{set: {{b: true, otherwise: false}}}}"
    assert warned("{a: 1 ms}, {b: 0.5 us}, {c: 1 ms}", both) == [
        ("SEQ243", "'b' lasts 500 ns, and 400 ns on 'seq', which has time steps of 400 ns")
    ]


def test_of_swept_steps_the_first_that_is_another_is_told() -> None:
    more = "parameters: {w: 1 us}\nsweep: [w: [0.8 us, 1.4 us, 1.5 us]]"
    ((_, message),) = warned("{a: 1 ms}, {b: w}, {c: 1 ms}", GATE, more)
    assert message.endswith(
        "on 'seq', which has time steps of 400 ns, at shot 2 of 3 (w = 1.4 us), and at 1 more"
    )
    assert message.startswith("'b' lasts 1.4 us, and 1.6 us")


@pytest.mark.parametrize(
    ("steps", "lane"),
    [
        ("{a: 1 ms}, {b: 0.8 us}, {c: 1 ms}", GATE),
        ("{a: 1 ms}, {b: 100.1 us}, {c: 1 ms}", GATE),  # less than 1 %
        ("{a: 1 ms}, {b: 0.5 us}, {c: 1 ms}", "  seq.gate: {set: {a: true, otherwise: false}}"),  # no edge
        ("{a: 1 ms}, {b: 0.5 us}, {c: 1 ms}", "  meter.level: {set: {b: 1 V, otherwise: 0 V}}"),
        ("{a: 1 ms}, {b: 50 us}", "  seq.ramp: {set: {a: 0 V, b: 'ramp(0 V, 5 V)'}, every: 10 us}"),
    ],
)
def test_a_step_that_lasts_as_long_as_written_is_not_told(steps: str, lane: str) -> None:
    assert warned(steps, lane) == []


@given(st.lists(st.integers(300, 5_000), min_size=1, max_size=12))
def test_every_edge_lies_on_a_step_within_half_of_it_or_is_told(lengths: list[int]) -> None:
    steps = ", ".join(f"{{s{at}: {length} ns}}" for at, length in enumerate(lengths))
    cells = ", ".join(f"s{at}: {'true' if at % 2 else 'false'}" for at in range(len(lengths)))
    plan, report = compiled(text(steps, f"  seq.gate: {{set: {{{cells}}}}}"), table=table())
    edges = [sum(lengths[:at]) for at in range(1, len(lengths))]
    on_steps = [(edge + 500) // 1000 for edge in edges]
    if any(length < 1000 for length in lengths[1:-1]):
        assert {item.code for item in report.errors} == {"SEQ240"}
    else:
        assert plan is not None
        assert [round(at * 1e3) for at, _ in sets(plan, "seq.gate")] == on_steps


def test_a_trigger_that_is_on_from_the_start_has_no_edge_there_and_the_help_says_so() -> None:
    cells = "{a: true, d: true, otherwise: false}"
    (item,) = compiled(shoot(cells, "[a, d]"), table=table())[1].errors
    assert item.message == "2 readings of 'camera.image', and 1 rising edge of 'seq.shoot'"
    assert item.help == (
        "set-up writes that 'seq.shoot' is on at t = 0, which is no edge: write `initial: false` in its lane"
    )
    again = shoot(cells, "[a, d]").replace("{set: {a", "{initial: false, set: {a")
    assert sets(plan_of(again, table=table()), "seq.shoot")[0] == (0.0, 1.0)
    # Where something else is wrong, it is not blamed.
    (item,) = compiled(shoot("{b: true, otherwise: false}", "[b, d]"), table=table())[1].errors
    assert "set-up" not in (item.help or "")


def test_a_frame_per_edge_is_sound() -> None:
    plan = plan_of(shoot("{b: true, d: true, otherwise: false}", "[b, d]"), table=table())
    (rules,) = [port.readings for port in plan.shot(1).segments[0].ports.values() if port.readings]
    assert [rule.start_ns for rule in rules] == [1_000_000, 2_100_000]


@pytest.mark.parametrize(
    ("cells", "reads", "told"),
    [
        ("{b: true, d: true, otherwise: false}", "[b]", "1 reading of 'camera.image', and 2 rising edges"),
        ("{b..d: true, otherwise: false}", "[b, d]", "2 readings of 'camera.image', and 1 rising edge"),
        ("{b: 'pulse(20 us)', otherwise: false}", "[b, d]", "2 readings of 'camera.image', and 5 rising"),
        ("true", "[a]", "1 reading of 'camera.image', and 0 rising edges"),
    ],
)
def test_readings_and_edges_that_do_not_agree_are_told_with_both_numbers(
    cells: str, reads: str, told: str
) -> None:
    (message,) = messages(shoot(cells, reads))
    assert message.startswith(f"SEQ241 {told}")


def test_a_trigger_that_no_lane_sets_has_no_edges() -> None:
    (message,) = messages(text("{a: 1 ms}", "  camera.image: {read: [a]}"))
    assert message == "SEQ241 1 reading of 'camera.image', and 0 rising edges of 'seq.shoot'"


def test_edges_are_counted_at_every_point_of_a_sweep() -> None:
    written = shoot("{b: true, d: also, otherwise: false}", "[b, d]")
    (message,) = messages(written + "parameters: {also: true}\nsweep: [also: [true, false]]\n")
    assert "1 rising edge of 'seq.shoot', at shot 2 of 2 (also = false)" in message


OPEN = "{a: 1 ms}, {wait: {until: meter.level > 1 V, timeout: 10 ms}}, {b: 100.4 us}, {c: 1 ms}"


def test_a_table_after_an_open_step_begins_at_its_own_origin() -> None:
    written = text(OPEN.replace("a: 1 ms", "a: 1000.3 us"),
                   "  seq.shoot: {set: {a: true, c: true, otherwise: false}, initial: false}\n"
                   "  camera.image: {read: [a, c]}")  # fmt: skip
    plan = plan_of(written, table=table())
    edges = [list(part.ports["S"].actions.target_ns) for part in plan.shot(1).segments]
    assert edges == [[0], [0], [100_000]]
    assert [sum(rule.count for rule in part.ports["C"].readings) for part in plan.shot(1).segments] == [
        1,
        0,
        1,
    ]


def test_frames_are_counted_in_each_segment() -> None:
    written = text(
        OPEN, "  seq.shoot: {set: {a: false, c: true, otherwise: false}}\n  camera.image: {read: [a]}"
    )
    (message,) = messages(written)
    assert message == "SEQ241 1 reading of 'camera.image' from 'a' on, and 0 rising edges of 'seq.shoot'"


@pytest.mark.parametrize(
    ("lanes", "told"),
    [
        (
            "  seq.gate: {set: {wait: 'pulse(1 ms)', otherwise: false}}",
            "'seq.gate' cannot change while 'wait'",
        ),
        ("  seq.ramp: {set: {wait: 1 V / 10 ms * t}}", "'seq.ramp' cannot change while 'wait' lasts"),
        ("  camera.image: {record: 10 Hz}", "'camera.image' gives a frame at each edge of its trigger"),
        (
            "  seq.shoot: {set: {c: true}, initial: keep}\n  camera.image: {read: [c]}",
            "nobody knows whether the first edge of 'seq.shoot' rises",
        ),
    ],
)
def test_what_no_table_can_do_is_told(lanes: str, told: str) -> None:
    (message,) = messages(text(OPEN, lanes))
    assert message.startswith(f"SEQ242 {told}")


def test_an_instrument_that_takes_one_table_is_not_asked_for_a_second() -> None:
    once = HardwareTiming(1_000, restartable=False)
    written = text(OPEN, "  seq.gate: {set: {a: true, b: false}}")
    (message,) = messages(written, timing=once)
    assert message.startswith("SEQ242 'seq.gate' would need another table after 'wait'")


def test_what_is_set_early_after_an_open_step_begins_its_table_ahead_of_the_origin() -> None:
    written = text(OPEN, "  seq.gate: {set: {a: true, b: false}}")
    plan = plan_of(written, table=table(lead_ns=1_000_000))
    assert [list(part.ports["S"].actions.target_ns) for part in plan.shot(1).segments] == [
        [],
        [],
        [-1_000_000],
    ]
    assert [part.early_ns for part in plan.shot(1).segments] == [0, 0, 1_000_000]


def test_what_is_set_early_cannot_begin_with_an_open_step() -> None:
    report = compiled(
        text(OPEN, "  seq.gate: {set: {a: true, wait: false}}"), table=table(lead_ns=1_000_000)
    )[1]
    assert [item.code for item in report.errors] == ["SEQ242"]


def test_a_table_that_begins_at_an_edge_is_not_available_yet() -> None:
    (message,) = messages(text("{a: 1 ms}", "  camera.gain: {set: 1 V}"))
    assert message.startswith("SEQ900")


def test_a_saved_plan_has_the_same_tables(tmp_path: Path) -> None:
    plan = plan_of(shoot("{b: true, d: true, otherwise: false}", "[b, d]"), table=table())
    again = load_plan(saved(plan, tmp_path)).plan
    assert again.digest == plan.digest
    assert equal(again.channels, plan.channels)
    assert equal(again.shot(1), plan.shot(1))


def test_the_step_of_an_instrument_is_part_of_the_digest() -> None:
    written = text("{a: 1 ms}", "  seq.gate: {set: true}")
    coarse = plan_of(written, table=table(timing=HardwareTiming(2_000)))
    assert coarse.digest != plan_of(written, table=table()).digest
