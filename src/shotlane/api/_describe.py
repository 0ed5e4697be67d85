"""What the drivers of a station declare, asked of the drivers themselves."""

from pathlib import Path
from typing import TYPE_CHECKING

from shotlane.diagnostics import Report
from shotlane.document import read_file
from shotlane.model import load_station
from shotlane.project import find_project, find_station, no_such_station, shown

if TYPE_CHECKING:
    from shotlane.instruments import Described


def describe(station: str | Path, report: Report) -> "Described | None":
    """Open every driver in Python of a station, by name or file, and ask what it declares.

    Nothing is written: `Described.write()` does. None after a fault in the documents; drivers that could not
    be asked are in `Described.faults`.
    """
    from shotlane.instruments import describe_station  # late: it is for foreign packages only

    path = _station_file(station, report)
    document = read_file(path, report, name=shown(path)) if path is not None else None
    loaded = load_station(document, report) if document is not None else None
    if path is None or document is None or loaded is None:
        return None
    described = describe_station(loaded, document, report, folder=path.parent)
    return described if report.ok else None


def _station_file(station: str | Path, report: Report) -> Path | None:
    name = str(station)
    if name.endswith((".yaml", ".yml")) and Path(name).is_file():
        return Path(name)
    project = find_project(Path.cwd(), report)
    path = find_station(name, project)
    if path is None:
        help = no_such_station(name, project)
        report.error("RUN003", f"there is no station '{name}'", help=help)
    return path
