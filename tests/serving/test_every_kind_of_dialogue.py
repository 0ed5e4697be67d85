"""What a document can say is served: over TCP and serial lines, to programs that know nothing of shotlane."""

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.serving.served import WIRES, asked, client, pool, served, value

from shotlane.testing._rtu_server import crc

pytestmark = [pytest.mark.real_time, pytest.mark.parametrize("wire", WIRES, ids=("tcp", "pty"))]

PUMP = """
instrument: device
protocol: binary
checksum: crc16
write: "02 {length:uint8} {command} {checksum} 03"
errors: {"15": rejected}
replies:
  state:
    start: "02"
    length: 12
    end: "03"
    fields:
      speed: {at: 1, type: float32}
      level: {at: 5, type: int16}
      running: {at: 7, type: uint8, bit: 0}
      alarm: {at: 7, type: uint8, bit: 7}
  taken: {length: 1, start: "06", checksum: false}
attributes:
  speed: {query: "01", reply: state}
  level: {query: "01", reply: state}
  running: {query: "01", reply: state, type: bool}
  alarm: {query: "01", reply: state, type: bool}
  goal: {set: {send: "10 {value:float32}", reply: taken}, access: w, min: 0, max: 3000, safe: 0}
simulate:
  speed: {follows: goal}
  level: -300
  running: true
"""


def framed(command: bytes) -> bytes:
    """A request as the pump's manual has it."""
    head = b"\x02" + bytes([len(command)]) + command
    return head + crc(head) + b"\x03"


def test_bytes_with_a_checksum(wire: str, tmp_path: Path) -> None:
    with served(PUMP, wire, tmp_path) as found:
        with client(found) as made:
            made.send(framed(b"\x10" + struct.pack(">f", 1234.5)))
            assert made.receive(1) == b"\x06"
            made.send(framed(b"\x01"))
            reply = made.receive(12)
            made.send(framed(b"\x10" + struct.pack(">f", 9999.0)))
            refused = made.receive(1)
        with pool(found) as ours:
            assert value(ours, "speed") == 1234.5
    assert struct.unpack(">xfhB", reply[:8]) == (1234.5, -300, 0x01)
    assert reply[-3:-1] == crc(reply[:-3])
    assert refused == b"\x15"


ECHOED = """
instrument: device
protocol: ascii
write: "{command}\\r"
echo: true
read_end: "\\r\\n> "
replies: {ok: OK}
attributes:
  level: {query: "L?", reply: "{value:f}", set: {send: "L {value:.1f}", reply: ok}, access: rw, safe: 1.5}
"""


def test_an_echo_and_a_prompt(wire: str, tmp_path: Path) -> None:
    with served(ECHOED, wire, tmp_path) as found:
        asked(
            found, (b"L?\r", b"L?\r1.5\r\n> "), (b"L 2.5\r", b"L 2.5\rOK\r\n> "), (b"L?\r", b"L?\r2.5\r\n> ")
        )
        with pool(found) as ours:
            assert value(ours, "level") == 2.5


SUMMED = """
instrument: device
protocol: ascii
checksum: sum8
write: "@01{command}{checksum}\\r"
read: "@01{reply}{checksum}\\r"
errors: {"?": rejected}
attributes:
  level: {query: "L", reply: "{value:f}"}
simulate: {level: 7.25}
"""


def summed(text: str) -> bytes:
    data = text.encode()
    return data + f"{sum(data) % 256:02X}\r".encode()


def test_a_checksum_of_a_line(wire: str, tmp_path: Path) -> None:
    with served(SUMMED, wire, tmp_path) as found:
        asked(found, (summed("@01L"), summed("@017.25")), (b"@01L00\r", summed("@01?")))
        with pool(found) as ours:
            assert value(ours, "level") == 7.25


LINES = """
instrument: device
protocol: ascii
write: "{command}\\r\\n"
replies:
  three: {frame: "V {volt:f} A {ampere:f} T {celsius:f}", lines: 3}
  listed: {frame: "{name:w} {code:d}", until: END}
attributes:
  volt: {query: ALL, reply: three, field: volt}
  celsius: {query: ALL, reply: three, field: celsius}
  code: {query: LIST, reply: listed, field: code}
simulate: {volt: 5, celsius: 21.5, code: 3}
"""


def test_replies_of_several_lines(wire: str, tmp_path: Path) -> None:
    with served(LINES, wire, tmp_path) as found:
        with client(found) as made:
            made.send(b"ALL\r\n")
            three = made.receive(30)
            made.send(b"LIST\r\n")
            listed = made.receive(30)
        with pool(found) as ours:
            assert [value(ours, name) for name in ("volt", "celsius", "code")] == [5.0, 21.5, 3]
    assert three.count(b"\r\n") == 3
    assert b"V 5" in three
    assert b"21.5" in three
    assert listed.endswith(b"END\r\n")


