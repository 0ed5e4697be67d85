"""An archive holds the whole run, and is the same whoever writes it when and where."""

import json
import os
import subprocess
import sys
import zipfile
from importlib.util import find_spec
from pathlib import Path

import bagit
import polars as pl
import pytest
from rocrate.rocrate import ROCrate
from tests.archives.packing import Packed
from tests.store.lab import record_shot, run_start

import shotlane
from shotlane.archives import ArchiveError, _write
from shotlane.plan import load_plan
from shotlane.store import open_reader, open_recorder


def written_elsewhere(packed: Packed, out: Path, folder: Path, **environment: str) -> bytes:
    """The archive as another process writes it."""
    code = "import sys, shotlane; shotlane.archive(1, sys.argv[1], store=sys.argv[2])"
    subprocess.run(
        [sys.executable, "-c", code, out, packed.store],
        check=True,
        cwd=folder,
        env={**os.environ, **environment},
        umask=0o077 if environment["TZ"] == "UTC" else 0o002,
    )
    return out.read_bytes()


def test_other_processes_folders_and_time_zones_write_the_same_bytes(packed: Packed, tmp_path: Path) -> None:
    one = written_elsewhere(packed, tmp_path / "one.zip", tmp_path, TZ="UTC", PYTHONHASHSEED="1")
    other = written_elsewhere(
        packed, tmp_path / "other.zip", packed.project, TZ="Asia/Tokyo", PYTHONHASHSEED="2"
    )
    assert one == other


def test_a_zip_file_holds_what_a_folder_holds(packed: Packed, tmp_path: Path) -> None:
    shotlane.archive(1, tmp_path / "bag.zip", store=packed.store)
    with zipfile.ZipFile(tmp_path / "bag.zip") as archive:
        found = {name.removeprefix("warm-up-run-1/"): archive.read(name) for name in archive.namelist()}
    files = {
        path.relative_to(packed.bag).as_posix(): path for path in packed.bag.rglob("*") if path.is_file()
    }
    assert found == {name: path.read_bytes() for name, path in files.items()}


def test_times_and_modes_are_those_of_the_run(packed: Packed) -> None:
    ended = shotlane.load(1, packed.store).record.summary.ended_utc_ns
    assert ended is not None
    states = [path.stat() for path in packed.bag.rglob("*") if path.is_file()]
    assert {state.st_mtime for state in states} == {ended // 1_000_000_000}
    assert {state.st_mode & 0o777 for state in states} == {0o644}


def test_another_program_finds_a_valid_bag(packed: Packed) -> None:
    bagit.Bag(str(packed.bag)).validate()


def test_the_crate_describes_every_file_with_its_columns_and_units(packed: Packed) -> None:
    crate = ROCrate(packed.bag / "data")
    named = {entity.id for entity in crate.data_entities}
    payload = packed.bag / "data"
    files = {path.relative_to(payload).as_posix() for path in payload.rglob("*") if path.is_file()}
    assert named == files - {"ro-crate-metadata.json"}
    samples = crate.get("samples/00001.parquet")
    columns = {entity["name"]: entity for entity in samples["variableMeasured"]}
    assert set(columns) == set(pl.read_parquet_schema(payload / "samples/00001.parquet"))
    assert columns["target_ns"]["unitText"] == "ns"
    assert crate.get("#channel-furnace.temperature")["unitText"] == "degC"


def test_documents_are_the_bytes_that_were_run(packed: Packed) -> None:
    facts = json.loads((packed.bag / "data" / "run.json").read_bytes())
    texts = {name: (packed.bag / "data" / path).read_bytes() for name, path in facts["documents"].items()}
    with open_reader(packed.store) as reader:
        assert texts == {name: text.encode() for name, text in reader.documents(1).items()}
    assert (packed.project / "sequences" / "warm-up.yaml").read_bytes() in texts.values()


def test_the_plan_is_the_one_that_ran(packed: Packed) -> None:
    saved = load_plan(packed.bag / "data" / "plan" / "sequence.plan")
    saved.check_shots()
    assert saved.plan.digest == shotlane.load(1, packed.store).record.plan_digest


def test_what_is_there_is_not_replaced(packed: Packed, tmp_path: Path) -> None:
    (tmp_path / "bag").mkdir()
    with pytest.raises(ArchiveError, match="exists already"):
        shotlane.archive(1, tmp_path / "bag", store=packed.store)


def test_an_archive_that_fails_leaves_nothing_behind(
    packed: Packed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("shotlane.archives._write.close_bag", full)
    with pytest.raises(ArchiveError, match="No space left"):
        shotlane.archive(1, tmp_path / "bag", store=packed.store)
    assert list(tmp_path.iterdir()) == []


def test_without_its_packages_the_way_out_is_told(
    packed: Packed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shotlane.archives._write.find_spec", lambda _: None)
    with pytest.raises(ArchiveError, match=r"pip install 'shotlane\[archive\]'"):
        shotlane.archive(1, tmp_path / "bag", store=packed.store)


def test_a_run_that_goes_on_is_not_archived(tmp_path: Path) -> None:
    store = f"sqlite:///{tmp_path / 'runs.db'}"
    with open_recorder(store) as recorder:
        run = recorder.begin_run(run_start())
        record_shot(recorder, 1)
        with pytest.raises(ArchiveError, match="is going on"):
            shotlane.archive(run, tmp_path / "bag", store=store)


@pytest.mark.parametrize(
    ("missing", "told"),
    [
        (["bagit", "rocrate"], "written with bagit and rocrate, which are not installed"),
        (["rocrate"], "written with rocrate, which is not installed"),
    ],
)
def test_what_archives_need_is_told(
    missing: list[str], told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_write, "find_spec", lambda name: None if name in missing else find_spec(name))
    with pytest.raises(ArchiveError, match=told):
        _write.check_out(tmp_path / "out")
