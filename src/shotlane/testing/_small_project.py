"""Stations and sequences for one test, written where they are looked for."""

import atexit
import re
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent
from typing import Final

from shotlane.diagnostics import Report

# A sequence names its station too: what it is stands here first.
_KINDS: Final = {"sequence": "sequences", "station": "stations", "instrument": "stations"}


def write_project(folder: Path, *documents: str, files: Mapping[str, str] | None = None) -> Path:
    """Write a project into a folder, and return the folder.

    Each of `documents` is the text of a sequence, a station or an instrument, and becomes
    `sequences/NAME.yaml` or `stations/NAME.yaml`, by the name that it gives itself. `files`: others, by their
    paths in the project. What they have in common at the beginning of their lines is taken away.
    """
    texts = {str(place_of(text)): text for text in documents} | dict(files or {})
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text), encoding="utf-8")
    return folder


def place_of(text: str) -> Path:
    """Where the text of a document belongs in a project. Raises `ValueError` when it does not say."""
    written = dedent(text)
    for key, folder in _KINDS.items():
        name = re.search(rf"^{key}:\s*([\w./-]+)\s*(?:#.*)?$", written, re.MULTILINE)
        if name is not None:
            return Path(folder, f"{name[1]}.yaml")
    raise ValueError(
        "this is no document: a line `sequence: NAME`, `station: NAME` or `instrument: NAME` lacks"
    )


def is_text(document: str | Path) -> bool:
    """Whether this is a document itself, and not its file or name."""
    return isinstance(document, str) and "\n" in document


def file_of(document: str | Path, folder: Path) -> Path:
    """The file of a document, written into a project if it is a text; a name stays one."""
    if not is_text(document):
        return Path(document)
    text = str(document)
    return write_project(folder, text) / place_of(text)


def station_file(named: str, start: Path, folder: Path) -> str:
    """The file of a station: a text is written into `folder`, a name looked for in the project at `start`."""
    from shotlane.project import find_project, find_station  # late: writing a project needs none of it

    if is_text(named):
        return str(file_of(named, folder))
    found = find_station(named, find_project(start, Report()))
    return named if found is None else str(found)


def passing_folder() -> Path:
    """A folder that is there until the program ends."""
    folder = Path(tempfile.mkdtemp(prefix="shotlane-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
