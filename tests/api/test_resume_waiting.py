"""A shot that waits in a spool was measured, and is not run again."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from tests.acceptance.lab import Lab

import shotlane
from shotlane.api import go_on, prepare_resumption
from shotlane.archives import ArchiveError
from shotlane.diagnostics import Report
from shotlane.records import RecorderError
from shotlane.store import SessionStart, open_reader, spools
from shotlane.store._address import parse_address
from shotlane.store._spool import Spool, spool_folder

SEQUENCES = Path(__file__).parents[2] / "sequences"
STATIONS = SEQUENCES.parent / "stations"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project of its own, as a run comes from; its runs go on from another folder."""
    folder = tmp_path / "project"
    shutil.copytree(STATIONS, folder / "stations")
    (folder / "sequences").mkdir()
    shutil.copy(SEQUENCES / "gas-sweep.yaml", folder / "sequences")
    (folder / "data").mkdir()
    return folder


def _left_waiting(project: Path, store: str) -> Callable[[], Path]:
    """Record a run whose last two shots have not come into the store; what puts them into its spool."""
    run = shotlane.run(project / "sequences" / "gas-sweep.yaml", virtual_time=True, store=store)
    with open_reader(store) as reader:
        (session,) = [row[2] for row in reader.sessions(run.number)]
    rows = _taken_out(store)
    assert len(rows) == 2

    def put() -> Path:
        spool = Spool(spool_folder(parse_address(store), project / "data"), SessionStart(id=session), store)
        spool.append([("shot", rows)])
        spool.leave()
        return spool.path

    return put


def _taken_out(store: str) -> list[tuple[object, ...]]:
    if store.startswith("sqlite"):
        with closing(sqlite3.connect(store.removeprefix("sqlite:///"))) as connection, connection:
            return connection.execute("DELETE FROM shot WHERE shot > 7 RETURNING *").fetchall()
    import psycopg  # late: whoever has no server need not have it

    with psycopg.connect(store) as server:
        return server.execute("DELETE FROM shot WHERE shot > 7 RETURNING *").fetchall()


@contextmanager
def _locked(store: str) -> Iterator[None]:
    """Somebody else keeps the store locked; it can be read."""
    with closing(sqlite3.connect(store.removeprefix("sqlite:///"), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


def _attempts(store: str) -> list[tuple[int, int]]:
    with open_reader(store) as reader:
        return [(row[1], row[2]) for row in reader.attempts(1)]


def test_shots_that_wait_for_the_store_are_not_left_to_do(
    project: Path, store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those of a server lie in the project that the run came from, wherever it shall go on."""
    monkeypatch.chdir(tmp_path)
    _left_waiting(project, store_url)()
    with pytest.raises(shotlane.ResumeError, match="run 1 is complete"):
        prepare_resumption(1, Report(), store=store_url)
    assert spools(store_url, project / "data") == ()


def test_a_run_does_not_go_on_while_its_records_cannot_be_brought_in(project: Path, sqlite_url: str) -> None:
    spool = _left_waiting(project, sqlite_url)()
    with _locked(sqlite_url):
        told = f"run 1 cannot go on yet: .* wait in {spool}, because .*another program keeps it locked"
        with pytest.raises(shotlane.ResumeError, match=told):
            shotlane.resume(1, store=sqlite_url)
        done = Lab(project).do("shotlane", "resume", 1, "--dry-run", "--store", sqlite_url)
        assert (done.status, str(spool) in done.err) == (2, True), done
    with pytest.raises(shotlane.ResumeError, match="run 1 is complete"):
        shotlane.resume(1, store=sqlite_url)


def test_an_archive_is_no_part_of_a_run(project: Path, sqlite_url: str, tmp_path: Path) -> None:
    spool = _left_waiting(project, sqlite_url)()
    with _locked(sqlite_url):
        with pytest.raises(ArchiveError, match=f"records of run 1 .* wait in {spool}, because .*locked"):
            shotlane.archive(1, tmp_path / "part.zip", store=sqlite_url)
        done = Lab(project).do("shotlane", "archive", 1, "part.zip", "--store", sqlite_url)
        assert (done.status, str(spool) in done.err) == (2, True), done
    shotlane.archive(1, tmp_path / "whole.zip", store=sqlite_url)
    assert shotlane.load(tmp_path / "whole.zip").shots()["outcome"].to_list() == ["done"] * 9
    assert spools(sqlite_url, project / "data") == ()


def test_records_that_cannot_be_read_hold_a_run_back_too(project: Path, sqlite_url: str) -> None:
    spool = _left_waiting(project, sqlite_url)()
    spool.unlink()
    spool.mkdir()  # as one of another user, it opens for nobody here
    with pytest.raises(shotlane.ResumeError, match="because it cannot be read"):
        prepare_resumption(1, Report(), store=sqlite_url)


@pytest.mark.parametrize("changed", [False, True])
def test_shots_that_come_after_all_are_not_run_again(project: Path, store_url: str, *, changed: bool) -> None:
    put = _left_waiting(project, store_url)
    if changed:
        with (project / "sequences" / "gas-sweep.yaml").open("a") as file:
            file.write("# later\n")
    found = prepare_resumption(1, Report(), store=store_url, changed=changed)
    assert found is not None
    assert found.part.shots == (8, 9)
    before = _attempts(store_url)
    put()
    with pytest.raises(RecorderError, match="other shots of run 1 are committed in"):
        go_on(found)
    assert _attempts(store_url) == before
    with open_reader(store_url) as reader:
        assert (len(reader.runs()), reader.run(1).summary.state) == (1, "done")
