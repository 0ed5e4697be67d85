"""Instrument documents by name: a file next to the station, else the catalogue of the package."""

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from shotlane.diagnostics import Report
from shotlane.document import Document, given_in_catalogue, is_file, read_file, read_text
from shotlane.model import InstrumentDocument
from shotlane.project import shown

_SUFFIX = ".yaml"


def catalogue_names() -> tuple[str, ...]:
    """Names of all instruments of the catalogue, sorted."""
    found = [
        item.name.removesuffix(_SUFFIX) for item in _catalogue().iterdir() if item.name.endswith(_SUFFIX)
    ]
    return tuple(sorted(found))


def catalogue_text(name: str) -> str:
    """A document of the catalogue as its author wrote it."""
    return (_catalogue() / f"{name}{_SUFFIX}").read_text(encoding="utf-8")


def catalogue_document(name: str) -> InstrumentDocument:
    """A document of the catalogue; its options are not filled in."""
    document = read_text(catalogue_text(name), name, Report())
    return InstrumentDocument.model_validate(document.data if document else {})


def known_names(folder: Path) -> tuple[str, ...]:
    """Names that can be written at a station: the catalogue's, and the instrument documents next to it."""
    beside = [path.stem for path in folder.glob(f"*{_SUFFIX}") if _is_instrument(path)]
    return tuple(sorted({*catalogue_names(), *beside}))


def read_instrument(name: str, folder: Path, report: Report) -> tuple[str, Document | None] | None:
    """Name for messages and document; None when there is no such instrument, (name, None) after faults."""
    for path in _candidates(name, folder):
        if is_file(path):
            called = shown(path)
            report.precede(called)
            return called, read_file(path, report, name=called)
    called = f"catalogue/{name}{_SUFFIX}"
    given = given_in_catalogue(called)
    if given is not None:
        return called, read_text(given, called, report)
    if name in catalogue_names():
        return called, read_text(catalogue_text(name), called, report)
    return None


def _candidates(name: str, folder: Path) -> list[Path]:
    path = folder / name
    if not path.name:
        return []
    return [path] if path.suffix in (_SUFFIX, ".yml") else [path.with_name(path.name + _SUFFIX)]


def _catalogue() -> Traversable:
    return files("shotlane.instruments") / "catalogue"


def _is_instrument(path: Path) -> bool:
    """Whether a file looks like an instrument document; only used to suggest names."""
    try:
        with path.open(encoding="utf-8") as file:
            return any(line.startswith("instrument:") for line in file)
    except (OSError, UnicodeDecodeError):
        return False
