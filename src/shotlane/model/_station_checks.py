"""Checks across fields of a station that need no instrument documents."""

import re
from collections.abc import Iterator
from typing import Any

from shotlane.diagnostics import Report
from shotlane.document import Document, Path
from shotlane.expression import reserved_name_help
from shotlane.model._station import Station, StationInstrument

_SECRET = re.compile(r"\$\{secret:")
_OF_DRIVERS = {
    "time_step": "whether it keeps time",
    "attributes": "what it can read and set",
    "commands": "what it can be called for",
    "setup": "what is set at every opening",
    "simulate": "how it is simulated",
}
_SECRET_PLACES = ("resource", "options", "expect", "description")


def check_station(station: Station, document: Document, report: Report) -> None:
    """Tell and drop what is wrong across fields, and what this version cannot do."""
    for role, instrument in station.instruments.items():
        _role(role, instrument, document, report)
        _check_secrets(role, document, report)


def _check_secrets(role: str, document: Document, report: Report) -> None:
    """A secret is known when the instrument is opened, and not before."""
    for path in list(_secrets(document.data["instruments"].get(role), ("instruments", role))):
        help = "secrets stand in `resource`, `options` and `expect`"
        report.error(
            "STA122", "a secret is not known here before anything is opened", document.span(path), help=help
        )
        document.drop(path)


def _secrets(value: Any, path: Path) -> Iterator[Path]:
    """Places of secrets whose value is needed before anything is opened."""
    if len(path) == 3 and path[2] in _SECRET_PLACES:
        return
    if isinstance(value, str) and _SECRET.search(value):
        yield path
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _secrets(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _secrets(item, (*path, index))


def _role(role: str, instrument: StationInstrument, document: Document, report: Report) -> None:
    path: Path = ("instruments", role)
    help = reserved_name_help(role)
    if help is None and "." in role:
        help = f"another spelling: '{role.replace('.', '_')}'"
    if help is not None:
        report.error(
            "STA008", f"'{role}' cannot be the name of an instrument", document.key_span(path), help=help
        )
        document.drop(path)
        return
    if instrument.instrument is None and instrument.driver is None and not document.has_dropped(path):
        help = "add `instrument: NAME`, a name of the catalogue or of a file next to the station"
        report.error("STA002", f"nothing says what '{role}' is", document.key_span(path), help=help)
        document.drop(path)
    elif instrument.instrument is not None and instrument.driver not in (None, "pyvisa"):
        message = f"'{role}' has an instrument document and a driver at once"
        report.error("STA166", message, document.key_span((*path, "driver")), help="leave one of them")
        document.drop((*path, "driver"))
    elif instrument.instrument is not None:
        _only_of_drivers(instrument, path, document, report)


def _only_of_drivers(instrument: StationInstrument, path: Path, document: Document, report: Report) -> None:
    """Keys for what a driver does not say; an instrument document says it itself."""
    for key, what in _OF_DRIVERS.items():
        if getattr(instrument, key):
            help = f"an instrument document says itself {what}"
            report.error("STA166", f"`{key}` belongs to a driver", document.key_span((*path, key)), help=help)
            document.drop((*path, key))
            return
