"""`shotlane rerun`, and `resume` of an archive, as a person types them."""

import json
import shutil
from pathlib import Path

import pytest
from tests.archives.packing import SEQUENCE, make_run, replace_in

import shotlane
from shotlane.cli import main


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "here" / "stations").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path


def test_what_differs_is_told_before_a_run_is_made_again(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = make_run(here / "project")
    replace_in(here / "project/sequences/warm-up.yaml", "100 ms", "200 ms")
    assert main(["rerun", "1", "--store", store]) == 0
    told = capsys.readouterr().out
    assert told.startswith("repeats run 1, with seed 0\n  changed    ")
    assert "run 2 passed: 3 of 3 shots passed" in told
    assert told.endswith("  compare    shotlane diff 1 2\n")
    assert main(["show", "2", "--store", store]) == 0
    assert "  repeats    run 1 of warm-up, the same plan\n" in capsys.readouterr().out


def test_what_differs_can_be_told_alone(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = make_run(here / "project")
    shotlane.archive(1, here / "bag.zip", store=store)
    shutil.rmtree(here / "project")
    assert main(["rerun", "../bag.zip", "--dry-run"]) == 0
    assert "files of then are not here" in capsys.readouterr().out
    assert main(["rerun", "../bag.zip", "--dry-run", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["run"], told["seed"], told["plan"]) == (1, 0, "identical")
    assert not (here / "here/data").exists()


def test_what_cannot_be_made_again_touches_nothing(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rerun", "../here"]) == 2
    assert "is no archive" in capsys.readouterr().err
    with pytest.raises(SystemExit, match="2"):
        main(["rerun", "nowhere.zip"])
    assert "no run number and no archive" in capsys.readouterr().err


def test_an_archive_goes_on_here(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stopped = SEQUENCE.replace("high: 100 degC", "high: 30 degC, on_fail: stop")
    shotlane.archive(1, here / "bag", store=make_run(here / "project", stopped))
    shutil.rmtree(here / "project")
    assert main(["resume", "../bag", "--dry-run"]) == 0
    assert "resumes run 1: shots 2..3 of 3" in capsys.readouterr().out
    assert not (here / "here/data").exists()
    assert main(["resume", "../bag"]) == 1
    assert shotlane.load(1).shots().height == 2
    assert main(["resume", "1", "--quiet"]) == 1
    capsys.readouterr()
    # Nothing is left, and the run is what it is.
    assert main(["resume", "1"]) == 1
    assert capsys.readouterr().out == (
        "run 1 is complete: nothing of its 3 shots is left to do; it ended failed\n"
    )
    assert main(["resume", "1", "--dry-run", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told == {"run": 1, "shots": [], "shots_planned": 3, "outcome": "failed"}
