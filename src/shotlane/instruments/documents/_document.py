"""From an instrument document and what a station says of it to a definition with all numbers decided.

The stages follow each other and report through one `Report`; each goes on with what is sound.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from shotlane.diagnostics import Report, did_you_mean
from shotlane.document import Document, Path
from shotlane.instruments.definition._accept import RefusedValueError, accepted
from shotlane.instruments.definition._definition import Definition, Resource
from shotlane.instruments.definition._values import ValueReader
from shotlane.instruments.documents._at_station import check_calibrations, own_views
from shotlane.instruments.documents._attributes import read_attributes, read_commands
from shotlane.instruments.documents._escapes import warn_of_escapes
from shotlane.instruments.documents._hardware import read_time_step, with_timing
from shotlane.instruments.documents._limits import at_station, at_station_unsure
from shotlane.instruments.documents._options import (
    REQUIRED,
    choose_options,
    drop_texts_with,
    option_place,
    put_in,
)
from shotlane.instruments.documents._wiring import check_wiring
from shotlane.instruments.documents._zeros import check_zeros
from shotlane.instruments.simulation._declared import read_simulation
from shotlane.model import (
    Attribute,
    InstrumentDocument,
    Scalar,
    ScalarValue,
    StationInstrument,
    load_instrument,
)


@dataclass(frozen=True, slots=True)
class InstrumentSource:
    """An instrument document that was read: its name in messages, its places, its model."""

    name: str
    document: Document
    model: InstrumentDocument


def define(
    source: InstrumentSource,
    role: StationInstrument,
    resource: Resource,
    station: Document,
    at: Path,
    report: Report,
    *,
    simulated: bool,
) -> Definition | None:
    """One instrument of a station; None when a required option is missing. `at`: the role's path."""
    options = choose_options(source.model, role.options, station, at, report)
    if options is None:
        return None
    warn_of_escapes(source.model, source.document, report)
    check_zeros(source.model, source.document, report)
    place = option_place(source.document, station, at, role.options)
    here = ValueReader(report, source.document, "INS010", place)
    there = ValueReader(report, station, "STA131")
    model = put_in(source.model, options, here)
    attributes, time_step_ns = _timed_attributes(model, here)
    attributes = at_station(attributes, role, at, there, told=lambda name: here.told("attributes", name))
    commands = read_commands(model, here)
    definition = Definition(
        role=str(at[-1]),
        document=model,
        attributes=attributes,
        commands=commands,
        setup=read_setup(model.setup, attributes, here),
        resource=resource,
        timeout_s=_timeout_s(model, role, at, here, there),
        tries=role.tries or model.tries,
        source=source.name,
        world=read_simulation(model, attributes, commands, here),
        simulated=simulated,
        time_step_ns=time_step_ns,
        restartable=model.restartable,
    )
    definition = own_views(definition, here)
    return replace(definition, unsure=_unsure(definition, at, here, there))


def _unsure(definition: Definition, at: Path, here: ValueReader, there: ValueReader) -> frozenset[str]:
    """Attributes and commands in which a fault was told, by the document or by what the station says."""
    attributes = {name for name in definition.attributes if here.told("attributes", name)}
    commands = {name for name in definition.commands if here.told("commands", name)}
    return frozenset(attributes | commands | at_station_unsure(definition.attributes, at, there))


def check_instrument(document: Document, report: Report) -> None:
    """Check an instrument document by itself, but for what needs an option that only a station gives."""
    source = load_instrument(document, report)
    if source is None:
        return
    warn_of_escapes(source, document, report)
    check_zeros(source, document, report)
    required = [name for name, value in source.defaults.items() if value == REQUIRED]
    drop_texts_with(required, document)
    options = {name: value for name, value in source.defaults.items() if name not in required}
    values = ValueReader(report, document, "INS010")
    model = put_in(source, options, values)
    attributes, _ = _timed_attributes(model, values)
    check_calibrations(model, attributes, values)
    commands = read_commands(model, values)
    read_setup(model.setup, attributes, values)
    read_simulation(model, attributes, commands, values)
    values.duration_ns(("timeout",), model.timeout)


def _timed_attributes(
    model: InstrumentDocument, values: ValueReader
) -> tuple[dict[str, Attribute], int | None]:
    """All attributes, each knowing who keeps time for it, and the step of the instrument that does."""
    attributes = read_attributes(model, check_wiring(model, values), values)
    step_ns = read_time_step(model.time_step, ("time_step",), values)
    return with_timing(attributes, model.attributes, step_ns, (), values, "INS032"), step_ns


def read_setup(
    setup: Mapping[str, Scalar], attributes: Mapping[str, Attribute], values: ValueReader
) -> dict[str, ScalarValue]:
    """The values of `setup:`, in the order written."""
    checked: dict[str, ScalarValue] = {}
    for name, written in setup.items():
        path: Path = ("setup", name)
        attribute = attributes.get(name)
        if values.told("attributes", name):
            continue
        if attribute is None or not attribute.writable:
            settable = [a.name for a in attributes.values() if a.writable]
            reason = "cannot be set" if attribute else "is no attribute of the instrument"
            values.key_error(
                path,
                f"'{name}' {reason}",
                did_you_mean(name, settable, what="what can be set"),
                code="INS020",
            )
            continue
        value = values.typed(path, written, attribute.type, attribute.unit, attribute.options)
        if value is not None:
            try:
                checked[name] = accepted(attribute, value)
            except RefusedValueError as error:
                values.error(path, error.message, error.help)
    return checked


def _timeout_s(
    model: InstrumentDocument, role: StationInstrument, at: Path, here: ValueReader, there: ValueReader
) -> float:
    """The station's timeout, else the document's."""
    if role.timeout is not None:
        path, reader, written = (*at, "timeout"), there, role.timeout
    else:
        path, reader, written = ("timeout",), here, model.timeout
    timeout_ns = reader.duration_ns(path, written)
    if timeout_ns == 0:
        reader.error(path, "the timeout is 0", "write e.g. `1 s`")
    return (timeout_ns or 1_000_000_000) / 1e9
