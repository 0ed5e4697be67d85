"""Modbus RTU on a pseudo-terminal: units on one line, and every way in which an answer can be wrong."""

import os
import select
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.instruments._wired import Told, drive

from shotlane.instruments.definition._contract import InstrumentError
from shotlane.testing import RtuBench

pytestmark = pytest.mark.real_time

TIMEOUT_S = 0.15
LATE_S = 0.22
UNIT: dict[str, Any] = {
    "holding": {"0": [100, 101, 102, 103], "50": [0, 0, 0, 0]},
    "input": {"0": [7, 8]},
    "coil": {"0": [0, 1, 0, 1, 0, 0, 0, 0, 1]},
    "discrete": {"0": [1, 0]},
}
UNITS = {1: UNIT, 2: UNIT | {"holding": {"0": [200, 201, 202, 203], "50": [0, 0, 0, 0]}}}
DOCUMENT: dict[str, Any] = {
    "instrument": "block",
    "protocol": "modbus",
    "attributes": {
        "a": {"holding": 0, "access": "rw"},
        "b": {"holding": 1, "access": "rw"},
        "level": {"input": 1},
        "valve": {"coil": 8, "access": "rw"},
        "door": {"discrete": 0},
        "mode": {"holding": 50, "access": "rw"},
    },
}
SET_UP = DOCUMENT | {"setup": {"mode": 5}}


@pytest.fixture(scope="module")
def module_line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RtuBench]:
    with RtuBench(UNITS, folder=tmp_path_factory.mktemp("rtu"), baudrate=115200) as bench:
        yield bench


@pytest.fixture
def line(module_line: RtuBench) -> RtuBench:
    for unit in UNITS:
        module_line.restart(unit)
    return module_line


@pytest.fixture
def drivers(line: RtuBench) -> Iterator[tuple[Any, Any]]:
    """Drivers of both units on one line."""
    lines: dict[str, Any] = {}
    first, _ = drive(DOCUMENT, line.resource(1), timeout_s=TIMEOUT_S, lines=lines)
    second, _ = drive(DOCUMENT, line.resource(2), timeout_s=TIMEOUT_S, lines=lines)
    assert len(lines) == 1
    yield first, second
    first.close()
    second.close()


def unguarded(driver: Any) -> Any:
    """Take the guard against late answers away."""
    driver._line._guarded = False
    return driver


def test_all_tables_are_read_and_set(drivers: tuple[Any, Any]) -> None:
    driver, _ = drivers
    driver.write("a", 55)
    driver.write("valve", False)
    readings = driver.read(["a", "b", "level", "valve", "door"])
    assert [reading.value for reading in readings.values()] == [55, 101, 8, False, True]


def test_units_on_one_line_keep_their_values_apart(line: RtuBench, drivers: tuple[Any, Any]) -> None:
    first, second = drivers
    for _ in range(5):
        assert first.read(["a"])["a"].value == 100
        assert second.read(["a"])["a"].value == 200
    assert not any("lost" in request for request in line.requests())


def test_last_driver_closes_the_line(line: RtuBench) -> None:
    lines: dict[str, Any] = {}
    first, _ = drive(DOCUMENT, line.resource(1), lines=lines)
    second, _ = drive(DOCUMENT, line.resource(2), lines=lines)
    (shared,) = lines.values()
    first.close()
    assert second.read(["a"])["a"].value == 200
    second.close()
    assert not shared.connected


def test_silence_stands_between_frames(line: RtuBench, drivers: tuple[Any, Any]) -> None:
    """The peer loses what comes sooner than 3.5 characters after the last byte."""
    since = len(line.requests())
    for _ in range(20):
        drivers[0].read(["a"])
    assert [request.get("lost") for request in line.requests()[since:]] == [None] * 20


@pytest.mark.parametrize(
    ("kind", "fault", "words"),
    [
        ("drop", "timeout", "no answer came in time"),
        ("garble", "garbled", "garbled|checksum|bytes of values|function"),
        ("wrong_unit", "garbled", "unit 2 answered, asked was unit 1"),
        ("busy", "refused", "exception 6"),
    ],
)
def test_spoilt_answers_have_their_fault(
    line: RtuBench, drivers: tuple[Any, Any], kind: str, fault: str, words: str
) -> None:
    line.fault(1, kind)
    with pytest.raises(InstrumentError, match=words) as caught:
        drivers[0].read(["a"])
    assert caught.value.fault == fault
    assert caught.value.context.sent
    assert drivers[0].read(["a"])["a"].value == 100


