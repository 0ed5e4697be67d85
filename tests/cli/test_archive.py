"""Archives on the command line: what is told, and the exit status."""

import json
from pathlib import Path

import polars as pl
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
    assert "replay         same: 3 attempts, 67 commands, 83 readings" in told
    assert told.endswith("verified: hashes, recompilation, records and replay\n")


def test_less_is_checked_when_that_is_asked_for(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", "bag", "--level", "1"]) == 0
    told = capsys.readouterr().out
    assert "records        not asked for\nreplay         not asked for\n" in told
    assert told.endswith("verified: hashes\n")


def test_other_commands_are_told_with_their_places(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = project / "bag/data/actions/00001.parquet"
    moved = pl.when(pl.col("kind") == "planned").then(pl.col("target_ns") + 1).otherwise(pl.col("target_ns"))
    pl.read_parquet(path).with_columns(moved.alias("target_ns")).write_parquet(path)
    hash_again(project / "bag")
    assert main(["verify", "bag"]) == 1
    told = capsys.readouterr().out
    assert "replay         DIFFERENT: " in told
    assert "shots 1..3, furnace.setpoint, step 'heat': at " in told


def test_what_cannot_be_checked_has_a_status_of_its_own(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = project / "bag/data/run.json"
    facts = json.loads(run.read_bytes())
    facts["environment"]["shotlane"] = "0.0.1"
    path = (
        project
        / "bag/data"
        / next(file for name, file in facts["documents"].items() if name.endswith("warm-up.yaml"))
    )
    run.write_text(json.dumps(facts))
    replace_in(path, "heat: ramp()", "heat: ramp(of, another, language)")
    hash_again(project / "bag")
    assert main(["verify", "bag"]) == 3
    told = capsys.readouterr().out
    assert "recompilation  not possible: the documents do not compile" in told
    assert "replay         same: " in told
    assert told.endswith("verified: hashes, records and replay; not verified: recompilation\n")


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


def test_records_that_disagree_are_told_by_what_was_compared(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    path = project / "bag/data/tables/tallies.parquet"
    pl.read_parquet(path).with_columns(ok=pl.col("ok") + 1, planned=pl.col("planned") + 1).write_parquet(path)
    (project / "bag/data/tables/steps.parquet").write_bytes(b"no table")
    hash_again(project / "bag")
    assert main(["verify", "bag"]) == 1
    told = capsys.readouterr().out
    assert "recompilation  identical: 3 shots\nrecords        DISAGREE: 4 of 11 comparisons\n" in told
    assert "\n  tallies      shot 1, balance: actions that were ok: 2 by the count, 1 by the rows\n" in told
    assert "\n               ... and 19 more\n" in told
    assert "\nreplay         not possible: 'data/tables/steps.parquet' of 'bag' is no sound " in told


def test_an_archive_is_known_by_the_digest_that_was_told(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert main(["archive", "1", "again.zip", "--json"]) == 0
    digest = json.loads(capsys.readouterr().out)["digest"]
    assert main(["verify", "again.zip", "--level", "1", "--digest", digest]) == 0
    assert main(["verify", "again.zip", "--level", "1", "--digest", "0" * 64]) == 1
    assert f"it is not the archive of digest {'0' * 64}" in capsys.readouterr().out


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
