"""A sequence in virtual time, on simulated instruments, with a store of its own."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from shotlane.api import (
    Options,
    Prepared,
    Run,
    given_parameters,
    prepare_document,
    refuse_unanswered,
    refuse_unready,
    resolve_document,
    start_in_order,
)
from shotlane.diagnostics import Report
from shotlane.document import read_file
from shotlane.execution import Asker, VirtualClock
from shotlane.plan import GivenBy
from shotlane.project import Project, find_project, find_sequence, shown
from shotlane.testing._simulated_faults import Faults, faulty_document
from shotlane.testing._small_project import file_of, is_text, passing_folder

__all__ = ["VirtualClock", "run_virtual"]


def run_virtual(
    sequence: str | Path,
    parameters: Mapping[str, object] | None = None,
    *,
    station: str | Path | None = None,
    faults: Faults | None = None,
    folder: Path | None = None,
    project: Path | None = None,
    seed: int | None = None,
    asker: Asker | None = None,
) -> Run:
    """Run a sequence in virtual time, all instruments simulated, and return when it has ended.

    `sequence` and `station` are files, names in a project, or texts of several lines. `faults`: more faults
    for the simulated instruments of this run, a `FaultSchedule` or lines as under `faults:` of a station.
    `folder` gets the store, and the texts as files; without it one that is there until the program ends.
    `project`: where stations are found; without it the project of the sequence, of a text that in `folder`
    or around here. Raises `DocumentError` with every mistake before anything is run.
    """
    overrides = given_parameters(sequence, parameters)
    folder = passing_folder() if folder is None else folder
    path = file_of(sequence, folder)
    report = Report()
    home = find_project(_home(sequence, folder) if project is None else project, report)
    # Whatever the project says, a test leaves nothing in its store.
    home = replace(home, store=None, data=str(folder / "data"))
    named = None if station is None else str(file_of(station, folder))
    options = Options(named, overrides, mock=True, virtual_time=True, given=GivenBy.PYTHON)
    prepared = _prepared(path, report, options, home)
    if prepared is not None and faults:
        prepared = _with_faults(prepared, faults, report)
    if prepared is not None:
        refuse_unanswered(prepared, report)
        refuse_unready(prepared, report, attended=asker is not None)
    report.raise_if_errors()
    assert prepared is not None
    return start_in_order(prepared, seed=seed, asker=asker)


def _home(sequence: str | Path, folder: Path) -> Path:
    if not is_text(sequence):
        return Path(sequence).parent
    return folder if (folder / "stations").is_dir() else Path.cwd()


def _prepared(path: Path, report: Report, options: Options, project: Project) -> Prepared | None:
    path = find_sequence(path, project.folder) or path
    document = read_file(path, report, name=shown(path))
    return None if document is None else prepare_document(path, document, report, options, project)


def _with_faults(prepared: Prepared, faults: Faults, report: Report) -> Prepared | None:
    """The same on a station with more faults; the record of the run has this station's text."""
    place = prepared.station_path
    name = prepared.station.document.source.name
    document = faulty_document(place, name, faults, report)
    station = None if document is None else resolve_document(place, document, report, mock=True)
    if station is None:
        return None
    texts: dict[str, Any] = {**prepared.documents, **station.documents}
    return replace(prepared, station=station, documents=texts)
