"""A sequence that somebody has sent, checked and compiled for a station of this project.

No file of this machine is read for it beside the station's: what was not sent does not exist. So nothing of
the disk can be learned by naming it, and no text that was sent can stand in for one of the station.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from shotlane.api._find_station import resolve_file, station_place
from shotlane.api._origin import texts_today
from shotlane.api._prepare import Options, Prepared, prepare_document
from shotlane.api._sent import ManagerError, Sent
from shotlane.diagnostics import Report
from shotlane.document import Document, given_texts, read_text
from shotlane.project import Project, shown

_NAME = re.compile(r"[\w-]+")
_FOLDER = "submitted"  # where the texts are said to lie; there is no such folder


def prepare_sent(
    sent: Sent, project: Project, options: Options, only: str | None, report: Report
) -> Prepared | None:
    """Check and compile; None when the report has errors. `only`: the one station that may be used."""
    document = read_text(sent.texts[sent.sequence], sent.sequence, report)
    if document is None:
        return None
    place = _station(document, project, options, only, report)
    station = None if place is None else resolve_file(place, report, mock=options.mock)
    if place is None or station is None:
        return None
    folder = sent_folder(project)
    texts = {str(folder / name): text for name, text in sent.texts.items()}
    with given_texts(texts | texts_today(station, place)):
        own = replace(options, station=str(place))
        prepared = prepare_document(folder / sent.sequence, document, report, own, project)
    return None if prepared is None else _with_files(prepared, folder, texts)


def _with_files(prepared: Prepared, folder: Path, texts: Mapping[str, str]) -> Prepared:
    """With the places where its texts are said to lie, by which they are found again in the store."""
    places = {name: Path(os.path.normpath(folder / name)) for name in prepared.documents}
    sent = {name: place for name, place in places.items() if str(place) in texts}
    # Of sweep points the names count from the folder of the sequence.
    beside = {name: prepared.path.parent / name for name in prepared.plan.files}
    return replace(prepared, files={**prepared.files, **sent, **beside})


def sent_folder(project: Project) -> Path:
    """Where texts that were sent are said to lie."""
    return project.folder.resolve() / _FOLDER


def as_sent(name: str, project: Project) -> str:
    """The name of a text as its sender knows it."""
    return name.removeprefix(f"{shown(sent_folder(project))}/")


def _station(
    document: Document, project: Project, options: Options, only: str | None, report: Report
) -> Path | None:
    data: Mapping[str, object] = document.data if isinstance(document.data, dict) else {}
    own = data.get("station")
    name = options.station or (own if isinstance(own, str) else None) or only or project.station
    if name is None:
        report.error("RUN002", "no station is named", help="write 'station: NAME', or give station=NAME")
        return None
    if not _NAME.fullmatch(name):
        raise ManagerError(f"'{name}' is no name of a station; a manager has its own, by name")
    if only is not None and name != only:
        raise ManagerError(f"this manager runs sequences on the station '{only}', not on '{name}'")
    return station_place(name, project, report)
