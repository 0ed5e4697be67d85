"""A project of its own for every test, the commands as a person types them, and the bench as witness."""

import io
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sysconfig
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.in_process import run_here

from shotlane.testing import Bench

REPOSITORY = Path(__file__).parents[2]
MISTAKES = Path(__file__).parent / "mistakes"
_SCRIPTS = Path(sysconfig.get_path("scripts"))

# One port with a lane of each kind; as long as `soak` says.
SHORT = """
language: 1
sequence: short
station: demo
parameters: {T: 40 degC, soak: 100 ms}
timeline:
  - heat: 50 ms
  - soak: soak
lanes:
  furnace.setpoint:
    set: T
    read: {soak: {at: end}}
  furnace.temperature:
    record: 20 Hz
  gas.flow_setpoint:
    set: {heat: 10 cm**3/min, soak: 20 cm**3/min}
  gas.shutoff:
    set: false
  gas.flow:
    record: 20 Hz
sweep:
  - T: {linspace: [30 degC, 50 degC, 5]}
"""

# The same for tests that are not about time: what a busy machine misses is recorded, and no fault.
PATIENT = SHORT.replace("record: 20 Hz", "record: 20 Hz\n    max_missing: 1")


@dataclass(frozen=True)
class Done:
    """A command that has ended."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output as one JSON value."""
        return json.loads(self.out)

    @property
    def text(self) -> str:
        """Everything it said."""
        return self.out + self.err


@dataclass(frozen=True)
class Lab:
    """A project in `folder`: the committed stations, and sequences that a test writes."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)
    started: "list[subprocess.Popen[str]]" = field(default_factory=list, repr=False)

    @property
    def store(self) -> Path:
        """Where runs of this project go."""
        return self.folder / "data" / "shotlane.db"

    def write(self, text: str, name: str = "sequences/short.yaml") -> Path:
        """Write a document."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def start(self, command: str, *arguments: object, **options: Any) -> "subprocess.Popen[str]":
        """Start a command in the project folder."""
        settings: dict[str, Any] = {
            "stdin": subprocess.DEVNULL,
            "stdout": subprocess.PIPE,
            "stderr": subprocess.PIPE,
            "text": True,
            "cwd": self.folder,
            "env": {**os.environ, **self.environment},
        }
        process = subprocess.Popen([_SCRIPTS / command, *map(str, arguments)], **{**settings, **options})
        self.started.append(process)
        return process

    def close(self) -> None:
        """End what a test that failed has left behind."""
        for process in self.started:
            process.kill()
            for pipe in (process.stdout, process.stderr):
                if pipe is not None:
                    pipe.close()
            process.wait()

    def do(self, command: str, *arguments: object, **options: Any) -> Done:
        """Run a command to its end; with `options` of a process, or an `environment`, in one of its own."""
        if options or self.environment:
            return finish(self.start(command, *arguments, **options))
        out, err = io.StringIO(), io.StringIO()
        status = run_here([command, *map(str, arguments)], self.folder, out, err)
        return Done(status, out.getvalue(), err.getvalue())

    def run(self, *arguments: object, file: object = "sequences/short.yaml", **options: Any) -> Done:
        """`run-sequence FILE ...`."""
        return self.do("run-sequence", file, *arguments, **options)

    def rows(self, query: str, *arguments: Any) -> list[sqlite3.Row]:
        """Rows of the store."""
        connection = sqlite3.connect(f"file:{self.store}?mode=ro", uri=True, timeout=10)
        connection.row_factory = sqlite3.Row
        try:
            return connection.execute(query, arguments).fetchall()
        finally:
            connection.close()

    def count(self, table: str) -> int:
        """Rows of a table; 0 as long as there is no store."""
        try:
            return int(self.rows(f"SELECT count(*) FROM {table}")[0][0])
        except sqlite3.OperationalError:
            return 0

    def outcome(self) -> str | None:
        """How the newest run ended, as the store says; None without a run."""
        if not self.count("run"):
            return None
        return str(self.rows("SELECT outcome FROM run_view ORDER BY run DESC LIMIT 1")[0][0])


def finish(process: "subprocess.Popen[str]", timeout_s: float = 60.0) -> Done:
    """Wait for the end of a command."""
    out, err = process.communicate(timeout=timeout_s)
    return Done(process.returncode, out or "", err or "")


def interrupted(process: "subprocess.Popen[str]", number: signal.Signals) -> Done:
    """Send a signal; how the command ended."""
    process.send_signal(number)
    return finish(process)


def wait_for(holds: Callable[[], bool], timeout_s: float = 60.0) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + timeout_s
    while not holds():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


def make_lab(folder: Path, bench: Bench | None = None, **environment: str) -> Lab:
    """A project with the committed stations; the station `bench` points to the bench given."""
    (folder / "sequences").mkdir(parents=True)
    shutil.copytree(REPOSITORY / "stations", folder / "stations")
    shutil.copy(REPOSITORY / "sequences" / "furnace-ramp.yaml", folder / "sequences")
    lab = Lab(folder, environment)
    if bench is not None:
        text = (folder / "stations" / "bench.yaml").read_text()
        here = text.replace("127.0.0.1:5020", f"127.0.0.1:{bench.modbus_port}")
        lab.write(here.replace("/tmp/shotlane-bench-gas", bench.serial_path), "stations/bench.yaml")
    lab.write(SHORT)
    return lab


def assert_safe(bench: Bench) -> None:
    """The bench's own registers say that its instruments are safe."""
    state = bench.registers()
    assert abs(state["furnace"]["setpoint_degF"] - 68.0) < 1e-3
    assert (state["gas"]["setpoint"], state["gas"]["held"]) == (0.0, True)
