"""`STATION.lock.yaml`: what the drivers of a station declare, so that checking imports none of them.

Written by `shotlane instruments describe`, kept beside the station, read by everything else. Numbers stand in
the attribute's own unit. The same declarations always give the same text.
"""

from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import Any, Final, Literal

from pydantic import Field, ValidationError

from shotlane.diagnostics import Report
from shotlane.document import Document, is_file, read_file
from shotlane.expression import Unit, UnitError, parse_unit
from shotlane.model import KEEP, Attribute, Command, CommandParameter, Keep, Part, Scalar, ValueType

LOCK_VERSION: Final = 1
LOCK_SUFFIX: Final = ".lock.yaml"
Kind = Literal["float", "int", "bool", "option", "text", "array"]
Access = Literal["r", "w", "rw"]
_RUN_DESCRIBE: Final = "write it again: `shotlane instruments describe {station} --write`"


class _Bounds(Part):
    """What attributes and arguments have in common."""

    type: Kind
    unit: str | None = None
    min: float | None = None
    max: float | None = None
    options: list[str] | None = None


class LockedAttribute(_Bounds):
    """An attribute. `path`: what the driver calls it, unless its name; `assumed`: its type is only likely."""

    path: str | None = None
    assumed: bool = False
    access: Access = "r"
    resolution: float | None = None
    update_ns: int | None = None
    poll_ns: int | None = None
    safe: Scalar | None = None
    keep: bool = False
    verify: bool | None = None
    status: bool = False
    description: str = ""


class LockedParameter(_Bounds):
    """An argument of a command."""

    required: bool = True


class LockedCommand(Part):
    """A command. `path`: what the driver calls it, unless its name."""

    path: str | None = None
    parameters: dict[str, LockedParameter] = Field({})
    takes_ns: int = 0
    confirm: bool = False
    description: str = ""


class LockedInstrument(Part):
    """What one driver declared. `package`: what it was, with its version; `identity`: who answered."""

    driver: str
    options: dict[str, Any] = Field({})
    package: str | None = None
    identity: dict[str, str] = Field({})
    attributes: dict[str, LockedAttribute] = Field({})
    commands: dict[str, LockedCommand] = Field({})


class StationLock(Part):
    """A whole lock file. `is_damaged`: nobody knows what it says."""

    lock: Literal[1] = Field(LOCK_VERSION)
    station: str
    is_damaged: bool = Field(False, exclude=True)
    instruments: dict[str, LockedInstrument] = Field({})


def lock_path(document: Document, folder: Path) -> Path:
    """Where the lock of a station stands. `folder` is the station's."""
    return folder / (PurePath(document.source.name).stem + LOCK_SUFFIX)


def read_lock(station: Document, folder: Path, report: Report) -> tuple[StationLock | None, str] | None:
    """The lock of a station and its text; None when there is none, (None, text) after a fault."""
    path = lock_path(station, folder)
    if not is_file(path):
        return None
    shown = str(PurePath(station.source.name).with_name(path.name))
    document = read_file(path, report, name=shown)
    if document is None:
        return None, ""
    written = document.data.get("lock") if isinstance(document.data, dict) else None
    help = _RUN_DESCRIBE.format(station=station.source.name)
    if isinstance(written, int) and written > LOCK_VERSION:
        message = f"the lock is of version {written}, and this shotlane knows up to {LOCK_VERSION}"
        report.error("STA164", message, document.span(("lock",)), help="install a newer shotlane")
        return None, document.source.text
    try:
        lock = StationLock.model_validate(document.data)
        for instrument in lock.instruments.values():
            attributes_of(instrument)
            commands_of(instrument)
    except ValidationError as error:
        first = error.errors()[0]
        place = tuple(part for part in first["loc"] if isinstance(part, str | int))
        span = document.span(place)
        report.error("STA164", f"the lock file is damaged: {first['msg'].lower()}", span, help=help)
        return None, document.source.text
    except UnitError as error:
        report.error("STA164", f"the lock file is damaged: {error.message}", document.span(()), help=help)
        return None, document.source.text
    return lock, document.source.text


