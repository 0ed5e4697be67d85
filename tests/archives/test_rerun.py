"""A run is made again from what it was made from, and the new one says which one it repeats."""

import shutil
from pathlib import Path

import pytest
from tests.adapters.lab import CAMERA, described, put
from tests.archives.packing import REPOSITORY, SEQUENCE, document, hash_again, make_run, replace_in

import shotlane
from shotlane.api import Options, Rerun, ResumeError, diff_runs, prepare_rerun
from shotlane.archives import ArchiveError
from shotlane.diagnostics import DocumentError, Report
from shotlane.plan import Verdict

STOPPED = SEQUENCE.replace("high: 100 degC", "high: 30 degC, on_fail: stop")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Another lab: a project of its own."""
    (tmp_path / "here" / "stations").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "here"


def archived(folder: Path, sequence: str = SEQUENCE) -> Path:
    """The archive of a run whose project is gone."""
    store = make_run(folder / "there", sequence)
    shotlane.archive(1, folder / "bag", store=store)
    shutil.rmtree(folder / "there")
    return folder / "bag"


def prepared(run: int | Path, station: str | None = None) -> Rerun:
    report = Report()
    found = prepare_rerun(run, report, Options(station))
    assert found is not None, [item.message for item in report]
    return found


def test_another_lab_makes_a_run_again(tmp_path: Path, here: Path) -> None:
    bag = archived(tmp_path)
    run = shotlane.rerun(bag)
    old, new = shotlane.load(bag), run.load()
    assert new.record.plan_digest == old.record.plan_digest
    columns = ["shot", "channel", "tick", "target_ns", "value", "status"]
    assert new.samples().select(columns).equals(old.samples().select(columns))
    assert new.record.repeats == {
        "session": old.record.session,
        "ordinal": old.record.ordinal,
        "run": 1,
        "sequence": "warm-up",
        "plan_digest": old.record.plan_digest,
        "archive": shotlane.verify(bag, level=1).hashes.digest,
    }
    assert run.store.endswith(f"{here.name}/data/shotlane.db")


def test_what_was_made_again_is_archived_and_verified(tmp_path: Path, here: Path) -> None:
    run = shotlane.rerun(archived(tmp_path))
    shotlane.archive(run.number, here / "again.zip")
    found = shotlane.verify(here / "again.zip")
    assert (found.holds, found.complete) == (True, True)
    assert shotlane.load(here / "again.zip").record.repeats == run.load().record.repeats


LAMP = """
language: 1
instrument: lamp
protocol: simulated
attributes:
  level: {unit: V, access: rw, min: 0 V, max: 5 V, safe: 0 V}
