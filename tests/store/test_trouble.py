"""A store that cannot be opened is told in a clear sentence, with the way out."""

import os
import sqlite3
from pathlib import Path

import pytest

from shotlane.store import StoreError, open_reader, open_recorder
from shotlane.store._schema_version import SCHEMA_VERSION


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_file_is_told_at_opening(sqlite_url: str) -> None:
    open_recorder(sqlite_url).close()
    Path(sqlite_url.removeprefix("sqlite:///")).chmod(0o444)
    with pytest.raises(StoreError, match="read-only"):
        open_recorder(sqlite_url)


def test_a_newer_store_is_refused_with_the_way_out(store_url: str) -> None:
    recorder = open_recorder(store_url)
    with recorder._writer.transaction() as cursor:
        cursor.execute("UPDATE schema_version SET version = 99")
    recorder.close()
    for door in (open_recorder, open_reader):
        with pytest.raises(
            StoreError, match=rf"version 99, this shotlane knows {SCHEMA_VERSION} \(.*pip install --upgrade"
        ):
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


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="the system does not tell what is open")
@pytest.mark.parametrize("door", [open_recorder, open_reader])
def test_a_file_that_is_no_database_is_not_kept_open(tmp_path: Path, door: type) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("not a database at all, but long enough to be looked at\n" * 40)
    with pytest.raises(StoreError) as caught:  # and what its frames hold
        door(file)
    links = [path for path in Path("/proc/self/fd").iterdir() if path.is_symlink()]
    assert file not in [path.readlink() for path in links], caught


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
