"""Checks across fields of a station that need no instrument documents, and what is not available yet."""

import re
from collections.abc import Iterator
from typing import Any

from shotlane.diagnostics import Report
from shotlane.document import Document, Path
from shotlane.expression import reserved_name_help
from shotlane.model._station import Station, StationInstrument

_SECRET = re.compile(r"\$\{secret:")


def check_station(station: Station, document: Document, report: Report) -> None:
    """Tell and drop what is wrong across fields, and what this version cannot do."""
    for role, instrument in station.instruments.items():
        _role(role, instrument, document, report)
    for name, alias in station.channels.items():
        if alias.lead is not None:
            at: Path = ("channels", name, "lead")
            report.error("STA900", "the lead of an alias is not available yet", document.key_span(at))
            document.drop(at)
    for path, what in unavailable(station, document.data):
        report.error("STA900", f"{what} not available yet", document.key_span(path))
        document.drop(path)


def unavailable(station: Station, data: Any) -> Iterator[tuple[Path, str]]:
    """Places of a station that use what this version cannot do, each with its name and verb."""
    if station.interlocks:
        yield ("interlocks",), "interlocks are"
    for role, instrument in station.instruments.items():
        if instrument.triggered_by is not None:
            yield ("instruments", role, "triggered_by"), "hardware-timed instruments are"
        for path in _secrets(data["instruments"].get(role), ("instruments", role)):
            yield path, "secrets outside of `options` are"


def _secrets(value: Any, path: Path) -> Iterator[Path]:
    """Places of secrets that are not options of an instrument."""
    if len(path) == 3 and path[2] == "options":
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
    elif instrument.instrument is not None and instrument.attributes:
        help = "an instrument document says itself what it can read and set"
        message = "`attributes` belongs to a driver"
        report.error("STA166", message, document.key_span((*path, "attributes")), help=help)
        document.drop((*path, "attributes"))
