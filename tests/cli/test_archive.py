"""Archives on the command line: what is told, and the exit status."""

import json
from pathlib import Path

import pytest
from tests.archives.packing import hash_again, make_run, replace_in

from shotlane.cli import main


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    make_run(tmp_path / "project")
    monkeypatch.chdir(tmp_path / "project")
    assert main(["archive", "1", "bag"]) == 0
    return tmp_path / "project"


def test_a_sound_archive_is_verified(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert main(["verify", "bag"]) == 0
    told = capsys.readouterr().out
    assert "recompilation  identical: 3 shots" in told
    assert "replay         not available yet" in told
    assert told.endswith("verified: hashes and recompilation\n")


def test_an_altered_file_is_named(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    replace_in(project / "bag/data/README.md", "BagIt", "bagit")
    assert main(["verify", "bag"]) == 1
    told = capsys.readouterr().out
    assert "hashes         DO NOT HOLD: 1 altered" in told
    assert "  altered  data/README.md" in told
    assert "not tried" in told


def test_another_ramp_is_told_with_its_place(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    documents = json.loads((project / "bag/data/run.json").read_bytes())["documents"]
    path = next(file for name, file in documents.items() if name.endswith("warm-up.yaml"))
    replace_in(project / "bag/data" / path, "heat: ramp()", 'heat: ramp(25 degC, T, shape="smooth")')
    hash_again(project / "bag")
    assert main(["verify", "bag"]) == 1
    told = capsys.readouterr().out
    assert "shots 1..3, furnace.setpoint, step 'heat': " in told
    assert told.endswith("the archive does not hold what it should\n")


def test_what_is_no_archive_has_a_status_of_its_own(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", "stations"]) == 2
    assert "is no archive" in capsys.readouterr().err


def test_nothing_is_replaced(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["archive", "1", "bag"]) == 2
    assert main(["export", "1", "--to", "csv", "--out", "bag"]) == 2
    assert capsys.readouterr().err.count("exists already") == 2


def test_a_run_and_its_archive_are_exported_alike(project: Path) -> None:
    assert main(["export", "1", "--to", "csv"]) == 0
    assert main(["export", "bag", "--to", "csv", "--out", "other"]) == 0
    names = {path.name for path in (project / "run-1-csv").iterdir()}
    assert "samples.csv" in names
    for name in names:
        assert (project / "run-1-csv" / name).read_bytes() == (project / "other" / name).read_bytes()