def test_illegal_requests_are_rejected(line: RtuBench) -> None:
    document = DOCUMENT | {"attributes": {"odd": {"holding": 9000}}}
    driver, _ = drive(document, line.resource(1))
    with pytest.raises(InstrumentError, match="no such register") as caught:
        driver.read(["odd"])
    driver.close()
    assert caught.value.fault == "rejected"


def test_late_answer_is_never_taken_for_the_next(line: RtuBench, drivers: tuple[Any, Any]) -> None:
    driver, _ = drivers
    line.fault(1, "delay", seconds=LATE_S)
    with pytest.raises(InstrumentError, match="no answer"):
        driver.read(["a"])
    assert driver.read(["b"])["b"].value == 101


def test_without_the_guard_the_late_answer_is_taken(line: RtuBench, drivers: tuple[Any, Any]) -> None:
    driver = unguarded(drivers[0])
    line.fault(1, "delay", seconds=LATE_S)
    with pytest.raises(InstrumentError, match="no answer"):
        driver.read(["a"])
    line.fault(1, "delay", seconds=0.1)
    assert driver.read(["b"])["b"].value == 100


def test_two_answers_after_a_timeout_are_both_thrown_away(line: RtuBench, drivers: tuple[Any, Any]) -> None:
    """The late one comes after the line was quiet, just before that to the next question."""
    driver, _ = drivers
    line.fault(1, "delay", seconds=TIMEOUT_S + 0.16)
    with pytest.raises(InstrumentError, match="no answer"):
        driver.read(["a"])
    line.fault(1, "delay", seconds=0.05)
    with pytest.raises(InstrumentError, match=r"two answers came|more came"):
        driver.read(["b"])
    assert driver.read(["b"])["b"].value == 101


def test_other_units_do_not_wait_for_a_unit_that_owes(line: RtuBench, drivers: tuple[Any, Any]) -> None:
    first, second = drivers
    took_s = []
    for _ in range(5):  # whoever waits does so each time, a busy machine does not
        line.fault(1, "drop")
        with pytest.raises(InstrumentError, match="no answer"):
            first.read(["a"])
        begun = time.monotonic()
        assert second.read(["a"])["a"].value == 200
        took_s.append(time.monotonic() - begun)
    assert min(took_s) < 0.06


def test_late_answer_of_another_unit_is_skipped(line: RtuBench, drivers: tuple[Any, Any]) -> None:
    first, second = drivers
    line.fault(1, "delay", seconds=TIMEOUT_S + 0.03)
    with pytest.raises(InstrumentError, match="no answer"):
        first.read(["a"])
    line.fault(2, "delay", seconds=0.06)
    assert second.read(["a"])["a"].value == 200


def test_unit_that_answers_for_another_is_not_believed(line: RtuBench) -> None:
    """Trap 6: whoever answers says another number than the one that was asked."""
    driver, _ = drive(DOCUMENT, line.resource(1), timeout_s=TIMEOUT_S)
    line.fault(1, "wrong_unit", count=2)
    for _ in range(2):
        with pytest.raises(InstrumentError, match="unit 2 answered"):
            driver.read(["a"])
    driver.close()


def test_unit_that_does_not_exist_times_out(line: RtuBench) -> None:
    driver, _ = drive(DOCUMENT, line.resource(9), timeout_s=TIMEOUT_S)
    with pytest.raises(InstrumentError, match="no answer") as caught:
        driver.read(["a"])
    driver.close()
    assert caught.value.fault == "timeout"


def test_what_nobody_asked_for_is_thrown_away(line: RtuBench, drivers: tuple[Any, Any]) -> None:
    line.say(bytes([1, 3, 2, 0xFF, 0xFF, 0xB9, 0xF4]))
    time.sleep(0.05)
    assert drivers[0].read(["a"])["a"].value == 100


def test_set_up_is_sent_again_after_a_timeout(line: RtuBench) -> None:
    driver, told = drive(SET_UP, line.resource(1), timeout_s=TIMEOUT_S)
    line.fault(1, "drop")
    with pytest.raises(InstrumentError, match="no answer"):
        driver.read(["a"])
    line.restart(1)
    assert driver.read(["mode"])["mode"].value == 5
    driver.close()
    assert told.count("instrument.set-up") == 2
    assert told.count("instrument.reopened") == 0


