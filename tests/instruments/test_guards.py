"""Every guard on every kind of wire, and what would be stored without it: one at a time is switched off."""

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from tests.instruments._oven import (
    ASCII,
    BROKEN,
    MODBUS,
    SERIAL,
    SETPOINT,
    TEMPERATURE,
    VALIDITY,
    VOLATILE,
    WIRES,
    Oven,
    oven_on,
    resource_of,
)
from tests.instruments._oven import Bench as Lab
from tests.instruments._peers import fault_of, value
from tests.instruments._scripted import peer

from shotlane.instruments.definition._contract import Reading
from shotlane.instruments.dialogue import _decoding, _line, _template, _text_parts
from shotlane.instruments.modbus import _frame, _map
from shotlane.instruments.modbus import _line as _modbus_line
from shotlane.instruments.pool import _read_back
from shotlane.instruments.ports import _transport, _turns
from shotlane.testing._rtu_server import crc

pytestmark = pytest.mark.real_time
Patch = pytest.MonkeyPatch


@pytest.fixture(params=WIRES)
def lab(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Lab]:
    with oven_on(request.param, tmp_path) as made:
        yield made


# A late reply.


def setpoint_behind_a_late_reply(lab: Lab) -> Any:
    """What is read for the set point after another reading timed out."""
    lab.open().pool.write("oven", "setpoint", 40.0)
    lab.oven.answers = ["late"]
    error = fault_of(lab.pool.read, "oven", ["saving"])
    assert error is not None
    assert error.fault == "timeout"
    lab.pool._members["oven"].set_points.forget()  # reading back is another guard
    return value(lab.pool, "oven", "setpoint")


def test_a_late_reply_is_not_the_next_ones(lab: Lab) -> None:
    assert setpoint_behind_a_late_reply(lab) == 40.0


def test_without_the_guard_the_late_reply_is_stored(lab: Lab, monkeypatch: Patch) -> None:
    monkeypatch.setattr(_modbus_line.ModbusLine, "_lose_touch", lambda *_: None)  # the connection stays
    monkeypatch.setattr(_line, "Line", partial(_line.Line, guarded=False))
    monkeypatch.setattr(_modbus_line, "ModbusLine", partial(_modbus_line.ModbusLine, guarded=False))
    taken = _frame.TcpFraming.answer
    monkeypatch.setattr(
        _frame.TcpFraming,
        "answer",
        lambda self, data: taken(self, self._transaction.to_bytes(2, "big") + data[2:] if data else data),
    )
    monkeypatch.setattr(_turns.SetUp, "due", lambda _: None)  # the set-up would take the late reply
    assert setpoint_behind_a_late_reply(lab) == VOLATILE


# A device that restarts.


def temperature_after_a_restart(lab: Lab) -> Any:
    lab.open().pool.write("oven", "setpoint", 40.0)
    lab.oven.restart()
    lab.oven.answers = ["drop"]
    fault_of(lab.pool.read, "oven", ["temperature"])
    return value(lab.pool, "oven", "temperature")


def test_a_restarted_device_is_not_believed(lab: Lab) -> None:
    error = fault_of(temperature_after_a_restart, lab)
    assert error is not None
    assert error.fault == "disconnected"
    assert "setpoint is 20" in error.message


def test_without_reading_back_a_device_at_its_defaults_is_stored(lab: Lab, monkeypatch: Patch) -> None:
    monkeypatch.setattr(_read_back.ReadBack, "check", lambda *_: None)
    assert temperature_after_a_restart(lab) == 25.0
    assert lab.oven.registers[SETPOINT] == 20  # of 40, and the run would go on


# Memory that wears out.


def eeprom_writes(lab: Lab) -> int:
    lab.open()
    for degrees in range(30, 40):
        lab.pool.write("oven", "setpoint", float(degrees))
    return lab.oven.eeprom_writes


def test_set_points_are_not_written_into_the_memory(lab: Lab) -> None:
    assert eeprom_writes(lab) == 0


def test_without_the_set_up_every_set_point_is(lab: Lab, monkeypatch: Patch) -> None:
    monkeypatch.setattr(_turns.SetUp, "ensure", lambda *_: None)
    assert eeprom_writes(lab) == 10


def test_after_a_restart_the_set_up_is_sent_before_anything_is_set(lab: Lab) -> None:
    fault_of(temperature_after_a_restart, lab)
    lab.pool.write("oven", "setpoint", 50.0)
    assert lab.oven.eeprom_writes == 0


def test_without_sending_it_again_the_memory_wears(lab: Lab, monkeypatch: Patch) -> None:
    monkeypatch.setattr(_turns.SetUp, "ensure_before", lambda self, timeout_s: self._line.connect(timeout_s))
    monkeypatch.setattr(_read_back.ReadBack, "check", lambda *_: None)
    temperature_after_a_restart(lab)
    lab.pool.write("oven", "setpoint", 50.0)
    assert lab.oven.eeprom_writes == 1


# A broken sensor.


def temperature_of_a_broken_sensor(lab: Lab) -> Any:
    lab.open().oven.registers[VALIDITY] = BROKEN
    return value(lab.pool, "oven", "temperature")


