"""Simulated instruments on real wires, asked by our own drivers and by programs of others."""

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from pymodbus.client import ModbusSerialClient, ModbusTcpClient
from tests.instruments._catalogue import OPTIONS
from tests.instruments._stations import FURNACE, STATION

import shotlane
from shotlane.api import find_by_name
from shotlane.diagnostics import Report, render_text
from shotlane.instruments import InstrumentError, Pool, build_pool, catalogue_names
from shotlane.serving import ServedStation, serve

pytestmark = pytest.mark.real_time


@contextmanager
def served(text: str, folder: Path) -> Iterator[ServedStation]:
    path = folder / "bench.yaml"
    path.write_text(text, encoding="utf-8")
    report = Report()
    found = serve(path, report, into=folder / "served", log=folder / "log.jsonl")
    assert found is not None, render_text(report)
    with found:
        yield found


@contextmanager
def pool_on(found: ServedStation) -> Iterator[Pool]:
    report = Report()
    station = find_by_name(str(found.file), report)
    assert station is not None, render_text(report)
    pool = build_pool(station, now_ns=time.monotonic_ns, notify=lambda *_: None)
    try:
        pool.open(station.roles)
        yield pool
    finally:
        pool.close()


def requests(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]


def value(pool: Pool, role: str, name: str) -> Any:
    return pool.read(role, [name]).readings[name].value


def one(name: str, resource: str, more: str = "") -> str:
    options = OPTIONS.get(name, "{}")
    return (
        f"station: bench\ninstruments:\n  it:\n    instrument: {name}\n    resource: '{resource}'\n"
        f"    options: {options}\n{more}"
    )


@pytest.mark.parametrize("name", catalogue_names())
def test_every_instrument_of_the_catalogue_answers_its_own_driver(name: str, tmp_path: Path) -> None:
    with served(one(name, "sim://"), tmp_path) as found, pool_on(found) as pool:
        attributes = pool._definitions["it"].attributes
        readable = [name for name, one in attributes.items() if one.readable]
        readings = pool.read("it", readable).readings
        assert {name: one.fault for name, one in readings.items() if one.fault is not None} == {}
        for name, attribute in attributes.items():
            if attribute.writable and attribute.safe not in (None,) and isinstance(attribute.safe, float):
                pool.write("it", name, attribute.safe)


BENCH = """
station: bench
instruments:
  furnace:
    instrument: watlow-ezzone
    resource: modbus+tcp://10.0.0.1?unit=3
    timeout: 200 ms
    limits: {setpoint: [10 degC, 200 degC]}
%s  gas:
    instrument: alicat-mfc
    resource: serial:///dev/ttyUSB7?baudrate=19200
    options: {address: A, device_unit: cm**3/min, full_scale: 50 cm**3/min}
  meter: {instrument: keysight-34461a, resource: 'sim://'}
"""


def test_a_station_is_served_where_its_addresses_say(tmp_path: Path) -> None:
    with served(BENCH % "", tmp_path) as found, pool_on(found) as pool:
        assert found.resources["furnace"].startswith("modbus+tcp://127.0.0.1:")
        assert found.resources["furnace"].endswith("?unit=3")
        assert found.resources["gas"].endswith("-gas?baudrate=19200")
        pool.write("gas", "shutoff", False)
        pool.write("gas", "flow_setpoint", 25.0)
        time.sleep(1)
        assert value(pool, "gas", "flow") == pytest.approx(25, abs=0.1)
        pool.write("furnace", "setpoint", 100.0)
        time.sleep(0.1)
        assert value(pool, "furnace", "setpoint") == pytest.approx(100.0)
    asked = requests(tmp_path)
    assert {one["device"] for one in asked} == {"furnace", "gas", "meter"}


