"""Where things lie: the project folder, its settings, its stations and its data.

The project is the nearest folder at or above the sequence that holds `shotlane.yaml` or `stations/`; without
one it is the sequence's own folder. Stations are found by name in the project, then in the user's data
folder.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from platformdirs import user_data_path

from shotlane.diagnostics import Report, did_you_mean
from shotlane.document import Document, are_given, is_file, read_file

SETTINGS = "shotlane.yaml"
_STATION = re.compile(r"^station\s*:", re.MULTILINE)
_KNOWN_SETTINGS = ("station", "store", "data", "timing", "provenance", "retry")
_CHOICES = {
    "timing": (("auto", "normal", "realtime"), "ways to keep time"),
    "provenance": (("full", "anonymous"), "kinds of provenance"),
}


@dataclass(frozen=True, slots=True)
class Project:
    """A project folder with its defaults; each is None where `shotlane.yaml` does not say."""

    folder: Path
    station: str | None = None
    store: str | None = None
    data: str | None = None
    timing: str | None = None
    provenance: str | None = None
    retry: Document | None = None  # holds a section `retry`, for sequences that have none

    @property
    def anonymous(self) -> bool:
        """Whether the names of people and machines are kept out of its records."""
        return self.provenance == "anonymous"

    @property
    def data_folder(self) -> Path:
        """Where runs are stored unless a store is named."""
        return self.folder / (self.data or "data")

    @property
    def store_url(self) -> str:
        """The store that runs go to unless one is named."""
        return self.store or f"sqlite:///{self.data_folder / 'shotlane.db'}"


def is_project(folder: Path) -> bool:
    """Whether a folder is one."""
    return (folder / SETTINGS).is_file() or (folder / "stations").is_dir()


def no_project(folder: Path) -> str:
    """Help for who is elsewhere."""
    return f"no project is found at or above {folder}: go to the folder of one"


def project_folder(start: Path) -> Path:
    """The nearest folder at or above `start` that is a project, else `start`."""
    start = start.resolve()
    for folder in (start, *start.parents):
        if is_project(folder):
            return folder
    return start


def find_project(start: Path, report: Report) -> Project:
    """The project at or above a folder, with its settings; faults of these go into the report."""
    folder = project_folder(start)
    path = folder / SETTINGS
    if not is_file(path):
        return Project(folder)
    document = read_file(path, report, name=shown(path))
    if document is None or not isinstance(document.data, dict):
        return Project(folder)
    settings: dict[str, Any] = {}
    for key, value in document.data.items():
        if key not in _KNOWN_SETTINGS:
            help = did_you_mean(key, _KNOWN_SETTINGS, what="settings")
            report.error("RUN001", f"unknown setting '{key}'", document.key_span((key,)), help=help)
        elif key == "retry":
            settings[key] = document
        elif not isinstance(value, str):
            report.error("RUN001", f"'{key}' must be text", document.span((key,)), help=f"write {key}: NAME")
        elif key in _CHOICES and value not in _CHOICES[key][0]:
            help = did_you_mean(value, _CHOICES[key][0], what=_CHOICES[key][1])
            report.error("RUN001", f"there is no {key} '{value}'", document.span((key,)), help=help)
        else:
            settings[key] = value
    return Project(folder, **settings)


def _station_folders(project: Project) -> Iterator[Path]:
    yield project.folder / "stations"
    yield user_data_path("shotlane") / "stations"


def station_names(project: Project) -> list[str]:
    """Every station that can be found by name."""
    found = (path for folder in _station_folders(project) for path in folder.glob("*.yaml"))
    return sorted({path.stem for path in found if not path.stem.endswith(".lock") and _is_station(path)})


def no_such_station(name: str, project: Project) -> str:
    """Help for who names a station that is not there."""
    names = station_names(project)
    if not names and not is_project(project.folder):
        return no_project(project.folder)
    return did_you_mean(name, names, what="stations of this project")


def _is_station(path: Path) -> bool:
    """Whether a document says so; instrument documents may stand beside stations."""
    try:
        return _STATION.search(path.read_text("utf-8", "replace")) is not None
    except OSError:
        return False


def find_station(name: str, project: Project) -> Path | None:
    """The file of a station given by name, or by a path that ends in .yaml; None when there is none."""
    if name.endswith((".yaml", ".yml")):
        return next((path for path in (Path(name), project.folder / name) if is_file(path)), None)
    candidates = (folder / f"{name}.yaml" for folder in _station_folders(project))
    return next((path for path in candidates if is_file(path)), None)


def find_sequence(sequence: str | Path, folder: Path) -> Path | None:
    """The file of a sequence, given by its path, from here or from the project's folder, or by its name."""
    path, sequences = Path(sequence), folder / "sequences"
    places = [path, folder / path, sequences / path, sequences / f"{path}.yaml"]
    return next((place for place in places if is_file(place)), None)


def sequence_names(folder: Path) -> list[str]:
    """The sequences of a project, by name."""
    return [file.stem for file in (folder / "sequences").glob("*.yaml")]


def no_such_sequence(sequence: str | Path, folder: Path) -> str:
    """Help for who names a sequence that is not there."""
    names = sequence_names(folder)
    if not names:
        return "is the name right, and the folder?" if is_project(folder) else no_project(folder)
    return did_you_mean(Path(sequence).stem, names, what=f"sequences of {folder.name}")


def is_missing(path: Path) -> bool:
    """Whether nothing at all is there; no where texts are given instead of files."""
    return not are_given() and "\0" not in str(path) and not os.path.lexists(path)


def tell_missing(path: Path, report: Report) -> None:
    """Report a sequence that is not there, with the one that may be meant."""
    help = no_such_sequence(path, project_folder(Path.cwd()))
    report.error("YAML013", f"there is no file '{shown(path)}'", help=help)


def shown(path: Path) -> str:
    """A path as messages show it: relative to the working folder where it lies below it."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)
