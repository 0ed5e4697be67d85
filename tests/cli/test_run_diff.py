"""`shotlane diff` of runs: what changed between them, and what it did."""

import json
from pathlib import Path

import pytest
from tests.archives.packing import make_run, replace_in

import shotlane
from shotlane.api import diff_runs, note
from shotlane.cli import main


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with three runs: two alike, and one of another sequence and station."""
    folder = tmp_path / "project"
    make_run(folder)
    monkeypatch.chdir(folder)
    run()
    replace_in(folder / "sequences/warm-up.yaml", "soak: 100 ms", "soak: 150 ms")
    replace_in(folder / "sequences/warm-up.yaml", "high: 100 degC", "high: 34 degC")
    replace_in(folder / "stations/demo.yaml", "[10 degC, 200 degC]", "[10 degC, 190 degC]")
    monkeypatch.setenv("SHOTLANE_PROVENANCE", "anonymous")
    run()
    return folder


def run() -> None:
    shotlane.run("sequences/warm-up.yaml", virtual_time=True, mock=True)


def test_runs_of_the_same_are_the_same(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", "1", "2"]) == 0
    told = capsys.readouterr().out
    assert "nothing: the same documents, plan, station, programs and terms" in told
    assert "the same   T_last" in told


def test_another_person_or_computer_makes_no_other_run(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run()  # the third and the fourth are alike, but for who ran them
    monkeypatch.delenv("SHOTLANE_PROVENANCE")
    run()
    assert main(["diff", "4", "5"]) == 0
    assert "user: " in capsys.readouterr().out


def test_what_changed_and_what_it_did_are_told(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", "2", "3"]) == 1
    changed, did = capsys.readouterr().out.split("what it did")
    for line in (
        "document   sequences/warm-up.yaml: changed",
        "+  - soak: 150 ms",
        "results.T_last.high: 100 degC -> 34 degC",
        "furnace.setpoint.high: 200.0 -> 190.0",
        "user: ",
    ):
        assert line in changed
    assert "outcome: passed -> failed" in did
    assert "verdict    passed -> failed in shots 2..3" in did
    assert "T_last differs in 3 of 3 shots, most in shot " in did


def test_what_people_say_afterwards_is_told_and_makes_no_other_run(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    note(2, "the second thermocouple was loose", tag="suspect", untag="archived")
    shotlane.archive(2, "noted.zip")
    for other in ("2", "noted.zip"):
        assert main(["diff", "1", other]) == 0
        did = capsys.readouterr().out.partition("what it did")[2]
        assert "tags given since: nothing -> suspect" in did
        assert "tags taken away since: nothing -> archived" in did
        assert "notes: 0 -> 1" in did


def test_tags_with_which_a_run_began_are_what_was_asked(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    replace_in(project / "sequences/warm-up.yaml", "tags: [archived]", "tags: [archived, blank]")
    run()
    assert main(["diff", "3", "4"]) == 1
    assert "tags: archived -> archived, blank" in capsys.readouterr().out.partition("what it did")[0]


def test_archives_are_compared_like_runs(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for number, name in ((2, "a.zip"), (3, "b")):
        shotlane.archive(number, name)
    assert main(["diff", "2", "3", "--json"]) == 1
    of_store = json.loads(capsys.readouterr().out)
    assert main(["diff", "a.zip", "b", "--json"]) == 1
    assert json.loads(capsys.readouterr().out) == of_store
    assert of_store["outcomes"]["results"][0]["changed"][0]["shot"] == 1


def test_a_document_under_another_name_is_the_same_document(tmp_path: Path) -> None:
    stores = [make_run(tmp_path / name) for name in ("here", "there")]
    one, other = (shotlane.load(1, store) for store in stores)
    assert diff_runs(one, other).documents == ()


def test_a_run_is_not_compared_with_a_document(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", "1", "sequences/warm-up.yaml"]) == 2
    assert "a run is compared with a run" in capsys.readouterr().err


def test_a_run_that_is_not_there_is_told(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", "1", "9"]) == 2
    assert "there is no run 9" in capsys.readouterr().err
