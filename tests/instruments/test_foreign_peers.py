"""ASCII and SCPI documents against devices simulated by others: lewis, sinstruments, PyVISA-sim.

They pin versions of their own, so they live in a virtual environment of their own, whose folder of programs
`SHOTLANE_PEERS` names; where there is none, these tests say skipped.
"""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.instruments._wired import drive

from shotlane.instruments import InstrumentError

pytestmark = pytest.mark.real_time

JULABO: dict[str, Any] = {
    "instrument": "julabo",
    "protocol": "ascii",
    "write": "{command}\r",
    "read_end": "\r\n",
    "attributes": {
        "temperature": {"query": "IN_PV_00", "reply": "{value:f}"},
        "goal": {
            "query": "IN_SP_00",
            "reply": "{value:f}",
            "access": "rw",
            "set": {"send": "OUT_SP_00 {value:.1f}", "reply": "{_:rest?}"},
        },
        "pump": {
            "query": "IN_MODE_05",
            "reply": "{value:d}",
            "type": "bool",
            "access": "rw",
            "set": {"send": "OUT_MODE_05 {value}", "reply": "{_:rest?}"},
        },
    },
    "identity": {"query": "VERSION", "reply": "JULABO {model:w} {_:rest}", "maker": "Julabo"},
}
LINKAM: dict[str, Any] = {
    "instrument": "linkam",
    "protocol": "ascii",
    "encoding": "latin-1",
    "write": "{command}\r",
    "replies": {
        "status": {
            "pattern": "(?P<state>.)(?P<errors>.)(?P<pump>.).{3}(?P<temperature>[0-9a-f]{4})",
            "types": {"temperature": "x"},
        }
    },
    "attributes": {
        "temperature": {"query": "T", "reply": "status", "scale": 0.1},
        "state": {"query": "T", "reply": "status", "options": {"stopped": "\x01", "heating": "\x10"}},
    },
}
ELECTROMETER: dict[str, Any] = {
    "instrument": "electrometer",
    "protocol": "ascii",
    "write": "{command}\r",
    "read_end": "\r\n",
    "errors": {"NAK": "rejected"},
    "replies": {"taken": "ACK"},
    "attributes": {
        "rate": {
            "query": "BDR ?",
            "reply": "BDR {value:d}",
            "type": "int",
            "access": "rw",
            "set": {"send": "BDR {value}", "reply": "taken"},
        },
        "unknown": {"query": "XYZ ?", "reply": "XYZ {value:d}"},
    },
    "identity": {"query": "VER ?", "reply": "VER {model:w} {firmware:w}"},
}
GENERATOR: dict[str, Any] = {
    "instrument": "generator",
    "protocol": "ascii",
    "write": "{command}\n",
    "errors": {"FREQ_ERROR": "rejected", "ERROR": "rejected"},
    "replies": {"ok": "OK {_:rest?}"},
    "attributes": {
        "frequency": {
            "query": "?FREQ",
            "reply": "{value:f}",
            "access": "rw",
            "set": {"send": "!FREQ {value:.2f}", "reply": "ok"},
        },
    },
    "commands": {"calibrate": {"send": "!CAL", "reply": "ok"}},
    "identity": {"query": "?IDN", "reply": "{model:w} Serial #{serial:w}"},
}
SUPPLY: dict[str, Any] = {
    "instrument": "supply",
    "protocol": "scpi",
    "error_queue": ":SYST:ERR?",
    "attributes": {
        "voltage": {
            "query": ":VOLT:IMM:AMPL?",
            "access": "rw",
            "set": {"send": ":VOLT:IMM:AMPL {value:.3f}"},
        }
    },
}
# The electrometer that comes with sinstruments 1.5 mixes text and bytes; this much makes it answer.
METER = """
from sinstruments.simulators.elettra import ElettraElectrometer

class Meter(ElettraElectrometer):
    def __init__(self, name, **options):
        super().__init__(name, newline=b"\\r", **options)

    def handle_message(self, line):
        answer = super().handle_message(line.decode())
        return answer and answer.encode()
"""
# PyVISA-sim has no port of its own: one of its devices, bridged to a socket.
BRIDGE = """
import socket, sys, pyvisa
device = pyvisa.ResourceManager("@sim").open_resource(
    sys.argv[2], read_termination="\\n", write_termination="\\n", timeout=200)
server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    connection, _ = server.accept()
    for line in connection.makefile("rb"):
        device.write(line.decode().strip())
        try:
            connection.sendall(device.read().encode() + b"\\n")
        except pyvisa.errors.VisaIOError:
            pass
"""