"""
DIMMED = """
language: 1
sequence: dimmed
station: lab
before: dark.yaml
timeline: [{shine: 100 ms}]
lanes: {lamp.level: {set: 2 V}}
"""


def dimmed(there: Path, bag: Path) -> None:
    """The archive of a run on a station with an instrument document of its own, in a folder."""
    for name in ("sequences", "stations/own"):
        (there / name).mkdir(parents=True)
    (there / "shotlane.yaml").write_text("station: lab\n")
    (there / "stations/own/lamp.yaml").write_text(LAMP)
    instruments = "instruments: {lamp: {instrument: own/lamp, resource: 'sim://'}}"
    (there / "stations/lab.yaml").write_text(f"language: 1\nstation: lab\n{instruments}\n")
    (there / "sequences/dimmed.yaml").write_text(DIMMED)
    dark = DIMMED.replace("before: dark.yaml\n", "").replace("dimmed", "dark").replace("2 V", "0 V")
    (there / "sequences/dark.yaml").write_text(dark)
    store = f"sqlite:///{there / 'runs.db'}"
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(there)
        run = shotlane.run("dimmed", virtual_time=True, store=store)
    shotlane.archive(run.number, bag, store=store)


def test_made_again_elsewhere_documents_have_the_names_of_then(tmp_path: Path, here: Path) -> None:
    dimmed(tmp_path / "there", tmp_path / "bag")
    run = shotlane.rerun(tmp_path / "bag")
    found = diff_runs(shotlane.load(tmp_path / "bag"), run.load())
    assert (found.documents, found.station) == ((), ())
    shotlane.archive(run.number, here / "again")
    for name in ("resolved/station.json", "provenance/station.json"):
        text = (here / "again/data" / name).read_text()
        assert '"stations/own/lamp.yaml"' in text
        assert str(tmp_path) not in text
    assert shotlane.verify(here / "again").holds
    assert run.before is not None
    shotlane.archive(run.before.number, here / "before")
    assert shotlane.verify(here / "before").complete


def test_on_a_station_of_today_its_documents_have_the_names_of_today(tmp_path: Path, here: Path) -> None:
    dimmed(tmp_path / "there", tmp_path / "bag")
    (tmp_path / "there/stations").rename(here / "theirs")
    run = shotlane.rerun(tmp_path / "bag", station="theirs/lab.yaml")
    assert set(run.load().documents()) == {
        "sequences/dimmed.yaml",
        "sequences/dark.yaml",
        "theirs/lab.yaml",
        "theirs/own/lamp.yaml",
    }
    assert shotlane.rerun(run.number).outcome == "done"
    assert run.before is not None
    shotlane.archive(run.before.number, here / "before")
    assert shotlane.verify(here / "before").complete


def test_parameters_and_seed_are_those_of_then(tmp_path: Path, here: Path) -> None:
    make_run(here / "own")
    path, store = here / "own/sequences/warm-up.yaml", f"sqlite:///{here / 'runs.db'}"
    shotlane.run(path, parameters={"rate": "80 K/s"}, virtual_time=True, seed=7, store=store)
    run = shotlane.rerun(1, store=store).load()
    assert run.record.repeats is not None
    assert run.record.repeats["archive"] is None
    assert run.record.environment["overrides"] == {"rate": "80 K/s"}
    assert run.record.environment["seed"] == 7
    assert run.samples()["value"].to_list() == shotlane.load(1, store).samples()["value"].to_list()


def test_files_of_today_are_told_and_not_used(tmp_path: Path, here: Path) -> None:
    store = make_run(here / "own")
    path = here / "own/sequences/warm-up.yaml"
    replace_in(path, "100 ms", "200 ms")
    (here / "own/stations/demo.yaml").unlink()
    report = Report()
    found = prepare_rerun(1, report, Options(), store=store)
    assert found is not None
    assert [(item.path.name, item.since is None) for item in found.files] == [
        ("warm-up.yaml", False),
        ("demo.yaml", True),
    ]
    assert found.plan is None


def test_another_station_is_told_with_what_it_changes(tmp_path: Path, here: Path) -> None:
    bag = archived(tmp_path)
    shutil.copytree(REPOSITORY / "stations", here / "stations", dirs_exist_ok=True)
    station = here / "stations/demo.yaml"
    replace_in(station, "station: demo", "station: ours")
    replace_in(station, "[10 degC, 200 degC]", "[10 degC, 150 degC]")
    station.rename(here / "stations/ours.yaml")
    found = prepared(bag, "ours")
    assert found.plan is not None
    assert found.plan.verdict is Verdict.DIFFERENT
    assert {item.lane for item in found.plan.planned} == {"furnace.setpoint"}
    run = shotlane.rerun(bag, station="ours")
    assert run.load().record.summary.station == "ours"
    shotlane.archive(run.number, here / "ours.zip")
    assert shotlane.verify(here / "ours.zip").holds


def test_what_does_not_fit_the_station_is_refused_before_anything_is_touched(
    tmp_path: Path, here: Path
) -> None:
    bag = archived(tmp_path)
    shutil.copytree(REPOSITORY / "stations", here / "stations", dirs_exist_ok=True)
    replace_in(here / "stations/demo.yaml", "[10 degC, 200 degC]", "[10 degC, 42 degC]")
    with pytest.raises(DocumentError, match="limit"):
        shotlane.rerun(bag, station="demo")
    assert not (here / "data").exists()


def test_what_comes_to_another_plan_is_made_again_only_when_that_is_meant(tmp_path: Path, here: Path) -> None:
    bag = archived(tmp_path)
    replace_in(document(bag, "warm-up.yaml"), "100 ms", "150 ms")
    hash_again(bag)
    with pytest.raises(ResumeError, match="same plan"):
        shotlane.rerun(bag)
    assert shotlane.rerun(bag, changed=True).outcome == "passed"


def test_an_archive_that_was_spoilt_is_not_made_again(tmp_path: Path, here: Path) -> None:
    bag = archived(tmp_path)
    replace_in(bag / "data/README.md", "BagIt", "bagit")
    with pytest.raises(ArchiveError, match="does not hold what it says"):
        shotlane.rerun(bag)


def test_a_run_goes_on_from_its_archive(tmp_path: Path, here: Path) -> None:
    bag = archived(tmp_path, STOPPED)
    assert shotlane.load(bag).shots().height == 1
    assert shotlane.resume(bag).number == 1
    run = shotlane.resume(bag)
    assert run.number == 1
    assert run.load().shots()["verdict"].to_list() == ["failed", "failed", "failed"]
    assert str(run.load().record.reason).startswith("3 of 3 shots failed, shot 3 because T_last is ")
    shotlane.archive(1, here / "whole.zip")
    found = shotlane.verify(here / "whole.zip")
    assert (found.holds, found.complete) == (True, True)
    with pytest.raises(ResumeError, match="complete"):
        shotlane.resume(bag)


OWN = """
language: 1
sequence: own
station: lab.yaml
timeline: [{expose: 50 ms}]
lanes:
  camera.exposure: {set: 5 ms}
  camera.ch1_temperature: {record: 50 Hz}
