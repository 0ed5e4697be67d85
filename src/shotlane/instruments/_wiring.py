"""Whether each attribute and command of an instrument document says how the wire speaks of it.

Checks only; the drivers read the same keys again. What one protocol needs is wrong under the other.
"""

from collections.abc import Iterable

from shotlane.diagnostics import did_you_mean
from shotlane.document import Path
from shotlane.instruments._dialogue import Dialogue, DialogueFault, parse_dialogue
from shotlane.instruments._modbus_checks import (
    MODBUS_KEYS,
    check_register,
    check_register_command,
    only_table,
)
from shotlane.instruments._values import ValueReader
from shotlane.model import IdentityPart, InstrumentAttribute, InstrumentCommand, InstrumentDocument

_ASCII = ("query", "reply", "field", "set", "send", "missing")
_IDENTITY = ("maker", "model", "serial", "firmware")
_LATER_PROTOCOLS = ("scpi", "binary", "rtu")
_LATER: tuple[str, ...] = ()
_LATER_PARTS = ("verify", "calibration")


def check_wiring(document: InstrumentDocument, values: ValueReader) -> dict[str, str]:
    """Report what is missing or out of place; returns the reply field's type of each ASCII attribute."""
    if _later(document, values):
        return {}
    _check_identity(document, values)
    if document.protocol == "modbus":
        _check_modbus(document, values)
        return {}
    for path, part in _parts(document):
        _misplaced(part, MODBUS_KEYS, path, "modbus", values)
    return _check_ascii(document, values)


def _later(document: InstrumentDocument, values: ValueReader) -> bool:
    """Report what a later version will take; True when the protocol itself is one."""
    for key in _LATER:
        if getattr(document, key) is not None:
            values.key_error((key,), f"'{key}' is not available yet", code="INS900")
    for path, part in _parts(document):
        for key in _LATER_PARTS:
            if getattr(part, key, None) is not None:
                values.key_error((*path, key), f"'{key}' is not available yet", code="INS900")
        if getattr(part, "type", None) == "array":
            values.error((*path, "type"), "arrays are not available yet", code="INS900")
    if document.protocol not in _LATER_PROTOCOLS:
        return False
    help = "SCPI instruments can be written with `protocol: ascii`" if document.protocol == "scpi" else None
    values.error(("protocol",), f"the protocol {document.protocol} is not available yet", help, code="INS900")
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
            only_table(part, ("identity", name), values)
        return
    for name in registers:
        values.key_error(("identity", name), "registers belong to protocol modbus", code="INS031")
    if identity.query is None and identity.reply is not None:
        values.key_error(("identity", "reply"), "the reply answers no `query`", code="INS030")


def _check_modbus(document: InstrumentDocument, values: ValueReader) -> None:
    for path, part in _parts(document):
        _misplaced(part, _ASCII, path, "ascii", values)
        if isinstance(part, InstrumentAttribute):
            check_register(part, path, document, values)
        else:
            check_register_command(part, path, document, values)


def _check_ascii(document: InstrumentDocument, values: ValueReader) -> dict[str, str]:
    for name, declared in document.attributes.items():
        _check_dialogue_access(declared, ("attributes", name), values)
    dialogue, faults = parse_dialogue(document)
    for fault in faults:
        code = "INS020" if fault.path[-1] in ("reply", "field") else "INS033"
        values.error(fault.path, fault.message, _nearest_help(document, dialogue, fault), code=code)
    if "{command" not in document.write:
        values.error(
            ("write",), "the line written holds no command", "put `{command}` into it", code="INS033"
        )
    return {
        name: talk.reply.types[talk.field]
        for name, talk in dialogue.queries.items()
        if talk.reply is not None and talk.field is not None
    }


def _nearest_help(document: InstrumentDocument, dialogue: Dialogue, fault: DialogueFault) -> str | None:
    """The nearest reply where one was misspelt; else the fault's own words."""
    if fault.path[-1] != "reply":
        return fault.help
    part: object = document
    for key in fault.path:
        part = part[key] if isinstance(part, dict) else getattr(part, str(key))
    return did_you_mean(str(part), [*document.replies, "none"], what="replies")


def _check_dialogue_access(declared: InstrumentAttribute, path: Path, values: ValueReader) -> None:
    if declared.type in ("uint16", "int16", "uint32", "int32", "float32"):
        help = "write float, int, bool, option or text"
        values.error(
            (*path, "type"), f"the type {declared.type} belongs to protocol modbus", help, code="INS031"
        )
    if "r" in declared.access and declared.query is None:
        help = 'write `query:` (`""` when the bare line asks), or `access: w`'
        values.key_error(path, f"nothing says how '{path[-1]}' is read", help, code="INS030")
    if "w" in declared.access and declared.set is None:
        values.key_error(
            path, f"nothing says how '{path[-1]}' is set", "write `set:`, or `access: r`", code="INS030"
        )
    if declared.set is not None and "w" not in declared.access:
        values.key_error(
            (*path, "set"), "it has `set`, and its access is r", "write `access: rw`", code="INS032"
        )
    if declared.set is not None and "w" in declared.access:
        _check_set(declared, path, values)


def _check_set(declared: InstrumentAttribute, path: Path, values: ValueReader) -> None:
    written = declared.set
    assert written is not None
    pair = (written.true, written.false)
    if written.send is None and pair == (None, None):
        values.key_error(
            (*path, "set"), "it sends nothing", "write `send:`, or `true:` and `false:`", code="INS030"
        )
    elif written.send is None and None in pair:
        missing = "true" if written.true is None else "false"
        values.key_error((*path, "set"), f"nothing says what is sent for '{missing}'", code="INS030")
    elif written.send is not None and "{value" not in written.send:
        values.error(
            (*path, "set", "send"), "the text does not hold the value", "put `{value}` into it", code="INS033"
        )
