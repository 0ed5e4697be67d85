"""Commits of shots, and loading them. Run as `python -m tests.benchmarks.bench_store [STORE_URL | postgres]`.

`postgres`: a server of its own, with fsync, started here and removed. A bare commit runs beside, in the same
process and on the same disk: the machine is shared, so only ratios of one run mean something. Rows a second
are in `bench_rows`.
"""

import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from tests.store.postgres_server import PostgresServer, binaries

from shotlane.analysis import load
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

CHANNELS = tuple(ChannelRecord(index, f"furnace.channel{index}", "float", "degC") for index in range(10))
ROWS = 500_000
# As it stands in the table.
STORED = (700, 89_300)
TABLE = """CREATE TABLE sample (attempt INTEGER, channel INTEGER, tick INTEGER, target_ns INTEGER,
    late_ns INTEGER, took_ns INTEGER, value REAL, status INTEGER,
    PRIMARY KEY (attempt, channel, tick)) WITHOUT ROWID"""
INSERT = "INSERT INTO sample VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"


def show(what: str, value: float, unit: str, note: str = "") -> None:
    print(f"{what:<58}{value:>12,.1f} {unit:<10}{note}", flush=True)


def sample(channel: int, tick: int) -> SampleRow:
    target = tick * 1_000_000
    return SampleRow(channel, tick, target, target + 700, target + 90_000, 25.0 + tick / 7, Status.OK)


def stored(number: int) -> tuple[object, ...]:
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
def own_server() -> Iterator[str]:
    """A database of a server with fsync that is gone afterwards."""
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


@contextmanager
def chosen_store(folder: Path) -> Iterator[str]:
    """The store that was asked for."""
    asked = sys.argv[1] if len(sys.argv) > 1 else f"sqlite:///{folder / 'lab.db'}"
    with own_server() if asked == "postgres" else nullcontext(asked) as store:
        yield store


def main() -> None:
    with place() as folder, chosen_store(folder) as store:
        show_times("bare sqlite3 commit of one row", bare_commits(folder))
        show_times("trivial shot, begin to durable", recorded_shots(store, 2000, 1, 1))
        show_times("shot of 30 parameters and 100 samples", recorded_shots(store, 1000, 30, 100))
        show_loading(store)


def show_loading(store: str) -> None:
    shots_run = load(store=store)
    rows = [sample(n % 10, n // 10) for n in range(ROWS)]
    with open_recorder(store) as recorder:
        begin(recorder, 1, 0)
        shot(recorder, 1, 0, lambda buffer: buffer.samples.extend(rows))
    rows_run = load(store=store)
    show("load: find a run", timed(lambda: load(store=store)), "ms")
    show("load: 1,000 shots x 30 parameters", timed(shots_run.shots), "ms")
    show("load: 500,000 samples", timed(rows_run.samples, 2), "ms")
    show(
        "load: 100,000 samples with 30 parameters", timed(lambda: shots_run.samples(parameters=True), 2), "ms"
    )


if __name__ == "__main__":
    main()
