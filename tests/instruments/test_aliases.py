"""Aliases: the lab's own words and units for channels."""

from pathlib import Path

import pytest
from tests.instruments._stations import Lab, marked, only, resolve, sound
from tests.plan.table import compiled, faults, plan_of

from shotlane.cli._instruments_list import safe
from shotlane.instruments import InstrumentError, written_value
from shotlane.model import KEEP
from shotlane.plan import load_plan, save_plan

SOURCE = """
instrument: source
protocol: ascii
attributes:
  ao0: {query: "A?", reply: "{value:f}", set: {send: "A {value:.4f}", reply: none}, unit: V, access: rw,
        min: 0 V, max: 10 V, safe: 0.4 V, update: 10 ms, resolution: 1 mV}
  do1: {query: "D?", reply: "{value:d}", set: {true: "D1", false: "D0", reply: none}, access: rw, type: bool,
        safe: off}
  oven: {query: "T?", reply: "{value:f}", unit: degC}
  mode: {query: "M?", reply: "{value:w}", set: {send: "M {value}", reply: none}, access: rw,
         options: [fast, slow], safe: fast}
"""
HEAD = "station: lab\ninstruments:\n  seq: {instrument: source, resource: 'sim://'}\nchannels:\n"
DETUNING = "  mot.detuning: {is: seq.ao0, unit: MHz, table: [[-40 MHz, 0.4 V], [40 MHz, 8.9 V]]}\n"
ALL = (
    HEAD
    + DETUNING
    + (
        "  mot.shutter: {is: seq.do1, inverted: true}\n"
        "  mot.temperature: {is: seq.oven, unit: K}\n"
        "  mot.speed: {is: seq.mode}\n"
    )
)


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    lab = Lab(sound(ALL, tmp_path, {"source": SOURCE}))
    lab.pool.open(["seq"])
    return lab


def test_an_alias_sets_and_reads_its_channel_in_its_own_unit(lab: Lab) -> None:
    lab.pool.write("seq", "mot.detuning", 0.0)
    assert lab.value("seq", "ao0") == pytest.approx(4.65)
    lab.pool.write("seq", "ao0", 8.9)
    assert lab.value("seq", "mot.detuning") == pytest.approx(40.0)


def test_inverted_units_and_words(lab: Lab) -> None:
    lab.pool.write("seq", "mot.shutter", True)
    lab.pool.write("seq", "mot.speed", "slow")
    values = lab.pool.read("seq", ["do1", "mot.shutter", "mode", "oven", "mot.temperature"]).readings
    assert (values["do1"].value, values["mot.shutter"].value, values["mode"].value) == (False, True, "slow")
    assert values["mot.temperature"].value == pytest.approx(values["oven"].value + 273.15)


def test_what_lies_outside_the_table_is_refused_and_has_no_value(lab: Lab) -> None:
    with pytest.raises(InstrumentError, match="41 MHz is above the limit 40 MHz"):
        lab.pool.write("seq", "mot.detuning", 41.0)
    lab.pool.write("seq", "ao0", 9.5)
    reading = lab.pool.read("seq", ["mot.detuning"]).readings["mot.detuning"]
    assert (reading.value, reading.raw) == (None, "9.5 is outside of the conversion of mot.detuning")


def test_the_table_names_aliases_as_they_are_written(lab: Lab) -> None:
    channel = lab.resolved.table.channels["mot.detuning"]
    assert (channel.name, channel.role, channel.target) == ("mot.detuning", "seq", "seq.ao0")
    assert (channel.attribute.low, channel.attribute.high) == (-40.0, 40.0)
    assert channel.attribute.safe == pytest.approx(-40.0)
    assert lab.resolved.table.channels["mot.shutter"].attribute.safe is True


def test_the_safe_state_writes_each_channel_once(lab: Lab) -> None:
    assert [name for _, name, _ in lab.pool.safe_writes()] == ["ao0", "do1", "mode"]


