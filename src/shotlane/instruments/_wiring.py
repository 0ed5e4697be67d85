"""Whether each attribute and command of an instrument document says how the wire speaks of it.

Checks only; the drivers read the same keys again. What one protocol needs is wrong under the other.
"""

from collections.abc import Iterable

from shotlane.diagnostics import did_you_mean
from shotlane.document import Path
from shotlane.instruments._dialogue import Dialogue, DialogueFault, parse_dialogue
from shotlane.instruments._values import ValueReader
from shotlane.model import IdentityPart, InstrumentAttribute, InstrumentCommand, InstrumentDocument

_TABLES = ("holding", "input", "coil", "discrete")
_MODBUS = (*_TABLES, "words", "scale", "offset", "valid")
_ASCII = ("query", "reply", "field", "set", "send", "missing")
_IDENTITY = ("maker", "model", "serial", "firmware")
_LATER_PROTOCOLS = ("scpi", "binary", "rtu")
_LATER: tuple[str, ...] = ()
_LATER_PARTS = ("bit", "bits", "bytes", "verify", "calibration")


def check_wiring(document: InstrumentDocument, values: ValueReader) -> dict[str, str]:
    """Report what is missing or out of place; returns the reply field's type of each ASCII attribute."""
    if _later(document, values):
        return {}
    _check_identity(document, values)
    if document.protocol == "modbus":
        _check_modbus(document, values)
        return {}
    for path, part in _parts(document):
        _misplaced(part, _MODBUS, path, "modbus", values)
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
            tables = [table for table in _TABLES if getattr(part, table) is not None]
            if len(tables) != 1:
                _report_tables(("identity", name), tables, values)
        return
    for name in registers:
        values.key_error(("identity", name), "registers belong to protocol modbus", code="INS031")
    if identity.query is None and identity.reply is not None:
        values.key_error(("identity", "reply"), "the reply answers no `query`", code="INS030")


def _check_modbus(document: InstrumentDocument, values: ValueReader) -> None:
    for path, part in _parts(document):
        _misplaced(part, _ASCII, path, "ascii", values)
        tables = [table for table in _TABLES if getattr(part, table, None) is not None]
        if len(tables) != 1:
            _report_tables(path, tables, values)
        elif isinstance(part, InstrumentAttribute):
            _check_register(part, tables[0], path, values)
        else:
            _check_register_command(part, tables[0], path, values)


def _report_tables(path: Path, tables: list[str], values: ValueReader) -> None:
    if tables:
        message = f"it stands at two places: {' and '.join(tables)}"
        values.key_error((*path, tables[1]), message, "leave one of them", code="INS030")
    else:
        message = f"nothing says where '{path[-1]}' is in the device"
        values.key_error(path, message, f"write one of {', '.join(_TABLES)} with its address", code="INS030")


def _check_register(part: InstrumentAttribute, table: str, path: Path, values: ValueReader) -> None:
    if "w" in part.access and table in ("input", "discrete"):
        values.error(
            (*path, "access"), f"a Modbus {table} register cannot be set", "write `access: r`", code="INS032"
        )
    if table in ("coil", "discrete"):
        if part.type not in (None, "bool"):
            values.error((*path, "type"), f"a {table} is a bool", "leave out `type`", code="INS032")
        for key in ("scale", "offset", "words"):
            if getattr(part, key) is not None:
                values.key_error((*path, key), f"a {table} has no '{key}'", code="INS032")
    if part.type == "text":
        values.error((*path, "type"), "texts in registers are not available yet", code="INS900")
    if isinstance(part.scale, float | int) and part.scale == 0:
        values.error((*path, "scale"), "the scale is 0", code="INS032")
    if isinstance(part.options, dict):
        for name, code in part.options.items():
            if not isinstance(code, int):
                values.error((*path, "options", name), f"the code {code!r} is no whole number", code="INS041")
    if part.valid is not None and (part.valid.holding is None) == (part.valid.input is None):
        values.key_error((*path, "valid"), "it needs one register, `holding` or `input`", code="INS030")


def _check_register_command(part: InstrumentCommand, table: str, path: Path, values: ValueReader) -> None:
    if isinstance(part.value, str):
        name = part.value.strip("{} ")
        if name not in part.parameters or part.value.strip() != f"{{{name}}}":
            help = did_you_mean(name, part.parameters, what="parameters")
            values.error(
                (*path, "value"), f"'{part.value}' is neither a number nor a parameter", help, code="INS020"
            )
    elif part.value is None and table == "holding":
        values.key_error(
            path, f"nothing says what '{path[-1]}' writes", "write `value:` with the number", code="INS030"
        )


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