results:
  mine: {python: 'own.py:found', high: 0.5, on_fail: stop}
sweep: [{repeat: 2}]
"""


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    """An archive of a run, not all done, with a function and a driver of its own; each leaves a mark."""
    project, mark = tmp_path / "theirs", tmp_path / "mark"
    project.mkdir()
    touch = f"        open({str(mark)!r}, 'w').close()\n"
    camera = CAMERA.replace("def open(self):\n", f"def open(self):\n{touch}")
    described(put(project, files={"camera.py": camera}))
    (project / "own.yaml").write_text(OWN)
    (project / "own.py").write_text(f"def found(shot):\n{touch}        return 1.0\n")
    store = f"sqlite:///{tmp_path / 'theirs.db'}"
    shotlane.run(project / "own.yaml", store=store)
    shotlane.archive(1, tmp_path / "foreign", store=store)
    mark.unlink()
    return mark


def test_python_of_an_archive_is_named_and_not_called(tmp_path: Path, here: Path, foreign: Path) -> None:
    both = "result mine calls own.py:found; camera is driven by camera:Camera"
    bag = tmp_path / "foreign"
    for again in (shotlane.rerun, shotlane.resume):
        with pytest.raises(ResumeError, match=f"{both}; read .* --trust"):
            again(bag)
    # The second has imported it, and it is no less a stranger's for that.
    with pytest.raises(ResumeError, match=both):
        shotlane.rerun(1)
    with pytest.raises(ResumeError, match=both):
        shotlane.resume(1)
    with pytest.raises(ResumeError, match=r"mine calls own.py:found; read"):
        shotlane.rerun(bag, mock=True)
    assert not foreign.exists()


def test_python_of_an_archive_is_called_when_somebody_stands_for_it(
    tmp_path: Path, here: Path, foreign: Path
) -> None:
    assert shotlane.rerun(tmp_path / "foreign", trust=True).outcome == "failed"
    assert foreign.exists()
