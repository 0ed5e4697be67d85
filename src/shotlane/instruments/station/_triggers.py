"""`triggered_by:` of a station: which channel's rising edges make an instrument take its frames."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from shotlane.diagnostics import Report, did_you_mean
from shotlane.document import Document, Path
from shotlane.instruments.definition._conversion import Inverted
from shotlane.instruments.definition._definition import Definition
from shotlane.instruments.definition._values import ValueReader
from shotlane.instruments.station._alias import Alias
from shotlane.model import Attribute, HardwareTiming, Station, ValueType


def with_triggers(
    station: Station, definitions: Mapping[str, Definition], document: Document, report: Report
) -> dict[str, Definition]:
    """The definitions, each knowing what triggers it. Faulty lines are left out."""
    values = ValueReader(report, document, "STA180")
    found = dict(definitions)
    for role, written in station.instruments.items():
        if written.triggered_by is None or role not in definitions:
            continue
        path: Path = ("instruments", role, "triggered_by")
        if _sound(role, written.triggered_by, station, definitions, path, values):
            found[role] = replace(definitions[role], triggered_by=written.triggered_by)
    return found


def _sound(
    role: str,
    trigger: str,
    station: Station,
    definitions: Mapping[str, Definition],
    path: Path,
    values: ValueReader,
) -> bool:
    if definitions[role].time_step_ns is None:
        message = f"{role} does not keep time itself, so no edge can trigger it"
        values.key_error(path, message, "write `time_step:`, with a driver that can be armed")
        return False
    other = trigger.partition(".")[0]
    if other in station.instruments and other not in definitions:
        return False  # its own faults were told
    known = {
        f"{one}.{key}": attribute
        for one, definition in definitions.items()
        for key, attribute in definition.attributes.items()
    }
    if trigger not in known:
        values.error(path, f"there is no channel '{trigger}'", did_you_mean(trigger, known, what="channels"))
        return False
    fault = _fault(role, other, known[trigger], station)
    if fault is not None:
        values.error(path, f"{trigger} {fault}, so it triggers nothing")
    return fault is None


def _fault(role: str, other: str, attribute: Attribute, station: Station) -> str | None:
    """Why an attribute of an instrument cannot be a trigger."""
    if other == role:
        return "belongs to the instrument itself"
    if attribute.type is not ValueType.BOOL or not attribute.writable:
        return "is no switch"
    if not attribute.hardware_timed:
        return "is timed by the computer"
    if station.instruments[other].triggered_by is not None:
        return "belongs to an instrument that is triggered itself"
    return None


def check_inverted(
    aliases: Iterable[Alias], definitions: Mapping[str, Definition], document: Document, report: Report
) -> None:
    """Refuse an inverted alias of a trigger: which of its edges rise, is not known to the plan yet."""
    triggers = {definition.triggered_by for definition in definitions.values()}
    for alias in aliases:
        if isinstance(alias.view.conversion, Inverted) and f"{alias.role}.{alias.view.target}" in triggers:
            what = "an inverted alias of a channel that triggers is not available yet"
            path: Path = ("channels", alias.attribute.name, "inverted")
            report.error("STA900", what, document.key_span(path))


def timing_of(definition: Definition, attribute: Attribute) -> HardwareTiming | None:
    """What times a channel; None for the computer."""
    if definition.time_step_ns is None or not attribute.hardware_timed:
        return None
    if definition.triggered_by is None and not attribute.writable:
        return None  # read whenever it is asked for
    return HardwareTiming(definition.time_step_ns, definition.triggered_by, definition.restartable)
