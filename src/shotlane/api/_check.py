"""Every mistake of documents, found without touching anything."""

from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from shotlane.api._prepare import Options, prepare, resolve_file
from shotlane.api._project import shown
from shotlane.diagnostics import Report
from shotlane.document import Document, read_file
from shotlane.instruments import check_instrument
from shotlane.model import check_schema_only

Kind = Literal["sequence", "station", "instrument"]


def check(
    paths: Iterable[str | Path], options: Options | None = None, *, schema_only: bool = False
) -> Report:
    """Check documents of any kind; folders are searched for .yaml files. The report holds every mistake."""
    report = Report()
    for path in _files(Path(path) for path in paths):
        if schema_only:
            _check_schema(path, report)
        else:
            _check_file(path, report, options or Options())
    return report


def _files(paths: Iterable[Path]) -> list[Path]:
    """The files themselves, and those of folders, in a stable order; hidden folders are left out."""
    found: dict[Path, None] = {}
    for path in paths:
        inside = sorted(path.rglob("*.yaml")) if path.is_dir() else [path]
        for file in inside:
            # A lock is written by us, and read with its station.
            hidden = any(part.startswith(".") for part in file.relative_to(path).parts)
            if not hidden and not file.name.endswith(".lock.yaml"):
                found[file] = None
    return list(found)


def kind_of(document: Document) -> Kind:
    """What a document is, from the key that only its kind has; a sequence when nothing tells."""
    data = document.data if isinstance(document.data, dict) else {}
    if "timeline" in data or "sequence" in data or "lanes" in data:
        return "sequence"
    if "instruments" in data or "station" in data:
        return "station"
    return "instrument" if "instrument" in data or "protocol" in data else "sequence"


def _check_file(path: Path, report: Report, options: Options) -> None:
    # Read with a report of its own: the stage that follows reads again and tells each mistake once.
    document = read_file(path, Report(), name=shown(path))
    kind = "sequence" if document is None else kind_of(document)
    if kind == "sequence":
        prepare(path, report, options)
    elif kind == "station":
        resolve_file(path, report, mock=options.mock)
    else:
        again = read_file(path, report, name=shown(path))
        if again is not None:
            check_instrument(again, report)


def _check_schema(path: Path, report: Report) -> None:
    document = read_file(path, report, name=shown(path))
    if document is not None:
        check_schema_only(document, kind_of(document), report)
