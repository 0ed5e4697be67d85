"""Scripted wires: what is written is answered, and what was not as written is told."""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import serial
from hypothesis import given
from hypothesis import strategies as st

from shotlane.instruments.ports._wire_text import as_hex, as_text, from_hex, from_text, shown_ends
from shotlane.testing import ScriptedWire, ScriptError, ScriptMismatch, scripted_wire
from shotlane.testing._script_course import Order

METER = r"""
# a meter
> *IDN?\n
< ACME,M1,7,1.0\n
> MEAS?\n
< +1.5E+00\n
"""


@contextmanager
def client(device: ScriptedWire) -> Iterator[socket.socket]:
    """A socket at a device on TCP."""
    host, _, port = device.resource.rpartition("://")[2].partition("?")[0].rpartition(":")
    with socket.create_connection((host, int(port)), timeout=3) as connection:
        yield connection


def ask(connection: socket.socket, request: bytes, *, wait_s: float = 3.0) -> bytes:
    """What is answered; nothing after a while."""
    connection.settimeout(wait_s)
    connection.sendall(request)
    with suppress(TimeoutError):
        return connection.recv(4096)
    return b""


def told(text: str, *requests: bytes, order: Order = "strict") -> str:
    """What is told of a dialogue after some requests."""

    def play() -> None:
        with scripted_wire(text, order=order) as device, client(device) as wire:
            for request in requests:
                ask(wire, request, wait_s=0.2)

    with pytest.raises(ScriptMismatch) as caught:
        play()
    return str(caught.value)


def test_what_is_written_is_answered_on_tcp() -> None:
    with scripted_wire(METER) as device, client(device) as wire:
        assert ask(wire, b"*IDN?\n") == b"ACME,M1,7,1.0\n"
        assert ask(wire, b"MEAS?\n") == b"+1.5E+00\n"
    assert device.received == [b"*IDN?\n", b"MEAS?\n"]


def test_what_is_written_is_answered_on_a_serial_port() -> None:
    text = ">x 02 41 03\n<x 06 ff\n"
    with scripted_wire(text, wire="serial") as device:
        path = device.resource.removeprefix("serial://")
        with serial.Serial(path, timeout=3) as port:
            port.write(b"\x02A\x03")
            assert port.read(2) == b"\x06\xff"


def test_a_request_in_pieces_is_one_request() -> None:
    with scripted_wire(METER) as device, client(device) as wire:
        wire.sendall(b"*ID")
        time.sleep(0.02)
        assert ask(wire, b"N?\n") == b"ACME,M1,7,1.0\n"
        assert ask(wire, b"MEAS?\n") == b"+1.5E+00\n"


def test_the_difference_is_shown() -> None:
    assert told(METER, b"*IDN?\n", b"MEAS:VOLT?\n").splitlines() == [
        "the dialogue was not as written: 1 missing, 1 unexpected",
        r"    > *IDN?\n",
        r"  - > MEAS?\n   (line 5, never came)",
        r"  + > MEAS:VOLT?\n   (not written)",
    ]


def test_an_early_request_is_answered_and_told() -> None:
    assert told(METER, b"MEAS?\n", b"*IDN?\n").startswith("the dialogue was not as written: 1 out of order\n")


def test_of_a_long_dialogue_only_what_is_around_is_shown() -> None:
    text = "".join(f"> R{number}\\n\n< {number}\\n\n" for number in range(20))
    requests = [f"R{number}\n".encode() for number in range(20) if number != 10]
    lines = told(text, *requests).splitlines()
    assert lines[1] == "    ..."
    assert r"  - > R10\n   (line 21, never came)" in lines
    assert len(lines) == 1 + 1 + 3 + 1 + 3 + 1


def test_half_a_request_is_told() -> None:
    assert r"  + > MEA   (not written)" in told(METER, b"*IDN?\n", b"MEA")


def test_in_any_order_a_request_may_come_again() -> None:
    text = "> A\\n\n< 1\\n\n> A\\n\n< 2\\n\n> B\\n\n< 3\\n\n"
    with scripted_wire(text, order="any") as device, client(device) as wire:
        answers = [ask(wire, request) for request in (b"B\n", b"A\n", b"A\n", b"A\n", b"B\n")]
    assert answers == [b"3\n", b"1\n", b"2\n", b"2\n", b"3\n"]


