"""SIGKILL of the runner at random instants of the commit path, with and without a store that is there.

The programs are forked from one that has imported everything, so that hundreds of them take seconds. Each
says on a pipe which shots were acknowledged to it, and is killed; what the store holds afterwards, spools
delivered, must be exactly that, plus at most the one shot that was under way.
"""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import textwrap
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from shotlane.records import Outcome
from shotlane.store import Reader, open_reader, open_recorder, recover, spools
from shotlane.store._encode import Row

ROOT = Path(__file__).parents[2]
SAMPLES = 40  # enough for COPY

# Forks one runner per line that it reads; the runner writes `run shot` for every acknowledged shot.
FORGE = textwrap.dedent(f"""
    import os, sys
    import numpy, sqlalchemy.dialects.postgresql, sqlalchemy.dialects.sqlite
    from shotlane.records import Event, Outcome, ResultRow, ShotEnd
    from shotlane.store import open_recorder
    from tests.store import lab

    def runner(out):
        recorder = open_recorder(sys.argv[1], flush_interval_s=0.003, wait_s=0.01)
        run = recorder.begin_run(lab.run_start(shots_planned=100000))
        os.write(out, b"%d 0\\n" % run)
        for shot in range(1, 100001):
            rows = [lab.sample(0, tick, shot) for tick in range({SAMPLES})]
            lab.begin_shot(recorder, shot)
            result = ResultRow("level", 1.0, "K")
            lab.record_attempt(recorder, shot, rows, [lab.setting(0, 1.0)], results=(result,))
            recorder.event(Event("shot.ended", lab.START_NS, shot=shot))
            recorder.end_shot(ShotEnd(shot, Outcome.DONE, 1))
            os.write(out, b"%d %d\\n" % (run, shot))

    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            try:
                runner(1)
            finally:
                os._exit(1)
        sys.stderr.write(f"{{pid}}\\n")
        sys.stderr.flush()
        os.waitpid(pid, 0)
        os.write(1, b"end\\n")
""")


class Forge:
    """Makes runners, and kills them."""

    def __init__(self, store: str) -> None:
        command = [sys.executable, "-c", FORGE, store]
        pipes: dict[str, Any] = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
        self.process: Any = subprocess.Popen(command, text=True, cwd=ROOT, bufsize=1, **pipes)

    def kill_one(self, meanwhile: AbstractContextManager[None]) -> tuple[int, int]:
        """Let a runner go and kill it in `meanwhile`, after its first shot; its run, and its last shot."""
        for _ in range(20):  # on a busy machine a store may not answer in its 10 ms: then no run is begun
            self.process.stdin.write("go\n")
            pid = int(self.process.stderr.readline())
            lines = self._lines()
            told = list(islice(lines, 2))
            if len(told) == 2:
                break
        with meanwhile:
            os.kill(pid, signal.SIGKILL)
            return [*told, *lines][-1]

    def _lines(self) -> Iterator[tuple[int, int]]:
        for line in iter(self.process.stdout.readline, "end\n"):
            run, shot = line.split()
            yield int(run), int(shot)

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait(20)
        self.process.stdout.close()
        self.process.stderr.close()


def _check(store: str, acknowledged: dict[int, int]) -> None:
    """Every run holds the shots that it was acknowledged, whole and once, and at most one more."""
    with open_reader(store) as reader:
        for run, last in acknowledged.items():
            ended = [row[0] for row in reader.shots(run) if row[1] is not None]
            assert ended in (list(range(1, last + 1)), list(range(1, last + 2))), f"run {run}"
            attempts = [row for row in reader.attempts(run) if row[1] in ended]
            assert [row[1:4] for row in attempts] == [(shot, 1, "done") for shot in ended], f"run {run}"
            wanted = [row[0] for row in attempts]
            for rows, each in _rows_of_attempts(reader, run):
                counts = Counter(row[0] for row in rows)
                assert [counts[attempt] for attempt in wanted] == [each] * len(wanted), f"run {run}"
            told = Counter(row[4] for row in reader.events(run) if row[3] == "shot.ended")
            assert [told[shot] for shot in ended] == [1] * len(ended), f"run {run}"
            assert (reader.run(run).summary.outcome, reader.run(run).summary.died) == (
                Outcome.TERMINATED,
                True,
            )


def _rows_of_attempts(reader: Reader, run: int) -> Iterator[tuple[Sequence[Row], int]]:
    """What the attempts of a run left, and how much of it each."""
    yield reader.samples(run), SAMPLES
    yield reader.actions(run), 1
    yield reader.results(run), 1
    yield reader.tallies(run), 1


def _kill_many(
    store: str, count: int, meanwhile: Callable[[], AbstractContextManager[None]]
) -> dict[int, int]:
    """The last acknowledged shot of every run."""
    open_recorder(store).close()
    forge = Forge(store)
    try:
        return dict(forge.kill_one(meanwhile()) for _ in range(count))
    finally:
        forge.close()


@pytest.mark.timeout(300)
def test_no_acknowledged_shot_is_lost_or_doubled_by_a_kill(store_url: str) -> None:
    chance = random.Random(1)

    @contextmanager
    def a_moment() -> Iterator[None]:
        time.sleep(chance.random() * 0.02)
        yield

    acknowledged = _kill_many(store_url, 50, a_moment)
    assert len(acknowledged) == 50
    _check(store_url, acknowledged)


@pytest.mark.timeout(300)
def test_no_shot_in_a_spool_is_lost_or_doubled_by_a_kill(sqlite_url: str) -> None:
    chance = random.Random(2)
    found: list[int] = []

    @contextmanager
    def locked() -> Iterator[None]:
        # As a copy or a browser of databases does; the runner is killed under it, or soon after.
        other = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None, timeout=5)
        other.execute("BEGIN IMMEDIATE")
        time.sleep(chance.random() * 0.04)
        found.append(len(spools(sqlite_url)))
        if chance.random() < 0.5:
            other.rollback()
            time.sleep(chance.random() * 0.02)
        try:
            yield
        finally:
            other.close()

    acknowledged = _kill_many(sqlite_url, 100, locked)
    recover(sqlite_url)
    assert spools(sqlite_url) == ()
    assert sum(found) > 5
    _check(sqlite_url, acknowledged)
