"""Stations and instrument documents: what they decide, and each mistake at its place."""

from pathlib import Path

import pytest
from tests.instruments._stations import FURNACE, STATION, marked, only, resolve, sound

from shotlane.diagnostics import Report
from shotlane.document import read_text
from shotlane.instruments import RefusedValueError, accepted, check_instrument
from shotlane.model import KEEP, ValueType


def station(furnace: str) -> str:
    return f"station: bench\ninstruments:\n  furnace:\n    instrument: furnace\n{furnace}"


def test_channel_table_in_the_order_of_the_documents(tmp_path: Path) -> None:
    table = sound(STATION, tmp_path).table
    names = ["temperature", "setpoint", "mode", "lamp", "count"]
    assert list(table.channels) == [f"furnace.{name}" for name in names]
    assert list(table.roles["furnace"].commands) == ["restart"]


@pytest.mark.parametrize(
    ("name", "type_"),
    [("temperature", "float"), ("mode", "option"), ("lamp", "bool"), ("count", "int")],
)
def test_type_follows_from_what_stands_on_the_wire(tmp_path: Path, name: str, type_: str) -> None:
    table = sound(STATION, tmp_path).table
    assert table.channels[f"furnace.{name}"].attribute.type is ValueType(type_)


def test_limits_and_safe_value_of_the_station_win(tmp_path: Path) -> None:
    text = station(
        "    resource: sim://\n    limits: {setpoint: [283.15 K, 200 degC]}\n    safe: {setpoint: keep}\n"
    )
    attribute = sound(text, tmp_path).table.channels["furnace.setpoint"].attribute
    assert (attribute.low, attribute.high, attribute.safe) == (10.0, 200.0, KEEP)


def test_setup_and_commands_are_typed(tmp_path: Path) -> None:
    definition = sound(STATION, tmp_path).definitions["furnace"]
    assert definition.setup == {"mode": "heat"}
    (level,) = definition.commands["restart"].parameters
    assert (level.type, level.low, level.high) == (ValueType.INT, 1.0, 5.0)


def test_timeout_and_tries_come_from_the_station_first(tmp_path: Path) -> None:
    definition = sound(
        station("    resource: sim://\n    timeout: 50 ms\n    tries: 4\n"), tmp_path
    ).definitions
    assert (definition["furnace"].timeout_s, definition["furnace"].tries) == (0.05, 4)


def test_documents_are_kept_as_text(tmp_path: Path) -> None:
    assert set(sound(STATION, tmp_path).documents.values()) == {STATION, FURNACE}


@pytest.mark.parametrize(
    ("line", "code", "at", "help"),
    [
        ("limits: {setpoint: [-5 degC, 200 degC]}", "STA132", "-5 degC", "write 0 degC"),
        ("limits: {setpoint: [200 degC, 10 degC]}", "STA131", "[200 degC, 10 degC]", "lower"),
        ("limits: {setpoint: [10 V, 200 degC]}", "STA131", "10 V", "degC"),
        ("limits: {setpoint: [10, 200 degC]}", "STA131", "10", "10 degC"),
        ("limits: {setpont: [10 degC, 200 degC]}", "STA130", "setpont", "setpoint"),
        ("limits: {setpoint: [30 degC, 200 degC]}", "STA141", "[30 degC, 200 degC]", "safe:"),
        ("safe: {setpoint: 400 degC}", "STA140", "400 degC", None),
        ("safe: {temperature: 20 degC}", "STA140", "20 degC", None),
        ("safe: {lampp: off}", "STA130", "lampp", "lamp"),
        ("safe: {mode: heet}", "STA131", "heet", "heat"),
        ("options: {adress: 3}", "STA120", "adress", None),
        ("timeout: 3 V", "STA131", "3 V", None),
    ],
)
def test_faults_of_a_role(tmp_path: Path, line: str, code: str, at: str, help: str | None) -> None:
    _, report = resolve(station(f"    resource: sim://\n    {line}\n"), tmp_path)
    item = only(report)
    assert (item.code, marked(item)) == (code, at)
    assert help is None or help in str(item.help)


