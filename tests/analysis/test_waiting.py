"""Records that wait in a spool are seen by whoever reads, as soon as the store can take them."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from tests.store import lab

from shotlane.analysis import find_runs, load, open_store
from shotlane.store import StoreRecorder, bring_in, open_recorder, spools


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
        run = load(1, sqlite_url)
        assert run.samples().height == 4
        assert run.waiting == recorder.spool
        assert f"more records wait in {recorder.spool}" in repr(run)
    assert load(1, sqlite_url).waiting is None


def test_a_store_that_cannot_take_them_is_read_all_the_same(sqlite_url: str) -> None:
    with _left(sqlite_url), _locked(sqlite_url):
        assert load(1, sqlite_url).samples().height == 4
    assert load(1, sqlite_url).samples().height == 8


def test_where_nothing_is_nothing_is_brought_in(tmp_path: Path) -> None:
    assert bring_in(tmp_path / "nowhere" / "lab.db") == {}
    assert bring_in("postgresql://127.0.0.1:1/lab", tmp_path) == {}
