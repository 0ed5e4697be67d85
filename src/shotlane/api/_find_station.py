"""A station by its name or file: found, read with the instrument documents that it names, and resolved.

All that a session needs. Nothing of plans is imported here.
"""

from pathlib import Path

from shotlane.diagnostics import Report, Span
from shotlane.document import STATION_SECTIONS, Document, read_file, with_includes
from shotlane.instruments import ResolvedStation, resolve_station
from shotlane.model import load_station, of_known_language
from shotlane.project import Project, find_station, no_such_station, shown


def station_place(name: str, project: Project, report: Report, span: Span | None = None) -> Path | None:
    """File of a station given by its name or file. `span`: where it is named."""
    path = find_station(name, project)
    if path is None:
        help = no_such_station(name, project)
        report.error("RUN003", f"there is no station '{name}'", span, help=help)
    return path


def resolve_file(path: Path, report: Report, *, mock: bool = False) -> ResolvedStation | None:
    """Read a station and the instrument documents that it names."""
    report.precede(shown(path))
    document = read_file(path, report, name=shown(path))
    return None if document is None else resolve_document(path, document, report, mock=mock)


def resolve_document(
    path: Path, document: Document, report: Report, *, mock: bool = False
) -> ResolvedStation | None:
    """Load a station that was read from `path`, and the instrument documents that it names."""
    document = with_includes(document, path, report, STATION_SECTIONS, of_known_language("station", report))
    for name in document.texts:
        report.precede(name)
    station = load_station(document, report)
    if station is None:
        return None
    return resolve_station(station, document, report, mock=mock, folder=path.parent)