@pytest.mark.parametrize(
    ("resource", "code", "message"),
    [
        ("tcp://localhost:5025", "STA151", "speaks modbus"),
        ("modbus+tcp://:502", "STA150", "no host and port"),
        ("modbus+tcp://x?unitt=1", "STA150", "no setting 'unitt'"),
        ("modbus+tcp://x?unit=900", "STA150", "'unit' is '900'"),
        ("modbus+serial:///dev/ttyUSB0?unit=0", "STA150", "'unit' is '0'"),
        ("GPIB0::16::INSTR", "STA151", "speaks modbus"),
        ("mobdus+tcp://x", "STA150", "no known kind"),
        ("here", "STA150", "no address"),
    ],
)
def test_faults_of_an_address(tmp_path: Path, resource: str, code: str, message: str) -> None:
    _, report = resolve(station(f"    resource: {resource}\n"), tmp_path)
    item = only(report)
    assert (item.code, marked(item)) == (code, resource)
    assert message in item.message


def test_an_instrument_nobody_knows_suggests_the_nearest(tmp_path: Path) -> None:
    resolved, report = resolve(STATION.replace("furnace, r", "furnase, r"), tmp_path)
    assert not resolved.roles
    assert resolved.table.faulty == {"furnace"}
    assert (only(report).code, only(report).help) == ("STA111", "did you mean 'furnace'?")


def test_mocking_takes_any_address_and_none(tmp_path: Path) -> None:
    two = station("    resource: modbus+tcp://10.0.0.9\n") + "  other: {instrument: furnace}\n"
    roles = sound(two, tmp_path, mock=True).table.roles
    assert [role.real for role in roles.values()] == [False, False]
    assert roles["furnace"].port != roles["other"].port


def test_a_mocked_station_has_the_ports_and_costs_of_the_real_one(tmp_path: Path) -> None:
    text = station("    resource: modbus+tcp://10.0.0.1\n")
    real, mocked = sound(text, tmp_path).table, sound(text, tmp_path, mock=True).table
    assert real.channels == mocked.channels
    assert real.roles["furnace"].real
    assert real.channels["furnace.setpoint"].read_cost_ns > 0


def test_one_host_spelt_twice_is_one_port(tmp_path: Path) -> None:
    text = station("    resource: modbus+tcp://LOCALHOST:502?unit=1\n")
    text += "  other: {instrument: furnace, resource: 'modbus+tcp://127.0.0.1?unit=2'}\n"
    roles = sound(text, tmp_path).table.roles
    assert roles["furnace"].port == roles["other"].port


SCALE = """
instrument: scale
protocol: ascii
options: {address: A}
write: "{address}{command}\\n"
attributes: {mass: {query: SI, reply: '{mass:f}'}}
"""


def test_a_linked_serial_device_is_one_port(tmp_path: Path) -> None:
    (tmp_path / "tty").touch()
    (tmp_path / "link").symlink_to(tmp_path / "tty")
    text = "station: bench\ninstruments:\n  a: {instrument: scale, resource: 'serial://tty'}\n"
    text += "  b: {instrument: scale, resource: 'serial://link', options: {address: B}}\n"
    roles = sound(text, tmp_path, {"scale": SCALE}).table.roles
    assert roles["a"].port == roles["b"].port


def test_sharing_a_wire_at_two_speeds_is_refused(tmp_path: Path) -> None:
    document = "instrument: scale\nprotocol: ascii\nattributes: {mass: {query: SI, reply: '{mass:f}'}}\n"
    text = "station: bench\ninstruments:\n  a: {instrument: scale, resource: 'serial://tty'}\n"
    text += "  b: {instrument: scale, resource: 'serial://tty?baudrate=19200'}\n"
    _, report = resolve(text, tmp_path, {"scale": document})
    assert only(report).code == "STA152"


PLAIN = """
instrument: plain
protocol: ascii
write: "{command}\\r"
attributes: {mass: {query: 'M?', reply: '{mass:f}'}, tare: {query: 'T?', reply: '{tare:f}'}}
"""
PUMP = """
instrument: pump
protocol: ascii
options: {address: ''}
write: "{address}{command}\\r\\n"
attributes:
  rate: {query: '?RATE', reply: '{rate:f}', set: {send: '*RATE {value}', reply: none}, access: rw, safe: 0}
"""


