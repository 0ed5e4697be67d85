"""From a role with `driver:` to its definition, by the lock and the station; no driver is imported."""

import re
from pathlib import Path as FilePath
from typing import Any

from shotlane.diagnostics import Report
from shotlane.document import Document, Path
from shotlane.instruments.adopted._attributes import Declared, merge_attributes
from shotlane.instruments.adopted._commands import merge_commands
from shotlane.instruments.adopted._lockfile import (
    LockedInstrument,
    StationLock,
    attributes_of,
    commands_of,
)
from shotlane.instruments.definition._adoption import (
    PYVISA,
    Adoption,
    DriverName,
    DriverNameError,
    parse_driver,
)
from shotlane.instruments.definition._definition import Definition, Resource
from shotlane.instruments.definition._resource import ResourceError, parse_resource
from shotlane.instruments.definition._values import ValueReader
from shotlane.instruments.documents._document import read_setup
from shotlane.instruments.documents._hardware import read_time_step, with_timing
from shotlane.instruments.documents._limits import at_station, at_station_unsure
from shotlane.instruments.simulation._declared import read_simulation
from shotlane.model import InstrumentDocument, StationInstrument

_COM_PORT = re.compile(r"COM\d+", re.IGNORECASE)


def driver_name(written: str, station: Document, at: Path, report: Report) -> DriverName | None:
    """`driver:` of a role in parts; None after a fault."""
    path = (*at, "driver")
    if written == PYVISA:
        help = "write `instrument:` with the document of the instrument; a VISA `resource:` is enough then"
        report.error("STA160", "pyvisa is a wire and no instrument", station.span(path), help=help)
        return None
    try:
        return parse_driver(written)
    except DriverNameError as error:
        report.error("STA160", error.message, station.span(path), help=error.help)
        return None


def define_adopted(
    role: StationInstrument,
    station: Document,
    at: Path,
    report: Report,
    *,
    lock: StationLock | None,
    folder: FilePath,
    mock: bool,
) -> tuple[Definition, Resource] | None:
    """The definition of a role that a driver in Python fills, and where it is connected."""
    name = driver_name(role.driver or "", station, at, report)
    if name is None:
        return None
    if lock is not None and lock.is_damaged:
        return None  # told; what the driver has is not known
    values = ValueReader(report, station, "STA131")
    locked = lock.instruments.get(str(at[-1])) if lock else None
    declared = _declared(locked, role, name, station, at, report)
    if declared is None and not role.attributes and not role.commands:
        if locked is None and not station.has_dropped((*at, "attributes")):
            _tell_nothing_known(station, at, report)
        return None
    merged = merge_attributes(role.attributes, declared, at, values)
    time_step_ns = read_time_step(role.time_step, (*at, "time_step"), values)
    timed = {key: item.attribute for key, item in merged.items()}
    attributes = at_station(
        with_timing(timed, role.attributes, time_step_ns, at, values, "STA131"),
        role,
        at,
        values,
        told=lambda key: values.told(*at, "attributes", key),
    )
    own = ValueReader(report, station, "STA131", base=at)
    known = commands_of(locked) if locked is not None and declared is not None else None
    paths = {key: item.path or key for key, item in (locked.commands if locked else {}).items()}
    commands, calls = merge_commands(role.commands, known, paths, own)
    unsure = {key for key in attributes if values.told(*at, "attributes", key)}
    unsure |= {key for key in commands if own.told("commands", key)}
    document = _document(name.text, role)
    wire = foreign_resource(role.resource, str(at[-1]), folder)
    definition = Definition(
        role=str(at[-1]),
        document=document,
        attributes=attributes,
        commands=commands,
        setup=read_setup(role.setup, attributes, own),
        resource=Resource("sim://", "sim", wire.port) if mock else wire,
        timeout_s=_timeout_s(role, at, values),
        tries=role.tries or 2,
        source=name.text,
        world=read_simulation(document, attributes, commands, own),
        simulated=mock or wire.scheme == "sim",
        time_step_ns=time_step_ns,
        restartable=role.restartable is not False,
        adoption=Adoption(
            name,
            role.options,
            folder,
            {key: item.path for key, item in merged.items()},
            calls,
        ),
        unsure=frozenset(unsure | at_station_unsure(attributes, at, values)),
    )
    return definition, wire


def foreign_resource(text: str | None, role: str, folder: FilePath) -> Resource:
    """Where a driver's instrument is. The address is the driver's own business: any text is taken.

    An address that we understand shares its port with whatever else is there; `sim://` simulates.
    """
    if not text:
        return Resource("", "driver", f"driver:{role}")
    try:
        return parse_resource(text, role, folder)
    except ResourceError:
        pass
    # A serial port in the words of the driver's package is the same wire as `serial://` with it.
    if text.startswith("/dev/"):
        return Resource(text, "driver", f"serial:{FilePath(text).resolve()}", path=text, address=text)
    if _COM_PORT.fullmatch(text):
        return Resource(text, "driver", f"serial:{text.upper()}", path=text, address=text)
    return Resource(text, "driver", f"driver:{text.strip().upper()}", address=text)


def _declared(
    locked: LockedInstrument | None,
    role: StationInstrument,
    name: DriverName,
    station: Document,
    at: Path,
    report: Report,
) -> dict[str, Declared] | None:
    """What the lock says of this driver; None when it says nothing of it."""
    if locked is None:
        return None
    help = f"run `shotlane instruments describe {station.source.name} --write`"
    if locked.driver != name.text:
        message = f"{at[-1]} was described when its driver was {locked.driver}"
        report.error("STA165", message, station.span((*at, "driver")), help=help)
        return None
    if locked.options != role.options:
        message = f"{at[-1]} was described with other options"
        span = station.key_span((*at, "options") if role.options else at)
        report.warning("STA165", message, span, help=help)
    return {
        key: Declared(locked.attributes[key].path or key, item, locked.attributes[key].assumed)
        for key, item in attributes_of(locked).items()
    }


def _tell_nothing_known(station: Document, at: Path, report: Report) -> None:
    report.error(
        "STA161",
        f"nothing says what {at[-1]} can read and set",
        station.span((*at, "driver")),
        help=f"run `shotlane instruments describe {station.source.name} --write` where its package is"
        f" installed, or write `attributes:` under {at[-1]}",
    )


def _document(driver: str, role: StationInstrument) -> InstrumentDocument:
    """What stands for the instrument document of a driver: its name, and how it is simulated.

    It is not validated, since no author can write `protocol: driver`.
    """
    fields: dict[str, Any] = {"instrument": driver, "protocol": "driver", "simulate": role.simulate}
    return InstrumentDocument.model_construct(**fields)


def _timeout_s(role: StationInstrument, at: Path, values: ValueReader) -> float:
    path = (*at, "timeout")
    timeout_ns = values.duration_ns(path, role.timeout)
    if timeout_ns == 0:
        values.error(path, "the timeout is 0", "write e.g. `1 s`")
    return (timeout_ns or 1_000_000_000) / 1e9