def test_only_the_unit_that_was_silent_is_set_up_again(line: RtuBench) -> None:
    lines: dict[str, Any] = {}
    first, told = drive(SET_UP, line.resource(1), timeout_s=TIMEOUT_S, lines=lines)
    second, told_second = drive(SET_UP, line.resource(2), timeout_s=TIMEOUT_S, lines=lines)
    line.fault(1, "drop")
    with pytest.raises(InstrumentError, match="no answer"):
        first.read(["a"])
    second.read(["a"])
    first.read(["a"])
    first.close()
    second.close()
    assert (told.count("instrument.set-up"), told_second.count("instrument.set-up")) == (2, 1)


def test_port_that_vanished_is_disconnected_and_found_again(tmp_path: Path) -> None:
    with RtuBench(UNITS, folder=tmp_path, baudrate=115200) as bench:
        driver, told = drive(SET_UP, bench.resource(1), timeout_s=TIMEOUT_S)
        bench.vanish()
        with pytest.raises(InstrumentError, match="is gone") as caught:
            driver.read(["a"])
        assert caught.value.fault == "disconnected"
        bench.appear()
        assert driver.read(["a"])["a"].value == 100
        driver.close()
    assert told.count("instrument.reopened") == 1
    assert told.count("instrument.set-up") == 2


def test_interrupt_leaves_no_answer_behind(
    line: RtuBench, drivers: tuple[Any, Any], monkeypatch: Any
) -> None:
    driver, _ = drivers
    port = driver._line._port
    with monkeypatch.context() as patched:
        patched.setattr(port, "receive", lambda timeout_s: _interrupt() if timeout_s > 0 else b"")
        with pytest.raises(KeyboardInterrupt):
            driver.read(["a"])
    assert driver.read(["b"])["b"].value == 101


def _interrupt() -> bytes:
    raise KeyboardInterrupt


def test_echo_of_the_adapter_is_taken_off(line: RtuBench, drivers: tuple[Any, Any], monkeypatch: Any) -> None:
    driver, _ = drivers
    port, receive, send = driver._line._port, driver._line._port.receive, driver._line._port.send
    echo: list[bytes] = []

    def sent(data: bytes, timeout_s: float) -> None:
        echo.append(data)
        send(data, timeout_s)

    monkeypatch.setattr(port, "send", sent)
    monkeypatch.setattr(port, "receive", lambda timeout_s: echo.pop() if echo else receive(timeout_s))
    monkeypatch.setattr(driver._line, "_pace", type(driver._line._pace)(echoes=True))
    assert driver.read(["a"])["a"].value == 100


def test_rtu_frames_through_a_serial_device_server(line: RtuBench) -> None:
    with device_server(line.serial_path) as port:
        address = f"modbus+tcp://127.0.0.1:{port}?unit=2&framing=rtu"
        driver, _ = drive(DOCUMENT, address, timeout_s=TIMEOUT_S)
        line.fault(2, "garble")
        with pytest.raises(InstrumentError) as caught:
            driver.read(["a"])
        assert caught.value.fault == "garbled"
        assert driver.read(["a", "b"])["b"].value == 201
        driver.close()


@contextmanager
def device_server(path: str) -> Iterator[int]:
    """One TCP connection, carried to a serial port as it is."""
    listener = socket.create_server(("127.0.0.1", 0))
    device = os.open(path, os.O_RDWR | os.O_NOCTTY)

    def carry() -> None:
        connection, _ = listener.accept()
        sources: list[Any] = [connection, device]
        with connection:
            while True:
                readable, _, _ = select.select(sources, [], [])
                if device in readable:
                    connection.sendall(os.read(device, 4096))
                elif data := connection.recv(4096):
                    os.write(device, data)
                else:
                    return

    thread = threading.Thread(target=carry)
    thread.start()
    yield listener.getsockname()[1]
    thread.join(5)
    listener.close()
    os.close(device)


def limited(tmp_path: Path, **unit: Any) -> RtuBench:
    return RtuBench({1: {"holding": {"0": list(range(100))}} | unit}, folder=tmp_path, paced=False)


HUNDRED = DOCUMENT | {"attributes": {f"r{at}": {"holding": at} for at in range(100)}}