@pytest.mark.parametrize(
    ("pump", "plain", "warned"),
    [
        (PUMP, PLAIN, True),
        (PUMP.replace("''", "P"), PLAIN, True),  # the other one has none, and answers all
        (PUMP.replace("''", "P"), PLAIN.replace('"{command}', '"Q{command}'), False),
        (PUMP.replace("''", "P"), PLAIN.replace("M?", "QM?").replace("T?", "QT?"), False),
        (PUMP.replace("{command}", "{command}@P"), PLAIN.replace("{command}", "{command}@Q"), False),
        (PUMP.replace("ascii", "simulated"), PLAIN, False),
    ],
)
def test_what_nothing_tells_apart_on_one_wire_is_warned_of(
    pump: str, plain: str, warned: bool, tmp_path: Path
) -> None:
    text = "station: bench\ninstruments:\n  a: {instrument: pump, resource: 'serial://tty'}\n"
    text += "  b: {instrument: plain, resource: 'serial://tty'}\n"
    _, report = resolve(text, tmp_path, {"pump": pump, "plain": plain})
    told = [item.message for item in report.warnings]
    assert told == ["nothing tells b and a apart on the wire that they share"] * warned
    _, report = resolve(text.replace("tty'}\n  b", "tty1'}\n  b"), tmp_path, {"pump": pump, "plain": plain})
    assert not report.warnings


GAS = """
instrument: gas
protocol: ascii
options: {device_unit: required, full_scale: required, address: A}
write: "{address}{command}\\r"
replies: {frame: "{address} {flow:f}"}
attributes:
  flow: {query: "", reply: frame, unit: "{device_unit}", min: "0 {device_unit}", max: "{full_scale}"}
"""


def gas(options: str) -> str:
    role = f"{{instrument: gas, resource: 'sim://', options: {options}}}"
    return f"station: bench\ninstruments:\n  gas: {role}\n"


def test_options_are_put_in_everywhere(tmp_path: Path) -> None:
    resolved = sound(gas("{device_unit: sccm, full_scale: 50 sccm, address: B}"), tmp_path, {"gas": GAS})
    definition = resolved.definitions["gas"]
    assert definition.document.replies["frame"] == "B {flow:f}"
    assert definition.document.write == "B{command}\r"
    assert definition.attributes["flow"].high == 50.0


def test_a_required_option_that_is_missing(tmp_path: Path) -> None:
    resolved, report = resolve(gas("{device_unit: sccm}"), tmp_path, {"gas": GAS})
    assert not resolved.roles
    assert resolved.table.faulty == {"gas"}
    assert (only(report).code, marked(only(report))) == ("STA121", "gas")


def test_a_wrong_option_is_told_once_at_the_station(tmp_path: Path) -> None:
    _, report = resolve(gas("{device_unit: sccmm, full_scale: 50 sccm}"), tmp_path, {"gas": GAS})
    item = only(report)
    assert (item.code, marked(item)) == ("INS010", "sccmm")
    assert item.notes[0].span.source.name.endswith("gas.yaml")


def addressed(options: str, *, protocol: str = "ascii") -> str:
    """An instrument document with an option that the device is sent."""
    body = "{query: SI, reply: '{mass:f}'}" if protocol == "ascii" else "{holding: '{address}', unit: g}"
    return (
        f"instrument: scale\nprotocol: {protocol}\noptions: {options}\n"
        + ("write: '{address}{command}'\nread_end: ;\n" if protocol == "ascii" else "")
        + f"attributes: {{mass: {body}}}\n"
    )


@pytest.mark.parametrize("written", ["07", "007", "-07", "07.5", "00"])
def test_an_option_that_would_lose_its_zeros_is_refused(written: str, tmp_path: Path) -> None:
    role = f"{{instrument: scale, resource: 'sim://', options: {{address: {written}}}}}"
    text = f"station: bench\ninstruments:\n  scale: {role}\n"
    documents = {"scale": addressed("{address: A}")}
    _, report = resolve(text, tmp_path, documents)
    item = only(report)
    assert (item.code, marked(item)) == ("STA120", written)
    assert str(item.help).startswith(f'write "{written}", or ')
    quoted = text.replace(f"address: {written}", f"address: '{written}'")
    write = sound(quoted, tmp_path, documents).definitions["scale"].document.write
    assert write == f"{written}{{command}}"


@pytest.mark.parametrize(
    ("options", "protocol", "found"),
    [
        ("{address: 07}", "ascii", ["07"]),
        ("{address: {default: 07}}", "ascii", ["07"]),
        ("{address: '07'}", "ascii", []),
        ("{address: 7}", "ascii", []),
        ("{address: 0}", "ascii", []),
        ("{address: 0.5}", "ascii", []),
        ("{address: 0x10}", "ascii", []),
        ("{address: 0100}", "modbus", []),
    ],
)
def test_a_default_that_would_lose_its_zeros_is_refused(
    options: str, protocol: str, found: list[str]
) -> None:
    report = Report()
    document = read_text(addressed(options, protocol=protocol), "scale.yaml", report)
    assert document is not None
    check_instrument(document, report)
    assert [(item.code, marked(item)) for item in report.errors] == [("INS005", text) for text in found]


