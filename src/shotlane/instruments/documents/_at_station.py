"""What a station says of the specimen there: who it must be, how it is calibrated, how it wears."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta

from shotlane.diagnostics import Report
from shotlane.document import Document, Path
from shotlane.expression import Unit, parse_literal
from shotlane.instruments.definition._contract import Identity
from shotlane.instruments.definition._conversion import View
from shotlane.instruments.definition._definition import Definition
from shotlane.instruments.definition._specimen import Expectation, WearBudget
from shotlane.instruments.definition._values import ValueReader
from shotlane.instruments.documents._calibration import read_calibration
from shotlane.model import Attribute, InstrumentDocument, StationInstrument

_IDENTITY = ("maker", "model", "serial", "firmware")
_SOON = timedelta(days=14)


def at_bench(
    definition: Definition, role: StationInstrument, document: Document, report: Report, *, today: date
) -> Definition:
    """The definition with what its station says of it."""
    at: Path = ("instruments", definition.role)
    values = ValueReader(report, document, "STA200")
    _check_due(role, at, document, report, today)
    views, raw_units = _views(definition, role, at, values)
    unsure = {name for name in role.calibration if values.told(*at, "calibration", name)}
    return replace(
        definition,
        expected=_expected(role),
        calibrated_until=role.calibrated_until,
        wear=_wear(definition),
        views={**definition.views, **views},
        raw_units={**definition.raw_units, **raw_units},
        unsure=definition.unsure | unsure,
    )


def _expected(role: StationInstrument) -> Expectation | None:
    if role.expect is None:
        return None
    parts = {part: getattr(role.expect, part) for part in _IDENTITY}
    known = {part: str(text) for part, text in parts.items() if text is not None}
    return Expectation(Identity(**known), refuse=role.expect.mismatch == "refuse")


def _wear(definition: Definition) -> dict[str, WearBudget]:
    found = {}
    for name, declared in definition.document.attributes.items():
        if declared.wear is not None and name in definition.attributes:
            per = parse_literal(str(declared.wear.per))
            per_s = per[0] if per else 86_400.0  # a wrong time was told
            found[name] = WearBudget(declared.wear.writes, per_s, dict(declared.wear.unless))
    return found


def _views(
    definition: Definition, role: StationInstrument, at: Path, values: ValueReader
) -> tuple[dict[str, View], dict[str, Unit | None]]:
    """Calibrations that the station gives: of what the instrument's own document makes of the wire."""
    views: dict[str, View] = {}
    raw_units: dict[str, Unit | None] = {}
    for name, written in role.calibration.items():
        path = (*at, "calibration", name)
        attribute = definition.attributes.get(name)
        if attribute is None:
            values.key_error(path, f"the instrument has no attribute '{name}'", code="STA130")
        elif name in definition.views:
            message = f"the instrument's document has a calibration of {name} already"
            values.key_error(path, message, "leave out one of them")
        else:
            found = read_calibration(written, attribute, path, values, "STA200")
            if found is not None:
                views[name], raw_units[name] = View(name, found[0]), found[1]
    return views, raw_units


def _check_due(role: StationInstrument, at: Path, document: Document, report: Report, today: date) -> None:
    """Warn of a calibration that is over, or soon will be."""
    if role.calibrated_until is None:
        return
    path = (*at, "calibrated_until")
    try:
        until = date.fromisoformat(role.calibrated_until)
    except ValueError:
        message = f"'{role.calibrated_until}' is no day"
        report.error("STA203", message, document.span(path), help="write e.g. 2027-03-01")
        return
    if until < today:
        report.warning("STA204", f"the calibration of {at[-1]} ended on {until}", document.span(path))
    elif until - today <= _SOON:
        days = (until - today).days
        when = "today" if days == 0 else f"in {days} day{'s' * (days != 1)}"
        report.warning("STA204", f"the calibration of {at[-1]} ends {when}", document.span(path))


def own_views(definition: Definition, values: ValueReader) -> Definition:
    """The definition with the calibrations of its own document."""
    views, raw_units = check_calibrations(definition.document, definition.attributes, values)
    return replace(definition, views=views, raw_units=raw_units)


def check_calibrations(
    document: InstrumentDocument, attributes: Mapping[str, Attribute], values: ValueReader
) -> tuple[dict[str, View], dict[str, Unit | None]]:
    """The calibrations of an instrument document; what is wrong with them is told."""
    views: dict[str, View] = {}
    raw_units: dict[str, Unit | None] = {}
    for name, declared in document.attributes.items():
        path: Path = ("attributes", name, "calibration")
        if declared.calibration is None or values.told("attributes", name):
            continue
        found = read_calibration(declared.calibration, attributes[name], path, values, "INS050")
        if found is not None:
            views[name], raw_units[name] = View(name, found[0]), found[1]
    return views, raw_units
