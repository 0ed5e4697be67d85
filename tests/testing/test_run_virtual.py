"""Sequences in virtual time, and faults for one run."""

from pathlib import Path

import pytest

import shotlane
from shotlane import DocumentError, Outcome, Run
from shotlane.testing import FaultSchedule, run_virtual, write_project

STATION = """
    station: small
    instruments:
      furnace:
        instrument: watlow-ezzone
        resource: sim://
        options: {device_unit: degC}
        timeout: 200 ms
"""
SEQUENCE = """
    sequence: heating
    station: small
    timeline:
      - heat: 3600 s
    lanes:
      furnace.setpoint: {set: 60 degC}
      furnace.temperature: {record: 0.01 Hz, max_missing: 0.5}
"""


def late(run: Run) -> list[int]:
    """Which samples had to wait for an answer."""
    return [at for at, late_ns in enumerate(run.samples()["lateness_ns"]) if late_ns > 0]


def test_an_hour_is_over_at_once_and_leaves_its_samples(tmp_path: Path) -> None:
    run = run_virtual(SEQUENCE, station=STATION, folder=tmp_path)
    assert run.outcome is Outcome.DONE
    assert len(run.samples()) == 36
    assert (tmp_path / "data" / "shotlane.db").is_file()


def test_a_schedule_lets_the_third_read_time_out(tmp_path: Path) -> None:
    faults = FaultSchedule().add("furnace", "timeout", request=3, of="temperature")
    run = run_virtual(SEQUENCE, station=STATION, folder=tmp_path, faults=faults)
    # A read is repeated, so the value is late and not lost.
    assert late(run) == [2]


def test_the_record_of_a_run_has_the_station_with_its_faults(tmp_path: Path) -> None:
    faults = {"furnace": [{"fault": "busy", "request": 1}]}
    run = run_virtual(SEQUENCE, station=STATION, folder=tmp_path, faults=faults)
    loaded = run.load()
    assert "faults" in loaded.record.summary.stamps
    assert any('"busy"' in text for text in loaded.documents().values())


def test_an_archive_of_a_run_with_faults_replays(tmp_path: Path) -> None:
    faults = FaultSchedule().add("furnace", "busy", request=2, of="temperature")
    run = run_virtual(SEQUENCE, station=STATION, folder=tmp_path, faults=faults)
    shotlane.archive(run.number, tmp_path / "bag", store=run.store)
    found = shotlane.verify(tmp_path / "bag")
    assert found.holds
    assert found.complete


def test_faults_come_beside_those_of_the_station(tmp_path: Path) -> None:
    station = STATION.rstrip() + "\n        faults: [{fault: drop, request: 1, of: temperature}]\n"
    faults = FaultSchedule().add("furnace", "drop", request=4, of="temperature")
    run = run_virtual(SEQUENCE, station=station, folder=tmp_path, faults=faults)
    assert late(run) == [0, 2]


def test_a_wrong_fault_is_told_as_in_a_station(tmp_path: Path) -> None:
    faults = FaultSchedule().add("furnace", "timeout")
    with pytest.raises(DocumentError, match="nothing says when it happens"):
        run_virtual(SEQUENCE, station=STATION, folder=tmp_path, faults=faults)


def test_a_fault_of_an_instrument_that_is_not_there_is_told(tmp_path: Path) -> None:
    faults = FaultSchedule().add("furnase", "timeout", request=1)
    with pytest.raises(ValueError, match="no instrument 'furnase'; did you mean 'furnace'"):
        run_virtual(SEQUENCE, station=STATION, folder=tmp_path, faults=faults)


def test_a_file_is_run_where_it_lies_and_leaves_nothing_there(tmp_path: Path) -> None:
    project = write_project(tmp_path / "lab", SEQUENCE, STATION, files={"shotlane.yaml": "data: records\n"})
    run = run_virtual(project / "sequences" / "heating.yaml", folder=tmp_path / "own")
    assert run.outcome is Outcome.DONE
    written = {path.relative_to(project).as_posix() for path in project.rglob("*.*")}
    assert written == {"sequences/heating.yaml", "stations/small.yaml", "shotlane.yaml"}


def test_a_station_is_found_in_the_project_that_is_named(tmp_path: Path) -> None:
    project = write_project(tmp_path / "lab", STATION)
    run = run_virtual(SEQUENCE, project=project, folder=tmp_path / "own")
    assert run.outcome is Outcome.DONE


def test_the_same_seed_gives_the_same_samples(tmp_path: Path) -> None:
    runs = [run_virtual(SEQUENCE, station=STATION, folder=tmp_path, seed=7) for _ in range(2)]
    assert runs[0].number != runs[1].number
    assert runs[0].samples()["value"].to_list() == runs[1].samples()["value"].to_list()


def test_what_is_no_document_cannot_be_placed(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="a line `sequence: NAME`"):
        write_project(tmp_path, "furnace: hot\n")
