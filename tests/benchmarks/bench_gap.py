"""The gap between trivial shots: from the end of one to t = 0 of the next, and shots per second.

    python -m tests.benchmarks.bench_gap [SHOTS]

A shot writes one initial value and one set, on each port. In memory: without a commit. SQLite: every shot is
committed before the next begins, with `synchronous` FULL (as runs do) and NORMAL. As a reference, in the same
run and folder: the same by two bare threads, of which one commits and the other keeps the time, which nobody
who does it in Python undercuts (two rows, and one row in as many tables as a shot has); a commit of two rows
alone; and a write of 32 KB with fdatasync, which no durable commit can be faster than.
"""

import os
import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from queue import SimpleQueue
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import numpy as np
from tests.benchmarks.ports import bench
from tests.execution.fakes import HandPlan

from shotlane.execution import SystemClock, TimingMode, granted_timing
from shotlane.plan import ActionTable, InitialValue, PortPlan, ShotPlan
from shotlane.records import AttemptEnd, Recorder
from shotlane.store import open_recorder
from shotlane.store._address import Address
from shotlane.store._sqlite import connect_writer
from shotlane.testing import MemoryRecorder

SHOT_NS = 1_000_000
# From when the time-keeper is awake to t = 0, the shortest lead of a run.
LEAD_NS = 20_000
# What a trivial shot writes into: shot, attempt and its index, parameters, counts, actions, events.
TREES = 7


class _Trivial(HandPlan):
    """Shots of one initial value and one set on every port."""

    def shot(self, number: int) -> ShotPlan:
        whole = super().shot(number)
        initial = tuple(InitialValue(channel, 0.0) for channel in range(len(self.channels)))
        return replace(whole, initial=initial)


def _one_set(channel: int) -> ActionTable:
    def column(value: float, kind: Any) -> Any:
        return np.array([value], dtype=kind)

    return ActionTable(
        column(0, np.int64),
        column(1, np.int8),
        column(0, np.int32),
        column(channel, np.int32),
        column(1, np.float64),
        column(0, np.bool_),
    )


def trivial(ports: int, shots: int, length_ns: int) -> Any:
    """A run of trivial shots."""
    run = bench(1, 1, ports)
    old = run.plan
    slices = {
        role: PortPlan(role, _one_set(number), (), ()) for number, role in enumerate(old.segments[0].ports)
    }
    segment = replace(old.segments[0], duration_ns=length_ns, steps=(), ports=slices)
    run.plan = _Trivial(
        [segment],
        count=shots,
        lanes=old.lanes,
        channels=tuple(replace(one, attribute=replace(one.attribute, writable=True)) for one in old.channels),
        roles=old.roles,
    )
    return run


