"""Rows a second, and bytes of each. Run as `python -m tests.benchmarks.bench_rows [STORE_URL | postgres]`.

`postgres`: a server of its own, with fsync, started here and removed. What the drivers do with rows that are
ready for them runs beside, in the same process and on the same disk. The machine is shared: all take turns,
the best of three rounds counts, and the last column is the ratio to the driver with an equal table. So do
alicatlib's sinks where SHOTLANE_ALICAT_PYTHON names a Python that has it.
"""

import json
import os
import sqlite3
import subprocess
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from tests.benchmarks.bench_store import (
    INSERT,
    ROWS,
    TABLE,
    begin,
    chosen_store,
    place,
    sample,
    shot,
    show,
    stored,
)

from shotlane.records import AttemptBuffer, Outcome, RunEnd, SampleRow
from shotlane.store import open_recorder
from shotlane.store._columns import by_key, copy_data

MOST_WAITING = 300_000


def bare_rows(folder: Path) -> float:
    file = folder / "bare.db"
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(TABLE)
    rows = [stored(n) for n in range(ROWS)]
    began = time.perf_counter()
    connection.execute("BEGIN IMMEDIATE")
    connection.executemany(INSERT, rows)
    connection.execute("COMMIT")
    took = time.perf_counter() - began
    connection.close()
    file.unlink()
    return ROWS / took


def bare_copy(store: str, like: str) -> float:
    """What the server does with rows that are packed already, into a table with or without the key."""
    import psycopg

    rows = by_key([stored(n) for n in range(ROWS)])
    data = b"".join(copy_data(rows))
    with psycopg.connect(store.replace("+psycopg", "")) as connection:
        open_recorder(store).close()
        connection.execute(f"CREATE TABLE bare_sample (LIKE sample {like})")
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


def sustained_rows(store: str, shots: int = 2) -> float:
    """While they are measured, as fast as the recorder keeps up."""
    rows = [sample(n % 10, n // 10) for n in range(ROWS)]
    with open_recorder(store) as recorder:
        begin(recorder, shots, 0)
        began = time.perf_counter()
        for number in range(1, shots + 1):
            shot(recorder, number, 0, lambda buffer: _feed(buffer, rows))
        took = time.perf_counter() - began
        recorder.end_run(RunEnd(time.time_ns(), Outcome.DONE))
    return shots * ROWS / took


def _feed(buffer: AttemptBuffer, rows: list[SampleRow]) -> None:
    for start in range(0, len(rows), 1000):
        buffer.samples.extend(rows[start : start + 1000])
        while len(buffer.samples) > MOST_WAITING:
            time.sleep(0.002)


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


def bytes_a_sample(
    folder: Path, shots: int, samples: int, seconds: float, commits: int = 1
) -> tuple[float, float]:
    """Size of a store of such shots by samples, and after VACUUM; ten channels read through so many seconds.

    `commits`: how often the rows of a shot are committed.
    """
    step_ns = int(seconds * 1e9) // (samples // 10)
    rows = [_at(sample(n % 10, n // 10), n // 10 * step_ns) for n in range(samples)]
    file, size = folder / "size.db", samples // commits

    def fill(buffer: AttemptBuffer) -> None:
        for start in range(0, samples, size):
            buffer.samples.extend(rows[start : start + size])
            recorder.flush()

    with open_recorder(file, flush_interval_s=60) as recorder:
        begin(recorder, shots, 1)
        for number in range(1, shots + 1):
            shot(recorder, number, 1, fill)
    before = file.stat().st_size
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("VACUUM")
    after = file.stat().st_size
    file.unlink()
    return before / (shots * samples), after / (shots * samples)


def show_bytes(folder: Path) -> None:
    for what, shape in (
        ("shots of 1 s", (100, 1000, 1)),
        ("one shot of 60 s, as a run commits it", (1, 600_000, 60, 120)),
        ("one shot of 60 s, in one commit", (1, 600_000, 60)),
    ):
        size, after = bytes_a_sample(folder, *shape)
        show(f"size per sample, {what}", size, "bytes", f"{after:.1f} after VACUUM")


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


def show_rows(folder: Path, store: str, rounds: int = 3) -> None:
    """Best of some rounds, in which all take turns."""
    bare: dict[str, Callable[[], float]] = {
        "bare sqlite3 executemany, clustered, 8 columns": lambda: bare_rows(folder)
    }
    if store.startswith("postgres"):
        bare["bare binary COPY of packed rows, no key"] = lambda: bare_copy(store, "")
        bare["bare binary COPY of packed rows, with the key"] = lambda: bare_copy(store, "INCLUDING ALL")
    ours = {
        "through the recorder, at once": lambda: recorded_rows(store),
        "through the recorder, while they come": lambda: sustained_rows(store),
    }
    spool = {"through the recorder, into a spool": lambda: spooled_rows(folder)}
    found = [{what: one() for what, one in (bare | ours | spool).items()} for _ in range(rounds)]
    best = {what: max(one[what] for one in found) for what in found[0]}
    reference = best[list(bare)[-1]]
    for what, rate in best.items():
        show(what, rate / 1e3, "k rows/s", f"{rate / reference:.2f}")


def main() -> None:
    with place() as folder, chosen_store(folder) as store:
        show_rows(folder, store)
        show_peer(folder)
        if store.startswith("sqlite"):
            show_bytes(folder)


if __name__ == "__main__":
    main()
