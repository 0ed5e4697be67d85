"""The project folder, its settings, and where its records go.

The project is the nearest folder at or above the sequence that holds `shotlane.yaml` or `stations/`; without
one it is the sequence's own folder.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from shotlane.diagnostics import Report, did_you_mean
from shotlane.document import Document, given_name, is_file, read_file

SETTINGS = "shotlane.yaml"
_SQLITE = "sqlite:///"
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
    store: str | None = field(default=None, repr=False)  # its address may hold a password
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
        return self.store or f"{_SQLITE}{self.data_folder / 'shotlane.db'}"


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
            settings[key] = _from_here(value, folder) if key == "store" else value
    return Project(folder, **settings)


def _from_here(store: str, folder: Path) -> str:
    """An address as it is meant from everywhere in the project: a relative path counts from its folder."""
    path = Path(store.removeprefix(_SQLITE)).expanduser()
    if ":" in str(path) or path.is_absolute():
        return store
    return f"{_SQLITE}{folder / path}"


def shown(path: Path) -> str:
    """A path as messages show it: relative to the working folder where it lies below it.

    A text of a run that was made before is called as then.
    """
    name = given_name(path)
    if name is not None:
        return name
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)