MISTAKES = [
    ("setpoint: {holding", "setpoint: {holdin", "INS001", "holding"),
    ("lag: setpoint", "lag: setpont", "INS020", "setpoint"),
    ("setup: {mode", "setup: {moda", "INS020", "mode"),
    ("setup: {mode: heat", "setup: {mode: hot", "INS010", "heat"),
    ("restart: {set: {setpoint", "restart: {set: {setpiont", "INS020", "setpoint"),
    ("restart: {set", "restrat: {set", "INS020", "restart"),
    ('count: "{level}"', 'count: "{levle}"', "INS020", "level"),
    ('value: "{level}"', 'value: "{levle}"', "INS020", "level"),
    ("tau: 10 s", "tau: 10 V", "INS010", None),
    (", tau: 10 s", "", "INS021", "tau"),
    ("min: 0 degC", "min: 400 degC", "INS011", None),
    ("safe: 20 degC", "safe: 400 degC", "INS012", None),
    ("input: 4, type: uint16", "input: 4, type: uint16, access: rw", "INS032", None),
    ("coil: 3", "coil: 3, type: int16", "INS032", None),
    ("holding: 10, ", "", "INS030", None),
    ("holding: 10", "holding: 10, input: 3", "INS030", None),
    ("coil: 3", "coil: 3, query: X", "INS031", None),
    ("idle: 0", "idle: 7", "INS041", None),
    ("protocol: modbus", "protocol: rtu", "INS900", None),
    ("coil: 3, access: rw", "coil: 3, access: w, verify: true", "INS032", None),
    ("setup:", "identity: {serial: {type: uint32}}\nsetup:", "INS030", "holding"),
    ("setup:", "identity: {query: ID}\nsetup:", "INS031", None),
    ("type: float32, unit: degC}", "type: float32, unit: degX}", "INS010", "deg"),
    ("start: 20 degC", "start: 20 degC, noise: 1 degC", "INS010", "write `1 K`"),
    ("tau: 10 s", "tau: 10 s, unless: lamb", "INS020", "lamp"),
    ("tau: 10 s", "tau: 10 s, unless: count", "INS021", None),
]


@pytest.mark.parametrize(("old", "new", "code", "help"), MISTAKES, ids=[new for _, new, _, _ in MISTAKES])
def test_mistakes_in_an_instrument_document(
    tmp_path: Path, old: str, new: str, code: str, help: str | None
) -> None:
    assert old in FURNACE
    _, report = resolve(STATION, tmp_path, {"furnace": FURNACE.replace(old, new, 1)})
    item = only(report)
    assert item.code == code
    assert help is None or help in str(item.help)


ASCII_MISTAKES = [
    ("reply: frame, unit", "reply: frme, unit", "INS020", "frame"),
    ("reply: frame, unit", "reply: frame, field: flwo, unit", "INS020", "flow"),
    ("{flow:f}", "{flow:q}", "INS033", None),
    ('{query: "", ', "{", "INS030", None),
    ("{command}", "", "INS033", "{command}"),
    ('unit: "', 'type: uint16, unit: "', "INS031", None),
    ("address: A}", "address: A, value: 3}", "INS040", None),
    ("write:", "identity: {query: ID}\nwrite:", "INS033", "reply"),
    ("write:", "identity: {reply: frame}\nwrite:", "INS030", None),
    ("write:", "identity: {serial: {holding: 3}}\nwrite:", "INS031", None),
]


@pytest.mark.parametrize(("old", "new", "code", "help"), ASCII_MISTAKES)
def test_mistakes_in_a_dialogue(tmp_path: Path, old: str, new: str, code: str, help: str | None) -> None:
    assert old in GAS
    document = GAS.replace(old, new, 1)
    _, report = resolve(gas("{device_unit: sccm, full_scale: 50 sccm}"), tmp_path, {"gas": document})
    item = only(report)
    assert item.code == code
    assert help is None or help in str(item.help)


