"""How time is kept: asked for by option, project or Python; told in the run record and the summary."""

import json
import shutil
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

import shotlane
from shotlane.cli import run_sequence
from shotlane.cli._summary import _happenings
from shotlane.execution import TimingRefusedError, _priority
from shotlane.execution._result import Happening

REPOSITORY = Path(__file__).parents[2]
SEQUENCE = """
sequence: short
station: demo
timeline: [{wait: 10 ms}]
lanes:
  furnace.temperature: {record: 100 Hz}
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the demo station and a sequence of 10 ms."""
    shutil.copytree(REPOSITORY / "stations", tmp_path / "stations")
    (tmp_path / "short.yaml").write_text(SEQUENCE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_priority: int) -> int:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(_priority, "take_priority", refuse)


def _recorded(project: Path) -> tuple[str, list[dict[str, str]]]:
    """The mode that stands in the environment of the newest run, and the events about it."""
    store = sqlite3.connect(project / "data" / "shotlane.db")
    (environment,) = store.execute("SELECT environment FROM run ORDER BY number DESC LIMIT 1").fetchone()
    events = store.execute("SELECT fields FROM event WHERE type = 'timing.mode'").fetchall()
    store.close()
    return json.loads(environment)["timing"]["mode"], [json.loads(fields) for (fields,) in events]


@pytest.mark.real_time
def test_the_mode_and_why_stand_in_the_run_record(project: Path, refused: None) -> None:
    assert run_sequence(["short.yaml", "--mock", "-q"]) == 0
    mode, events = _recorded(project)
    assert mode == "normal"
    (event,) = events
    assert event["mode"] == "normal"
    assert event["reason"]


@pytest.mark.real_time
def test_normal_is_as_asked_for(project: Path) -> None:
    assert run_sequence(["short.yaml", "--mock", "-q", "--timing", "normal"]) == 0
    assert _recorded(project) == ("normal", [{"mode": "normal", "reason": "as asked for"}])


def test_realtime_that_is_not_granted_is_refused_before_anything_is_touched(
    project: Path, refused: None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_sequence(["short.yaml", "--mock", "--timing", "realtime"]) == 2
    assert "real-time priority cannot be had: " in capsys.readouterr().err
    assert not (project / "data").exists()


def test_virtual_time_takes_no_priority(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_sequence(["short.yaml", "--virtual-time", "--timing", "realtime"]) == 2
    assert "virtual time is not waited for" in capsys.readouterr().err
    assert run_sequence(["short.yaml", "--virtual-time", "-q"]) == 0
    assert _recorded(project)[0] == "virtual"


def test_a_project_can_demand_it(project: Path, refused: None) -> None:
    (project / "shotlane.yaml").write_text("timing: realtime\n")
    with pytest.raises(TimingRefusedError):
        shotlane.run("short.yaml", mock=True)
    # Its simulations run all the same.
    assert shotlane.run("short.yaml", virtual_time=True).outcome == "done"


def test_what_is_no_timing_is_an_error_at_its_place(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "shotlane.yaml").write_text("timing: realtme\n")
    assert run_sequence(["short.yaml", "--virtual-time"]) == 2
    told = capsys.readouterr().err
    assert "shotlane.yaml:1:9 RUN001 there is no timing 'realtme'" in told
    assert "did you mean 'realtime'?" in told


def test_the_summary_says_what_happened_to_time(project: Path) -> None:
    result = shotlane.run("short.yaml", virtual_time=True).result
    found = [
        Happening(3, 1, "clock.suspended", {"for_s": 12.0}),
        Happening(3, 2, "clock.stepped", {"by_s": -3600.0}),
    ]
    assert _happenings(replace(result, happenings=tuple(found))) == [
        "  clock      the machine slept for 12 s (seen in shot 3 attempt 1)",
        "  clock      somebody set the wall clock, by -3600 s (seen in shot 3 attempt 2)",
    ]
