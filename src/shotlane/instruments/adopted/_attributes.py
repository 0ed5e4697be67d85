"""Attributes of a driver as a station has them: declared by the driver, tightened by the station.

Where a driver is silent (its lock gives no unit, no limits, or there is no lock) the station declares; what
the driver does say is only tightened, and whatever loosens it is told.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from shotlane.diagnostics import did_you_mean
from shotlane.document import Path
from shotlane.instruments.definition._accept import RefusedValueError, accepted, shown
from shotlane.instruments.definition._values import ValueReader
from shotlane.instruments.documents._attributes import read_attribute
from shotlane.model import Attribute, DriverAttribute, InstrumentAttribute, Keep, ValueType

_SLACK = 1e-9


@dataclass(frozen=True, slots=True)
class Declared:
    """One attribute as its driver declares it, under the name `path`. `assumed`: its type is only likely."""

    path: str
    attribute: Attribute
    assumed: bool = False


def merge_attributes(
    written: Mapping[str, DriverAttribute],
    declared: Mapping[str, Declared] | None,
    at: Path,
    values: ValueReader,
) -> dict[str, Declared]:
    """Attributes by the station's names. `declared` None: nothing is known, the station declares all."""
    known = dict(declared or {})
    renamed: dict[str, str] = {}
    merged: dict[str, Declared] = {}
    for name, item in written.items():
        path: Path = (*at, "attributes", name)
        if not (name.isidentifier() and name.isascii()):
            help = "a name has letters, digits and _ and begins with no digit"
            values.key_error(path, f"'{name}' cannot name an attribute", help)
            continue
        base = _base(name, item, known)
        if base is None and declared is not None:
            _tell_unknown(name, item, known, path, values)
        elif base is None:
            merged[name] = Declared(item.path or name, _declared(name, item, path, values))
        else:
            renamed[base] = name
            merged[name] = _tightened(name, known[base], item, path, values)
    kept = {
        renamed.get(name, name): merged.get(renamed.get(name, name), item) for name, item in known.items()
    }
    return kept | {name: item for name, item in merged.items() if name not in kept}


def _base(name: str, item: DriverAttribute, known: Mapping[str, Declared]) -> str | None:
    """The name under which the driver's attribute is known that a station speaks of."""
    wanted = item.path or name
    if wanted in known:
        return wanted
    return next((key for key, found in known.items() if found.path == wanted), None)


def _tell_unknown(
    name: str, item: DriverAttribute, known: Mapping[str, Declared], path: Path, values: ValueReader
) -> None:
    wanted = item.path or name
    names = [*known, *(found.path for found in known.values())]
    help = did_you_mean(wanted, names, what="attributes of the driver")
    message = f"the driver has no attribute '{wanted}'"
    if item.path is None:
        values.key_error(path, message, help, code="STA163")
    else:
        values.error((*path, "path"), message, help, code="STA163")


def _declared(name: str, item: DriverAttribute, path: Path, values: ValueReader) -> Attribute:
    fields = item.model_dump(exclude_none=True, exclude={"path"})
    return read_attribute(name, InstrumentAttribute.model_validate(fields), path, None, values)


def _tightened(name: str, base: Declared, item: DriverAttribute, path: Path, values: ValueReader) -> Declared:
    found = replace(base.attribute, name=name)
    if not _may(found, base, item, path, values):
        return Declared(base.path, found)
    fields: dict[str, Any] = item.model_dump(exclude_none=True, exclude={"path"})
    fields.setdefault("access", _access(found))
    if found.unit is not None:
        fields.setdefault("unit", found.unit.text)
    if "options" not in fields:
        fields.setdefault("type", found.type.value)
        if found.type is ValueType.OPTION:
            fields["options"] = list(found.options)
    own = read_attribute(name, InstrumentAttribute.model_validate(fields), path, None, values)
    own = replace(
        own,
        low=_limit(found, own, "min", path, values),
        high=_limit(found, own, "max", path, values),
        resolution=own.resolution if own.resolution is not None else found.resolution,
        update_ns=own.update_ns if own.update_ns is not None else found.update_ns,
        poll_ns=own.poll_ns if own.poll_ns is not None else found.poll_ns,
        safe=own.safe if own.safe is not None else found.safe,
        description=own.description or found.description,
        status=found.status if item.status is None else item.status,
    )
    return Declared(base.path, _safe(own, item, path, values))


def _safe(own: Attribute, item: DriverAttribute, path: Path, values: ValueReader) -> Attribute:
    """A safe value of the station must lie within the driver's limits too."""
    if item.safe is None or own.safe is None or isinstance(own.safe, Keep):
        return own
    try:
        accepted(own, own.safe)
    except RefusedValueError as error:
        values.error((*path, "safe"), f"the safe value: {error.message}", error.help, code="STA140")
        return replace(own, safe=None)
    return own


def _may(found: Attribute, base: Declared, item: DriverAttribute, path: Path, values: ValueReader) -> bool:
    """Whether a station contradicts its driver in access, type, unit or options: False, and told."""
    before = values.count
    for letter in item.access or "":
        if letter not in _access(found):
            what = "read" if letter == "r" else "set"
            values.error(
                (*path, "access"), f"the driver says that '{base.path}' cannot be {what}", code="STA162"
            )
    if item.type is not None and item.type != found.type.value and not base.assumed:
        message = f"the driver says that '{base.path}' is {found.type.value}"
        values.error((*path, "type"), message, "leave out `type`", code="STA162")
    unit = values.unit((*path, "unit"), item.unit)
    if unit is not None and found.unit is not None and unit != found.unit:
        message = f"the driver gives '{base.path}' in {found.unit.text}"
        values.error((*path, "unit"), message, "leave out `unit`", code="STA162")
    for index, option in enumerate(item.options or ()):
        if found.options and option not in found.options:
            help = did_you_mean(option, found.options, what="options")
            message = f"the driver has no option '{option}'"
            values.error((*path, "options", index), message, help, code="STA162")
    return values.count == before


def _access(found: Attribute) -> Literal["r", "w", "rw"]:
    if found.readable and found.writable:
        return "rw"
    return "w" if found.writable else "r"


def _limit(
    found: Attribute, own: Attribute, key: Literal["min", "max"], path: Path, values: ValueReader
) -> float | None:
    """The tighter one of a limit; tells of a looser one."""
    theirs, ours = (found.low, own.low) if key == "min" else (found.high, own.high)
    if theirs is None or ours is None:
        return theirs if ours is None else ours
    slack = _SLACK * max(1.0, abs(theirs))
    if (ours < theirs - slack) if key == "min" else (ours > theirs + slack):
        word = "at least" if key == "min" else "at most"
        message = f"the driver takes {word} {shown(theirs, found)}"
        values.error((*path, key), message, f"write {shown(theirs, found)} or a tighter limit", code="STA162")
        return theirs
    return ours
