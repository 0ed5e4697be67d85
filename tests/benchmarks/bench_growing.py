"""How a store on PostgreSQL grows. Run as `python tests/benchmarks/bench_growing.py [MILLIONS] [STATIONS]`.

Several stations, each a process of its own, write runs of a million samples into one server, which the script
starts and removes. Every few million rows it says what a station writes and what it takes to read one run:
what must not grow with the store. The server shares the processors with its stations here.
"""

import multiprocessing as mp
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.benchmarks.bench_store import begin, sample, shot
from tests.store.postgres_server import PostgresServer, binaries

from shotlane.records import Outcome, RunEnd
from shotlane.store import open_reader, open_recorder

ROWS_A_SHOT = 100_000
SHOTS = 10
ROWS_A_RUN = ROWS_A_SHOT * SHOTS


def station(store: str, runs: int) -> None:
    rows = [sample(n % 10, n // 10) for n in range(ROWS_A_SHOT)]
    with open_recorder(store) as recorder:
        for _ in range(runs):
            begin(recorder, SHOTS, 1)
            for number in range(1, SHOTS + 1):
                shot(recorder, number, 1, lambda buffer: buffer.samples.extend(rows))
            recorder.end_run(RunEnd(time.time_ns(), Outcome.DONE))


def written(store: str, stations: int, runs: int) -> float:
    """Rows per second of all stations together."""
    context = mp.get_context("spawn")
    processes = [context.Process(target=station, args=(store, runs)) for _ in range(stations)]
    began = time.perf_counter()
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    return stations * runs * ROWS_A_RUN / (time.perf_counter() - began)


def read_ms(store: str, query: str) -> float:
    with open_reader(store) as reader:
        began = time.perf_counter()
        cursor = reader._connection.exec_driver_sql(query)
        cursor.fetchall()
        return (time.perf_counter() - began) * 1e3


def report(store: str, rate: float) -> None:
    with open_reader(store) as reader:
        runs = reader.newest()
        size, parts, index = reader._connection.exec_driver_sql(
            "SELECT sum(pg_total_relation_size(c.oid)), count(*), sum(pg_indexes_size(c.oid))"
            " FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'sample'::regclass"
        ).one()
    middle = runs // 2
    low, high = middle << 32, (middle + 1) << 32
    one = f"SELECT count(*), avg(value) FROM sample WHERE attempt >= {low} AND attempt < {high}"
    rows = runs * ROWS_A_RUN
    print(
        f"{rows / 1e6:>8.0f} M{rate / 1e3:>12.0f} k/s{read_ms(store, one):>12.0f} ms"
        f"{read_ms(store, one + ' AND channel = 3'):>12.0f} ms{float(size) / rows:>9.0f} B"
        f"{float(index) / rows:>9.0f} B{parts:>7}"
    )


@contextmanager
def running_server() -> Iterator[PostgresServer]:
    folder = binaries()
    if folder is None:
        sys.exit("no PostgreSQL server on this machine")
    server = PostgresServer(folder)
    try:
        server.initialise()
        server.start(durable=True)
        yield server
    finally:
        server.remove()


def main() -> None:
    millions = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    stations = int(sys.argv[2]) if len(sys.argv) > 2 else 4
    steps = max(1, millions // stations // 5)
    with running_server() as server:
        store = server.database()
        print("      rows         written     read a run    one channel      a row      index  parts")
        for _ in range(max(1, millions // (stations * steps))):
            report(store, written(store, stations, steps))


if __name__ == "__main__":
    main()