def read_all(driver: Any) -> list[Any]:
    return [reading.value for reading in driver.read(list(HUNDRED["attributes"])).values()]


def test_blocks_are_cut_on_exception_3_and_the_length_remembered(tmp_path: Path) -> None:
    with limited(tmp_path, max_registers=32) as bench:
        driver, told = drive(HUNDRED, bench.resource())
        assert read_all(driver) == list(range(100))
        learnt = len(bench.requests())
        assert told.count("exchange.extra") == learnt - 1
        assert read_all(driver) == list(range(100))
        assert [request["count"] for request in bench.requests()[learnt:]] == [25] * 4
        driver.close()


def test_missing_register_takes_only_its_own_value(tmp_path: Path) -> None:
    holding = {"0": list(range(40)), "41": list(range(41, 100))}
    with limited(tmp_path, holding=holding) as bench:
        driver, _ = drive(HUNDRED, bench.resource())
        for _ in range(2):
            readings = driver.read(list(HUNDRED["attributes"]))
            assert {name for name, reading in readings.items() if reading.fault} == {"r40"}
            assert readings["r41"].value == 41
        before = len(bench.requests())
        driver.read(list(HUNDRED["attributes"]))
        assert [request["count"] for request in bench.requests()[before:]] == [40, 1, 59]
        driver.close()


def test_hole_that_the_document_believes_in_is_bridged_no_more(tmp_path: Path) -> None:
    with limited(tmp_path, holding={"0": [0], "2": [2]}) as bench:
        driver, _ = drive(HUNDRED, bench.resource())
        for _ in range(2):
            readings = driver.read(["r0", "r2"])
            assert [reading.value for reading in readings.values()] == [0, 2]
        assert [request["count"] for request in bench.requests()] == [3, 1, 1, 1, 1]
        driver.close()


@pytest.mark.parametrize(("writes", "functions"), [("auto", [6, 16, 5]), ("multiple", [16, 16, 15])])
def test_functions_of_writing_can_be_chosen(line: RtuBench, writes: str, functions: list[int]) -> None:
    attributes = {
        "a": {"holding": 0, "access": "rw"},
        "long": {"holding": 2, "type": "uint32", "access": "rw"},
        "valve": {"coil": 3, "access": "rw"},
    }
    driver, _ = drive(DOCUMENT | {"attributes": attributes, "writes": writes}, line.resource(2))
    since = len(line.requests())
    for name, value in (("a", 9), ("long", 70000), ("valve", True)):
        driver.write(name, value)
        assert driver.read([name])[name].value == value
    driver.close()
    written = [request["function"] for request in line.requests()[since:] if request["function"] > 4]
    assert written == functions


BITS: dict[str, Any] = {
    "flags": {"holding": 51, "access": "rw"},
    "heater": {"holding": 51, "bit": 3, "access": "rw"},
    "stage": {"holding": 51, "bits": [4, 6], "options": {"idle": 0, "ramp": 5}, "access": "rw"},
}


@pytest.mark.parametrize(("writes", "functions"), [("auto", [3, 6]), ("mask", [22])])
def test_a_bit_is_set_without_its_neighbours(line: RtuBench, writes: str, functions: list[int]) -> None:
    attributes = {
        name: part | ({"writes": writes} if "bit" in str(part) else {}) for name, part in BITS.items()
    }
    driver, told = drive(DOCUMENT | {"attributes": attributes}, line.resource(1))
    driver.write("flags", 0x8001)
    since = len(line.requests())
    driver.write("heater", True)
    assert [request["function"] for request in line.requests()[since:]] == functions
    driver.write("stage", "ramp")
    readings = driver.read(list(BITS))
    driver.close()
    assert [reading.value for reading in readings.values()] == [0x8001 | 8 | 5 << 4, True, "ramp"]
    assert told.count("exchange.extra") == 2 * (len(functions) - 1)


def test_identity_holds_texts(line: RtuBench) -> None:
    line.put(1, "holding", 52, 0x4142)
    line.put(1, "holding", 53, 0x4300)
    identity = {"serial": {"holding": 52, "type": "text", "length": 2}}
    told = Told()
    driver, told = drive(DOCUMENT | {"identity": identity}, line.resource(1))
    driver.close()
    assert told.events[0][1]["identity"]["serial"] == "ABC"