@pytest.mark.parametrize(
    ("line", "code", "shown", "message"),
    [
        ("mot.x: {is: seq.a0}", "STA201", "seq.a0", "there is no channel 'seq.a0'"),
        ("mot: {is: seq.ao0}", "STA201", "mot", "cannot name an alias"),
        ("seq.do1: {is: seq.ao0}", "STA201", "seq.do1", "is a channel of seq already"),
        ("mot.x: {is: seq.ao0, unit: MHz}", "STA201", "MHz", "needs a table"),
        ("mot.x: {is: seq.do1, unit: V}", "STA201", "unit", "'unit' says nothing"),
        ("mot.x: {is: seq.ao0, inverted: true}", "STA201", "inverted", "'inverted' says nothing"),
        ("mot.x: {is: seq.ao0, limits: [0 V, 11 V]}", "STA202", "[0 V, 11 V]", "wider than"),
        (
            "mot.x: {is: seq.ao0, unit: MHz, table: [[0 MHz, 0 V], [1 MHz, 11 V]]}",
            "STA202",
            "[[0 MHz, 0 V], [1 MHz, 11 V]]",
            "11 lies outside the limits",
        ),
        (
            "mot.x: {is: seq.ao0, unit: MHz, table: [[0 MHz, 0 V], [1 MHz, 5 V], [0 MHz, 9 V]]}",
            "STA201",
            "[[0 MHz, 0 V], [1 MHz, 5 V], [0 MHz, 9 V]]",
            "up or down all the way",
        ),
    ],
)
def test_faults_of_aliases(tmp_path: Path, line: str, code: str, shown: str, message: str) -> None:
    _, report = resolve(HEAD + f"  {line}\n", tmp_path, {"source": SOURCE})
    item = only(report)
    assert (item.code, marked(item)) == (code, shown)
    assert message in item.message


def test_limits_of_an_alias_only_tighten(tmp_path: Path) -> None:
    text = HEAD + DETUNING.replace("]]}", "]], limits: [-10 MHz, 10 MHz]}")
    attribute = sound(text, tmp_path, {"source": SOURCE}).table.channels["mot.detuning"].attribute
    assert (attribute.low, attribute.high) == (-10.0, 10.0)


# Lead.


def test_a_lead_is_of_the_alias_and_not_of_the_channel_behind_it(tmp_path: Path) -> None:
    text = HEAD + "  mot.shutter: {is: seq.do1, lead: 2.3 ms}\n"
    channels = sound(text, tmp_path, {"source": SOURCE}).table.channels
    assert (channels["mot.shutter"].lead_ns, channels["seq.do1"].lead_ns) == (2_300_000, 0)


@pytest.mark.parametrize(
    ("alias", "message"),
    [
        ("{is: seq.do1, lead: 2.3}", "'2.3' has no unit"),
        ("{is: seq.do1, lead: 2 V}", "'2 V' is a voltage, not a time"),
        ("{is: seq.do1, lead: -2 ms}", "'-2 ms' is negative"),
        ("{is: seq.oven, lead: 2 ms}", "seq.oven cannot be set: 'lead' says nothing"),
    ],
)
def test_a_lead_is_a_time_and_of_what_can_be_set(alias: str, message: str, tmp_path: Path) -> None:
    _, report = resolve(HEAD + f"  mot.a: {alias}\n", tmp_path, {"source": SOURCE})
    assert only(report).message == message


def test_a_safe_value_that_an_alias_has_no_value_for_is_that_of_its_channel(
    tmp_path: Path,
) -> None:
    text = HEAD + DETUNING.replace("[-40 MHz, 0.4 V]", "[-40 MHz, 0.5 V]")
    resolved = sound(text, tmp_path, {"source": SOURCE})
    table = resolved.table
    channel = table.channels["mot.detuning"]
    behind = table.safe_behind(channel)
    assert behind is not None
    assert (channel.attribute.safe, behind.name, behind.attribute.safe) == (KEEP, "seq.ao0", 0.4)
    assert safe(resolved, channel) == "0.4 V (seq.ao0)"
    assert [safe(resolved, table.channels[name]) for name in ("seq.ao0", "seq.do1")] == ["0.4", "off"]
    written = "sequence: t\ntimeline: [{a: 1 s}, {b: 1 s}]\nlanes: {mot.detuning: {set: {b: 0 MHz}}}\n"
    (told,) = compiled(written, table=table)[1].errors
    assert (told.code, told.message) == (
        "SEQ218",
        "nothing says what 'mot.detuning' starts from:"
        " 0.4 V, the safe value of 'seq.ao0', lies outside of its table",
    )


def test_what_is_meant_to_be_kept_is_kept_under_each_name(tmp_path: Path) -> None:
    source = SOURCE.replace("safe: 0.4 V", "safe: keep")
    table = sound(HEAD + DETUNING, tmp_path, {"source": source}).table
    assert table.safe_behind(table.channels["mot.detuning"]) is None


# Resolution.

