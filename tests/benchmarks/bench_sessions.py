"""What a session costs: `import`, `connect`, a call above its driver, an observation.

    python -m tests.benchmarks.bench_sessions

A driver in Python that answers at once is read by itself, and through a handle, which checks, stamps and
keeps the value. References of the same run: a bare interpreter, the libraries that a session cannot do
without, a commit of one row by `sqlite3` with synchronous FULL, and TesterKit, where
SHOTLANE_TESTERKIT_PYTHON names a Python that has it. Every start finds compiled modules, as it does where a
package was installed. The machine is shared: ratios to the references hold better than figures.
"""

import json
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import shotlane

# What a session that writes to a SQLite file loads of others: documents, models, values, locks.
LIBRARIES = "from pydantic import BaseModel; import numpy, ruamel.yaml, filelock, platformdirs, sqlite3"
PEER = Path(__file__).with_name("peer_testerkit.py")
STATION = """
station: quick
instruments:
  meter:
    driver: quick_driver:Meter
    resource: tcp://127.0.0.1:1
    attributes: {voltage: {type: float, unit: V, access: rw, min: 0 V, max: 10 V, safe: 0 V}}
"""
DRIVER = """
from shotlane.instruments import Identity, Reading, declare_attribute


class Meter:
    value = 1.25
    def open(self): return Identity()
    def attributes(self): return {"voltage": declare_attribute("voltage", unit="V", access="rw")}
    def commands(self): return {}
    def read(self, names): return {name: Reading(self.value) for name in names}
    def write(self, name, value): self.value = value
    def call(self, command, arguments): return None
    def make_safe(self): pass
    def close(self): pass
"""


def per_call(act: Callable[[], object], count: int, rounds: int = 5) -> float:
    """Microseconds, the best of some rounds."""
    best = float("inf")
    for _ in range(rounds):
        began = time.perf_counter()
        for _ in range(count):
            act()
        best = min(best, (time.perf_counter() - began) / count * 1e6)
    return best


def started(*codes: str) -> list[float]:
    """Milliseconds of interpreters that run these, by turns: the best of some, since a rival only adds."""
    surroundings = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}
    best = [float("inf")] * len(codes)
    for _ in range(15):
        for index, code in enumerate(codes):
            began = time.perf_counter()
            subprocess.run([sys.executable, "-c", code], check=True, env=surroundings)
            best[index] = min(best[index], (time.perf_counter() - began) * 1e3)
    return best


def commit_us(folder: Path) -> float:
    """A commit of one row by a bare connection."""
    connection = sqlite3.connect(folder / "bare.db", isolation_level=None)
    for setting in ("journal_mode = WAL", "synchronous = FULL"):
        connection.execute(f"PRAGMA {setting}")
    connection.execute("CREATE TABLE t (a)")
    try:
        return per_call(lambda: connection.execute("INSERT INTO t VALUES (1)"), 100)
    finally:
        connection.close()


def connect_ms() -> float:
    """From the name of a station to a session that is recorded, when everything is imported."""
    later = []
    for _ in range(20):
        began = time.perf_counter()
        station = shotlane.connect("quick")
        station.start()
        later.append((time.perf_counter() - began) * 1e3)
        station.stop()
    return statistics.median(later)


def starts() -> None:
    """What a process waits for before its session has begun, and where that goes."""
    connect = "import os, shotlane; shotlane.connect('quick').start(); os._exit(0)"
    codes = ("pass", "import shotlane", connect, LIBRARIES, "import sqlalchemy")
    bare, ours, first, libraries, unused = started(*codes)
    show("an interpreter that does nothing", bare, "ms")
    show("import shotlane, above that", ours - bare, "ms")
    ratio = (first - ours) / (libraries - bare)
    show("first connect and start of a process, above it", first - ours, "ms", f"{ratio:.1f} x its libraries")
    show("reference: importing its libraries alone", libraries - bare, "ms")
    show("reference: SQLAlchemy, which is not loaded", unused - bare, "ms")


def show(what: str, value: float, unit: str, note: str = "") -> None:
    print(f"{what:<46}{value:>12,.2f} {unit:<8}{note}")


def peer() -> dict[str, float]:
    """What TesterKit takes, where it is installed."""
    python = os.environ.get("SHOTLANE_TESTERKIT_PYTHON")
    if python is None:
        return {}
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        surroundings = {**os.environ, "HOME": folder, "XDG_DATA_HOME": f"{folder}/share"}
        done = subprocess.run(
            [python, str(PEER), f"{folder}/project"],
            capture_output=True,
            text=True,
            env=surroundings,
            check=False,
        )
    if done.returncode:
        print(f"TesterKit did not come to an end: {done.stderr.strip().splitlines()[-1:]}")
        return {}
    found: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "stations").mkdir()
        (folder / "stations" / "quick.yaml").write_text(STATION)
        (folder / "quick_driver.py").write_text(DRIVER)
        os.chdir(folder)
        sys.path.insert(0, name)
        ours(folder)
        os.chdir("/")
    for what, value in peer().items():
        show(f"TesterKit: {what}", value, "us")


def ours(folder: Path) -> None:
    """Figures of this package."""
    show("connect and start, when all is imported", connect_ms(), "ms")  # it makes the store too
    starts()
    show("reference: a commit of one row", commit_us(folder), "us")
    with shotlane.connect("quick", guard=False) as station:
        meter = station.instrument("meter")
        pool = station._now().instruments.pool
        driver = pool._members["meter"].driver
        alone = per_call(lambda: driver.read(("voltage",)), 2_000)
        show("a reading by the driver alone", alone, "us")
        show(
            "a reading through a handle, kept: above that",
            per_call(lambda: meter.read("voltage"), 2_000) - alone,
            "us",
        )
        sets = per_call(lambda: driver.write("voltage", 1.0), 2_000)
        show("a set by the driver alone", sets, "us")
        show(
            "a set through a handle: above that",
            per_call(lambda: meter.write("voltage", 1.0), 2_000) - sets,
            "us",
        )
        show(
            "a set with a unit: above that",
            per_call(lambda: meter.write("voltage", "1 V"), 2_000) - sets,
            "us",
        )
        address = station.start_instrument_server(["meter"])
        with shotlane.remote_instrument(address, "meter") as remote:
            show("a reading from another process", per_call(lambda: remote.read("voltage"), 500), "us")
        began = time.perf_counter()
        for number in range(200_000):
            station.observe("x", float(number))
        taken = time.perf_counter() - began
        assert station.channel_store is not None
        station.channel_store.flush()
        stored = time.perf_counter() - began
        show("observations taken", 200_000 / taken, "1/s")
        show("observations taken and durable", 200_000 / stored, "1/s")


if __name__ == "__main__":
    main()