class _Origins:
    """A recorder that hands on everything, and looks at the origins."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self.origins: list[int] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._recorder, name)

    def end_attempt(self, end: AttemptEnd) -> None:
        assert end.origin_utc_ns is not None
        self.origins.append(end.origin_utc_ns)
        self._recorder.end_attempt(end)


def quantiles(values_ns: Sequence[float]) -> str:
    ordered = sorted(values_ns)
    parts = (ordered[int(len(ordered) * part)] / 1e3 for part in (0.1, 0.5, 0.99))
    return " ".join(f"{part:>9.0f}" for part in parts)


@contextmanager
def stored(synchronous: str) -> Iterator[Recorder]:
    """A recorder; `synchronous` of SQLite, or `memory`."""
    if synchronous == "memory":
        yield MemoryRecorder()
        return

    def connected(address: Address, wait_s: float) -> sqlite3.Connection:
        connection = connect_writer(address, wait_s)
        connection.execute(f"PRAGMA synchronous = {synchronous}").close()
        return connection

    with (
        patch("shotlane.store._writer.connect_writer", connected),
        TemporaryDirectory(dir=Path.cwd()) as folder,
        open_recorder(Path(folder) / "gap.db") as recorder,
    ):
        yield recorder


def gaps(synchronous: str, ports: int, shots: int, *, realtime: bool) -> str:
    """Quantiles of the gap between shots of 1 ms, and shots per second of shots of no length."""
    timing = granted_timing(TimingMode.AUTO if realtime else TimingMode.NORMAL)
    with stored(synchronous) as recorder:
        listening = _Origins(recorder)
        trivial(ports, shots, SHOT_NS).execute(SystemClock(timing=timing), listening)
    apart = [later - earlier - SHOT_NS for earlier, later in pairwise(listening.origins)]
    with stored(synchronous) as recorder:
        run, began = trivial(ports, shots, 0), time.perf_counter()
        run.execute(SystemClock(timing=timing), recorder)
        per_second = shots / (time.perf_counter() - began)
    return f"{quantiles(apart)} {per_second:>9.0f}"


@contextmanager
def committing(tables: int) -> Iterator[Callable[[int], None]]:
    """What commits a row into each of some tables, durably, and nothing else."""
    names = [f"table_{number}" for number in range(tables)]
    with TemporaryDirectory(dir=Path.cwd()) as folder:
        connection = sqlite3.connect(Path(folder) / "bare.db", isolation_level=None)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        for name in names:
            connection.execute(f"CREATE TABLE {name} (a INTEGER PRIMARY KEY, b, c)")

        def commit(number: int) -> None:
            connection.execute("BEGIN IMMEDIATE")
            for name in names:
                connection.execute(f"INSERT INTO {name} VALUES (?, 1, 2)", (number,))
            connection.execute("COMMIT")

        yield commit
        connection.close()


def bare_gaps(commit: Callable[[int], None], shots: int) -> str:
    """What `gaps` measures, by two threads that do nothing else."""
    orders: SimpleQueue[int | None] = SimpleQueue()
    reports: SimpleQueue[int] = SimpleQueue()
    clock = SystemClock(timing=granted_timing(TimingMode.AUTO))

    def keep_time() -> None:
        clock.prepare_thread()
        while (length_ns := orders.get()) is not None:
            origin_ns = clock.now_ns() + LEAD_NS
            clock.wait_until(origin_ns, threading.Event())
            reports.put(origin_ns + length_ns)

    def run(length_ns: int) -> list[int]:
        ends: list[int] = []
        for number in range(shots):
            orders.put(length_ns)
            ends.append(reports.get())
            clock.wait_until(ends[-1], threading.Event())
            commit(number + bool(length_ns) * shots)
        return ends

    keeper = threading.Thread(target=keep_time)
    with clock.keeping_time():
        keeper.start()
        apart = [later - earlier - SHOT_NS for earlier, later in pairwise(run(SHOT_NS))]
        began = time.perf_counter()
        run(0)
        per_second = shots / (time.perf_counter() - began)
        orders.put(None)
        keeper.join()
    return f"{quantiles(apart)} {per_second:>9.0f}"


def references(shots: int) -> Iterator[tuple[str, str]]:
    """What it costs without us, and what the disk costs without SQLite."""
    for tables in (2, TREES):
        with committing(tables) as commit:
            yield f"bare threads, {tables} rows", bare_gaps(commit, shots)
    with committing(2) as commit:
        yield "bare commit, 2 rows", _timed(commit, shots)
    with TemporaryDirectory(dir=Path.cwd()) as folder:
        file = os.open(Path(folder) / "bare", os.O_CREAT | os.O_RDWR)
        os.pwrite(file, bytes(4 << 20), 0)
        os.fsync(file)
        yield "32 KB and fdatasync", _timed(partial(_sync, file), shots)
        os.close(file)


def _sync(file: int, number: int) -> None:
    os.pwrite(file, bytes(32 << 10), (number << 15) % (4 << 20))
    os.fdatasync(file)


def _timed(action: Callable[[int], None], count: int) -> str:
    took: list[float] = []
    for number in range(count):
        began = time.perf_counter_ns()
        action(number)
        took.append(time.perf_counter_ns() - began)
    return quantiles(took)


def main(shots: int) -> None:
    """Print the table."""
    print(f"{'records':>20} {'ports':>5} {'p10 us':>9} {'p50 us':>9} {'p99 us':>9} {'shots/s':>9}")
    for synchronous in ("memory", "NORMAL", "FULL"):
        for ports in (1, 4):
            print(
                f"{synchronous:>20} {ports:>5} {gaps(synchronous, ports, shots, realtime=True)}", flush=True
            )
    for label, told in references(shots):
        print(f"{label:>20} {'':>5} {told}", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
