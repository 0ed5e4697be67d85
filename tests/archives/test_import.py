"""The run of an archive comes into a store whole, once, and under a number of its own."""

import signal
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from tests.archives.packing import Packed, hash_again, replace_in
from tests.archives.test_tables import FRAMES, record
from tests.store.lab import end_run, four_readings, record_run, record_shot, run_start

import shotlane
from shotlane.archives import ArchiveError, write_archive
from shotlane.records import Outcome
from shotlane.store import ARRIVING, SessionStart, open_reader, open_recorder

DAMAGED = pl.col("attempt_key") + (1 << 32)


def archived(store: str, run: int, out: Path) -> Path:
    """The run of a store that was made by hand."""
    with open_reader(store) as reader:
        write_archive(reader, run, out, {})
    return out


@pytest.fixture
def bag_of_all(tmp_path: Path) -> tuple[str, Path]:
    """A store whose second run has one of everything, and the archive of that run."""
    store = f"sqlite:///{tmp_path / 'origin.db'}"
    with open_recorder(store) as recorder:
        record_run(recorder)
        run = record(recorder)
    return store, archived(store, run, tmp_path / "all.zip")


def test_every_table_comes_as_it_was(bag_of_all: tuple[str, Path], store_url: str) -> None:
    origin, bag = bag_of_all
    found = shotlane.import_run(bag, store=store_url)
    assert (found.run, found.of, found.new) == (1, 2, True)
    before, after = shotlane.load(2, origin), shotlane.load(1, store_url)
    for name, frame in FRAMES.items():
        keys = [key for key in ("run", "run_number") if key in frame(before).columns]
        assert frame(after).drop(keys).equals(frame(before).drop(keys)), name
    assert [one.array.tolist() for one in after.arrays()] == [one.array.tolist() for one in before.arrays()]
    one, other = before.record, after.record
    assert (one.channels, one.parameters, one.documents) == (
        other.channels,
        other.parameters,
        other.documents,
    )
    assert (one.tallies, one.faults, one.figures) == (other.tallies, other.faults, other.figures)
    assert after.record.environment["imported"][0]["run"] == 2


def test_a_second_import_changes_nothing(bag_of_all: tuple[str, Path], store_url: str) -> None:
    _, bag = bag_of_all
    shotlane.import_run(bag, store=store_url)
    before = shotlane.load(1, store_url).record
    found = shotlane.import_run(bag, store=store_url)
    assert (found.run, found.new) == (1, False)
    assert shotlane.load(1, store_url).record == before
    assert len(shotlane.runs(store_url)) == 1


def test_the_store_that_it_came_from_has_it(bag_of_all: tuple[str, Path]) -> None:
    store, bag = bag_of_all
    found = shotlane.import_run(bag, store=store)
    assert (found.run, found.new) == (2, False)


def test_its_number_is_the_next_of_the_store(packed: Packed, store_url: str) -> None:
    with open_recorder(store_url) as recorder:
        record_run(recorder)
    assert shotlane.import_run(packed.bag, store=store_url).run == 2
    assert shotlane.load(2, store_url).samples().height == shotlane.load(packed.bag).samples().height


def test_it_is_archived_again_with_the_same_rows(packed: Packed, tmp_path: Path) -> None:
    store = f"sqlite:///{tmp_path / 'other.db'}"
    shotlane.import_run(packed.bag, store=store)
    shotlane.archive(1, tmp_path / "again", store=store)
    assert shotlane.verify(tmp_path / "again").holds
    for path in packed.bag.rglob("*.parquet"):
        assert path.read_bytes() == (tmp_path / "again" / path.relative_to(packed.bag)).read_bytes()


def test_an_archive_that_does_not_hold_is_not_imported(bag: Path, tmp_path: Path) -> None:
    replace_in(bag / "data" / "README.md", "BagIt", "bagit")
    with pytest.raises(ArchiveError, match="does not hold what it says; shotlane verify"):
        shotlane.import_run(bag, store=str(tmp_path / "new.db"))
    assert not (tmp_path / "new.db").exists()


