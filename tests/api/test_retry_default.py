"""A retry policy of the project holds for sequences that have none, and stays with their runs."""

from pathlib import Path

import pytest

import shotlane
from shotlane.api import Options, Prepared, prepare
from shotlane.diagnostics import Report

STATIONS = Path(__file__).parents[2] / "stations"
TEXT = """\
sequence: short
station: demo
timeline:
  - soak: 0.1 s
lanes:
  furnace.temperature: {record: 20 Hz}
sweep: [{repeat: 2}]
"""
SETTINGS = "station: demo\nretry:\n  attempts: ATTEMPTS\n  on: [timeout]\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "stations").symlink_to(STATIONS)
    (tmp_path / "shotlane.yaml").write_text(SETTINGS.replace("ATTEMPTS", "4"))
    (tmp_path / "short.yaml").write_text(TEXT)
    return tmp_path


def _prepared(folder: Path, retry: str | None = None) -> Prepared:
    report = Report()
    prepared = prepare(folder / "short.yaml", report, Options(retry=retry))
    report.raise_if_errors()
    assert prepared is not None
    return prepared


def test_a_sequence_without_retry_takes_that_of_the_project(project: Path) -> None:
    assert _prepared(project).plan.retry.attempts == 4


def test_what_the_sequence_says_holds(project: Path) -> None:
    (project / "short.yaml").write_text(TEXT + "retry: {attempts: 2}\n")
    assert _prepared(project, "retry: {attempts: 5}").plan.retry.attempts == 2


def test_what_the_caller_gives_holds_before_the_project(project: Path) -> None:
    assert _prepared(project, "retry: {attempts: 5}").plan.retry.attempts == 5


def test_a_mistake_is_told_where_it_stands(project: Path) -> None:
    (project / "shotlane.yaml").write_text(SETTINGS.replace("ATTEMPTS", "many"))
    report = Report()
    prepare(project / "short.yaml", report)
    (fault,) = report.errors
    assert fault.span is not None
    assert (Path(fault.span.source.name).name, fault.span.line) == ("shotlane.yaml", 3)


def test_a_run_is_compiled_again_with_the_policy_that_it_had(project: Path, tmp_path: Path) -> None:
    store = f"sqlite:///{tmp_path / 'lab.db'}"
    run = shotlane.run(project / "short.yaml", mock=True, virtual_time=True, store=store)
    (project / "shotlane.yaml").unlink()
    bag = tmp_path / "bag"
    shotlane.archive(run.number, bag, store=store)
    assert shotlane.verify(bag).holds
