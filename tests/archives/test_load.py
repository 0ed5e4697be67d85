"""An archive is loaded like a run of a store, without one."""

import shutil
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from tests.archives.packing import Packed

import shotlane
from shotlane.archives import ArchiveError

READ: dict[str, Callable[[Path], pl.DataFrame]] = {
    "csv": pl.read_csv,
    "parquet": pl.read_parquet,
    "jsonl": pl.read_ndjson,
}


@pytest.fixture(params=["folder", "zip"])
def loaded(request: pytest.FixtureRequest, packed: Packed, tmp_path: Path) -> shotlane.LoadedRun:
    if request.param == "folder":
        return shotlane.load(packed.bag)
    return shotlane.load(shutil.make_archive(str(tmp_path / "bag"), "zip", packed.bag.parent, "bag"))


def test_it_tells_of_itself_what_the_run_of_the_store_tells(
    loaded: shotlane.LoadedRun, packed: Packed
) -> None:
    stored = shotlane.load(1, packed.store)
    assert repr(loaded) == repr(stored)
    assert loaded.record == stored.record
    assert loaded.documents() == stored.documents()


def test_conditions_keep_the_same_rows(loaded: shotlane.LoadedRun, packed: Packed) -> None:
    wanted = (
        (pl.col("channel") == "furnace.temperature") & (pl.col("shot") > 1) & pl.col("t").is_between(0.1, 0.3)
    )
    frames = [run.lazy().filter(wanted).collect() for run in (loaded, shotlane.load(1, packed.store))]
    assert frames[0].equals(frames[1])
    assert frames[0].height > 0


def test_how_late_its_channels_began_is_the_same(loaded: shotlane.LoadedRun, packed: Packed) -> None:
    found = loaded.lateness()
    assert found.equals(shotlane.load(1, packed.store).lateness())
    assert found["started"].sum() > 0


def test_a_channel_that_it_does_not_have_is_told(loaded: shotlane.LoadedRun) -> None:
    with pytest.raises(shotlane.StoreError, match=r"no channel furnace\.temperatur"):
        loaded.samples("furnace.temperatur")


def test_what_is_no_archive_is_told(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="there is no archive"):
        shotlane.load(tmp_path / "nothing")
    with pytest.raises(ArchiveError, match="is no archive"):
        shotlane.load(tmp_path)


def test_a_damaged_table_is_told(bag: Path) -> None:
    path = bag / "data/samples/00001.parquet"
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(ArchiveError, match=r"00001.parquet' of '.*' is no sound Parquet file"):
        shotlane.load(bag).samples()


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{}", b"[" * 100_000, b'{"archive": 1}', b'{"archive": 99}', b"\xff"]
)
def test_a_damaged_head_is_told(bag: Path, content: bytes) -> None:
    (bag / "data/run.json").write_bytes(content)
    with pytest.raises(ArchiveError, match=r"run\.json|format 99"):
        shotlane.load(bag)


@pytest.mark.parametrize("form", ["csv", "parquet", "jsonl"])
def test_it_is_exported_whole(loaded: shotlane.LoadedRun, tmp_path: Path, form: str) -> None:
    rows = shotlane.export(loaded, tmp_path / "out", form)
    samples = READ[form](tmp_path / "out" / f"samples.{form}")
    expected = loaded.samples(attempts="all")
    assert samples.height == rows["samples"] == expected.height
    assert samples["value"].to_list() == expected["value"].to_list()
    assert samples["status"].cast(pl.String).to_list() == expected["status"].cast(pl.String).to_list()
    assert not list((tmp_path / "out").glob("*.part"))