def test_a_broken_sensor_has_no_value(lab: Lab) -> None:
    assert temperature_of_a_broken_sensor(lab) is None


@pytest.mark.parametrize("lab", MODBUS, indirect=True)
def test_without_its_register_the_last_value_is_stored(lab: Lab, monkeypatch: Patch) -> None:
    monkeypatch.setattr(_map.Validity, "complaint", lambda *_: None)
    assert temperature_of_a_broken_sensor(lab) == 25


@pytest.mark.parametrize("lab", ASCII, indirect=True)
def test_without_the_text_for_no_sensor_a_number_is_stored(lab: Lab, monkeypatch: Patch) -> None:
    # What atof() makes of dashes.
    monkeypatch.setattr(_decoding.Decoder, "reading", lambda _, found, *__: Reading(found.value or 0.0))
    assert temperature_of_a_broken_sensor(lab) == 0.0


# An error as text.


def temperature_of_an_error(lab: Lab) -> Any:
    lab.open().oven.answers = ["error"]
    return value(lab.pool, "oven", "temperature")


@pytest.mark.parametrize("lab", ASCII, indirect=True)
def test_an_error_as_text_is_garbled(lab: Lab) -> None:
    error = fault_of(temperature_of_an_error, lab)
    assert error is not None
    assert (error.fault, error.context.received) == ("garbled", "ERR 3")


@pytest.mark.parametrize("lab", ASCII, indirect=True)
def test_without_the_whole_frame_its_number_is_stored(lab: Lab, monkeypatch: Patch) -> None:
    def first_number(self: _text_parts.TextReply, payload: bytes) -> dict[str, _template.Field]:
        found = re.findall(rb"[\d.]+", payload)
        raw = found[0].decode() if found else ""
        return {name: _template.Field(float(raw or "nan"), raw) for name in self.types}

    monkeypatch.setattr(_text_parts.TextReply, "parse", first_number)
    assert temperature_of_an_error(lab) == 3.0


# Another one answers.


def temperature_of_another(lab: Lab) -> Any:
    lab.open().oven.answers = ["other"]
    return value(lab.pool, "oven", "temperature")


def test_what_another_one_answers_is_garbled(lab: Lab) -> None:
    error = fault_of(temperature_of_another, lab)
    assert error is not None
    assert error.fault == "garbled"


def test_without_looking_who_it_is_another_ones_value_is_stored(lab: Lab, monkeypatch: Patch) -> None:
    tcp, rtu = _frame.TcpFraming.answer, _frame.RtuFraming.answer

    def any_tcp(self: _frame.TcpFraming, data: bytes) -> bytes | None:
        return tcp(self, data[:6] + bytes([self._unit]) + data[7:] if len(data) > 6 else data)

    def any_rtu(self: _frame.RtuFraming, data: bytes) -> bytes | None:
        body = bytes([self._unit]) + data[1:-2]
        return rtu(self, body + crc(body) if len(data) > 4 else b"")

    monkeypatch.setattr(_frame.TcpFraming, "answer", any_tcp)
    monkeypatch.setattr(_frame.RtuFraming, "answer", any_rtu)
    parsed = _text_parts.TextReply.parse
    monkeypatch.setattr(
        _text_parts.TextReply, "parse", lambda self, payload: parsed(self, payload.replace(b"B ", b"A "))
    )
    assert temperature_of_another(lab) == 99


# A port that comes back elsewhere, while somebody else has its old place.


def temperature_after_moving(wire: str, folder: Path) -> Any:
    link = folder / "port"
    end = b"\n" if wire in ASCII else None

    def place(resource: str) -> str:
        path = re.search(r"/dev/[^?]*", resource)
        assert path is not None
        link.unlink(missing_ok=True)
        link.symlink_to(path[0])
        return resource.replace(path[0], str(link))

    with oven_on(wire, folder, move=place) as lab:
        lab.open()
        with peer(moved(wire, 80).answer, wire="pty", end=end) as device:
            place(resource_of(device, wire))
            lab.oven.registers[TEMPERATURE] = 99  # who answers at the old place now
            lab.pool._members["oven"].driver.close()
            lab.pool._members["oven"].lost = True
            return value(lab.pool, "oven", "temperature")


def moved(wire: str, temperature: int) -> Oven:
    """The same oven at its new place."""
    oven = Oven(wire)
    oven.registers[TEMPERATURE] = temperature
    return oven


@pytest.mark.parametrize("wire", SERIAL)
def test_a_port_is_looked_up_at_every_opening(wire: str, tmp_path: Path) -> None:
    assert temperature_after_moving(wire, tmp_path) == 80


@pytest.mark.parametrize("wire", SERIAL)
def test_without_that_who_has_the_old_place_is_stored(wire: str, tmp_path: Path, monkeypatch: Patch) -> None:
    begin = _transport.SerialPort.__init__
    monkeypatch.setattr(
        _transport.SerialPort,
        "__init__",
        lambda self, path, settings: begin(self, str(Path(path).resolve()), settings),
    )
    assert temperature_after_moving(wire, tmp_path) == 99
