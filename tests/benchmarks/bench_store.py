"""Figures of the store. Run as `python -m tests.benchmarks.bench_store [STORE_URL | postgres]`.

`postgres`: a server of its own, with fsync, started here and removed. A bare `sqlite3` executemany into an
equal table, and a bare commit, run beside, in the same process and on the same disk: the machine is shared,
so only ratios of one run mean something. So do alicatlib's sinks where SHOTLANE_ALICAT_PYTHON names a Python
that has it.
"""

import json
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.store.postgres_server import PostgresServer, binaries

from shotlane.analysis import LoadedRun, load
from shotlane.records import (
    AttemptBuffer,
    AttemptEnd,
    AttemptStart,
    ChannelRecord,
    Outcome,
    RunEnd,
    RunStart,
    SampleRow,
    ShotEnd,
    ShotStart,
    Status,
    Tally,
)
from shotlane.store import StoreRecorder, open_recorder
from shotlane.store._columns import by_key, copy_data

CHANNELS = tuple(ChannelRecord(index, f"furnace.channel{index}", "float", "degC") for index in range(10))
ROWS = 500_000
# As it stands in the table.
STORED = (700, 89_300)
TABLE = """CREATE TABLE sample (attempt INTEGER, channel INTEGER, tick INTEGER, target_ns INTEGER,
    late_ns INTEGER, took_ns INTEGER, value REAL, status INTEGER,
    PRIMARY KEY (attempt, channel, tick)) WITHOUT ROWID"""
INSERT = "INSERT INTO sample VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"


def show(what: str, value: float, unit: str, note: str = "") -> None:
    print(f"{what:<58}{value:>12,.1f} {unit:<8}{note}")


def sample(channel: int, tick: int) -> SampleRow:
    target = tick * 1_000_000
    return SampleRow(channel, tick, target, target + 700, target + 90_000, 25.0 + tick / 7, Status.OK)