def program(name: str) -> str:
    """A program of the peers' environment; skips where there is none."""
    found = shutil.which(name, path=os.environ.get("SHOTLANE_PEERS"))
    if found is None:
        pytest.skip(f"no {name}: SHOTLANE_PEERS names no folder that has it")
    return found


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


@contextmanager
def running(command: list[str], port: int) -> Iterator[str]:
    """A peer that listens on a port; gives its address."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        for _ in range(200):
            if process.poll() is not None:
                stderr = b"" if process.stderr is None else process.stderr.read()
                raise RuntimeError(stderr.decode())
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield f"tcp://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()
        if process.stderr is not None:
            process.stderr.close()


@contextmanager
def lewis(device: str, protocol: str) -> Iterator[str]:
    port = free_port()
    options = f"{protocol}: {{bind_address: 127.0.0.1, port: {port}}}"
    with running([program("lewis"), device, "-p", options], port) as resource:
        yield resource


def test_a_bath_of_lewis() -> None:
    with lewis("julabo", "julabo-version-1") as resource:
        driver, told = drive(JULABO, resource, timeout_s=1.0)
        assert driver.open().model == "FP50_MH"
        driver.write("goal", 45.5)
        driver.write("pump", True)
        readings = driver.read(["temperature", "goal", "pump"])
        driver.close()
    assert readings["temperature"].value == pytest.approx(24.0, abs=3)
    assert (readings["goal"].value, readings["pump"].value) == (45.5, True)
    assert told.count("exchange.extra") == 2


def test_a_stage_of_lewis_whose_status_is_bytes() -> None:
    with lewis("linkam_t95", "stream") as resource:
        driver, _ = drive(LINKAM, resource, timeout_s=1.0)
        readings = driver.read(["temperature", "state"])
        driver.close()
    assert readings["temperature"].value == pytest.approx(24.0, abs=3)
    assert readings["state"].value == "stopped"


def test_an_electrometer_of_sinstruments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    port = free_port()
    config = tmp_path / "sim.yaml"
    config.write_text(
        "devices:\n- class: Meter\n  name: meter\n  package: meter\n"
        f"  transports:\n  - type: tcp\n    url: 127.0.0.1:{port}\n",
        encoding="utf-8",
    )
    (tmp_path / "meter.py").write_text(METER, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with running([program("sinstruments-server"), "-c", str(config)], port) as resource:
        driver, _ = drive(ELECTROMETER, resource, timeout_s=1.0)
        assert driver.open().firmware == "2.0.3"
        driver.write("rate", 9600)
        assert driver.read(["rate"])["rate"].value == 9600
        for act in (lambda: driver.write("rate", 77), lambda: driver.read(["unknown"])):
            with pytest.raises(InstrumentError, match="NAK") as caught:
                act()
            assert caught.value.fault == "rejected"
        driver.close()


@contextmanager
def pyvisa_sim(name: str) -> Iterator[str]:
    port = free_port()
    python = Path(program("pyvisa-info")).with_name("python")
    with running([str(python), "-c", BRIDGE, str(port), name], port) as resource:
        yield resource


def test_a_generator_of_pyvisa_sim() -> None:
    with pyvisa_sim("TCPIP0::localhost::10001::SOCKET") as resource:
        driver, _ = drive(GENERATOR, resource, timeout_s=1.0)
        assert driver.open().serial == "1234"
        driver.write("frequency", 250.0)
        assert driver.read(["frequency"])["frequency"].value == 250.0
        with pytest.raises(InstrumentError, match="FREQ_ERROR"):
            driver.write("frequency", 0.1)
        driver.call("calibrate", {})
        driver.close()


def test_a_supply_of_pyvisa_sim_with_an_error_queue() -> None:
    with pyvisa_sim("TCPIP0::localhost:4444::inst0::INSTR") as resource:
        driver, _ = drive(SUPPLY, resource, timeout_s=1.0)
        identity = driver.open()
        driver.write("voltage", 2.5)
        assert driver.read(["voltage"])["voltage"].value == 2.5
        with pytest.raises(InstrumentError, match="the device says 1, Command error") as caught:
            driver.write("voltage", 99.0)
        driver.write("voltage", 3.0)
        driver.close()
    assert (identity.maker, identity.firmware) == ("SCPI", None)
    assert caught.value.fault == "rejected"