def attributes_of(locked: LockedInstrument) -> dict[str, Attribute]:
    """The attributes that a driver declared. Raises `UnitError` for a unit that nobody knows."""
    return {name: _attribute(name, item) for name, item in locked.attributes.items()}


def commands_of(locked: LockedInstrument) -> dict[str, Command]:
    """The commands that a driver declared."""
    return {name: _command(name, item) for name, item in locked.commands.items()}


def lock_of(
    driver: str,
    options: Mapping[str, Any],
    attributes: Mapping[str, Attribute],
    commands: Mapping[str, Command],
    *,
    assumed: frozenset[str] = frozenset(),
    package: str | None = None,
    identity: Mapping[str, str] | None = None,
) -> LockedInstrument:
    """What a driver declared, by the names that a station can use."""
    return LockedInstrument(
        driver=driver,
        options=dict(options),
        package=package,
        identity=dict(identity or {}),
        attributes={
            name: _locked(name, item, path, path in assumed)
            for name, (path, item) in usable(attributes).items()
        },
        commands={name: _locked_command(name, item, path) for name, (path, item) in usable(commands).items()},
    )


def usable(declared: Mapping[str, Any]) -> dict[str, tuple[str, Any]]:
    """What a driver declares, by names that a channel can have: `ch1.voltage` is `ch1_voltage`."""
    named: dict[str, tuple[str, Any]] = {}
    # What is a name already keeps it, whatever stands before it.
    plain = {path for path in declared if path.isidentifier() and path.isascii()}
    for path, item in declared.items():
        if path in plain:
            named[path] = (path, item)
            continue
        name = "".join(letter if letter.isalnum() and letter.isascii() else "_" for letter in path)
        name = f"_{name}" if name[:1].isdigit() else name
        while name in named or name in plain:
            name += "_"
        named[name] = (path, item)
    return named


def _attribute(name: str, item: LockedAttribute) -> Attribute:
    return Attribute(
        name,
        ValueType(item.type),
        _unit(item.unit),
        readable="r" in item.access,
        writable="w" in item.access,
        low=item.min,
        high=item.max,
        options=tuple(item.options or ()),
        resolution=item.resolution,
        update_ns=item.update_ns,
        poll_ns=item.poll_ns,
        safe=KEEP if item.keep else item.safe,
        verify=item.verify,
        status=item.status,
        description=item.description,
    )


def _command(name: str, item: LockedCommand) -> Command:
    parameters = tuple(
        CommandParameter(
            key,
            ValueType(part.type),
            _unit(part.unit),
            part.min,
            part.max,
            tuple(part.options or ()),
            part.required,
        )
        for key, part in item.parameters.items()
    )
    return Command(name, parameters, item.takes_ns, item.confirm, item.description)


def _unit(text: str | None) -> Unit | None:
    return None if text is None else parse_unit(text)


def _locked(name: str, item: Attribute, path: str, assumed: bool) -> LockedAttribute:
    kept = isinstance(item.safe, Keep)
    return LockedAttribute(
        **_bounds(item),
        path=None if name == path else path,
        assumed=assumed,
        access=_access(item),
        resolution=item.resolution,
        update_ns=item.update_ns,
        poll_ns=item.poll_ns,
        safe=None if isinstance(item.safe, Keep) else item.safe,
        keep=kept,
        verify=item.verify,
        status=item.status,
        description=" ".join(item.description.split()),
    )


def _access(item: Attribute) -> Access:
    if item.readable and item.writable:
        return "rw"
    return "w" if item.writable else "r"


def _locked_command(name: str, item: Command, path: str) -> LockedCommand:
    return LockedCommand(
        path=None if name == path else path,
        parameters={
            part.name: LockedParameter(**_bounds(part), required=part.required) for part in item.parameters
        },
        takes_ns=item.takes_ns,
        confirm=item.confirm,
        description=" ".join(item.description.split()),
    )


def _bounds(item: Attribute | CommandParameter) -> dict[str, Any]:
    return {
        "type": item.type.value,
        "unit": item.unit.text if item.unit else None,
        "min": item.low,
        "max": item.high,
        "options": list(item.options) or None,
    }
