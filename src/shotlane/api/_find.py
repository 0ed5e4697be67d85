"""Which files of a folder are documents of shotlane.

A file that is named is always a document. In a folder, one is told by a key that only our documents have at
the top; what another file includes is checked with that file, and what a package manager or an environment
put there is nobody's work.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from shotlane.diagnostics import Report
from shotlane.document import is_file, read_file
from shotlane.project import SETTINGS

_OURS = re.compile(
    r"^(?:[{\"' ]*(?:sequence|timeline|lanes|station|instruments|instrument|protocol)[\"']?\s*:(?:\s|$)"
    r"|# yaml-language-server: \$schema=\S*(?:sequence|station|instrument)\.schema\.json)",
    re.MULTILINE,
)
_INCLUDES = re.compile(r"^include\s*:", re.MULTILINE)
_MOST = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Found:
    """Documents in a stable order, and the other YAML files that folders hold."""

    documents: tuple[Path, ...]
    others: tuple[Path, ...] = ()


def find_documents(paths: str | Path | Iterable[str | Path]) -> Found:
    """The files that are named, and the documents in the folders that are named; one path, or several."""
    named: dict[Path, None] = {}
    inside: dict[Path, str] = {}
    others: list[Path] = []
    # A string is one path: its letters would be files, and its '/' all that there is.
    for path in map(Path, [paths] if isinstance(paths, str | Path) else paths):
        if not path.is_dir():
            named[path] = None
            continue
        for file in _yaml_files(path):
            text = _text(file)
            if file.name == SETTINGS or _OURS.search(text):
                inside[file] = text
            else:
                others.append(file)
    included = {part for file, text in inside.items() for part in _included(file, text)}
    own = (file for file in inside if file.resolve() not in included)
    return Found(tuple(dict.fromkeys([*named, *own])), tuple(others))


def _yaml_files(folder: Path) -> Iterator[Path]:
    """YAML files below a folder, sorted; not the hidden ones, and no locks, which we write ourselves."""
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or path.name in ("node_modules", "__pycache__"):
            continue
        if path.is_dir():
            if not path.is_symlink() and not (path / "pyvenv.cfg").is_file():
                yield from _yaml_files(path)
        elif path.suffix in (".yaml", ".yml") and not path.name.endswith(".lock.yaml"):
            yield path


def _text(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            return stream.read(_MOST).decode("utf-8", "replace").replace("\r\n", "\n").removeprefix("\ufeff")
    except OSError:
        return "sequence:"  # that it cannot be read is told by who reads it


def _included(file: Path, text: str) -> Iterator[Path]:
    if not _INCLUDES.search(text):
        return
    document = read_file(file, Report())
    listed = document.data.get("include") if document is not None else None
    for name in listed if isinstance(listed, list) else ():
        part = file.parent / str(name)
        if is_file(part):
            yield part.resolve()