def _stored(number: int) -> tuple[object, ...]:
    channel, tick, target, *_, value, _, _ = sample(number % 10, number // 10)
    return (1, channel, tick, target, *STORED, value, 0)


def begin(recorder: StoreRecorder, shots: int, parameters: int) -> int:
    units: dict[str, str | None] = {f"parameter{index}": "V" for index in range(parameters)}
    return recorder.begin_run(RunStart("bench", "demo", time.time_ns(), shots, "digest", CHANNELS, units))


def shot(
    recorder: StoreRecorder, number: int, parameters: int, fill: Callable[[AttemptBuffer], None]
) -> None:
    now = time.time_ns()
    recorder.begin_shot(
        ShotStart(number, {f"parameter{i}": number + i / 8 for i in range(parameters)}, "digest")
    )
    fill(recorder.begin_attempt(AttemptStart(number, 1, now)))
    tallies = (Tally("furnace.channel0", "readings", 1, 1, 0, 0, 0, 0, 0),)
    recorder.end_attempt(AttemptEnd(number, 1, now, now, Outcome.DONE, None, tallies))
    recorder.end_shot(ShotEnd(number, Outcome.DONE, 1))


def bare_rows(folder: Path) -> float:
    connection = sqlite3.connect(folder / "bare.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(TABLE)
    rows = [_stored(n) for n in range(ROWS)]
    began = time.perf_counter()
    connection.execute("BEGIN IMMEDIATE")
    connection.executemany(INSERT, rows)
    connection.execute("COMMIT")
    took = time.perf_counter() - began
    connection.close()
    return ROWS / took


def bare_commits(folder: Path, count: int = 2000) -> list[float]:
    connection = sqlite3.connect(folder / "commits.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(TABLE)
    times = []
    for number in range(count):
        began = time.perf_counter()
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(INSERT, (number, 0, 0, 0, 1, 2, 25.0, 0))
        connection.execute("COMMIT")
        times.append((time.perf_counter() - began) * 1e6)
    connection.close()
    return times


def bare_copy(store: str) -> float:
    """What the server does with rows that are packed already, into an equal table."""
    import psycopg

    rows = by_key([_stored(n) for n in range(ROWS)])
    data = b"".join(copy_data(rows))
    with psycopg.connect(store.replace("+psycopg", "")) as connection:
        open_recorder(store).close()
        connection.execute("CREATE TABLE bare_sample (LIKE sample INCLUDING ALL)")
        connection.commit()
        began = time.perf_counter()
        with connection.cursor().copy("COPY bare_sample FROM STDIN (FORMAT BINARY)") as copy:
            copy.write(data)
        connection.commit()
        took = time.perf_counter() - began
        connection.execute("DROP TABLE bare_sample")
    return ROWS / took


def recorded_rows(store: str) -> float:
    rows = [sample(n % 10, n // 10) for n in range(ROWS)]
    with open_recorder(store) as recorder:
        begin(recorder, 1, 0)
        began = time.perf_counter()
        shot(recorder, 1, 0, lambda buffer: buffer.samples.extend(rows))
        took = time.perf_counter() - began
        recorder.end_run(RunEnd(time.time_ns(), Outcome.DONE))
    return ROWS / took


def spooled_rows(folder: Path) -> float:
    """Into the spool of a store that somebody else keeps locked, until the disk has them."""
    rows = [sample(n % 10, n // 10) for n in range(ROWS)]
    with open_recorder(folder / "locked.db", wait_s=0.01, flush_interval_s=60) as recorder:
        begin(recorder, 2, 0)
        other = sqlite3.connect(folder / "locked.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        shot(recorder, 1, 0, lambda buffer: None)
        began = time.perf_counter()
        shot(recorder, 2, 0, lambda buffer: buffer.samples.extend(rows))
        took = time.perf_counter() - began
        other.close()
    return ROWS / took


def bytes_a_sample(folder: Path, shots: int, samples: int, seconds: float) -> float:
    """Size of a store of such shots by samples; ten channels read through a shot of so many seconds."""
    step_ns = int(seconds * 1e9) // (samples // 10)
    rows = [_at(sample(n % 10, n // 10), n // 10 * step_ns) for n in range(samples)]
    file = folder / f"size{seconds}.db"
    with open_recorder(file) as recorder:
        begin(recorder, shots, 1)
        for number in range(1, shots + 1):
            shot(recorder, number, 1, lambda buffer: buffer.samples.extend(rows))
    return file.stat().st_size / (shots * samples)


def _at(row: SampleRow, target: int) -> SampleRow:
    return row._replace(target_ns=target, requested_ns=target + 700, received_ns=target + 90_000)


def show_peer(folder: Path) -> None:
    python = os.environ.get("SHOTLANE_ALICAT_PYTHON")
    if python is None:
        return
    script = Path(__file__).with_name("peer_alicatlib_sinks.py")
    done = subprocess.run(
        [python, str(script), "200000", str(folder)], capture_output=True, text=True, check=True
    )
    for name, rate in json.loads(done.stdout).items():
        show(f"alicatlib, {name} sink", rate / 1e3, "k rows/s")


def recorded_shots(store: str, count: int, parameters: int, samples: int) -> list[float]:
    rows = [sample(n % 10, n // 10) for n in range(samples)]
    times = []
    with open_recorder(store) as recorder:
        begin(recorder, count, parameters)
        for number in range(1, count + 1):
            began = time.perf_counter()
            shot(recorder, number, parameters, lambda buffer: buffer.samples.extend(rows))
            times.append((time.perf_counter() - began) * 1e6)
        recorder.end_run(RunEnd(time.time_ns(), Outcome.DONE))
    return times


def show_times(what: str, times: list[float]) -> None:
    ordered = sorted(times)
    show(f"{what}, p50", statistics.median(ordered), "us")
    show(f"{what}, p99", ordered[int(len(ordered) * 0.99)], "us")


def timed(call: Callable[[], object], repeats: int = 5) -> float:
    """Best of some, in ms."""
    best = float("inf")
    for _ in range(repeats):
        began = time.perf_counter()
        call()
        best = min(best, time.perf_counter() - began)
    return best * 1e3


@contextmanager
def place() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir=Path.cwd(), prefix="bench-") as folder:
        yield Path(folder)


@contextmanager
def chosen_store(folder: Path) -> Iterator[str]:
    """The store that was asked for."""
    asked = sys.argv[1] if len(sys.argv) > 1 else f"sqlite:///{folder / 'lab.db'}"
    if asked != "postgres":
        yield asked
        return
    binaries_folder = binaries()
    if binaries_folder is None:
        sys.exit("no PostgreSQL server on this machine")
    server = PostgresServer(binaries_folder)
    try:
        server.initialise()
        server.start(durable=True)
        yield server.database()
    finally:
        server.remove()


def main() -> None:
    with place() as folder, chosen_store(folder) as store:
        show("bare sqlite3 executemany, clustered, 8 columns", bare_rows(folder) / 1e3, "k rows/s")
        if store.startswith("postgres"):
            show("bare binary COPY of packed rows, with the key", bare_copy(store) / 1e3, "k rows/s")
        show("through the recorder, into the store", recorded_rows(store) / 1e3, "k rows/s")
        rows_run = load(store=store)
        show("through the recorder, into a spool", spooled_rows(folder) / 1e3, "k rows/s")
        show_peer(folder)
        if store.startswith("sqlite"):
            show("size per sample, shots of 1 s", bytes_a_sample(folder, 100, 1000, 1), "bytes")
            show("size per sample, one shot of 50 s", bytes_a_sample(folder, 1, 500_000, 50), "bytes")
        show_times("bare sqlite3 commit of one row", bare_commits(folder))
        show_times("trivial shot, begin to durable", recorded_shots(store, 2000, 1, 1))
        show_times("shot of 30 parameters and 100 samples", recorded_shots(store, 1000, 30, 100))
        show_loading(store, rows_run)


def show_loading(store: str, rows_run: LoadedRun) -> None:
    shots_run = load(store=store)
    show("load: find a run", timed(lambda: load(store=store)), "ms")
    show("load: 1,000 shots x 30 parameters", timed(shots_run.shots), "ms")
    show("load: 500,000 samples", timed(rows_run.samples, 2), "ms")
    show(
        "load: 100,000 samples with 30 parameters", timed(lambda: shots_run.samples(parameters=True), 2), "ms"
    )


if __name__ == "__main__":
    main()