def test_in_any_order_what_never_came_is_told() -> None:
    assert told(METER, b"*IDN?\n", order="any").splitlines()[1:] == [r"  - > MEAS?\n   (line 5, never came)"]


def test_a_pause_makes_the_answer_late() -> None:
    with scripted_wire("> A\\n\n< 1\npause 150 ms\n< 2\\n\n") as device, client(device) as wire:
        begun = time.monotonic()
        assert ask(wire, b"A\n") == b"1"
        assert wire.recv(10) == b"2\n"
        assert time.monotonic() - begun >= 0.15


def test_an_answer_before_any_request_is_a_greeting() -> None:
    with scripted_wire("< hello\\n\n") as device, client(device) as wire:
        assert wire.recv(100) == b"hello\n"


def test_a_device_hangs_up_and_takes_the_next_connection() -> None:
    with scripted_wire("> A\\n\n< 1\\n\nhang up\n> B\\n\n< 2\\n\n") as device:
        with client(device) as wire:
            assert ask(wire, b"A\n") == b"1\n"
            assert wire.recv(10) == b""
        with client(device) as wire:
            assert ask(wire, b"B\n") == b"2\n"


def test_a_request_without_an_answer_is_waited_for() -> None:
    with scripted_wire("> OUT ON\\n\n") as device, client(device) as wire:
        wire.sendall(b"OUT ON\n")


def test_a_fault_of_the_test_goes_first() -> None:
    with pytest.raises(ZeroDivisionError) as caught, scripted_wire(METER):
        _ = 1 / 0
    assert "2 missing" in caught.value.__notes__[0]


def test_a_modbus_frame_is_put_around_unit_and_pdu() -> None:
    text = "wire: modbus+tcp\n> 01 03 00 00 00 01\n< 01 03 02 00 2a\n"
    with scripted_wire(text) as device, client(device) as wire:
        assert device.resource.startswith("modbus+tcp://")
        answer = ask(wire, bytes.fromhex("1234 0000 0006 01 03 0000 0001"))
    assert answer == bytes.fromhex("1234 0000 0005 01 03 02 002a")


def test_on_modbus_rtu_it_is_a_checksum() -> None:
    # The example of the Modbus guides: unit 1, register 0; CRC 84 0a.
    text = "> 01 03 00 00 00 01\n< 01 03 02 00 2a\n"
    with scripted_wire(text, wire="modbus+serial") as device:
        path = device.resource.removeprefix("modbus+serial://")
        with serial.Serial(path, timeout=3) as port:
            port.write(bytes.fromhex("010300000001840a"))
            assert port.read(7)[:5] == bytes.fromhex("010302002a")


TWO_PORTS = """port: tcp://host:1
> A\\n
port: serial:///dev/x
> B\\n
port: tcp://host:1
> C\\n
"""


def test_a_dialogue_with_one_of_several_ports_is_chosen(tmp_path: Path) -> None:
    file = tmp_path / "both.dialogue"
    file.write_text(TWO_PORTS)
    with scripted_wire(file, port="tcp://host:1") as device, client(device) as wire:
        wire.sendall(b"A\nC\n")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("> A\\q\n", r"line 1: '\\q' means nothing"),
        ("\n>x 1\n", "line 2: '1' are no bytes"),
        ("<< A\n", "line 1: '<<' is none of"),
        ("> A\npause 1 s\n> B\n", "line 3: a pause stands before an answer"),
        ("> A\npause 1 s\n", "line 2: a pause stands before an answer"),
        ("> °C\n", "line 1: write letters beyond ASCII"),
        ("wire: usb\n> A\n", "there is no wire 'usb'"),
        (TWO_PORTS, "say which: port='tcp://host:1'"),
        ("wire: modbus+tcp\n> 01\n", "line 2: write unit and PDU"),
        ("wire: serial\n> A\nhang up\n", "nobody hangs up on a serial port"),
        ("> A\nhang on\n", "line 2: write hang up"),
        ("wire: serial\n< hello\n", "nothing can be answered before a request"),
    ],
)
def test_a_text_that_cannot_be_read_is_told_with_its_line(text: str, told: str) -> None:
    with pytest.raises(ScriptError, match=told), scripted_wire(text):
        pass


@given(st.binary())
def test_any_bytes_can_be_written_and_read_back(data: bytes) -> None:
    written = shown_ends(as_text(data))
    assert from_text(written) == from_hex(as_hex(data)) == data
    assert written == written.strip()
    assert written.isprintable()
