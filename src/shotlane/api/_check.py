"""Every mistake of documents, found without touching anything."""

from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from shotlane.api._find import find_documents
from shotlane.api._find_station import resolve_document
from shotlane.api._prepare import Options, prepare_document, rules_of
from shotlane.diagnostics import Report
from shotlane.document import Document, read_file
from shotlane.instruments import check_instrument
from shotlane.model import check_schema_only
from shotlane.optimize import check_installed
from shotlane.plan import station_interlocks
from shotlane.project import (
    SETTINGS,
    find_project,
    find_sequence,
    is_missing,
    project_folder,
    shown,
    tell_missing,
)

Kind = Literal["sequence", "station", "instrument"]


def check(
    paths: str | Path | Iterable[str | Path], options: Options | None = None, *, schema_only: bool = False
) -> Report:
    """Check documents of any kind; folders are searched for them. The report holds every mistake.

    `paths`: one file or folder, or several.
    """
    report = Report()
    for path in find_documents(paths).documents:
        if path.name == SETTINGS:
            find_project(path.parent, report)
            continue
        path = find_sequence(path, project_folder(Path.cwd())) or path
        if is_missing(path):
            tell_missing(path, report)
            continue
        document = read_file(path, report, name=shown(path))
        if document is not None and schema_only:
            check_schema_only(document, kind_of(document), report)
        elif document is not None:
            _check_document(path, document, report, options or Options())
    return report


def kind_of(document: Document) -> Kind:
    """What a document is, from the key that only its kind has; a sequence when nothing tells."""
    data = document.data if isinstance(document.data, dict) else {}
    if "timeline" in data or "sequence" in data or "lanes" in data:
        return "sequence"
    if "instruments" in data or "station" in data:
        return "station"
    return "instrument" if "instrument" in data or "protocol" in data else "sequence"


def _check_document(path: Path, document: Document, report: Report, options: Options) -> None:
    kind = kind_of(document)
    if kind == "sequence":
        prepared = prepare_document(path, document, report, options)
        if prepared is not None and prepared.plan.optimization is not None:
            _warn_of_optimiser(report)
    elif kind == "station":
        station = resolve_document(path, document, report, mock=options.mock)
        if station is not None:
            station_interlocks(rules_of(station), station.table, report)
    else:
        check_instrument(document, report)


def _warn_of_optimiser(report: Report) -> None:
    """It is no mistake of the document, and the run would be refused."""
    if (missing := check_installed()) is not None:
        report.warning("RUN009", "`optimize` needs an optimiser that is not installed", help=missing)