ATTENUATOR = """
instrument: att
protocol: simulated
attributes:
  v: {unit: V, access: rw, min: 0 V, max: 10 V, resolution: 0.5 V, safe: 0 V}
  n: {type: int, access: rw, min: 0, max: 100, safe: 0}
  heat: {unit: degC, access: rw, min: 0 degC, max: 90 degC, resolution: 0.4 K, safe: 20 degC}
"""
ROUNDED = """
station: lab
instruments:
  att: {instrument: att, resource: 'sim://'}
channels:
  rf.plain: {is: att.v}
  rf.mv: {is: att.v, unit: mV}
  rf.att: {is: att.v, unit: dB, table: [[0 dB, 0 V], [40 dB, 10 V]]}
  rf.falling: {is: att.v, unit: dB, table: [[50 dB, 0.2 V], [2 dB, 9.8 V]]}
  rf.steps: {is: att.n, unit: dB, table: [[0 dB, 0], [50 dB, 100]]}
  rf.kelvin: {is: att.heat, unit: K}
  rf.limited: {is: att.v, unit: mV, limits: [0 V, 1.9 V]}
"""
SETTINGS = [
    ("rf.plain", "1.65 V", 1.5, ("v", 1.5)),
    ("rf.mv", "1650 mV", 1500.0, ("v", 1.5)),
    ("rf.att", "6.6 dB", 6.0, ("v", 1.5)),
    ("rf.falling", "42 dB", 41.0, ("v", 2.0)),
    ("rf.falling", "50 dB", 48.5, ("v", 0.5)),  # 0.2 V is no multiple, and 0 V lies outside of the table
    ("rf.steps", "6.66 dB", 6.5, ("n", 13)),
    ("rf.limited", "1900 mV", 1500.0, ("v", 1.5)),  # never beyond a limit
    ("rf.kelvin", "300 K", 299.95, ("heat", 26.8)),
]


@pytest.fixture
def rounded(tmp_path: Path) -> Lab:
    lab = Lab(sound(ROUNDED, tmp_path, {"att": ATTENUATOR}))
    lab.pool.open(["att"])
    return lab


@pytest.mark.parametrize(("alias", "written", "planned", "device"), SETTINGS)
def test_an_alias_is_rounded_where_its_channel_is(
    rounded: Lab, alias: str, written: str, planned: float, device: tuple[str, float]
) -> None:
    text = f"sequence: test\ntimeline: [{{a: 1 s}}]\nlanes: {{{alias}: {{set: {{a: {written}}}}}}}\n"
    plan = plan_of(text, table=rounded.resolved.table)
    (initial,) = plan.shot(1).initial
    assert initial.value == planned
    rounded.pool.write("att", alias, planned)
    readings = rounded.pool.read("att", [device[0], alias]).readings
    assert (readings[device[0]].value, readings[alias].value) == (device[1], planned)


@pytest.mark.parametrize(("alias", "written", "planned", "device"), SETTINGS)
def test_what_is_set_by_hand_is_rounded_alike(
    rounded: Lab, alias: str, written: str, planned: float, device: tuple[str, float]
) -> None:
    attribute = rounded.resolved.table.channels[alias].attribute
    assert written_value(attribute, written) == planned
    # Whoever sends another value, the device gets a multiple.
    rounded.pool.write("att", alias, float(written.split()[0]) if alias != "rf.plain" else planned)
    assert rounded.value("att", device[0]) == device[1]


def test_what_lies_outside_of_a_table_is_not_rounded_into_it(rounded: Lab) -> None:
    text = "sequence: test\ntimeline: [{a: 1 s}]\nlanes: {rf.att: {set: {a: 41 dB}}}\n"
    assert [code for code, _ in faults(text, table=rounded.resolved.table)] == ["SEQ401"]


def test_a_resolution_without_a_multiple_in_the_table_is_told(tmp_path: Path) -> None:
    text = ROUNDED.replace("[40 dB, 10 V]", "[40 dB, 0.4 V]").replace("[0 dB, 0 V]", "[0 dB, 0.1 V]")
    item = only(resolve(text, tmp_path, {"att": ATTENUATOR})[1])
    assert (item.code, item.message) == (
        "STA202",
        "no multiple of 0.5, the resolution of att.v, can be set",
    )


def test_a_saved_plan_knows_how_its_aliases_are_rounded(rounded: Lab, tmp_path: Path) -> None:
    text = "sequence: test\ntimeline: [{a: 1 s}]\nlanes: {rf.att: {set: {a: 6.6 dB}}}\n"
    plan = plan_of(text, table=rounded.resolved.table)
    save_plan(plan, tmp_path / "x.plan", documents={})
    found = load_plan(tmp_path / "x.plan").plan
    assert (found.digest, found.channels) == (plan.digest, plan.channels)
