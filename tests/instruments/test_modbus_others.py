"""The Modbus driver against serial and TCP servers written by others: pymodbus, and libmodbus where it is."""

import asyncio
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from pymodbus.server import ModbusSerialServer
from pymodbus.simulator import DataType, SimData, SimDevice
from tests.instruments._bridge import Bridge
from tests.instruments._libmodbus import LIBRARY
from tests.instruments._wired import drive

from shotlane.instruments.definition._contract import InstrumentError

pytestmark = pytest.mark.real_time

BAUDRATE = 115200
WRITTEN: dict[str, tuple[dict[str, Any], Any]] = {
    "word": ({"holding": 0}, 65001),
    "signed": ({"holding": 1, "type": "int16"}, -12345),
    "long": ({"holding": 2, "type": "uint32", "words": "low_first"}, 4_000_000_001),
    "huge": ({"holding": 4, "type": "int64", "byte_order": "low_first"}, -(2**62)),
    "real": ({"holding": 8, "type": "float32"}, -60.1),
    "exact": ({"holding": 10, "type": "float64"}, 0.1),
    "name": ({"holding": 14, "type": "text", "length": 4}, "PT100-A"),
    "flag": ({"holding": 18, "bit": 9}, True),
    "gain": ({"holding": 18, "bits": [2, 4]}, 5),
    "relay": ({"coil": 3}, True),
}
VALUES = {name: value for name, (_, value) in WRITTEN.items()}
DOCUMENT: dict[str, Any] = {
    "instrument": "other",
    "protocol": "modbus",
    "attributes": {name: part | {"access": "rw"} for name, (part, _) in WRITTEN.items()}
    | {"level": {"input": 4}, "door": {"discrete": 2}, "nowhere": {"holding": 9000}},
}


@contextmanager
def pymodbus_rtu() -> Iterator[str]:
    """pymodbus' serial server with units 1 and 7, on a joined pair of pseudo-terminals."""
    started, holder = threading.Event(), dict[str, Any]()

    async def serve(port: str) -> None:
        server = ModbusSerialServer([_device(1), _device(7)], port=port, baudrate=BAUDRATE)
        await server.serve_forever(background=True)
        holder.update(server=server, loop=asyncio.get_running_loop())
        started.set()
        await server.serving

    async def shutdown() -> None:
        await holder["server"].shutdown()

    with Bridge() as bridge:
        thread = threading.Thread(target=lambda: asyncio.run(serve(bridge.ends[0])))
        thread.start()
        assert started.wait(10)
        yield f"modbus+serial://{bridge.ends[1]}?baudrate={BAUDRATE}"
        asyncio.run_coroutine_threadsafe(shutdown(), holder["loop"]).result(10)
        thread.join(10)


def _device(unit: int) -> SimDevice:
    bits = [SimData(0, values=[False] * 32, datatype=DataType.BITS)]
    registers = [SimData(0, count=200, values=0, datatype=DataType.REGISTERS)]
    return SimDevice(unit, simdata=(bits, bits, registers, registers))


@contextmanager
def libmodbus_tcp() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with _libmodbus("tcp", str(port)):
        yield f"modbus+tcp://127.0.0.1:{port}"


@contextmanager
def libmodbus_rtu() -> Iterator[str]:
    with Bridge() as bridge, _libmodbus("rtu", bridge.ends[0], str(BAUDRATE)):
        yield f"modbus+serial://{bridge.ends[1]}?baudrate={BAUDRATE}"


@contextmanager
def _libmodbus(*arguments: str) -> Iterator[None]:
    command = [sys.executable, "-m", "tests.instruments._libmodbus", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield
        process.terminate()


needs_libmodbus = pytest.mark.skipif(LIBRARY is None, reason="libmodbus is not installed")
PEERS = [
    pytest.param(pymodbus_rtu, id="pymodbus-rtu"),
    pytest.param(libmodbus_tcp, id="libmodbus-tcp", marks=needs_libmodbus),
    pytest.param(libmodbus_rtu, id="libmodbus-rtu", marks=needs_libmodbus),
]


@pytest.fixture(params=PEERS)
def resource(request: pytest.FixtureRequest) -> Iterator[str]:
    with request.param() as address:
        yield address


def opened(resource: str, unit: int = 1, **document: Any) -> Any:
    joined = "&" if "?" in resource else "?"
    return drive(DOCUMENT | document, f"{resource}{joined}unit={unit}", timeout_s=1.0)


def test_everything_written_is_read_back(resource: str) -> None:
    driver, told = opened(resource)
    for name, (_, value) in WRITTEN.items():
        driver.write(name, value)
    readings = driver.read([*WRITTEN, "level", "door"])
    driver.close()
    assert {name: readings[name].value for name in WRITTEN} == VALUES
    assert (readings["level"].value, readings["door"].value) == (0, False)
    # Two bit fields are read before they are set; each of the four tables is a block of its own.
    assert told.count("exchange.extra") == 2 + 3


def test_the_functions_for_several_are_understood(resource: str) -> None:
    driver, _ = opened(resource, writes="multiple")
    for name in ("word", "relay"):
        driver.write(name, WRITTEN[name][1])
    readings = driver.read(["word", "relay"])
    driver.close()
    assert [reading.value for reading in readings.values()] == [65001, True]


def test_an_address_that_is_not_there_is_rejected_and_the_line_goes_on(resource: str) -> None:
    driver, _ = opened(resource)
    with pytest.raises(InstrumentError, match="no such register") as caught:
        driver.read(["nowhere"])
    assert caught.value.fault == "rejected"
    assert driver.read(["word"])["word"].value == 0
    driver.close()


def test_many_readings_in_a_row_are_all_answered(resource: str) -> None:
    driver, told = opened(resource)
    driver.write("word", 7)
    assert [driver.read(["word"])["word"].value for _ in range(100)] == [7] * 100
    driver.close()
    assert told.events == []


def test_units_of_one_line_are_told_apart() -> None:
    lines: dict[str, Any] = {}
    with pymodbus_rtu() as resource:
        first, _ = drive(DOCUMENT, f"{resource}&unit=1", timeout_s=1.0, lines=lines)
        second, _ = drive(DOCUMENT, f"{resource}&unit=7", timeout_s=1.0, lines=lines)
        first.write("word", 1)
        second.write("word", 7)
        assert (first.read(["word"])["word"].value, second.read(["word"])["word"].value) == (1, 7)
        first.close()
        second.close()
