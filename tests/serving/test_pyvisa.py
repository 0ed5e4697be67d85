"""Served SCPI instruments, asked by PyVISA with PyVISA-py, which `SHOTLANE_PEERS` has."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests.serving.served import WIRES, served

pytestmark = pytest.mark.real_time

SCOPE = """
instrument: device
protocol: scpi
error_queue: true
identity: {maker: Example, model: S1}
attributes:
  voltage: {scpi: VOLT, unit: V, access: rw, min: 0 V, max: 30 V, safe: 0 V}
  output: {scpi: OUTP, type: bool, access: rw, safe: off}
  trace: {query: "WAV?", block: {type: float32, byte_order: low_first}, unit: V}
simulate: {trace: {waveform: {sine: 1 V, points: 50}}}
"""
ASK = """
import sys
import pyvisa
scope = pyvisa.ResourceManager("@py").open_resource(sys.argv[1])
scope.read_termination = scope.write_termination = "\\n"
scope.timeout = 2000
print(scope.query("*IDN?").split(",")[:2])
scope.write("VOLT 12.5")
scope.write("OUTP 1")
print(scope.query("VOLT?"), scope.query("outp?"))
print(len(scope.query_binary_values("WAV?", datatype="f", is_big_endian=False)))
scope.write("VOLT 99")
print(scope.query("SYST:ERR?"))
"""


def visa_python() -> str:
    """The Python that has PyVISA-py; skips where there is none."""
    found = shutil.which("pyvisa-info", path=os.environ.get("SHOTLANE_PEERS"))
    if found is None:
        pytest.skip("no pyvisa-info: SHOTLANE_PEERS names no folder that has it")
    return str(Path(found).with_name("python"))


@pytest.mark.parametrize("wire", WIRES, ids=("tcp", "pty"))
def test_pyvisa_drives_a_served_scope(wire: str, tmp_path: Path) -> None:
    python = visa_python()
    with served(SCOPE, wire, tmp_path) as found:
        made: Any = found.wires[0]
        is_serial = hasattr(made, "link")
        if is_serial and subprocess.run([python, "-c", "import serial"], check=False).returncode:
            pytest.skip("PyVISA-py has no pyserial there")
        address = f"ASRL{made.link}::INSTR" if is_serial else f"TCPIP::127.0.0.1::{made.port}::SOCKET"
        done = subprocess.run([python, "-c", ASK, address], capture_output=True, text=True, timeout=30)
    assert done.stdout.splitlines() == [
        "['Example', 'S1']",
        "12.5 1",
        "50",
        '-222,"Data out of range"',
    ], done.stderr
