"""Figures of loading. Run as `python tests/benchmarks/bench_load.py [MILLIONS] [STORE_URL]`; prints a table.

The same rows read by a bare driver stand beside ours, in the same process; Caqtus and QCoDeS load theirs
where SHOTLANE_CAQTUS_PYTHON and SHOTLANE_QCODES_PYTHON name Pythons that have them. The machine is shared:
only ratios of one run mean something. STORE_URL must be of an empty store.
"""

import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import polars as pl
from tests.benchmarks.bench_store import CHANNELS, sample

from shotlane.analysis import LoadedRun, load
from shotlane.records import (
    AttemptEnd,
    AttemptStart,
    Outcome,
    ResultRow,
    RunEnd,
    RunStart,
    ShotEnd,
    ShotStart,
    StepRecord,
    Tally,
)
from shotlane.store import open_recorder

HERE = Path(__file__).parent
SAMPLES_A_SHOT = 100_000
FOUR = "SELECT attempt, channel, tick, value FROM sample WHERE attempt >= {0} AND attempt < {1}"


def record(store: str, shots: int, parameters: int, samples: int) -> int:
    """A run with so many shots, each with so many parameters and samples; returns its number."""
    rows = [sample(n % 10, n // 10) for n in range(samples)]
    tallies = tuple(
        Tally(one.name, "readings", samples // 10, samples // 10, 0, 0, 0, 0, 0) for one in CHANNELS
    )
    steps = (StepRecord("heat", 0, 5_000_000_000), StepRecord("soak", 5_000_000_000, 10_000_000_000))
    with open_recorder(store) as recorder:
        units: dict[str, str | None] = {f"parameter{n}": "V" for n in range(parameters)}
        number = recorder.begin_run(
            RunStart("bench", "demo", time.time_ns(), shots, "digest", CHANNELS, units)
        )
        for shot in range(1, shots + 1):
            now = time.time_ns()
            recorder.begin_shot(ShotStart(shot, {name: shot + n / 8 for n, name in enumerate(units)}, "d"))
            buffer = recorder.begin_attempt(AttemptStart(shot, 1, now, steps))
            buffer.samples.extend(rows)
            result = ResultRow("overshoot", shot / 7, "K", None, 1e9, None, "passed")
            ended = AttemptEnd(shot, 1, now, now, Outcome.PASSED, None, tallies, (result,))
            recorder.end_attempt(ended)
            recorder.end_shot(ShotEnd(shot, Outcome.PASSED, 1))
        recorder.end_run(RunEnd(time.time_ns(), Outcome.PASSED))
    return number


def timed(call: Callable[[], Any], repeats: int = 3) -> float:
    """Best of some, in ms."""
    best = float("inf")
    for _ in range(repeats):
        began = time.perf_counter()
        call()
        best = min(best, time.perf_counter() - began)
    return best * 1e3


def show(what: str, ms: float, against: float | None = None) -> None:
    ratio = "" if against is None else f"{ms / against:9.2f} x"
    print(f"{what:<62}{ms:>10,.1f} ms{ratio}", flush=True)


def bare(store: str, run: int) -> Iterator[tuple[str, float]]:
    """The narrow rows as drivers give them."""
    text = FOUR.format(run << 32, (run + 1) << 32)
    if store.startswith("sqlite"):
        file = Path(store.removeprefix("sqlite:///"))

        def tuples() -> None:
            with closing(sqlite3.connect(file)) as connection:
                connection.execute(text).fetchall()

        yield "sqlite3, tuples", timed(tuples, 1)
        adbc, address = import_module("adbc_driver_sqlite.dbapi"), file.as_uri()
    else:
        adbc, address = import_module("adbc_driver_postgresql.dbapi"), store

    def arrow() -> None:
        with adbc.connect(address) as connection, connection.cursor() as cursor:
            cursor.execute(text)
            pl.DataFrame(cursor.fetch_arrow())

    yield "ADBC, four columns, no names", timed(arrow)


def rows_of(run: LoadedRun, reference: float) -> None:
    """Many samples, in several ways."""
    four = ["shot", "tick", "t", "value"]
    names = ["run", "shot", "attempt", "channel", "t", "value", "status", "parameter0", "parameter1"]
    narrow = ["shot", "channel", "tick", "value"]
    show(
        "  lazy(), shot, channel, tick, value", timed(lambda: run.lazy().select(narrow).collect()), reference
    )
    show("  lazy(), shot, tick, t, value", timed(lambda: run.lazy().select(four).collect()), reference)
    wide = run.lazy(parameters=True).select(names)
    show("  lazy(), 9 columns with names and 2 parameters", timed(wide.collect), reference)
    show("  samples(), all 16 columns", timed(run.samples, 2), reference)
    one = run.lazy().filter(channel="furnace.channel3", shot=2)
    show("  lazy(), one channel of one shot", timed(one.collect))
    late = run.lazy().filter(pl.col("t") < 1.0)
    show("  lazy(), the first second of all shots", timed(late.collect))


def peer(variable: str, script: str, *arguments: str) -> list[float]:
    """Figures of another program, where there is one."""
    python = os.environ.get(variable)
    if python is None:
        print(f"{script}: skipped, {variable} names no Python that has it")
        return []
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        command = [python, str(HERE / script), *arguments, folder]
        plain = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        done = subprocess.run(command, env=plain, capture_output=True, text=True, timeout=600, check=False)
    if done.returncode:
        print(f"{script}: {done.stderr.strip().splitlines()[-1]}")
        return []
    return [float(word) for word in done.stdout.split()[-2:]]


@contextmanager
def place() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        yield Path(folder)


def main() -> None:
    millions = float(sys.argv[1]) if len(sys.argv) > 1 else 5.0
    with place() as folder:
        store = sys.argv[2] if len(sys.argv) > 2 else f"sqlite:///{folder / 'lab.db'}"
        small = load(record(store, 1000, 30, 0), store)
        took = timed(small.shots, 5)
        show("1,000 shots x 30 parameters and a result: shots()", took)
        for value in peer("SHOTLANE_CAQTUS_PYTHON", "peer_caqtus_load.py", "1000", "30")[-1:]:
            show("  Caqtus, 1,000 shots x 30 parameters: load_shots_data()", value, took)
        points = load(record(store, 1, 1, 100_000), store)
        took = timed(points.samples, 5)
        show("100,000 samples: samples()", took)
        found = peer("SHOTLANE_QCODES_PYTHON", "peer_qcodes_load.py", "100000")
        names = ("get_parameter_data()", "to_pandas_dataframe()")
        for name, value in zip(names, found, strict=False):
            show(f"  QCoDeS, 100,000 points: {name}", value, took)
        shots = round(millions * 1e6 / SAMPLES_A_SHOT)
        run = load(record(store, shots, 3, SAMPLES_A_SHOT), store)
        print(f"{shots * SAMPLES_A_SHOT:,} samples")
        reference = 0.0
        for what, reference in bare(store, run.number):
            show(f"  {what}", reference)
        rows_of(run, reference)


if __name__ == "__main__":
    main()