SCOPE = """
instrument: device
protocol: scpi
error_queue: true
attributes:
  trace: {query: "WAV?", block: {type: int16, byte_order: low_first}, scale: 0.001, unit: V}
  output: {scpi: OUTP, type: bool, access: rw, safe: off}
  range: {scpi: RANG, access: rw, min: 0, max: 10, safe: 1}
simulate: {trace: {waveform: {sine: 1 V, points: 200}}}
"""


def test_a_binary_block_and_an_error_queue(wire: str, tmp_path: Path) -> None:
    with served(SCOPE, wire, tmp_path) as found:
        with client(found) as made:
            made.send(b"WAV?\n")
            assert made.receive(5) == b"#3400"
            points = np.frombuffer(made.receive(400), "<i2")
            assert made.receive(1) == b"\n"
            made.send(b"RANG 99\n")
            made.send(b"SYST:ERR?\n")
            assert made.receive(27).startswith(b'-222,"Data out of range"')
        with pool(found) as ours:
            assert np.max(value(ours, "trace")) == pytest.approx(1.0, abs=0.001)
    assert (len(points), int(points.max())) == (200, 1000)


GAUGE = """
instrument: device
protocol: ascii
write: "{command}\\r\\n"
acknowledge: "\\x06"
enquiry: "\\x05"
errors: {"\\x15": rejected}
attributes:
  pressure: {query: PR1, reply: "{status:d},{value:f}", field: value, unit: mbar}
  filter:
    {query: FIL, reply: "{value:d}", set: {send: "FIL,{value}", reply: "{value:d}"}, access: rw, safe: normal,
     options: {fast: 0, normal: 1, slow: 2}}
simulate: {pressure: 0.002 mbar}
"""


def test_a_line_that_is_acknowledged_and_a_reply_that_is_fetched(wire: str, tmp_path: Path) -> None:
    with served(GAUGE, wire, tmp_path) as found:
        acknowledged = b"\x06\r\n"
        asked(
            found,
            (b"PR1\r\n", acknowledged),
            (b"\x05", b"0,0.002\r\n"),
            (b"FIL,2\r\n", acknowledged),
            (b"\x05", b"2\r\n"),
            (b"NONSENSE\r\n", b"\x15\r\n"),
        )
        with pool(found) as ours:
            assert (value(ours, "pressure"), value(ours, "filter")) == (0.002, "slow")
            ours.write("it", "filter", "fast")
            assert value(ours, "filter") == "fast"


SCALE = """
instrument: device
protocol: ascii
write: "{command}\\r\\n"
replies:
  mass: {frame: "{mass:f}g", length: 8}
  raw: {frame: "{raw:sx}", quiet: true}
  opened: OPENED
  closed: CLOSED
attributes:
  mass: {query: M, reply: mass}
  raw:
    {query: R, reply: raw, set: {send: "R{value:sx4}", reply: none}, access: rw, min: -500, max: 500,
     safe: -2}
  door:
    set: {send: "D{value}", reply: {open: opened, shut: closed}}
    options: {open: 1, shut: 0}
    access: w
    safe: shut
simulate: {mass: 12.5}
"""


def test_replies_without_an_end_and_replies_by_option(wire: str, tmp_path: Path) -> None:
    with served(SCALE, wire, tmp_path) as found:
        asked(
            found,
            (b"M\r\n", b"12.5g   "),
            (b"R\r\n", b"FFFE"),
            (b"D1\r\n", b"OPENED\r\n"),
            (b"RFF00\r\n", b""),
        )
        with pool(found) as ours:
            assert (value(ours, "mass"), value(ours, "raw")) == (12.5, -256)
            ours.write("it", "door", "shut")
            ours.write("it", "raw", -7)
            assert value(ours, "raw") == -7


REGISTERS: dict[str, Any] = {"bcd16": (1234, 0x1234), "float16": (21.5, 0x4D60)}


@pytest.mark.parametrize("type_", sorted(REGISTERS))
def test_registers_of_decimal_digits_and_short_floats(type_: str, wire: str, tmp_path: Path) -> None:
    from pymodbus.client import ModbusSerialClient, ModbusTcpClient

    number, word = REGISTERS[type_]
    attribute = f"{{holding: 7, type: {type_}, access: rw, safe: 0}}"
    document = f"instrument: device\nprotocol: modbus\nattributes: {{a: {attribute}}}\n"
    resource = f"modbus+{wire}{'&' if '?' in wire else '?'}unit=1"
    with served(document, resource, tmp_path) as found:
        made: Any = found.wires[0]
        other: Any = (
            ModbusSerialClient(str(made.link), baudrate=115200)
            if hasattr(made, "link")
            else ModbusTcpClient("127.0.0.1", port=made.port)
        )
        assert other.connect()
        assert not other.write_register(7, word, device_id=1).isError()
        assert other.read_holding_registers(7, count=1, device_id=1).registers == [word]
        other.close()
        with pool(found) as ours:
            assert value(ours, "a") == number
