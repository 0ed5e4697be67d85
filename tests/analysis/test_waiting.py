"""Records that wait in a spool are seen by whoever reads, as soon as the store can take them."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.acceptance.lab import Lab
from tests.store import lab

from shotlane.analysis import RecordsWaitWarning, find_runs, load, open_store
from shotlane.store import SessionStart, StoreRecorder, bring_in, open_recorder, spools
from shotlane.store._address import parse_address
from shotlane.store._spool import Spool, spool_folder


@contextmanager
def _locked(url: str) -> Iterator[None]:
    """Somebody else keeps the store locked."""
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


@contextmanager
def _away(url: str) -> Iterator[StoreRecorder]:
    """A run whose second shot had to wait."""
    with open_recorder(url, flush_interval_s=60, wait_s=0.1) as recorder:
        recorder.begin_run(lab.run_start())
        lab.record_shot(recorder, 1, lab.four_readings(1))
        with _locked(url):
            lab.record_shot(recorder, 2, lab.four_readings(2))
            yield recorder


@contextmanager
def _left(url: str) -> Iterator[None]:
    """What such a run leaves behind."""
    with _away(url) as recorder:
        recorder.close()
    assert len(spools(url)) == 1
    yield


def test_what_a_program_left_is_loaded(sqlite_url: str) -> None:
    with _left(sqlite_url):
        run = load(1, sqlite_url)
        assert (run.samples().height, run.shots().height, run.waiting) == (8, 2, None)
    assert spools(sqlite_url) == ()


@pytest.mark.parametrize("look", [find_runs, lambda url: open_store(url).runs()], ids=["find_runs", "runs"])
def test_a_list_of_runs_counts_what_a_program_left(sqlite_url: str, look: object) -> None:
    with _left(sqlite_url):
        assert callable(look)
        look(sqlite_url)
        assert spools(sqlite_url) == ()


def test_what_a_running_program_holds_back_is_told(sqlite_url: str) -> None:
    with _away(sqlite_url) as recorder:
        with pytest.warns(RecordsWaitWarning, match=f"of run 1 wait in {recorder.spool}, and"):
            run = load(1, sqlite_url)
        assert run.samples().height == 4
        assert run.waiting == recorder.spool
        assert f"more records wait in {recorder.spool}" in repr(run)
    assert load(1, sqlite_url).waiting is None


def test_a_store_that_cannot_take_them_is_read_all_the_same(sqlite_url: str) -> None:
    with _left(sqlite_url), _locked(sqlite_url), pytest.warns(RecordsWaitWarning, match="of run 1 wait in"):
        assert load(1, sqlite_url).samples().height == 4
    assert load(1, sqlite_url).samples().height == 8


def _ended_without_its_store(url: str, data: Path, **start: Any) -> Path:
    """A run that came to its end while its store was away, in a process that has gone; where that waits."""
    gone = SessionStart(process_started="long ago")
    with open_recorder(url, session=gone) as recorder:
        recorder.begin_run(lab.run_start(**start))
        lab.record_shot(recorder, 1, lab.four_readings(1))
    spool = Spool(spool_folder(parse_address(url), data), gone, url)
    spool.append([("end_run", [(lab.START_NS, "done", None, "{}", 1, gone.id)])])
    spool.leave()
    return spool.path


def test_a_run_whose_end_waits_is_not_said_to_have_died(sqlite_url: str, tmp_path: Path) -> None:
    file = _ended_without_its_store(sqlite_url, tmp_path)
    here = Lab(tmp_path)
    with _locked(sqlite_url):
        (found,) = find_runs(sqlite_url)
        assert (found.state, found.waiting) == ("its records wait", file)
        assert open_store(sqlite_url).runs()["state"].to_list() == ["its records wait"]
        listed = here.do("shotlane", "runs", "--store", sqlite_url)
        with pytest.warns(RecordsWaitWarning):
            shown = here.do("shotlane", "show", 1, "--store", sqlite_url)
    assert "1/3    its records wait" in listed.out
    assert f"records of run 1 wait in {file}, and are not counted" in listed.err
    assert "run 1: furnace-ramp on demo: its records wait" in shown.out
    assert f"waits      more of its records, in {file}" in " ".join(shown.out.split("\n             "))
    assert "shotlane resume" not in shown.text
    assert load(1, sqlite_url).record.summary.state == "done"


def test_a_run_that_ended_in_a_process_that_lives_on_is_not_said_to_run(sqlite_url: str) -> None:
    """As one of a notebook does."""
    with _away(sqlite_url) as recorder:
        assert find_runs(sqlite_url)[0].state == "running"
        recorder.close()
        assert find_runs(sqlite_url)[0].state == "its records wait"


def test_the_end_of_a_run_is_brought_in_from_where_it_was_made(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project, elsewhere = tmp_path / "project", tmp_path / "elsewhere"
    for folder in (project / "stations", project / "data", elsewhere):
        folder.mkdir(parents=True)
    origin = {"sequence": "ramp.yaml", "files": {}, "folder": str(project)}
    origin["station"] = str(project / "stations" / "demo.yaml")
    _ended_without_its_store(postgres_url, project / "data", environment={"origin": origin})
    monkeypatch.chdir(elsewhere)
    (found,) = find_runs(postgres_url)
    assert (found.state, found.waiting) == ("done", None)
    assert load(1, postgres_url).record.summary.state == "done"


def test_where_nothing_is_nothing_is_brought_in(tmp_path: Path) -> None:
    assert bring_in(tmp_path / "nowhere" / "lab.db") == {}
    assert bring_in("postgresql://127.0.0.1:1/lab", tmp_path) == {}
