"""Figures of events. Run as `python -m tests.benchmarks.bench_events [STORE_URL | postgres]`.

`postgres`: a server of its own, with fsync, started here and removed. Beside it, in the same process and on
the same disk: a bare `sqlite3` that inserts and commits one row, and that fetches all rows and decodes their
JSON. The machine is shared, so only ratios of one run mean something.
"""

import json
import sqlite3
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from tests.store.postgres_server import PostgresServer, binaries

from shotlane.records import Event, LoggedEvent
from shotlane.store import EventFilter, EventTail, SessionLog, open_log, subscribe

EVENTS = 100_000
APPENDS = 1_000
FIELDS = {"role": "furnace", "resource": "modbus+tcp://127.0.0.1:5020?unit=1", "driver": "ModbusDriver"}
TYPES = ("instrument.opened", "shot.started", "attempt.started", "exchange.repeated", "shot.ended")


def show(what: str, value: float, unit: str, note: str = "") -> None:
    print(f"{what:<50}{value:>12,.1f} {unit:<10}{note}")


def timed(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def made(number: int) -> Event:
    return Event(TYPES[number % len(TYPES)], time.time_ns(), FIELDS, number // 100, 1)


def percentiles(seconds: list[float]) -> str:
    cuts = statistics.quantiles(seconds, n=100)
    return f"p50 {cuts[49] * 1e6:,.0f} us, p99 {cuts[98] * 1e6:,.0f} us"


def bare(folder: Path) -> tuple[sqlite3.Connection, list[float]]:
    """A plain table with as many rows, and how long a commit of one more takes."""
    connection = sqlite3.connect(folder / "bare.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(
        "CREATE TABLE e (session, number, type, fields, PRIMARY KEY (session, number)) WITHOUT ROWID"
    )
    text = json.dumps(FIELDS)
    connection.execute("BEGIN")
    connection.executemany("INSERT INTO e VALUES (1, ?, 'a.b', ?)", [(n, text) for n in range(EVENTS)])
    connection.execute("COMMIT")
    row = "INSERT INTO e VALUES (2, ?, 'a.b', ?)"
    return connection, [timed(partial(connection.execute, row, (n, text))) for n in range(APPENDS)]


def replay_bare(connection: sqlite3.Connection) -> None:
    for *_, fields in connection.execute("SELECT * FROM e WHERE session = 1 ORDER BY number").fetchall():
        json.loads(fields)


def replay(store: str, **wanted: Any) -> int:
    with EventTail(store, EventFilter(**wanted)) as tail:
        return sum(1 for _ in tail.read())


def many_threads(log: SessionLog, threads: int) -> None:
    def work() -> None:
        for number in range(APPENDS // 4):
            log.append(made(number))

    workers = [threading.Thread(target=work) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


def seen_after(store: str, log: SessionLog) -> list[float]:
    """How long after it was durable a subscriber has an event."""
    came: list[tuple[int, float]] = []

    def note(event: LoggedEvent) -> None:
        came.append((event.number, time.perf_counter()))

    unsubscribe = subscribe(store, note, EventFilter(types=("note",)))
    durable = {}
    for _ in range(60):
        durable[log.append(Event("note.added", time.time_ns()))] = time.perf_counter()
        time.sleep(0.023)
    time.sleep(0.3)
    unsubscribe()
    return [max(at - durable[number], 0.0) for number, at in came]


def measure(store: str, folder: Path) -> None:
    connection, commits = bare(folder)
    with open_log(store) as log:
        log.append_all([made(number) for number in range(EVENTS)])
        show(
            "bare sqlite3: a commit of one row", statistics.median(commits) * 1e6, "us", percentiles(commits)
        )
        appends = [timed(partial(log.append, made(n))) for n in range(APPENDS)]
        ratio = statistics.median(appends) / statistics.median(commits)
        show(
            "append, durable",
            statistics.median(appends) * 1e6,
            "us",
            f"{percentiles(appends)}; {ratio:.2f} of bare",
        )
        for threads in (8, 32):
            took = timed(partial(many_threads, log, threads))
            show(f"append, durable, {threads} threads", threads * (APPENDS // 4) / took, "events/s")
        seen = seen_after(store, log)
        show("seen by a subscriber after", statistics.median(seen) * 1e3, "ms", percentiles(seen))
    reference = min(timed(lambda: replay_bare(connection)) for _ in range(3))
    show(f"bare sqlite3: fetch {EVENTS:,} rows, decode", reference, "s")
    count = replay(store)
    took = min(timed(lambda: replay(store)) for _ in range(3))
    show(
        f"replay of {count:,} events",
        took,
        "s",
        f"{count / took:,.0f} events/s; {took / reference:.1f} of bare",
    )
    for name, wanted in (("type", {"types": ("shot",)}), ("role", {"roles": ("furnace",)})):
        took = min(timed(partial(replay, store, **wanted)) for _ in range(3))
        show(f"the same by {name}: {replay(store, **wanted):,}", took, "s")


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        wanted = sys.argv[1] if len(sys.argv) > 1 else f"sqlite:///{folder / 'lab.db'}"
        if wanted != "postgres":
            measure(wanted, folder)
            return
        found = binaries()
        assert found is not None, "no PostgreSQL server on this machine"
        server = PostgresServer(found)
        try:
            server.initialise()
            server.start(durable=True)
            measure(server.database(), folder)
        finally:
            server.remove()


if __name__ == "__main__":
    main()
