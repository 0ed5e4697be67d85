"""A store that refuses: a clear sentence, in bounded time, nothing acknowledged that is not there."""

import os
import sqlite3
import time
from pathlib import Path

import pytest
from tests.store import lab
from tests.store.postgres_server import PostgresServer, binaries

from shotlane.records import Outcome, RecorderError, ShotEnd
from shotlane.store import StoreError, StoreRecorder, open_reader, open_recorder


def _file(url: str) -> Path:
    return Path(url.removeprefix("sqlite:///"))


def _settle(recorder: StoreRecorder, setting: str) -> None:
    """Change a setting of the recorder's own connection."""
    recorder._writer._connection.driver_connection.execute(f"PRAGMA {setting}").close()


def test_a_locked_store_is_told_in_time_and_loses_nothing(sqlite_url: str) -> None:
    with open_recorder(sqlite_url, flush_interval_s=60, wait_s=0.1) as recorder:
        run = recorder.begin_run(lab.run_start())
        lab.begin_shot(recorder, 1)
        lab.record_attempt(recorder, 1, [lab.sample(0, 0, 25.0)])
        other = sqlite3.connect(_file(sqlite_url), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        began = time.monotonic()
        with pytest.raises(RecorderError, match=r"lab\.db: another program keeps it locked"):
            recorder.end_shot(ShotEnd(1, Outcome.DONE, 1))
        assert time.monotonic() - began < 5
        other.close()
        lab.end_run(recorder, Outcome.ERRORED)
        with open_reader(sqlite_url) as reader:
            assert len(reader.samples(run)) == 1
            assert reader.shots(run)[0][1] == "done"


def test_a_full_disk_is_told_and_leaves_no_half_shot(sqlite_url: str) -> None:
    with open_recorder(sqlite_url, flush_interval_s=60) as recorder:
        run = recorder.begin_run(lab.run_start())
        lab.record_shot(recorder, 1, [lab.sample(0, 0, 25.0)])
        _settle(recorder, "max_page_count = 1")
        lab.begin_shot(recorder, 2)
        lab.record_attempt(recorder, 2, [lab.sample(0, tick, 25.0) for tick in range(100_000)])
        with pytest.raises(RecorderError, match="its disk is full"):
            recorder.end_shot(ShotEnd(2, Outcome.DONE, 1))
        with open_reader(sqlite_url) as reader:
            assert [row[0] for row in reader.shots(run)] == [1]
            assert len(reader.samples(run)) == 1
        assert "disk is full" in recorder.statistics()["trouble"]


def test_a_store_that_became_read_only_is_told(sqlite_url: str) -> None:
    with open_recorder(sqlite_url, flush_interval_s=60) as recorder:
        recorder.begin_run(lab.run_start())
        _settle(recorder, "query_only = 1")
        with pytest.raises(RecorderError, match="it is read-only"):
            lab.record_shot(recorder, 1)


def test_a_removed_file_is_never_written_on(sqlite_url: str) -> None:
    recorder = open_recorder(sqlite_url, flush_interval_s=60)
    recorder.begin_run(lab.run_start())
    _file(sqlite_url).unlink()
    with pytest.raises(RecorderError, match="removed or replaced"):
        lab.record_shot(recorder, 1)
    with pytest.raises(RecorderError, match="cannot be written"):
        recorder.close()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_file_is_told_at_opening(sqlite_url: str) -> None:
    open_recorder(sqlite_url).close()
    _file(sqlite_url).chmod(0o444)
    with pytest.raises(StoreError, match="read-only"):
        open_recorder(sqlite_url)


def test_a_newer_store_is_refused_with_the_way_out(store_url: str) -> None:
    recorder = open_recorder(store_url)
    with recorder._writer.transaction() as cursor:
        cursor.execute("UPDATE schema_version SET version = 99")
    recorder.close()
    for door in (open_recorder, open_reader):
        with pytest.raises(StoreError, match=r"version 99, this shotlane knows 1 \(.*pip install --upgrade"):
            door(store_url)


def test_a_database_of_something_else_is_not_taken_for_a_store(tmp_path: Path) -> None:
    sqlite3.connect(tmp_path / "other.db").close()
    with pytest.raises(StoreError, match=r"other\.db holds no shotlane store"):
        open_reader(tmp_path / "other.db")


@pytest.mark.parametrize("door", [open_recorder, open_reader])
def test_a_file_that_is_no_database_is_told(tmp_path: Path, door: type) -> None:
    (tmp_path / "notes.txt").write_text("not a database at all, but long enough to be looked at\n" * 40)
    with pytest.raises(StoreError, match="not a sound SQLite database"):
        door(tmp_path / "notes.txt")


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="there is no folder"):
        open_recorder(tmp_path / "nowhere" / "lab.db")


@pytest.mark.postgres
def test_an_unreachable_server_is_told_without_its_password() -> None:
    pytest.importorskip("psycopg")
    with pytest.raises(StoreError, match="its server cannot be reached") as caught:
        open_recorder("postgresql://lab:s3cr3t@127.0.0.1:1/lab?connect_timeout=2")
    assert "s3cr3t" not in str(caught.value) + repr(caught.value.__cause__)
    assert "lab:***@127.0.0.1" in str(caught.value)


@pytest.mark.postgres
def test_a_server_that_crashed_gets_all_rows_when_it_is_back() -> None:
    folder = binaries()
    if folder is None:
        pytest.skip("no PostgreSQL server on this machine")
    server = PostgresServer(folder)
    try:
        server.initialise()
        server.start()
        url = server.database()
        with open_recorder(url, flush_interval_s=60) as recorder:
            run = recorder.begin_run(lab.run_start())
            lab.record_shot(recorder, 1, [lab.sample(0, 0, 1.0)])
            server.stop()
            with pytest.raises(RecorderError, match="its server cannot be reached") as caught:
                lab.record_shot(recorder, 2, [lab.sample(0, 0, 2.0)])
            assert "s3cr3t" not in f"{caught.value} {recorder.statistics()} {recorder.store}"
            server.start()
            lab.record_shot(recorder, 3, [lab.sample(0, 0, 3.0)])
            with open_reader(url) as reader:
                assert [row[6] for row in reader.samples(run)] == [1.0, 2.0, 3.0]
    finally:
        server.remove()
