"""SIGKILL of whoever writes events, at random instants, while three others follow them.

What was acknowledged is there, numbers are without gaps and in order, and who follows sees all of it.
"""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from shotlane.records import LoggedEvent
from shotlane.store import EventTail, open_log, recover, spools

ROOT = Path(__file__).parents[2]
THREADS = 3

# Forks one writer of events per line that it reads; each of its threads writes `session number` for every
# event that was acknowledged to it.
FORGE = textwrap.dedent(f"""
    import os, sys, threading, time
    import numpy, sqlalchemy.dialects.postgresql, sqlalchemy.dialects.sqlite
    from shotlane.records import Event
    from shotlane.store import open_log

    def writer(log):
        while True:
            number = log.append(Event("note.added", time.time_ns(), {{}}))
            os.write(1, b"%d %d\\n" % (log.session, number))

    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            log = open_log(sys.argv[1], wait_s=0.05)
            for _ in range({THREADS}):
                threading.Thread(target=writer, args=(log,), daemon=True).start()
            time.sleep(60)
        sys.stderr.write(f"{{pid}}\\n")
        sys.stderr.flush()
        os.waitpid(pid, 0)
        os.write(1, b"end\\n")
""")


@contextmanager
def forge(store: str) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-c", FORGE, store]
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, text=True, cwd=ROOT, stdin=pipe, stdout=pipe, stderr=pipe)
    try:
        yield process
    finally:
        process.communicate(timeout=60)


def kill_one(
    process: "subprocess.Popen[str]", meanwhile: AbstractContextManager[None]
) -> dict[int, set[int]]:
    """Let a writer go, and kill it in `meanwhile`, after its first event; what it was acknowledged."""
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdin.write("go\n")
    process.stdin.flush()
    pid = int(process.stderr.readline())
    told = [process.stdout.readline()]
    with meanwhile:
        os.kill(pid, signal.SIGKILL)
        told += iter(process.stdout.readline, "end\n")
    found: dict[int, set[int]] = {}
    for session, number in (map(int, line.split()) for line in told):
        found.setdefault(session, set()).add(number)
    return found


@contextmanager
def tails(store: str, count: int) -> Iterator[list[list[LoggedEvent]]]:
    """What each of so many followers sees."""
    open_log(store).close()
    followers = [EventTail(store) for _ in range(count)]
    seen: list[list[LoggedEvent]] = [[] for _ in followers]
    threads = [
        threading.Thread(target=lambda tail=tail, own=own: own.extend(tail.follow()))
        for tail, own in zip(followers, seen, strict=True)
    ]
    for thread in threads:
        thread.start()
    try:
        yield seen
    finally:
        for tail in followers:
            tail.stop()
        for thread, tail in zip(threads, followers, strict=True):
            thread.join(20)
            tail.close()


def check(store: str, acknowledged: dict[int, set[int]]) -> list[tuple[int, int]]:
    """Whether all that was acknowledged is there, without gaps; session and number of all there is."""
    with EventTail(store) as tail:
        there = sorted((event.session, event.number) for event in tail.read())
    for session, numbers in acknowledged.items():
        found = [number for one, number in there if one == session]
        assert numbers <= set(found)
        assert found == list(range(1, len(found) + 1))
    return there


def caught_up(seen: list[list[LoggedEvent]], count: int) -> None:
    deadline = time.monotonic() + 60
    while any(len(own) < count for own in seen):
        assert time.monotonic() < deadline, [len(own) for own in seen]
        time.sleep(0.01)


@pytest.mark.timeout(300)
def test_no_acknowledged_event_is_lost_and_three_followers_see_all(store_url: str) -> None:
    chance = random.Random(3)
    acknowledged: dict[int, set[int]] = {}

    @contextmanager
    def a_moment() -> Iterator[None]:
        time.sleep(chance.random() * 0.05)
        yield

    with tails(store_url, 3) as seen, forge(store_url) as process:
        for _ in range(12):
            acknowledged |= kill_one(process, a_moment())
        there = check(store_url, acknowledged)
        caught_up(seen, len(there))
    assert len(acknowledged) == 12
    for own in seen:
        keys = [(event.session, event.number) for event in own]
        assert sorted(keys) == there
        for session in acknowledged:
            numbers = [number for one, number in keys if one == session]
            assert numbers == sorted(numbers)


@pytest.mark.timeout(300)
def test_events_that_wait_in_a_spool_survive_a_kill_and_reach_followers(sqlite_url: str) -> None:
    chance = random.Random(4)
    acknowledged: dict[int, set[int]] = {}
    waiting: list[int] = []

    @contextmanager
    def locked() -> Iterator[None]:
        # As a copy or a browser of databases does; the writer is killed under it, or soon after.
        other = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None, timeout=5)
        other.execute("BEGIN IMMEDIATE")
        time.sleep(0.1 + chance.random() * 0.1)
        waiting.append(len(spools(sqlite_url)))
        if chance.random() < 0.5:
            other.rollback()
            time.sleep(chance.random() * 0.02)
        try:
            yield
        finally:
            other.close()

    with tails(sqlite_url, 1) as seen, forge(sqlite_url) as process:
        for _ in range(8):
            acknowledged |= kill_one(process, locked())
        recover(sqlite_url)
        caught_up(seen, len(check(sqlite_url, acknowledged)))
    assert spools(sqlite_url) == ()
    assert sum(waiting) >= 4