def test_circles_of_the_simulation_are_told_once(tmp_path: Path) -> None:
    document = FURNACE.replace(
        "  restart: {set", "  count: {follows: other}\n  other: {follows: count}\n  restart: {set"
    )
    document = document.replace("setup:", "  other: {input: 5}\nsetup:")
    _, report = resolve(STATION, tmp_path, {"furnace": document})
    assert "count -> other -> count" in only(report).message


def checked(text: str) -> Report:
    report = Report()
    document = read_text(text, "it.yaml", report)
    assert document is not None
    check_instrument(document, report)
    return report


@pytest.mark.parametrize("text", [FURNACE, GAS])
def test_an_instrument_document_is_checked_by_itself(text: str) -> None:
    assert not list(checked(text))


def test_what_only_a_station_decides_hides_nothing_else() -> None:
    report = checked(GAS.replace("attributes:", "timeout: 3 V\nattributes:"))
    assert (only(report).code, marked(only(report))) == ("INS010", "3 V")


@pytest.mark.parametrize(
    ("kind", "resource"), [("scale", "serial:///dev/x"), ("furnace", "modbus+serial:///dev/x?unit=3")]
)
def test_two_roles_are_not_one_device(kind: str, resource: str, tmp_path: Path) -> None:
    text = f"station: bench\ninstruments:\n  a: {{instrument: {kind}, resource: '{resource}'}}\n"
    text += f"  b: {{instrument: {kind}, resource: '{resource}'}}\n"
    _, report = resolve(text, tmp_path, {"scale": SCALE, "furnace": FURNACE})
    item = only(report)
    assert (item.code, marked(item).strip("'")) == ("STA152", resource)
    wanted = "b and a are both unit 3 of one wire" if kind == "furnace" else "b and a are spoken to alike"
    assert wanted in item.message


def test_two_different_units_of_one_number_are_found_too(tmp_path: Path) -> None:
    text = "station: bench\ninstruments:\n"
    for name, kind in (("a", "furnace"), ("b", "watlow-ezzone")):
        text += f"  {name}: {{instrument: {kind}, resource: 'modbus+serial:///dev/x?unit=1'}}\n"
    _, report = resolve(text, tmp_path, {"furnace": FURNACE})
    assert [item.code for item in report] == ["STA152"]


def test_a_limit_is_told_in_the_unit_that_it_was_written_in(tmp_path: Path) -> None:
    text = (
        "station: bench\ninstruments:\n  furnace:\n    instrument: watlow-ezzone\n    resource: 'sim://'\n"
        "    limits: {setpoint: [10 degC, 200 degC]}\n"
    )
    attribute = sound(text, tmp_path).table.channels["furnace.setpoint"].attribute
    assert attribute.unit is not None
    assert (attribute.unit.text, attribute.high) == ("degF", 392.0)
    with pytest.raises(RefusedValueError, match="250 degC is above the limit 200 degC"):
        accepted(attribute, 482.0)
    _, report = resolve(text.replace("200 degC", "9000 degC"), tmp_path)
    assert "takes at most 5537.22222 degC" in only(report).message


@pytest.mark.parametrize(
    ("options", "code", "help"),
    [
        (
            "{device_unit: sccm}",
            "STA121",
            "write `options: {full_scale: ...}` under it; the largest flow of this device; e.g. 50 sccm",
        ),
        ("{device_unit: sccm, full_scale: 9 sccm, pressure: psi}", "STA120", None),
    ],
)
def test_a_missing_option_is_told_with_what_it_is(
    options: str, code: str, help: str | None, tmp_path: Path
) -> None:
    it = f"{{instrument: alicat-mfc, resource: 'sim://', options: {options}}}"
    _, report = resolve(f"station: b\ninstruments:\n  it: {it}\n", tmp_path)
    item = next(iter(report))
    assert item.code == code
    assert help is None or item.help == help


def test_an_option_is_one_of_what_the_document_allows(tmp_path: Path) -> None:
    it = "{instrument: omron-e5cc, resource: 'sim://', options: {scale: 0.01}}"
    text = f"station: b\ninstruments:\n  it: {it}\n"
    _, report = resolve(text, tmp_path)
    item = only(report)
    assert (item.code, item.message) == ("STA120", "the option 'scale' cannot be '0.01'")
    assert marked(item) == "0.01"
    assert item.help == "it is 1, 0.1"
    sound(text.replace("0.01", "1"), tmp_path)
    sound(text.replace("0.01", "0.1"), tmp_path)
