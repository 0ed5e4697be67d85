"""Attributes and commands of an instrument document with all numbers decided.

What is faulty in an attribute is reported and left out of it; the attribute itself stays, so that sequences
that use it are not told that it is missing.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from shotlane.document import Path
from shotlane.expression import Unit
from shotlane.instruments.definition._accept import RefusedValueError, accepted
from shotlane.instruments.definition._values import ValueReader
from shotlane.model import (
    KEEP,
    Attribute,
    Command,
    CommandArgument,
    CommandKeys,
    CommandParameter,
    InstrumentAttribute,
    InstrumentDocument,
    Keep,
    Scalar,
    ScalarValue,
    ValueType,
)

_NUMBERS = (ValueType.FLOAT, ValueType.INT)
_VALUE_TYPES = {"float", "int", "bool", "option", "text", "array"}
_FIELD_TYPES = {
    **{"d": ValueType.INT, "x": ValueType.INT, "sx": ValueType.INT},
    **{"w": ValueType.TEXT, "s": ValueType.TEXT, "rest": ValueType.TEXT},
}
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def read_attributes(
    document: InstrumentDocument, field_types: Mapping[str, str], values: ValueReader
) -> dict[str, Attribute]:
    """All attributes. `field_types`: type of the reply field that an ASCII attribute is read from."""
    attributes = {}
    for name, declared in document.attributes.items():
        path: Path = ("attributes", name)
        if not _NAME.fullmatch(name):
            help = "a name has letters, digits and _ and begins with no digit"
            values.key_error(path, f"'{name}' cannot name an attribute", help, code="INS040")
        attributes[name] = read_attribute(name, declared, path, field_types.get(name), values)
    return attributes


def read_commands(document: InstrumentDocument, values: ValueReader) -> dict[str, Command]:
    """All commands."""
    commands = {}
    for name, declared in document.commands.items():
        path: Path = ("commands", name)
        if name in document.attributes:
            values.key_error(
                path, f"'{name}' is an attribute already", "give the command a name of its own", code="INS040"
            )
        commands[name] = read_command(name, declared, values)
    return commands


def read_command(name: str, declared: CommandKeys, values: ValueReader) -> Command:
    """One command, whoever runs it."""
    path: Path = ("commands", name)
    return Command(
        name,
        _parameters(declared, path, values),
        takes_ns=values.duration_ns((*path, "takes"), declared.takes) or 0,
        confirm=declared.confirm,
        description=declared.description,
    )


def read_safe(
    attribute: Attribute, written: Scalar | None, path: Path, values: ValueReader, code: str = "INS012"
) -> ScalarValue | Keep | None:
    """A safe value; None when none is written or it is wrong."""
    if written is None:
        return None
    if not attribute.writable:
        values.error(path, f"{attribute.name} cannot be set, so it has no safe value", code=code)
        return None
    if written == "keep":
        return KEEP
    value = values.typed(path, written, attribute.type, attribute.unit, attribute.options)
    if value is None:
        return None
    try:
        return accepted(attribute, value)  # type: ignore[no-any-return]
    except RefusedValueError as error:
        values.error(path, f"the safe value: {error.message}", error.help, code=code)
        return None


def read_attribute(
    name: str, declared: InstrumentAttribute, path: Path, field_type: str | None, values: ValueReader
) -> Attribute:
    """One attribute. `field_type`: type of the reply field that it is read from."""
    unit = values.unit((*path, "unit"), declared.unit)
    type_ = _type(declared, field_type)
    options = _options(declared.options, type_, path, values)
    update_ns = values.duration_ns((*path, "update"), declared.update)
    poll_ns = values.duration_ns((*path, "poll"), declared.poll)
    if unit is None and declared.unit is not None:
        # The fault of the unit has been told; every number beside it would be another one.
        return Attribute(name, type_, readable="r" in declared.access, writable="w" in declared.access)
    low, high = _limits(declared, type_, unit, path, values)
    attribute = Attribute(
        name,
        type_,
        unit,
        readable="r" in declared.access,
        writable="w" in declared.access,
        low=low,
        high=high,
        options=options,
        resolution=_resolution(declared, type_, unit, path, values),
        update_ns=update_ns,
        poll_ns=poll_ns,
        description=declared.description,
        verify=declared.verify,
        status=_status(declared, path, values),
    )
    # A calibration makes other numbers of them.
    if declared.holding is not None and attribute.writable and declared.calibration is None:
        from shotlane.instruments.modbus._held import check_limits  # late: it needs the layouts

        check_limits(declared, attribute, path, values)
    if declared.verify and not (attribute.readable and attribute.writable):
        values.error(
            (*path, "verify"), "what is verified must be set and read", "write `access: rw`", code="INS032"
        )
    if declared.wear is not None:
        values.duration_ns((*path, "wear", "per"), declared.wear.per)
    return replace(attribute, safe=read_safe(attribute, declared.safe, (*path, "safe"), values))


def _status(declared: InstrumentAttribute, path: Path, values: ValueReader) -> bool:
    if declared.status and "r" not in declared.access:
        values.error(
            (*path, "status"), "what is part of the status must be read", "write `access: rw`", code="INS032"
        )
    return declared.status


def _type(declared: InstrumentAttribute, field_type: str | None) -> ValueType:
    if declared.type in _VALUE_TYPES:
        return ValueType(str(declared.type))
    if field_type == "list" or declared.block is not None:
        return ValueType.ARRAY
    if declared.options is not None:
        return ValueType.BOOL if set(declared.options) == {"true", "false"} else ValueType.OPTION
    if declared.coil is not None or declared.discrete is not None:
        return ValueType.BOOL
    if declared.holding is not None or declared.input is not None:
        if declared.bit is not None:
            return ValueType.BOOL
        whole = declared.type not in ("float16", "float32", "float64") and declared.unit is None
        return (
            ValueType.INT if whole and declared.scale is None and declared.offset is None else ValueType.FLOAT
        )
    if declared.set is not None and declared.set.true is not None:
        return ValueType.BOOL
    if declared.unit is None and field_type in _FIELD_TYPES:
        return _FIELD_TYPES[field_type]
    return ValueType.FLOAT


def _options(
    written: Mapping[str, int | float | str] | Sequence[str] | None,
    type_: ValueType,
    path: Path,
    values: ValueReader,
) -> tuple[str, ...]:
    if type_ is ValueType.OPTION and not written:
        values.key_error(path, "it has no options", "write `options: {name: code, ...}`", code="INS041")
    if written is None or type_ is ValueType.BOOL:
        return ()
    if type_ is not ValueType.OPTION:
        message = f"it has options, and its type is {type_.value}"
        values.error((*path, "options"), message, "leave out `type` or `options`", code="INS041")
        return ()
    if isinstance(written, Mapping):
        _check_codes(written, path, values)
    return tuple(written)


def _check_codes(written: Mapping[str, int | float | str], path: Path, values: ValueReader) -> None:
    owners: dict[int | float | str, str] = {}
    for name, code in written.items():
        first = owners.setdefault(code, name)
        if first != name:
            values.error((*path, "options", name), f"'{name}' has the same code as '{first}'", code="INS041")


def _limits(
    declared: InstrumentAttribute | CommandArgument,
    type_: ValueType,
    unit: Unit | None,
    path: Path,
    values: ValueReader,
) -> tuple[float | None, float | None]:
    """Lower and upper limit in the unit."""
    if type_ not in _NUMBERS:
        for key in ("min", "max"):
            if getattr(declared, key) is not None:
                values.error((*path, key), f"{type_.value} values have no limits", code="INS011")
        return None, None
    low = None if declared.min is None else values.number((*path, "min"), declared.min, unit)
    high = None if declared.max is None else values.number((*path, "max"), declared.max, unit)
    if low is not None and high is not None and low > high:
        values.error((*path, "min"), "the lower limit is above the upper one", code="INS011")
        return None, None
    return low, high


def _resolution(
    declared: InstrumentAttribute, type_: ValueType, unit: Unit | None, path: Path, values: ValueReader
) -> float | None:
    """As written; else one step of a scaled whole number on the wire."""
    if declared.resolution is not None:
        step = values.difference((*path, "resolution"), declared.resolution, unit)
        if step == 0:
            values.error((*path, "resolution"), "the resolution is 0")
        return step or None
    on_wire = declared.holding is not None or declared.input is not None
    if (
        type_ is ValueType.FLOAT
        and on_wire
        and declared.type not in ("float16", "float32", "float64", "float")
    ):
        return (
            abs(float(declared.scale)) if isinstance(declared.scale, float | int) and declared.scale else 1.0
        )
    return None


def _parameters(declared: CommandKeys, path: Path, values: ValueReader) -> tuple[CommandParameter, ...]:
    return tuple(
        _parameter(name, argument, (*path, "parameters", name), values)
        for name, argument in declared.parameters.items()
    )


def _parameter(name: str, declared: CommandArgument, path: Path, values: ValueReader) -> CommandParameter:
    unit = values.unit((*path, "unit"), declared.unit)
    type_ = ValueType.OPTION if declared.options else ValueType(declared.type)
    low, high = _limits(declared, type_, unit, path, values)
    options = _options(declared.options, type_, path, values)
    return CommandParameter(name, type_, unit, low, high, options, declared.required)
