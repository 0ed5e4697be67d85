"""Stations by name: in the folder `stations` of the project, then in the user's data folder."""

import re
from collections.abc import Iterator
from pathlib import Path

from platformdirs import user_data_path

from shotlane.diagnostics import did_you_mean
from shotlane.document import is_file
from shotlane.project._project import Project, is_project, no_project

_STATION = re.compile(r"^station\s*:", re.MULTILINE)


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
