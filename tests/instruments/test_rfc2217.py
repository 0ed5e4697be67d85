"""Serial ports of another machine: a real ser2net, with a pseudo-terminal as its port."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import serial
from tests.instruments._oven import BROKEN, DOCUMENTS, SETPOINT, VALIDITY, Oven
from tests.instruments._peers import fault_of, pool_on, value
from tests.instruments._scripted import peer

from shotlane.instruments.ports._rfc2217 import Rfc2217Port

# The warning is pyserial's.
pytestmark = [pytest.mark.real_time, pytest.mark.filterwarnings("ignore:set(Daemon|Name):DeprecationWarning")]

CONFIG = """%YAML 1.1
---
connection: &port
  accepter: telnet(rfc2217),tcp,127.0.0.1,{port}
  connector: serialdev,{device},9600n81,local
"""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


class Server:
    """ser2net in front of a serial device."""

    def __init__(self, device: str, folder: Path) -> None:
        program = shutil.which("ser2net", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
        if program is None:
            pytest.skip("no ser2net")
        self.port = free_port()
        config = folder / "ser2net.yaml"
        config.write_text(CONFIG.format(port=self.port, device=device), encoding="utf-8")
        self._command = [program, "-n", "-u", "-c", str(config)]
        self.start()

    def start(self) -> None:
        """Start it, and wait until it listens."""
        self._process = subprocess.Popen(self._command, stderr=subprocess.DEVNULL)
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    break
            time.sleep(0.02)
        time.sleep(0.2)  # it lets go of the probe's connection

    def stop(self) -> None:
        """Stop it."""
        self._process.terminate()
        self._process.wait()


@contextmanager
def server_of(wire: str, folder: Path) -> Iterator[tuple[Oven, Server]]:
    oven = Oven(wire)
    end = b"\n" if wire == "ascii-pty" else None
    with peer(oven.answer, wire="pty", end=end) as device:
        made = Server(device.resource.removeprefix("serial://"), folder)
        try:
            yield oven, made
        finally:
            made.stop()


def station(wire: str, server: Server, more: str = "") -> str:
    scheme = "rfc2217" if wire == "ascii-pty" else "modbus+rfc2217"
    resource = f"{scheme}://127.0.0.1:{server.port}?baudrate=9600{more}"
    oven = f"{{instrument: oven, resource: '{resource}', timeout: 500 ms}}"
    return f"station: lab\ninstruments:\n  oven: {oven}\n"


@pytest.mark.parametrize("more", ["", "&ign_set_control"])
@pytest.mark.parametrize("wire", ["ascii-pty", "modbus-rtu"])
def test_a_serial_port_behind_ser2net_is_used_like_one_here(wire: str, more: str, tmp_path: Path) -> None:
    kind = wire.partition("-")[0]
    with (
        server_of(wire, tmp_path) as (oven, server),
        pool_on(station(wire, server, more), tmp_path, {"oven": DOCUMENTS[kind]}) as (pool, _),
    ):
        pool.open(["oven"])
        pool.write("oven", "setpoint", 40.0)
        assert (value(pool, "oven", "temperature"), oven.registers[SETPOINT]) == (25.0, 40)
        oven.registers[VALIDITY] = BROKEN
        assert value(pool, "oven", "temperature") is None
        oven.answers = ["drop"] * 6
        error = fault_of(pool.read, "oven", ["setpoint"])
        assert error is not None
        assert error.fault == "timeout"


def test_a_server_that_goes_away_is_disconnected_and_comes_back(tmp_path: Path) -> None:
    with (
        server_of("ascii-pty", tmp_path) as (_, server),
        pool_on(station("ascii-pty", server), tmp_path, {"oven": DOCUMENTS["ascii"]}) as (pool, told),
    ):
        pool.open(["oven"])
        server.stop()
        error = fault_of(pool.read, "oven", ["temperature"])
        assert error is not None
        assert error.fault == "disconnected"
        server.start()
        assert value(pool, "oven", "temperature") == 25.0
        assert len(told.of("instrument.reopened")) == 1


def test_without_ignoring_the_control_lines_it_cannot_be_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = serial.serial_for_url

    def strict(url: str, **settings: Any) -> Any:
        return opened(url.removesuffix("?ign_set_control"), **settings)

    monkeypatch.setattr(serial, "serial_for_url", strict)
    with server_of("ascii-pty", tmp_path) as (_, server):
        port = Rfc2217Port("127.0.0.1", server.port, {})
        with pytest.raises(OSError, match="timeout while waiting for option 'control'"):
            port.open(1.0)
