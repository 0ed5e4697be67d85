"""Figures of `record()` and its sinks, beside alicatlib's in the same run.

    python -m tests.benchmarks.bench_record [SECONDS] [ROWS] [postgres]

Lateness: how long after its target a tick began, in microseconds; an instrument answers at once, after 60 us
of Python. Sinks: samples per second in chunks of 5000, opening and closing included; ours have 25 columns,
alicatlib's 13. `postgres`: a server of its own, with fsync, started here and removed. alicatlib runs in the
Python that SHOTLANE_ALICAT_PYTHON names. Quote p50 and p99, and ratios: shared machines stall.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.benchmarks.bench_lateness import Line, alicatlib, bare_sleep
from tests.benchmarks.ports import WORK_US
from tests.store.postgres_server import PostgresServer, binaries

import shotlane
from shotlane import (
    CsvSink,
    JsonLinesSink,
    MeasuredChannel,
    ParquetSink,
    PostgresConfig,
    PostgresSink,
    Sample,
    SqliteSink,
    Status,
)
from shotlane.acquisition import Origin, Sink

RATES_HZ = (10, 100, 1000)
CHUNK = 5000
_PEER = Path(__file__).with_name("peer_alicatlib_sinks.py")
_CHANNEL = MeasuredChannel("gas.flow", "gas", "flow", "cm**3/min", "serial:///dev/ttyUSB0", "ascii")


class Busy:
    """An instrument that answers at once, after so much Python."""

    def channels(self) -> Sequence[MeasuredChannel]:
        return [_CHANNEL]

    def poll(self, names: Sequence[str]) -> Mapping[str, Any]:
        until = time.perf_counter_ns() + WORK_US * 1000
        while time.perf_counter_ns() < until:
            pass
        return {"gas.flow": 1.0}


def ours(rate_hz: int, seconds: float, timing: str) -> Line:
    with shotlane.record(Busy(), rate_hz=rate_hz, duration=seconds, timing=timing) as recording:
        samples = [sample for batch in recording for sample in batch]
    late = [sample.requested_ns - sample.target_ns for sample in samples if sample.requested_ns is not None]
    missed = recording.summary.missed
    return Line(f"shotlane {timing}", late, f"{missed} missed" if missed else "")


def show_lateness(seconds: float) -> None:
    print(f"{'rate':>8} {'what':>18} {'p50 us':>9} {'p99 us':>9} {'ratio':>7}")
    for rate_hz in RATES_HZ:
        rows = [bare_sleep(rate_hz, seconds), alicatlib(rate_hz, seconds, 1)]
        rows += [ours(rate_hz, seconds, timing) for timing in ("normal", "auto")]
        reference = rows[0].quantile(0.99) if rows[0] else float("nan")
        for row in rows:
            if row is not None:
                p50, p99 = row.quantile(0.5), row.quantile(0.99)
                ratio = p99 / reference
                print(f"{rate_hz:>5} Hz {row.what:>18} {p50:>9.1f} {p99:>9.1f} {ratio:>7.2f}  {row.told}")


def samples(count: int) -> list[Sample]:
    origin = Origin("0" * 32, time.time_ns())
    return [
        Sample(_CHANNEL, origin, n, n * 10**6, n * 10**6 + 700, n * 10**6 + 90_000, 25.0 + n / 7, Status.OK)
        for n in range(count)
    ]


def rate(sink: Sink, rows: Sequence[Sample]) -> float:
    began = time.perf_counter()
    with sink:
        for start in range(0, len(rows), CHUNK):
            sink.write(rows[start : start + CHUNK])
    return len(rows) / (time.perf_counter() - began)


def sinks(folder: Path, postgres: str | None) -> Iterator[tuple[str, Callable[[], Sink]]]:
    yield "SQLite", lambda: SqliteSink(folder / "ours.db", synchronous="NORMAL")
    yield "SQLite FULL", lambda: SqliteSink(folder / "ours-full.db")
    yield "CSV", lambda: CsvSink(folder / "ours.csv")
    yield "JSON lines", lambda: JsonLinesSink(folder / "ours.jsonl")
    yield "Parquet", lambda: ParquetSink(folder / "ours.parquet")
    if postgres is not None:
        yield "COPY", lambda: PostgresSink(PostgresConfig(dsn=postgres, create_table=True, table="ours"))


def theirs(count: int, folder: Path, postgres: str | None) -> dict[str, float]:
    python = os.environ.get("SHOTLANE_ALICAT_PYTHON")
    if python is None:
        return {}
    command = [python, str(_PEER), str(count), str(folder), *([postgres] if postgres else [])]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def show_sinks(count: int, folder: Path, postgres: str | None) -> None:
    # Whose import is no part of a sink's speed; alicatlib's sinks import theirs before they are timed.
    import polars as pl

    _ = pl.DataFrame()
    if postgres is not None:
        import_module("psycopg")
    rows = samples(count)
    peer = theirs(count, folder, postgres)
    print(f"{'sink':>12} {'k samples/s':>12} {'alicatlib':>10} {'ratio':>6}")
    for name, make in sinks(folder, postgres):
        own, other = rate(make(), rows), peer.get(name)
        told = "" if other is None else f"{other / 1e3:>10.0f} {own / other:>6.1f}"
        print(f"{name:>12} {own / 1e3:>12.0f} {told}")


@contextmanager
def server(wanted: bool) -> Iterator[str | None]:
    found = binaries() if wanted else None
    if found is None:
        yield None
        return
    running = PostgresServer(found)
    try:
        running.initialise()
        running.start(durable=True)
        yield running.database()
    finally:
        running.remove()


def main(arguments: Sequence[str]) -> None:
    if "SHOTLANE_ALICAT_PYTHON" not in os.environ:
        print("alicatlib: skipped, SHOTLANE_ALICAT_PYTHON names no Python that has it")
    numbers = [float(item) for item in arguments if item != "postgres"]
    show_lateness(numbers[0] if numbers else 5.0)
    with TemporaryDirectory(dir=Path.cwd()) as folder, server("postgres" in arguments) as postgres:
        show_sinks(int(numbers[1]) if len(numbers) > 1 else 200_000, Path(folder), postgres)


if __name__ == "__main__":
    main(sys.argv[1:])
