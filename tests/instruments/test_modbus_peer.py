"""The Modbus driver against a peer written by others: pymodbus' own server, with its own conversions."""

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from pymodbus.client import ModbusTcpClient
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice
from tests.instruments._wired import drive

from shotlane.instruments.definition._contract import InstrumentError

pytestmark = pytest.mark.real_time

UNITS = (1, 7)
TYPES = {
    "uint16": (ModbusTcpClient.DATATYPE.UINT16, 65001),
    "int16": (ModbusTcpClient.DATATYPE.INT16, -12345),
    "uint32": (ModbusTcpClient.DATATYPE.UINT32, 4_000_000_001),
    "int32": (ModbusTcpClient.DATATYPE.INT32, -2_000_000_001),
    "float32": (ModbusTcpClient.DATATYPE.FLOAT32, -123.4375),
}


def device(unit: int) -> SimDevice:
    """All four tables, not shared; holding registers 0-199, the others 0-31."""
    bits = [SimData(0, values=[False] * 32, datatype=DataType.BITS)]
    inputs = [SimData(0, count=32, values=1000 + unit, datatype=DataType.REGISTERS)]
    holding = [SimData(0, count=200, values=0, datatype=DataType.REGISTERS)]
    discrete = [SimData(0, values=[True, False] * 16, datatype=DataType.BITS)]
    return SimDevice(unit, simdata=(bits, discrete, holding, inputs))


class Peer:
    """pymodbus' server in a thread; `frames` are what it received."""

    def __init__(self) -> None:
        self.frames: list[bytes] = []
        self.port = 0
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._main()))
        self._thread.start()
        assert self._ready.wait(10)

    async def _main(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._server = ModbusTcpServer(
            [device(unit) for unit in UNITS], address=("127.0.0.1", 0), trace_packet=self._trace
        )
        await self._server.serve_forever(background=True)
        self.port = self._server.transport.sockets[0].getsockname()[1]  # type: ignore[attr-defined]
        self._ready.set()
        await self._server.serving

    def _trace(self, sending: bool, data: bytes) -> bytes:
        if not sending:
            self.frames.append(data)
        return data

    async def _shutdown(self) -> None:
        await self._server.shutdown()  # type: ignore[no-untyped-call]

    def stop(self) -> None:
        asyncio.run_coroutine_threadsafe(self._shutdown(), self._loop).result(10)
        self._thread.join(10)


@pytest.fixture(scope="module")
def peer() -> Iterator[Peer]:
    peer = Peer()
    yield peer
    peer.stop()


@pytest.fixture(scope="module")
def bare(peer: Peer) -> Iterator[ModbusTcpClient]:
    client = ModbusTcpClient("127.0.0.1", port=peer.port)
    client.connect()  # type: ignore[no-untyped-call]
    yield client
    client.close()  # type: ignore[no-untyped-call]


def driver_for(peer: Peer, attributes: dict[str, Any], unit: int = 1, **document: Any) -> Any:
    whole = {"instrument": "peer", "protocol": "modbus", "attributes": attributes} | document
    driver, told = drive(whole, f"modbus+tcp://127.0.0.1:{peer.port}?unit={unit}")
    return driver, told


@pytest.mark.parametrize("type_", sorted(TYPES))
@pytest.mark.parametrize(("words", "order"), [("high_first", "big"), ("low_first", "little")])
def test_types_mean_what_others_mean(
    peer: Peer, bare: ModbusTcpClient, type_: str, words: str, order: Any
) -> None:
    datatype, value = TYPES[type_]
    driver, _ = driver_for(peer, {"x": {"holding": 20, "type": type_, "words": words, "access": "rw"}})
    bare.write_registers(20, bare.convert_to_registers(value, datatype, order))
    assert driver.read(["x"])["x"].value == value
    bare.write_registers(20, [0, 0])
    driver.write("x", value)
    driver.close()
    written = bare.read_holding_registers(20, count=datatype.value[1]).registers
    assert bare.convert_from_registers(list(written), datatype, order) == value


def test_coils_are_set_and_read(peer: Peer, bare: ModbusTcpClient) -> None:
    driver, _ = driver_for(peer, {"valve": {"coil": 5, "access": "rw"}, "other": {"coil": 6}})
    driver.write("valve", True)
    readings = driver.read(["valve", "other"])
    driver.close()
    assert (readings["valve"].value, readings["other"].value) == (True, False)
    assert bare.read_coils(5, count=1).bits[0] is True


def test_inputs_and_discrete_inputs_are_read(peer: Peer) -> None:
    driver, told = driver_for(peer, {"level": {"input": 3, "scale": 0.01}, "door": {"discrete": 2}}, unit=7)
    readings = driver.read(["level", "door"])
    driver.close()
    assert (readings["level"].value, readings["door"].value) == (10.07, True)
    assert told.count("exchange.extra") == 1


def test_hundred_registers_are_one_request(peer: Peer) -> None:
    attributes = {f"r{at}": {"holding": at, "type": "uint16"} for at in range(100)}
    driver, told = driver_for(peer, attributes)
    before = len(peer.frames)
    assert len(driver.read(list(attributes))) == 100
    driver.close()
    assert len(peer.frames) == before + 1
    assert told.events == []


def test_blocks_keep_the_limit_of_the_document(peer: Peer) -> None:
    attributes = {f"r{at}": {"holding": at, "type": "uint16"} for at in range(100)}
    driver, told = driver_for(peer, attributes, max_registers=40)
    assert len(driver.read(list(attributes))) == 100
    driver.close()
    assert told.count("exchange.extra") == 2


def test_command_writes_its_number(peer: Peer, bare: ModbusTcpClient) -> None:
    commands = {
        "reset": {"holding": 50, "value": 1638},
        "go": {"holding": 51, "value": "{to}", "type": "int16", "parameters": {"to": {}}},
        "start": {"coil": 9},
    }
    driver, _ = driver_for(peer, {}, commands=commands)
    driver.call("reset", {})
    driver.call("go", {"to": -3})
    driver.call("start", {})
    driver.close()
    assert list(bare.read_holding_registers(50, count=2).registers) == [1638, 65533]
    assert bare.read_coils(9, count=1).bits[0] is True


def test_identity_is_asked_at_opening(peer: Peer) -> None:
    identity = {"maker": "pymodbus", "serial": {"input": 0}}
    driver, told = driver_for(peer, {}, identity=identity)
    driver.close()
    ((event, fields),) = told.events
    assert (event, fields["exchanges"]) == ("instrument.identified", 1)
    assert fields["identity"]["serial"] == "1001"


def test_address_that_is_not_there_is_rejected(peer: Peer) -> None:
    driver, _ = driver_for(peer, {"x": {"holding": 500}})
    with pytest.raises(InstrumentError, match="no such register") as caught:
        driver.read(["x"])
    driver.close()
    assert caught.value.fault == "rejected"