def test_the_same_simulation_as_without_a_wire(tmp_path: Path) -> None:
    with served(BENCH % "", tmp_path) as found, pool_on(found) as pool:
        station = find_by_name(str(tmp_path / "bench.yaml"), Report(), mock=True)
        assert station is not None
        other = build_pool(station, now_ns=time.monotonic_ns, notify=lambda *_: None)
        other.open(station.roles)
        assert value(pool, "gas", "pressure") == pytest.approx(value(other, "gas", "pressure"))
        assert value(pool, "gas", "gas") == value(other, "gas", "gas")
        other.close()


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("fault: timeout, of: setpoint, request: 1, count: 2", "timeout"),
        ("fault: garble, of: setpoint, request: 1, count: 2", "garbled"),
        ("fault: late, by: 300 ms, of: setpoint, request: 1, count: 2", "timeout"),
        ("fault: busy, of: setpoint, request: 1", "refused"),
        ("fault: hang_up, of: setpoint, request: 1", "disconnected"),
        ("fault: restart, of: setpoint, request: 1", "disconnected"),
    ],
)
def test_a_fault_of_the_schedule_reaches_the_driver(line: str, fault: str, tmp_path: Path) -> None:
    with served(BENCH % f"    faults: [{{{line}}}]\n", tmp_path) as found, pool_on(found) as pool:
        with pytest.raises(InstrumentError) as caught:
            value(pool, "furnace", "setpoint")
        assert caught.value.fault == fault
        assert value(pool, "furnace", "setpoint") is not None


def test_a_garbled_text_is_seen_and_asked_for_again(tmp_path: Path) -> None:
    faults = "    faults: [{fault: garble, request: 1, of: mass}]\n"
    text = one("generic-balance", "serial:///dev/ttyUSB9", faults)
    with served(text, tmp_path) as found, pool_on(found) as pool:
        exchange = [pool.read("it", ["mass"]) for _ in range(3)]
        assert any(one.overcome is not None and one.overcome.fault == "garbled" for one in exchange)


def test_a_client_of_pymodbus_finds_the_registers_of_the_document(tmp_path: Path) -> None:
    text = STATION.replace("sim://", "modbus+tcp://10.0.0.1")
    (tmp_path / "furnace.yaml").write_text(FURNACE, encoding="utf-8")
    with served(text, tmp_path) as found:
        client: Any = ModbusTcpClient("127.0.0.1", port=found.wires[0].port)  # type: ignore[union-attr]
        assert client.connect()
        registers = client.convert_to_registers(120.0, client.DATATYPE.FLOAT32)
        assert not client.write_registers(2160, registers, device_id=1).isError()
        words = client.read_holding_registers(2160, count=2, device_id=1).registers
        assert client.convert_from_registers(words, client.DATATYPE.FLOAT32) == 120.0
        assert client.write_coil(3, True, device_id=1).bits[0]
        assert client.read_coils(3, count=1, device_id=1).bits[0]
        assert client.write_register(99, 4, device_id=1).isError() is False
        assert client.read_input_registers(4, count=1, device_id=1).registers == [4]
        client.close()


@pytest.mark.parametrize(
    ("ask", "code"),
    [
        (lambda client: client.read_holding_registers(1, count=1), 2),
        (lambda client: client.write_register(360, 1), 2),
        (lambda client: client.write_registers(2160, [0x4780, 0]), 3),
        (lambda client: client.write_register(10, 3), 3),
        (lambda client: client.read_exception_status(), 1),
    ],
)
def test_what_the_document_does_not_know_is_an_exception(ask: Any, code: int, tmp_path: Path) -> None:
    (tmp_path / "furnace.yaml").write_text(FURNACE, encoding="utf-8")
    with served(STATION, tmp_path) as found:
        client: Any = ModbusTcpClient("127.0.0.1", port=found.wires[0].port)  # type: ignore[union-attr]
        client.connect()
        assert ask(client).exception_code == code
        client.close()