@pytest.mark.parametrize("table", ["samples/00001", "actions/00001", "tables/attempts", "tables/steps"])
def test_rows_of_another_run_are_refused(bag: Path, tmp_path: Path, table: str) -> None:
    path = bag / "data" / f"{table}.parquet"
    pl.read_parquet(path).with_columns(DAMAGED).write_parquet(path)
    hash_again(bag)
    with pytest.raises(ArchiveError, match="no attempt of its run"):
        shotlane.import_run(bag, store=str(tmp_path / "new.db"))
    assert shotlane.runs(str(tmp_path / "new.db")).is_empty()


def test_a_run_of_another_number_than_its_attempts_leaves_nothing(bag: Path, tmp_path: Path) -> None:
    replace_in(bag / "data/run.json", '"run": 1,', '"run": 3,')
    hash_again(bag)
    with pytest.raises(ArchiveError, match="of no attempt of its run"):
        shotlane.import_run(bag, store=str(tmp_path / "new.db"))
    assert shotlane.runs(str(tmp_path / "new.db")).is_empty()


def test_an_event_that_is_none_is_refused_before_anything_is_written(bag: Path, tmp_path: Path) -> None:
    with (bag / "data/events.jsonl").open("a") as file:
        file.write("{}\n")
    hash_again(bag)
    with pytest.raises(ArchiveError, match="of its events is none"):
        shotlane.import_run(bag, store=str(tmp_path / "new.db"))
    assert shotlane.runs(str(tmp_path / "new.db")).is_empty()


_KILLED = """
import os, signal, sys
import shotlane
from shotlane.store import Arrival
put, calls = Arrival.put_samples, 0
def killed(self, rows):
    put(self, rows)
    os.kill(os.getpid(), signal.SIGKILL)
Arrival.put_samples = killed
shotlane.import_run(sys.argv[1], store=sys.argv[2])
"""


def test_an_import_that_was_killed_is_seen_and_completed_by_the_next(packed: Packed, store_url: str) -> None:
    done = subprocess.run([sys.executable, "-c", _KILLED, packed.bag, store_url], check=False)
    assert done.returncode == -signal.SIGKILL
    with open_reader(store_url) as reader:
        half = reader.runs()[0]
    assert half.outcome is Outcome.TERMINATED
    assert ARRIVING in half.stamps
    found = shotlane.import_run(packed.bag, store=store_url)
    assert (found.run, found.new) == (1, True)
    whole, origin = shotlane.load(1, store_url), shotlane.load(packed.bag)
    assert whole.record.summary == origin.record.summary
    assert whole.samples(attempts="all").equals(origin.samples(attempts="all"))
    assert whole.events().equals(origin.events())


@pytest.fixture
def resumed(tmp_path: Path) -> tuple[str, Path, Path]:
    """A run that was killed and went on: its store, its archive before and after."""
    store = f"sqlite:///{tmp_path / 'origin.db'}"
    with open_recorder(store, session=SessionStart(pid=1, process_started="gone")) as recorder:
        recorder.begin_run(run_start())
        record_shot(recorder, 1, four_readings(1))
    before = archived(store, 1, tmp_path / "before.zip")
    with open_recorder(store) as recorder:
        recorder.begin_run(run_start(resumes=1))
        record_shot(recorder, 2, four_readings(2))
        end_run(recorder)
    return store, before, archived(store, 1, tmp_path / "after.zip")


def test_a_run_that_died_is_imported_as_one(resumed: tuple[str, Path, Path], store_url: str) -> None:
    shotlane.import_run(resumed[1], store=store_url)
    found = shotlane.load(1, store_url).record.summary
    assert (found.outcome, found.died, found.shots_committed) == (Outcome.TERMINATED, True, 1)


def test_a_run_that_went_on_comes_with_all_its_sessions(
    resumed: tuple[str, Path, Path], store_url: str
) -> None:
    origin, _, after = resumed
    shotlane.import_run(after, store=store_url)
    with open_reader(store_url) as reader, open_reader(origin) as there:
        assert [row[2] for row in reader.sessions(1)] == [row[2] for row in there.sessions(1)]
        assert reader.events(1) == there.events(1)


def test_an_earlier_state_of_a_run_is_known_as_that(resumed: tuple[str, Path, Path], tmp_path: Path) -> None:
    store, before, after = resumed
    found = shotlane.import_run(before, store=store)
    assert (found.run, found.new, found.later) == (1, False, True)
    other = str(tmp_path / "other.db")
    shotlane.import_run(before, store=other)
    with pytest.raises(ArchiveError, match="as it was before it was resumed"):
        shotlane.import_run(after, store=other)
