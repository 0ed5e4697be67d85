"""What the bag holds, as an RO-Crate: every file with its type, its columns and units, and its origin.

The graph says nothing of the day or the machine on which the archive was made: its dates are those of the
run. `rocrate` is imported late, and nowhere else: it is part of an extra, and slow to import.
"""

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shotlane.archives._events import instant
from shotlane.archives._facts import Facts
from shotlane.archives._tables import Column

METADATA = "ro-crate-metadata.json"
_VERSION = "1.1"  # of the specification; the newest that all readers know
_RUN = "#run"
_SOFTWARE = "#shotlane"


@dataclass(frozen=True, slots=True)
class FileEntry:
    """A file of the bag. `origin`: where its content comes from, in words; `columns`: of a table."""

    about: str
    origin: str
    media: str
    size: int
    rows: int | None = None
    columns: Mapping[str, Column] = field(default_factory=dict)


def crate_of(facts: Facts, files: Mapping[str, FileEntry]) -> bytes:
    """The crate's metadata. Raises `ImportError` without the extra `archive`."""
    from rocrate.model import ContextEntity  # late: 0.5 s, and an extra
    from rocrate.rocrate import ROCrate

    crate = ROCrate(version=_VERSION)
    root = crate.root_dataset
    for name, value in _root(facts).items():
        root[name] = value
    for path, entry in files.items():
        crate.add_file(dest_path=path, properties=_file(entry))
    for identifier, properties in _context(facts, files).items():
        crate.add(ContextEntity(crate, identifier, properties=properties))
    graph: dict[str, Any] = crate.metadata.generate()
    return json.dumps(graph, ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n"


def _root(facts: Facts) -> dict[str, Any]:
    ended = facts["ended_utc_ns"] or facts["started_utc_ns"]
    return {
        "name": f"run {facts['run']}: {facts['sequence']} on {facts['station']}",
        "description": facts["description"] or "A run of shotlane with everything that it was made from.",
        "datePublished": instant(ended),
        "license": "No licence is stated; ask whoever made the run.",
        "keywords": [*facts["tags"], *facts["stamps"]],
        "mentions": {"@id": _RUN},
        "variableMeasured": [{"@id": _channel_id(one["name"])} for one in facts["channels"]],
    }


def _file(entry: FileEntry) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": entry.about,
        "encodingFormat": entry.media,
        "contentSize": str(entry.size),
        "description": f"{entry.about}. Origin: {entry.origin}.",
    }
    if entry.columns:
        found["variableMeasured"] = [{"@id": _column_id(entry, name)} for name in entry.columns]
    if entry.rows is not None:
        found["additionalProperty"] = {"@id": f"#rows-{entry.rows}"}
    return found


def _context(facts: Facts, files: Mapping[str, FileEntry]) -> dict[str, dict[str, Any]]:
    """What the files and the run are described with."""
    found = {_RUN: _action(facts, files), _SOFTWARE: _software(facts), **measured(facts)}
    for entry in files.values():
        for name, column in entry.columns.items():
            found[_column_id(entry, name)] = _property(name, column.about, column.unit)
        if entry.rows is not None:
            rows = {"@type": "PropertyValue", "name": "rows", "value": entry.rows}
            found[f"#rows-{entry.rows}"] = rows
    return found


def measured(facts: Facts) -> dict[str, dict[str, Any]]:
    """What the crate says of channels and parameters, by identifier."""
    found = {}
    for one in facts["channels"]:
        about = f"channel of type {one['type']}"
        found[_channel_id(one["name"])] = _property(one["name"], about, one["unit"])
    for one in facts["parameters"]:
        about = f"parameter of type {one['type']}"
        found[f"#parameter-{one['name']}"] = _property(one["name"], about, one["unit"])
    return found


def _action(facts: Facts, files: Mapping[str, FileEntry]) -> dict[str, Any]:
    """The run itself: what went in, what did it, what came out."""
    texts = set(facts["documents"].values())
    action = {
        "@type": "CreateAction",
        "name": f"run {facts['run']}",
        "startTime": instant(facts["started_utc_ns"]),
        "instrument": {"@id": _SOFTWARE},
        "object": [{"@id": path} for path in files if path in texts],
        "result": [{"@id": path} for path in files if path not in texts],
        "actionStatus": _STATUS.get(facts["outcome"], "http://schema.org/FailedActionStatus"),
        "description": facts["reason"] or f"outcome: {facts['outcome'] or 'none'}",
    }
    if facts["ended_utc_ns"] is not None:
        action["endTime"] = instant(facts["ended_utc_ns"])
    return action


_STATUS = dict.fromkeys(("done", "passed", "skipped"), "http://schema.org/CompletedActionStatus")


def _software(facts: Facts) -> dict[str, Any]:
    version = facts["environment"].get("shotlane", "unknown")
    return {"@type": "SoftwareApplication", "name": "shotlane", "softwareVersion": version}


def _property(name: str, about: str, unit: str | None) -> dict[str, Any]:
    found = {"@type": "PropertyValue", "name": name, "description": about}
    return found if unit is None else {**found, "unitText": unit}


def _channel_id(name: str) -> str:
    return f"#channel-{name}"


def _column_id(entry: FileEntry, name: str) -> str:
    column = entry.columns[name]
    # Columns that mean the same in several tables are described once.
    return f"#column-{name}-{zlib.crc32(f'{column.about}|{column.unit}'.encode()):08x}"
