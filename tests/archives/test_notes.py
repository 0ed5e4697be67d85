"""What a person adds to a run stands beside what was recorded, and goes with the run."""

from pathlib import Path

import pytest
from tests.archives.packing import Packed
from tests.store.lab import record_run

import shotlane
from shotlane.store import StoreError, open_recorder


@pytest.fixture
def store(store_url: str) -> str:
    """A store with one run, tagged `commissioning`."""
    with open_recorder(store_url) as recorder:
        record_run(recorder)
    return store_url


def test_notes_are_kept_in_order_and_change_no_record(store: str) -> None:
    before = shotlane.load(1, store).record
    shotlane.note(1, "the tube was new", author="ada", store=store)
    shotlane.note(1, "and cracked later", author="ada", store=store)
    after = shotlane.load(1, store).record
    assert [(note.text, note.author) for note in after.notes] == [
        ("the tube was new", "ada"),
        ("and cracked later", "ada"),
    ]
    assert (after.summary, after.environment, after.tags) == (before.summary, before.environment, before.tags)


def test_tags_are_given_and_taken_away(store: str) -> None:
    shotlane.note(1, tag=["good", "fig-3"], untag="commissioning", store=store)
    found = shotlane.note(None, untag="good", store=store)
    assert found.tags == ("fig-3",)
    assert shotlane.load(1, store).record.tags == ("commissioning",)
    runs = shotlane.open_store(store)
    assert runs.runs(tag="fig-3").height == 1
    assert runs.runs(tag="commissioning").is_empty()


def test_a_run_that_is_not_there_gets_no_note(store: str) -> None:
    with pytest.raises(StoreError, match="there is no run 7"):
        shotlane.note(7, "lost", store=store)


def test_a_note_says_something(store: str) -> None:
    with pytest.raises(ValueError, match="says nothing"):
        shotlane.note(1, tag=" ", store=store)


def test_notes_go_with_an_archive_and_come_with_its_import(packed: Packed, tmp_path: Path) -> None:
    store = f"sqlite:///{tmp_path / 'one.db'}"
    shotlane.import_run(packed.bag, store=store)
    shotlane.note(1, "odd noise", tag="odd", untag="archived", store=store)
    for name in ("a.zip", "b.zip"):
        shotlane.archive(1, tmp_path / name, store=store)
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    archived = shotlane.load(tmp_path / "a.zip").record
    assert archived.notes == shotlane.load(1, store).record.notes
    assert (archived.summary.tags, archived.tags) == (("odd",), ("archived",))
    other = f"sqlite:///{tmp_path / 'other.db'}"
    assert shotlane.import_run(tmp_path / "a.zip", store=other).notes == 3
    assert shotlane.load(1, other).record.summary.tags == ("odd",)


def test_notes_made_since_come_to_a_run_that_is_there(packed: Packed, tmp_path: Path) -> None:
    stores = [f"sqlite:///{tmp_path / name}" for name in ("one.db", "other.db")]
    for store in stores:
        shotlane.import_run(packed.bag, store=store)
    shotlane.note(1, "seen again", store=stores[0])
    shotlane.archive(1, tmp_path / "later.zip", store=stores[0])
    found = shotlane.import_run(tmp_path / "later.zip", store=stores[1])
    assert (found.new, found.notes) == (False, 1)
    assert [note.text for note in shotlane.load(1, stores[1]).record.notes] == ["seen again"]
