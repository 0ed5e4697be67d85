"""The bench itself: it answers, it logs every request once, it stops cleanly."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from tests.instruments._wired import FURNACE, GAS, drive

from shotlane.testing import Bench, BenchError

pytestmark = pytest.mark.real_time


def test_ready_line_comes_first_and_sigterm_leaves_the_final_state(tmp_path: Path) -> None:
    log, link = tmp_path / "log.jsonl", tmp_path / "gas"
    command = [sys.executable, "-m", "shotlane.testing.bench", "--port", "0"]
    process = subprocess.Popen(
        [*command, "--link", str(link), "--log", str(log)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    with process.stdout as stdout:
        assert stdout.readline().startswith("bench ready: furnace modbus+tcp://127.0.0.1:")
        assert link.is_symlink()
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0
    last = [json.loads(line) for line in log.read_text().splitlines()][-2:]
    assert [entry["device"] for entry in last] == ["furnace", "gas"]
    assert not os.path.lexists(link)


def test_taken_port_is_told_without_a_traceback(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(BenchError, match="status 1"), Bench(port, folder=tmp_path):
            pass


def test_every_request_is_logged_once(tmp_path: Path) -> None:
    with Bench(folder=tmp_path) as bench:
        furnace, _ = drive(FURNACE, bench.furnace_resource)
        gas, _ = drive(GAS, bench.gas_resource)
        furnace.write("setpoint", 140.0)
        furnace.read(["temperature"])
        gas.read(["flow", "pressure"])
        furnace.close()
        gas.close()
        seen = [(r["device"], r.get("name", r.get("command"))) for r in bench.requests()]
    assert seen == [
        ("furnace", "write_register"),
        ("furnace", "write_registers"),
        ("furnace", "read_holding_registers"),
        ("gas", ""),
    ]
    assert len(bench.log.read_text().splitlines()) == len(seen) + 2


def test_restart_forgets_a_setpoint_that_was_not_saved(tmp_path: Path) -> None:
    with Bench(folder=tmp_path) as bench:
        furnace, _ = drive(FURNACE, bench.furnace_resource)
        furnace.write("setpoint", 140.0)
        assert bench.registers()["furnace"]["setpoint_degF"] == 140.0
        furnace.close()
        bench.restart("furnace")
        state = bench.registers()["furnace"]
    assert (state["setpoint_degF"], state["saving"], state["eeprom_writes"]) == (75.0, 106, 0)
