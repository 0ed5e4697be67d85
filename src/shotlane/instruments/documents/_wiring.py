"""Whether each attribute and command of an instrument document says how the wire speaks of it.

Checks only; the drivers read the same keys again. What one protocol needs is wrong under the other.
"""

from collections.abc import Iterable

from shotlane.document import Path
from shotlane.instruments.definition._values import ValueReader
from shotlane.instruments.modbus._checks import (
    MODBUS_KEYS,
    check_place,
    check_register,
    check_register_command,
)
from shotlane.model import IdentityPart, InstrumentAttribute, InstrumentCommand, InstrumentDocument

_IDENTITY = ("maker", "model", "serial", "firmware")
_LATER_PROTOCOLS = ("rtu",)
# Modbus has these too, but under other protocols they mean the same.
_OF_ALL = ("scale", "offset")
_LATER_PARTS: tuple[str, ...] = ()
# Keys of attributes and commands that mean nothing under Modbus.
_DIALOGUE_KEYS = ("query", "reply", "field", "set", "send", "scpi", "block")


def check_wiring(document: InstrumentDocument, values: ValueReader) -> dict[str, str]:
    """Report what is missing or out of place; returns the reply field's type of each ASCII attribute."""
    if values.told("protocol") or _later(document, values):
        return {}
    _check_identity(document, values)
    if document.protocol == "modbus":
        _check_modbus(document, values)
        return {}
    if document.protocol == "simulated":
        _check_simulated(document, values)
        return {}
    for path, part in _parts(document):
        _misplaced(part, [key for key in MODBUS_KEYS if key not in _OF_ALL], path, "modbus", values)
        if isinstance(part, InstrumentAttribute) and part.scale == 0:
            values.error((*path, "scale"), "the scale is 0", code="INS032")
    from shotlane.instruments.dialogue._checks import check_dialogue  # late: not every station has one

    return check_dialogue(document, values)


def _later(document: InstrumentDocument, values: ValueReader) -> bool:
    """Report what a later version will take; True when the protocol itself is one."""
    for path, part in _parts(document):
        for key in _LATER_PARTS:
            if getattr(part, key, None) is not None:
                values.key_error((*path, key), f"'{key}' is not available yet", code="INS900")
    if document.time_step is not None and document.protocol != "simulated":
        what = f"an instrument that keeps time itself and speaks {document.protocol} is not available yet"
        values.key_error(("time_step",), what, "write a driver in Python for it", code="INS900")
    if document.protocol not in _LATER_PROTOCOLS:
        return False
    values.error(("protocol",), f"the protocol {document.protocol} is not available yet", code="INS900")
    return True


def _parts(document: InstrumentDocument) -> Iterable[tuple[Path, InstrumentAttribute | InstrumentCommand]]:
    for name, attribute in document.attributes.items():
        yield ("attributes", name), attribute
    for name, command in document.commands.items():
        yield ("commands", name), command


def _misplaced(part: object, keys: Iterable[str], path: Path, protocol: str, values: ValueReader) -> None:
    for key in keys:
        if getattr(part, key, None) is not None:
            values.key_error((*path, key), f"'{key}' belongs to protocol {protocol}", code="INS031")


def _check_identity(document: InstrumentDocument, values: ValueReader) -> None:
    identity = document.identity
    if identity is None:
        return
    registers = {
        name: part for name in _IDENTITY if isinstance(part := getattr(identity, name), IdentityPart)
    }
    if document.protocol == "modbus":
        _misplaced(identity, ("query", "reply"), ("identity",), "ascii", values)
        for name, part in registers.items():
            check_place(part, ("identity", name), values)
        return
    for name in registers:
        values.key_error(("identity", name), "registers belong to protocol modbus", code="INS031")
    if identity.query is None and identity.reply is not None and document.protocol != "scpi":
        values.key_error(("identity", "reply"), "the reply answers no `query`", code="INS030")


def _check_simulated(document: InstrumentDocument, values: ValueReader) -> None:
    """What speaks to nobody has nothing to say."""
    for path, part in _parts(document):
        _misplaced(part, MODBUS_KEYS, path, "modbus", values)
        _misplaced(part, (*_DIALOGUE_KEYS, "missing"), path, "ascii", values)


def _check_modbus(document: InstrumentDocument, values: ValueReader) -> None:
    values.duration_ns(("turnaround",), document.turnaround)
    for path, part in _parts(document):
        _misplaced(part, _DIALOGUE_KEYS, path, "ascii", values)
        if getattr(part, "type", None) == "array":
            values.error((*path, "type"), "registers hold no arrays", code="INS032")
        if isinstance(part, InstrumentAttribute):
            check_register(part, path, document, values)
        else:
            check_register_command(part, path, document, values)
