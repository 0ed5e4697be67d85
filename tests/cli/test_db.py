"""`shotlane db`: what a store is, bringing it up to date, and what waits for it."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.store import lab

from shotlane.cli import main
from shotlane.cli._db import warn_of_spools
from shotlane.store import open_reader, open_recorder, spools
from shotlane.store._schema_version import SCHEMA_VERSION

DUMP = Path(__file__).parents[1] / "store" / "data" / "version_1.sql"


@pytest.fixture
def store(tmp_path: Path) -> str:
    return str(tmp_path / "lab.db")


def _old(store: str) -> None:
    connection = sqlite3.connect(store)
    connection.executescript(DUMP.read_text(encoding="utf-8"))
    connection.close()


def _leave_spool(store: str) -> None:
    with _spool_left(store):
        pass


@contextmanager
def _spool_left(store: str) -> Iterator[None]:
    """A run whose records wait, as long as somebody else keeps the store locked."""
    with open_recorder(store, wait_s=0.05, flush_interval_s=60) as recorder:
        recorder.begin_run(lab.run_start())
        other = sqlite3.connect(store, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        lab.record_shot(recorder, 1, lab.four_readings(1))
        recorder.close()
        yield
        other.close()


def test_an_old_store_is_told_upgraded_and_fit_for_use(
    store: str, capsys: pytest.CaptureFixture[str]
) -> None:
    _old(store)
    assert main(["db", "check", "--store", store]) == 2
    assert main(["runs", "--store", store]) == 2
    assert capsys.readouterr().err.count("shotlane db upgrade") == 2
    assert main(["db", "info", "--store", store]) == 0
    assert f"version 1, this shotlane needs {SCHEMA_VERSION}: stale" in capsys.readouterr().out
    assert main(["db", "upgrade", "--store", store]) == 0
    assert f"schema version 1 -> {SCHEMA_VERSION}" in capsys.readouterr().out
    assert main(["db", "check", "--store", store]) == 0
    assert main(["runs", "--store", store]) == 0


def test_info_is_there_for_programs(store: str, capsys: pytest.CaptureFixture[str]) -> None:
    with open_recorder(store) as recorder:
        lab.record_run(recorder)
    assert main(["db", "info", "--json", "--store", store]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["store"], told["state"], told["runs"], told["spools"]) == (store, "current", 1, [])


@pytest.mark.filterwarnings("ignore::shotlane.analysis.RecordsWaitWarning")
def test_waiting_records_are_told_by_every_verb_that_reads_and_delivered(
    store: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with _spool_left(store):
        for verb in (["runs"], ["show", "1"], ["db", "info"]):
            assert main([*verb, "--store", store]) == 0
            assert "`shotlane db recover` delivers them" in capsys.readouterr().err
    assert main(["db", "recover", "--store", store]) == 0
    assert "rows delivered" in capsys.readouterr().out
    assert spools(store) == ()
    assert main(["db", "recover", "--store", store]) == 0
    assert "nothing waits" in capsys.readouterr().out


def test_what_cannot_be_delivered_is_told(
    store: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _leave_spool(store)
    other = str(tmp_path / "other.db")
    open_recorder(other).close()
    assert main(["db", "recover", "--store", other]) == 3
    assert "it belongs to another store" in capsys.readouterr().err


def test_no_store_is_told(store: str, capsys: pytest.CaptureFixture[str]) -> None:
    for verb in ("info", "check", "upgrade", "recover"):
        assert main(["db", verb, "--store", store]) == 2
        assert "there is no store" in capsys.readouterr().err


@pytest.mark.parametrize("replaced", [False, True])
def test_records_of_a_file_that_was_moved_away_are_told_and_brought_to_it(
    store: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], *, replaced: bool
) -> None:
    """Only the file that knows their run can take them."""
    now = tmp_path / "elsewhere" / "old.db"
    now.parent.mkdir()
    with open_recorder(store, wait_s=0.05, flush_interval_s=60) as recorder:
        recorder.begin_run(lab.run_start())
        for name in tmp_path.glob("lab.db*"):
            name.rename(now.with_name(name.name.replace("lab", "old")))
        lab.record_shot(recorder, 1, lab.four_readings(1))
        lab.end_run(recorder)
    if replaced:
        open_recorder(store).close()
    (spool,) = spools(store)
    warn_of_spools(store)
    told = capsys.readouterr().err
    assert f"records that are in no store wait in {spool}: the file {store} was removed or replaced" in told
    assert "the next run" not in told
    assert main(["db", "recover", "--store", store]) == 3
    assert f"{spool}: the file {store} was removed or replaced" in capsys.readouterr().err
    assert main(["db", "recover", "--store", store, "--into", str(now)]) == 0
    assert (spools(store), Path(store).exists()) == ((), replaced)
    with open_reader(now) as reader:
        assert (reader.run(1).summary.state, len(reader.samples(1))) == ("done", 4)
