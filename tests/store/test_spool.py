"""A store that goes away during a run: records wait on the disk, and reach it once, in their order."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.store import lab
from tests.store.fixtures import started_server
from tests.store.postgres_server import PostgresServer

from shotlane.records import (
    AttemptStart,
    NoRoomError,
    Outcome,
    PollRow,
    RecorderError,
    ResultRow,
    ShotEnd,
    Status,
)
from shotlane.store import StoreRecorder, _outlet, open_reader, open_recorder, recover, spools
from shotlane.store._spool import Spool
from shotlane.store._writer import Writer


def _file(url: str) -> Path:
    return Path(url.removeprefix("sqlite:///"))


@contextmanager
def _locked(url: str) -> Iterator[None]:
    """Somebody else keeps the store locked."""
    other = sqlite3.connect(_file(url), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.close()


def _settle(recorder: StoreRecorder, setting: str) -> None:
    """Change a setting of the recorder's own connection."""
    recorder._writer._connection.execute(f"PRAGMA {setting}").close()


def _until(holds: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline, "it never came to hold"
        time.sleep(0.01)


def _values(url: str, run: int = 1) -> list[float]:
    with open_reader(url) as reader:
        return [row[6] for row in reader.samples(run)]


def test_a_locked_store_delays_a_run_once_and_gets_everything_when_it_is_free(sqlite_url: str) -> None:
    with open_recorder(sqlite_url, flush_interval_s=60, wait_s=0.2) as recorder:
        recorder.begin_run(lab.run_start())
        with _locked(sqlite_url):
            for shot in (1, 2, 3):
                lab.record_shot(recorder, shot, lab.four_readings(shot), [lab.setting(0, 1.0)])
            found = recorder.statistics()
            assert (found["failed_commits"], found["commits"], found["waiting"]) == (1, 4, 0)
            assert "lab.db: another program keeps it locked" in found["trouble"]
            assert recorder.spool is not None
            assert recorder.spool.parent == _file(sqlite_url).parent / "spool"
        _until(lambda: recorder.spool is None)
        found = recorder.statistics()
        assert (found["spooled"], found["trouble"], found["written_by_table"]["sample"]) == (0, None, 12)
        lab.end_run(recorder)
    with open_reader(sqlite_url) as reader:
        assert [row[:3] for row in reader.shots(1)] == [(shot, "done", 1) for shot in (1, 2, 3)]
        assert reader.run(1).summary.outcome is Outcome.DONE
    assert spools(sqlite_url) == ()


def test_an_outage_is_told_as_it_begins_and_ends(sqlite_url: str) -> None:
    told: list[str] = []
    with open_recorder(sqlite_url, flush_interval_s=60, wait_s=0.2) as recorder:
        recorder.on_outage(told.append)
        recorder.begin_run(lab.run_start())
        with _locked(sqlite_url):
            for shot in (1, 2):
                lab.record_shot(recorder, shot, lab.four_readings(shot))
            assert len(told) == 1
            assert "lab.db: another program keeps it locked; they wait in " in told[0]
        _until(lambda: recorder.spool is None)
        lab.end_run(recorder)
    assert len(told) == 2
    assert told[1].startswith("the store is back, and got ")
    with open_reader(sqlite_url) as reader:
        found = {row[3]: json.loads(row[6]) for row in reader.events(1) if row[3].startswith("store.")}
    assert list(found) == ["store.away", "store.back"]
    assert found["store.away"]["spool"].startswith(str(_file(sqlite_url).parent / "spool"))
    assert found["store.back"]["rows"] > 8


def test_what_still_waits_at_the_end_is_delivered_by_the_next_program(sqlite_url: str) -> None:
    with _started(sqlite_url) as recorder, _locked(sqlite_url):
        lab.record_shot(recorder, 1, lab.four_readings(1))
        lab.end_run(recorder)
        recorder.close()
    assert len(spools(sqlite_url)) == 1
    assert _values(sqlite_url) == []
    open_recorder(sqlite_url).close()
    assert spools(sqlite_url) == ()
    assert _values(sqlite_url) == [1.0, 1.25, 1.5, 1.75]


def test_a_connection_is_not_closed_under_the_hands_of_a_delivery(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    delivering, seen = threading.Event(), []
    write, close = Writer.write, Writer.close

    def slow(writer: Writer, *given: Any) -> None:
        delivering.set()
        time.sleep(0.3)
        write(writer, *given)
        delivering.clear()

    def noted(writer: Writer) -> None:
        seen.append(delivering.is_set())
        close(writer)

    with _started(sqlite_url) as recorder:
        with _locked(sqlite_url):
            lab.record_shot(recorder, 1, lab.four_readings(1))
            lab.end_run(recorder)
        monkeypatch.setattr(Writer, "write", slow)
        monkeypatch.setattr(Writer, "close", noted)
        assert delivering.wait(10)
    _until(lambda: seen)
    monkeypatch.undo()
    assert seen == [False]
    recover(sqlite_url)
    assert _values(sqlite_url) == [1.0, 1.25, 1.5, 1.75]


@contextmanager
def _started(url: str) -> Iterator[StoreRecorder]:
    with open_recorder(url, flush_interval_s=60, wait_s=0.1) as recorder:
        recorder.begin_run(lab.run_start())
        yield recorder


def test_every_kind_of_row_comes_out_of_a_spool_as_it_went_in(sqlite_url: str, tmp_path: Path) -> None:
    import numpy as np

    rows = [
        lab.sample(0, 0, 25.9),
        lab.sample(0, 1, None, status=Status.FAILED, raw="-------"),
        lab.sample(0, 2, None, status=Status.MISSED, requested_ns=None, received_ns=None),
        lab.sample(1, 0, 2**60 + 1),
        lab.sample(3, 0, "Hé"),
        lab.sample(4, 0, np.arange(6, dtype=np.float32).reshape(2, 3)),
    ]

    def record(url: str, away: bool) -> None:
        with _started(url) as recorder:
            with _locked(url) if away else _nothing():
                recorder.poll(PollRow(0, lab.START_NS, None, None, Status.FAILED, "no answer"))
                recorder.stamp("identity-mismatch")
                lab.record_shot(recorder, 1, rows, [lab.setting(0, True), lab.setting(1, "on")])
                lab.begin_shot(recorder, 2)
                lab.record_attempt(recorder, 2, fault=lab.FAULT, results=(ResultRow("a", 1.0, "K"),))
                recorder.end_shot(ShotEnd(2, Outcome.ERRORED, 1))
                lab.end_run(recorder, Outcome.ERRORED, "a reason")
            recorder._outlet.settle(20)

    other = f"sqlite:///{tmp_path / 'other.db'}"
    record(sqlite_url, away=True)
    record(other, away=False)
    assert _dump(sqlite_url) == _dump(other)


@contextmanager
def _nothing() -> Iterator[None]:
    yield


def _dump(url: str) -> dict[str, list[tuple[object, ...]]]:
    """All rows but those that tell one session from another, or that its store was away."""
    connection = sqlite3.connect(_file(url))
    names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    skipped = ("session", "run_session", "event", "schema_version", "sqlite_sequence")
    tables = {
        name: connection.execute(f"SELECT * FROM {name}").fetchall() for name in names if name not in skipped
    }
    tables["run"] = [row[:1] + row[2:] for row in tables["run"]]
    ours = "SELECT type FROM event WHERE type NOT LIKE 'store.%' ORDER BY number"
    tables["event"] = connection.execute(ours).fetchall()
    connection.close()
    return tables


def test_a_spool_that_is_delivered_twice_is_stored_once(sqlite_url: str, tmp_path: Path) -> None:
    with _started(sqlite_url) as recorder, _locked(sqlite_url):
        lab.record_shot(recorder, 1, lab.four_readings(1))
        recorder.close()
    (spool,) = spools(sqlite_url)
    copy = tmp_path / "again"
    shutil.copy(spool, copy)
    recover(sqlite_url)
    shutil.copy(copy, spool)
    assert [one.left for one in recover(sqlite_url)] == [None]
    assert _values(sqlite_url) == [1.0, 1.25, 1.5, 1.75]


def test_the_torn_end_of_a_spool_is_left_out_and_counted(sqlite_url: str) -> None:
    with _started(sqlite_url) as recorder, _locked(sqlite_url):
        lab.record_shot(recorder, 1, lab.four_readings(1))
        lab.record_shot(recorder, 2, lab.four_readings(2))
        recorder.close()
    (spool,) = spools(sqlite_url)
    os.truncate(spool, spool.stat().st_size - 5)
    (done,) = recover(sqlite_url)
    assert done.rows > 0
    assert done.unreadable > 0
    # The end of the session was the last frame.
    assert len(_values(sqlite_url)) == 8


def test_the_spool_of_another_store_stays_where_it_is(sqlite_url: str, tmp_path: Path) -> None:
    with _started(sqlite_url) as recorder, _locked(sqlite_url):
        lab.record_shot(recorder, 1)
        recorder.close()
    other = f"sqlite:///{tmp_path / 'other.db'}"
    open_recorder(other).close()
    (left,) = recover(other)
    assert (left.rows, "it belongs to another store" in (left.left or "")) == (0, True)
    assert len(spools(sqlite_url)) == 1


def test_a_spool_in_use_is_left_to_its_program(sqlite_url: str) -> None:
    with _started(sqlite_url) as recorder:
        with _locked(sqlite_url):
            lab.record_shot(recorder, 1)
            (spool,) = spools(sqlite_url)
            copy = spool.with_name("1.spool")
            shutil.copy(spool, copy)
        found = {one.path: one.left for one in recover(sqlite_url)}
        assert found[copy] == f"process {os.getpid()} still writes it"
        copy.unlink()


def test_a_file_that_is_no_spool_is_left_alone(sqlite_url: str) -> None:
    open_recorder(sqlite_url).close()
    stray = _file(sqlite_url).parent / "spool" / "notes.spool"
    stray.parent.mkdir()
    stray.write_text("not a spool")
    (found,) = recover(sqlite_url)
    assert "is no spool" in (found.left or "")
    assert stray.exists()


def test_a_spool_that_was_killed_at_its_making_is_none_and_is_tidied_away(sqlite_url: str) -> None:
    open_recorder(sqlite_url).close()
    folder = _file(sqlite_url).parent / "spool"
    folder.mkdir()
    for name, age_s in (("old.new", 1000), ("young.new", 0)):
        (folder / name).write_bytes(b"half a fra")
        os.utime(folder / name, (time.time() - age_s,) * 2)
    assert recover(sqlite_url) == ()
    assert [path.name for path in folder.iterdir()] == ["young.new"]


def test_no_run_begins_while_the_store_is_away(sqlite_url: str) -> None:
    with _started(sqlite_url) as recorder:
        with _locked(sqlite_url):
            lab.record_shot(recorder, 1)
            lab.end_run(recorder)
            with pytest.raises(RecorderError, match=r"another program keeps it locked; .* rows wait in"):
                recorder.begin_run(lab.run_start())
        assert recorder.begin_run(lab.run_start()) == 2


def test_a_full_disk_of_the_store_leaves_no_half_shot_there(sqlite_url: str) -> None:
    with open_recorder(sqlite_url, flush_interval_s=60) as recorder:
        run = recorder.begin_run(lab.run_start())
        lab.record_shot(recorder, 1, [lab.sample(0, 0, 25.0)])
        _settle(recorder, "max_page_count = 1")
        lab.record_shot(recorder, 2, [lab.sample(0, tick, 25.0) for tick in range(100_000)])
        assert "disk is full" in recorder.statistics()["trouble"]
        with open_reader(sqlite_url) as reader:
            assert [row[0] for row in reader.shots(run)] == [1]
            assert len(reader.samples(run)) == 1
        # The connection is made anew, and may grow the file again.
        _until(lambda: recorder.spool is None)
        assert len(_values(sqlite_url)) == 100_001


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a disk of one megabyte")
def test_a_disk_without_any_room_is_told_and_loses_nothing_once_there_is_some(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "none", disk], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip(f"no disk can be mounted here: {mounted.stderr.decode().strip()}")
    try:
        losses: list[NoRoomError] = []
        with open_recorder(disk / "lab.db", flush_interval_s=60, wait_s=0.2) as recorder:
            recorder.on_no_room(losses.append)
            recorder.begin_run(lab.run_start())
            (disk / "ballast").write_bytes(bytes(_free(disk) - 20_000))
            told = r"its disk is full; nor can they wait in .*spool: No space"
            with pytest.raises(NoRoomError, match=told):
                lab.record_shot(recorder, 1, [lab.sample(0, tick, 1.0) for tick in range(2000)])
            with pytest.raises(NoRoomError):
                recorder.flush()
            assert [loss.full for loss in losses] == [False]
            (disk / "ballast").unlink()
            recorder.flush()
            assert recorder.statistics()["waiting"] == 0
            lab.end_run(recorder)
        assert len(_values(f"sqlite:///{disk / 'lab.db'}")) == 2000
    finally:
        subprocess.run(["umount", disk], check=True)


def _free(disk: Path) -> int:
    return shutil.disk_usage(disk).free


def test_a_store_that_became_read_only_is_told_and_gets_its_rows_later(sqlite_url: str) -> None:
    with open_recorder(sqlite_url, flush_interval_s=60) as recorder:
        recorder.begin_run(lab.run_start())
        _settle(recorder, "query_only = 1")
        lab.record_shot(recorder, 1, lab.four_readings(1))
        assert "it is read-only" in recorder.statistics()["trouble"]
    assert len(_values(sqlite_url)) == 4


def test_a_removed_file_is_never_written_on(sqlite_url: str) -> None:
    with _started(sqlite_url) as recorder:
        _file(sqlite_url).unlink()
        lab.record_shot(recorder, 1)
        assert "removed or replaced" in recorder.statistics()["trouble"]
    assert not _file(sqlite_url).exists()
    assert len(spools(sqlite_url)) == 1


def test_neither_store_nor_spool_keeps_the_rows_in_memory(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with _started(sqlite_url) as recorder:
        with _locked(sqlite_url), monkeypatch.context() as patch:
            patch.setattr(Spool, "append", full)
            found: list[bool] = []
            recorder.on_no_room(lambda error: found.append(error.full))
            patch.setattr(_outlet, "MOST_HELD", 20)
            with pytest.raises(NoRoomError, match=r"locked; nor can they wait in .*: No space left"):
                lab.record_shot(recorder, 1, lab.four_readings(1))
            with pytest.raises(NoRoomError):
                lab.record_shot(recorder, 2, lab.four_readings(2))
            assert found == [False, True]
            assert recorder.statistics()["waiting"] > 4
        lab.end_run(recorder)
    assert len(_values(sqlite_url)) == 8


def test_rows_within_a_shot_reach_the_spool_by_the_timer(sqlite_url: str) -> None:
    with open_recorder(sqlite_url, flush_interval_s=0.02, wait_s=0.1) as recorder:
        recorder.begin_run(lab.run_start())
        lab.begin_shot(recorder, 1)
        buffer = recorder.begin_attempt(AttemptStart(1, 1, lab.START_NS))
        with _locked(sqlite_url):
            for tick in range(5):
                buffer.samples.append(lab.sample(0, tick, 1.0))
                _until(lambda: not recorder.statistics()["waiting"])
            assert recorder.statistics()["spooled"] >= 5
        _until(lambda: recorder.spool is None)
    assert len(_values(sqlite_url)) == 5


@pytest.fixture
def server() -> Iterator[PostgresServer]:
    """One that a test may kill."""
    yield from started_server()


@pytest.mark.postgres
def test_a_server_that_is_killed_during_a_run_gets_all_rows_when_it_is_back(server: PostgresServer) -> None:
    url = server.database()
    with open_recorder(url, flush_interval_s=60) as recorder:
        run = recorder.begin_run(lab.run_start())
        lab.record_shot(recorder, 1, [lab.sample(0, 0, 1.0)])
        server.kill()
        lab.record_shot(recorder, 2, [lab.sample(0, tick, 2.0) for tick in range(100)])
        found = recorder.statistics()
        assert "its server cannot be reached" in found["trouble"]
        assert recorder.spool is not None
        assert "s3cr3t" not in f"{found} {recorder.store} {recorder.spool.read_bytes()!r}"
        server.start()
        lab.record_shot(recorder, 3, [lab.sample(0, 0, 3.0)])
        _until(lambda: recorder.spool is None)
        assert _values(url, run) == [1.0, *[2.0] * 100, 3.0]
        lab.end_run(recorder)


@pytest.mark.postgres
def test_a_server_that_hangs_is_cut_off_and_gets_all_rows_when_it_goes_on(server: PostgresServer) -> None:
    url = server.database()
    with open_recorder(url, flush_interval_s=60, wait_s=0.2) as recorder:
        run = recorder.begin_run(lab.run_start())
        lab.record_shot(recorder, 1, lab.four_readings(1))
        server.signal(signal.SIGSTOP)
        lab.record_shot(recorder, 2, lab.four_readings(2))
        assert recorder.spool is not None
        server.signal(signal.SIGCONT)
        _until(lambda: recorder.spool is None)
        lab.end_run(recorder)
    assert len(_values(url, run)) == 8
