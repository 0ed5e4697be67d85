"""Channels that are set ahead of time, because what they switch takes a while."""

from dataclasses import replace

from tests.plan.table import MS, demo_table, plan_of, sequence, sets

from shotlane.model import ChannelTable

STEPS = "  - a: 1 ms\n  - b: 200 ms\n  - c: 300 ms\n"
CELLS = "  box.gate:\n    set:\n      a: off\n      b: on\n      c: off\n    read:\n      b: {at: 50 ms}\n"
GATE = sequence(steps=STEPS, lanes=CELLS)


def table(lead_ns: int) -> ChannelTable:
    """The demo, with a gate that is set early."""
    demo = demo_table()
    gate = replace(demo.channels["box.gate"], lead_ns=lead_ns)
    return replace(demo, channels={**demo.channels, "box.gate": gate})


def test_every_set_goes_early_also_before_the_origin() -> None:
    assert sets(plan_of(GATE, table=table(2_300_000)), "box.gate") == [(-1.3, 1.0), (198.7, 0.0)]


def test_set_up_and_readings_stay_where_they_are() -> None:
    early, plain = (plan_of(GATE, table=table(lead_ns)).shot(1) for lead_ns in (2_300_000, 0))
    assert early.initial == plain.initial
    assert [rule.start_ns for port in early.segments[0].ports.values() for rule in port.readings] == [51 * MS]


def test_a_segment_says_how_early_it_begins() -> None:
    assert plan_of(GATE, table=table(2_300_000)).shot(1).segments[0].early_ns == 1_300_000
    assert plan_of(GATE, table=table(500_000)).shot(1).segments[0].early_ns == 0


def test_the_digest_knows_the_lead() -> None:
    digests = {plan_of(GATE, table=table(lead_ns)).shot(1).digest for lead_ns in (0, MS, 2 * MS)}
    assert len(digests) == 3


def test_nothing_goes_before_the_end_of_an_open_ended_step() -> None:
    steps = (
        "  - a: 1 ms\n  - b: 5 ms\n  - c: {until: box.level > 1 V, timeout: 1 s}\n  - d: 1 ms\n  - f: 1 ms\n"
    )
    cells = "  box.gate:\n    set:\n      a..b: off\n      c: on\n      d: off\n      f: on\n"
    segments = plan_of(sequence(steps=steps, lanes=cells), table=table(2 * MS)).shot(1).segments
    found = [list(segment.ports["D"].actions.target_ns) for segment in segments]
    assert found == [[4 * MS], [], [-2 * MS, -MS]]
    assert [segment.early_ns for segment in segments] == [0, 0, 2 * MS]
