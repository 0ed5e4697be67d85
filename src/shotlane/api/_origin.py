"""Where the texts of a run came from: enough to compile it again from what its store holds.

Every text of a run is stored under the name that messages use. Which file that was is kept in the run's
environment under `origin`, so that the same includes, instruments and data files are found again, and so that
what has changed on the disk since can be told.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shotlane.project import origin_folders

if TYPE_CHECKING:
    from shotlane.api._prepare import Prepared
    from shotlane.instruments import ResolvedStation

_CATALOGUE = "catalogue/"


def origin_of(prepared: "Prepared") -> dict[str, Any]:
    """What is kept with a run, JSON-able."""
    options = prepared.options
    return {
        "sequence": prepared.document,
        "station": str(prepared.station_path.resolve()),
        "folder": str(Path.cwd()),
        "files": {name: str(path) for name, path in prepared.files.items()},
        "mock": options.mock,
        "virtual_time": options.virtual_time,
        "confirmed": options.confirmed,
        "retry": options.retry,
    }


def station_texts(prepared: "Prepared") -> dict[str, str]:
    """The texts of the station and its instruments by file, as `given_texts` takes them."""
    documents = prepared.station.documents
    return {str(prepared.files.get(name, name)): text for name, text in documents.items()}


def texts_today(station: "ResolvedStation", place: Path) -> dict[str, str]:
    """The texts of a station by file, as `given_texts` takes them."""
    found = {}
    for name, text in station.documents.items():
        file = next(
            (folder / name for folder in (Path.cwd(), place.parent) if (folder / name).is_file()), None
        )
        found[name if file is None else str(file.resolve())] = text
    return found


def texts_of(origin: Mapping[str, Any], documents: Mapping[str, str]) -> dict[str, str]:
    """The stored texts of a run by file, as `given_texts` takes them."""
    found: dict[str, str] = {}
    for name, text in documents.items():
        file = origin["files"].get(name)
        # Which file it was is not known of what came with a saved plan: it is wherever it is looked for.
        places = [Path(file)] if file is not None else [folder / name for folder in origin_folders(origin)]
        found |= {str(place): text for place in places}
        if file is None and name.startswith(_CATALOGUE):
            found[name] = text
    return found


def names_of(origin: Mapping[str, Any]) -> dict[str, str]:
    """What the texts of a run were called then, by file, as `given_texts` takes them."""
    return {file: name for name, file in origin["files"].items()}