def test_units_share_a_serial_line_and_pymodbus_reads_both(tmp_path: Path) -> None:
    (tmp_path / "furnace.yaml").write_text(FURNACE, encoding="utf-8")
    text = "station: bench\ninstruments:\n" + "".join(
        f"  f{unit}: {{instrument: furnace, resource: 'modbus+serial:///dev/ttyUSB8?unit={unit}'}}\n"
        for unit in (1, 2)
    )
    with served(text, tmp_path) as found:
        (wire,) = found.wires
        client: Any = ModbusSerialClient(str(wire.link), baudrate=19200)  # type: ignore[union-attr]
        assert client.connect()
        client.write_register(10, 0, device_id=2)
        modes = [client.read_holding_registers(10, count=1, device_id=unit).registers for unit in (1, 2)]
        client.close()
        with pool_on(found) as pool:
            assert value(pool, "f1", "mode") == "heat"  # the set-up
    assert modes == [[0], [0]]


def test_a_line_with_parity_is_opened_again_and_again(tmp_path: Path) -> None:
    resource = "serial:///dev/ttyUSB9?baudrate=9600&bytesize=7&parity=even"
    with served(one("ika-rct", resource), tmp_path) as found:
        assert found.resources["it"].endswith("?baudrate=9600")
        for _ in range(2):
            with pool_on(found) as pool:
                assert value(pool, "it", "setpoint") == 20


def ask(found: ServedStation, *lines: str) -> list[str]:
    port = found.wires[-1].port  # type: ignore[union-attr]
    with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
        connection.settimeout(0.3)
        answers = []
        for line in lines:
            connection.sendall(line.encode())
            try:
                answers.append(connection.recv(1000).decode())
            except TimeoutError:
                answers.append("")
    return answers


def test_a_scpi_device_says_who_it_is_and_lists_what_it_did_not_understand(tmp_path: Path) -> None:
    with served(one("keysight-34461a", "sim://"), tmp_path) as found:
        lines = ("*IDN?\n", "NONSENSE 1\n", "SYST:ERR?\n", "syst:err?\r\n")
        identity, silence, error, none = ask(found, *lines)
    assert identity.count(",") == 3
    assert silence == ""
    assert error.startswith('-113,"Undefined header"')
    assert none.startswith("0,") or none.startswith("+0,")


def test_a_text_that_nobody_knows_is_answered_as_the_document_says(tmp_path: Path) -> None:
    with served(one("alicat-mfc", "tcp://10.0.0.1:1"), tmp_path) as found:
        assert ask(found, "nonsense\r", "A\r")[0] == "?\r"


def test_one_served_instrument_heats_another(tmp_path: Path) -> None:
    text = STATION.replace("bench\n", "bench\ncouple:\n  b.temperature: {follows: a.setpoint}\n", 1)
    text = text.replace("  furnace: {instrument: furnace, resource: 'sim://'}\n", "") + "".join(
        f"  {role}: {{instrument: furnace, resource: 'sim://'}}\n" for role in "ab"
    )
    (tmp_path / "furnace.yaml").write_text(FURNACE, encoding="utf-8")
    with served(text, tmp_path) as found, pool_on(found) as pool:
        pool.write("a", "setpoint", 75.0)
        assert value(pool, "b", "temperature") == 75.0


def test_the_command_serves_until_it_is_stopped(tmp_path: Path) -> None:
    (tmp_path / "bench.yaml").write_text(one("generic-balance", "sim://"), encoding="utf-8")
    (tmp_path / "s.yaml").write_text(
        "language: 1\nsequence: s\ntimeline: [{weigh: 500 ms}]\nlanes: {it.mass: {record: 10 Hz}}\n",
        encoding="utf-8",
    )
    command = [sys.executable, "-m", "shotlane", "simulate", "bench.yaml", "--log", "log.jsonl"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = next(line for line in process.stdout if line.startswith("ready"))
        assert line == "ready: run-sequence -s bench-served.yaml\n"
        run = shotlane.run(tmp_path / "s.yaml", station=str(tmp_path / "bench-served.yaml"))
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    assert run.load().samples()["status"].to_list() == ["ok"] * 5
    assert len(requests(tmp_path)) >= 5
