"""A sequence as it is sent to a manager: its texts, by their names from the folder of the project.

Documents, what they include, files of sweep points, and what runs before and after. Python is never sent, and
never taken: a result that calls a function of a file cannot be had from a manager.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from shotlane.api._companions import KEYS
from shotlane.diagnostics import Report
from shotlane.document import SEQUENCE_SECTIONS, Document, read_file, with_includes
from shotlane.project import project_folder

_MOST_TEXTS = 1_000
_PYTHON = ".py"


class ManagerError(Exception):
    """A manager that cannot be reached, or cannot do what was asked; the text says why."""


@dataclass(frozen=True, slots=True)
class Sent:
    """Texts of a sequence. `sequence`: the name of its own among them."""

    sequence: str
    texts: Mapping[str, str] = field(repr=False)

    def check(self) -> None:
        """Raise `ManagerError` for what a manager does not take, whoever has sent it."""
        if self.sequence not in self.texts or len(self.texts) > _MOST_TEXTS:
            raise ManagerError("this is no sequence with its texts")
        for name in self.texts:
            path = PurePosixPath(name)
            if path.is_absolute() or ".." in path.parts or "\\" in name or "\0" in name:
                raise ManagerError(f"'{name}' is no name of a text: it leads out of the project")
            if path.suffix == _PYTHON:
                raise ManagerError(f"'{name}' is Python, which a manager does not take from others")


def gather(path: Path) -> Sent:
    """A sequence with all that belongs to it. Raises `DocumentError`, and `ManagerError` for Python."""
    report = Report()
    root = project_folder(path.parent)
    texts = dict(_gathered(path.absolute(), root, report))
    report.raise_if_errors()
    return Sent(_name(path.absolute(), root), texts)


def _gathered(path: Path, root: Path, report: Report) -> Iterator[tuple[str, str]]:
    document = read_file(path, report, name=_name(path, root))
    if document is None:
        return
    whole = with_includes(document, path, report, SEQUENCE_SECTIONS)
    for name, text in whole.texts.items():
        yield _name(root / name, root), text
    data = whole.data if isinstance(whole.data, dict) else {}
    _refuse_python(whole, data)
    for name in _named(data.get("sweep"), "file"):
        file = path.parent / name
        if file.is_file():  # else the manager tells of it, at its place
            yield _name(file, root), file.read_text(encoding="utf-8-sig").replace("\r\n", "\n")
    for key in KEYS:
        file = path.parent / str(data.get(key))
        if isinstance(data.get(key), str) and file.is_file():
            yield from _gathered(file, root, report)


def _name(path: Path, root: Path) -> str:
    """The name of a file from the folder of the project."""
    found = Path(os.path.normpath(path))
    for folder in (root, root.resolve()):
        if found.is_relative_to(folder):
            return found.relative_to(folder).as_posix()
    raise ManagerError(f"{found} lies outside of the project {root}: a manager takes what is in it")


def _named(data: Any, key: str) -> Iterator[str]:
    """What stands behind a key, at any depth."""
    if isinstance(data, Mapping):
        if isinstance(data.get(key), str):
            yield data[key]
        data = list(data.values())
    if isinstance(data, list):
        for item in data:
            yield from _named(item, key)


def _refuse_python(document: Document, data: Mapping[str, Any]) -> None:
    results = data.get("results")
    for name, result in results.items() if isinstance(results, Mapping) else ():
        if isinstance(result, Mapping) and "python" in result:
            span = document.span(("results", name, "python"))
            raise ManagerError(
                f"{span}: the result '{name}' calls Python, which is not sent; work it out from the run"
            )
