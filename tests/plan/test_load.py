"""The load of a port: what its exchanges take of its busiest step."""

import pytest
from tests.plan.table import MS, attribute, compiled, line, plan_of, sequence

from shotlane.model import Channel, ChannelTable, ReadPart, Role, reading_cost_ns

STEPS = "  - rest: 1 s\n  - run: 2 s\n"


def table(cost_ms: int = 10, *, block: bool = True) -> ChannelTable:
    """A role with three channels in one request of `cost_ms` + 1 ms each, and one on the same port."""
    channels = []
    for number, name in enumerate(("a", "b", "c")):
        part = ReadPart("holding 0", cost_ms * MS, number, number + 1, MS)
        item = attribute(name, writable=False)
        parts = (part,) if block else ()
        channels.append(Channel("unit", item, "P", read_cost_ns=(cost_ms + 1) * MS, parts=parts))
    other = attribute("level", low=0.0, high=1.0, safe=0.0, update_ns=10 * MS)
    channels.append(Channel("other", other, "P", read_cost_ns=20 * MS, write_cost_ns=5 * MS))
    roles = {name: Role(name, "P", real=False) for name in ("unit", "other")}
    return ChannelTable("demo", {channel.name: channel for channel in channels}, roles)


def load_of(lanes: str, stations: ChannelTable | None = None) -> tuple[float | None, str | None]:
    (port,) = plan_of(sequence(steps=STEPS, lanes=lanes), table=stations or table()).summary.ports
    return port.load, port.step


def test_a_block_costs_what_it_spans() -> None:
    a, b, c, other = table().channels.values()
    assert reading_cost_ns([a, b, c]) == 13 * MS
    assert reading_cost_ns([a, c]) == 13 * MS
    assert reading_cost_ns([b]) == 11 * MS
    assert reading_cost_ns([a, other]) == 31 * MS


def test_readings_at_the_same_ticks_share_their_request() -> None:
    lanes = "".join(f"  unit.{name}: {{record: 50 Hz}}\n" for name in "abc")
    assert load_of(lanes)[0] == pytest.approx(50 * 0.013)


def test_without_a_common_request_each_counts() -> None:
    lanes = "".join(f"  unit.{name}: {{record: 10 Hz}}\n" for name in "abc")
    assert load_of(lanes, table(block=False))[0] == pytest.approx(3 * 10 * 0.011)


def test_a_slower_rate_on_the_same_ticks_adds_what_it_spans() -> None:
    lanes = "  unit.a: {record: 50 Hz}\n  unit.b: {record: 10 Hz}\n"
    assert load_of(lanes)[0] == pytest.approx(50 * 0.011 + 10 * 0.001)


def test_rates_that_do_not_meet_are_requests_of_their_own() -> None:
    lanes = "  unit.a: {record: 50 Hz}\n  unit.b: {record: 30 Hz}\n"
    assert load_of(lanes)[0] == pytest.approx(50 * 0.011 + 30 * 0.011)


def test_the_busiest_step_counts_and_is_named() -> None:
    lanes = "  unit.a:\n    record:\n      run: 40 Hz\n"
    load, step = load_of(lanes)
    assert load == pytest.approx(40 * 0.011)
    assert step == "run"


def test_single_readings_and_sets_are_spread_over_a_second() -> None:
    lanes = "  other.level:\n    set: {run: 1}\n    initial: 0\n    read: [run]\n"
    load, step = load_of(lanes)
    assert load == pytest.approx((0.005 + 0.020) / 2)
    assert step == "run"


def test_an_overloaded_port_is_refused_at_its_heaviest_lane() -> None:
    text = sequence(steps=STEPS, lanes="  unit.a: {record: 10 Hz}\n  unit.b: {record: 90 Hz}\n")
    plan, report = compiled(text, table=table())
    (error,) = report.errors
    assert plan is None
    assert (error.code, line(error)) == ("SEQ420", 7)
    assert "busy for" in error.message
    assert error.help is not None


def test_who_writes_on_late_is_only_warned() -> None:
    text = sequence(steps=STEPS, lanes="  unit.b: {record: 95 Hz, on_late: record}\n")
    plan, report = compiled(text, table=table())
    assert plan is not None
    assert [item.code for item in report] == ["SEQ421"]


def test_above_80_percent_is_a_warning() -> None:
    plan, report = compiled(sequence(steps=STEPS, lanes="  unit.b: {record: 80 Hz}\n"), table=table())
    assert plan is not None
    assert [item.code for item in report] == ["SEQ421"]


def test_the_highest_swept_rate_is_looked_at() -> None:
    more = "parameters: {rate: 10 Hz}\nsweep:\n  - rate: [10 Hz, 95 Hz, 20 Hz]\n"
    _, report = compiled(sequence(steps=STEPS, lanes="  unit.b: {record: rate}\n", more=more), table=table())
    assert [item.code for item in report.errors] == ["SEQ420"]


def test_what_costs_nothing_has_no_load() -> None:
    lanes = "  gas.flow: {record: 1 kHz, on_late: record}\n"
    simulated = Channel("gas", attribute("flow", writable=False), "S")
    stations = ChannelTable("demo", {"gas.flow": simulated}, {"gas": Role("gas", "S", real=False)})
    assert load_of(lanes, stations) == (None, None)
