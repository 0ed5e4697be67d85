"""Whether each attribute and command of a Modbus document says where it stands and fits in there.

Checks only; `_modbus_map` reads the same keys again. One message per mistake.
"""

from shotlane.diagnostics import did_you_mean
from shotlane.document import Path
from shotlane.instruments.definition._values import ValueReader
from shotlane.model import (
    InstrumentAttribute,
    InstrumentCommand,
    InstrumentDocument,
    Register,
)

TABLES = ("holding", "input", "coil", "discrete")
# Keys that mean nothing under another protocol.
MODBUS_KEYS = (*TABLES, "words", "byte_order", "bit", "bits", "length", "writes", "valid", "scale", "offset")
_BITS_OF = {"uint16": 16, "int16": 16, "uint32": 32, "int32": 32, "uint64": 64, "int64": 64}
_LONG_TYPES = ("uint32", "int32", "uint64", "int64", "float32", "float64", "bcd32", "float", "text")
_OF_NUMBERS = ("scale", "offset", "words", "byte_order", "bit", "bits", "length", "missing")


def check_register(
    part: InstrumentAttribute, path: Path, document: InstrumentDocument, values: ValueReader
) -> None:
    """Check an attribute."""
    from shotlane.instruments.modbus._held import check_good, check_missing  # late: it needs the layouts

    table = only_table(part, path, values)
    if table is None:
        return
    if "w" in part.access and table in ("input", "discrete"):
        values.error(
            (*path, "access"), f"a Modbus {table} register cannot be set", "write `access: r`", code="INS032"
        )
    before = values.count
    _check_place(part, table, path, values)
    _check_numbers(part, path, values)
    if table not in ("coil", "discrete"):
        if values.count == before:
            check_missing(part, path, values)
        _check_writes(part, part.type, path, document, values)
    if part.valid is not None:
        below: Path = (*path, "valid")
        valid_table = only_table(part.valid, below, values)
        if valid_table is not None:
            before = values.count
            _check_place(part.valid, valid_table, below, values, typed=False)
            if values.count == before:
                check_good(part.valid, valid_table, below, values)


def check_register_command(
    part: InstrumentCommand, path: Path, document: InstrumentDocument, values: ValueReader
) -> None:
    """Check a command."""
    table = only_table(part, path, values)
    if table is None:
        return
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
    if table == "holding":
        _check_writes(part, part.type, path, document, values)


def check_place(part: Register, path: Path, values: ValueReader) -> None:
    """Check where a part of the identity stands."""
    table = only_table(part, path, values)
    if table is not None:
        _check_place(part, table, path, values, typed=False)


def only_table(part: Register | InstrumentCommand, path: Path, values: ValueReader) -> str | None:
    """The one table that a part names; the fault is told otherwise."""
    tables = [table for table in TABLES if getattr(part, table, None) is not None]
    if len(tables) == 1:
        return tables[0]
    if tables:
        message = f"it stands at two places: {' and '.join(tables)}"
        values.key_error((*path, tables[1]), message, "leave one of them", code="INS030")
    else:
        message = f"nothing says where '{path[-1]}' is in the device"
        values.key_error(path, message, f"write one of {', '.join(TABLES)} with its address", code="INS030")
    return None


def _check_place(part: Register, table: str, path: Path, values: ValueReader, *, typed: bool = True) -> None:
    """What fits into a bit or a register."""
    type_ = getattr(part, "type", None)
    if table in ("coil", "discrete"):
        if typed and type_ not in (None, "bool"):
            values.error((*path, "type"), f"a {table} is a bool", "leave out `type`", code="INS032")
        for key in _OF_NUMBERS:
            if getattr(part, key, None) is not None:
                values.key_error((*path, key), f"a {table} has no '{key}'", code="INS032")
        return
    _check_bits(part, type_, path, values)
    if type_ == "text" and part.length is None:
        help = "write `length:` with its number of registers; each holds two letters"
        values.error((*path, "type"), "nothing says how long the text is", help, code="INS030")
    if type_ != "text" and part.length is not None:
        message = "'length' is that of a text, and the type says how long a number is"
        values.key_error((*path, "length"), message, "write `type: text`, or leave it out", code="INS032")
    _check_end(part, table, type_, path, values)


def _check_end(part: Register, table: str, type_: object, path: Path, values: ValueReader) -> None:
    address = getattr(part, table)
    words = part.length or {16: 1, 32: 2, 64: 4}.get(
        int(str(type_)[-2:]) if str(type_)[-2:].isdigit() else 16, 1
    )
    if isinstance(address, int) and address + words > 0x10000:
        message = f"{words} registers from {address} go beyond the last one, 65535"
        values.error((*path, table), message, code="INS032")


def _check_bits(part: Register, type_: object, path: Path, values: ValueReader) -> None:
    key = "bits" if part.bits is not None else "bit"
    chosen = part.bits or ([part.bit] * 2 if part.bit is not None else None)
    if chosen is None:
        return
    if part.bit is not None and part.bits is not None:
        values.key_error((*path, "bits"), "it has `bit` and `bits`", "leave one of them", code="INS032")
        return
    size = _BITS_OF.get(str(type_ or "uint16"), 16 if type_ in ("bool", "int", "option") else 0)
    if not size:
        message = f"a value of type {type_} has no single bits"
        values.key_error((*path, key), message, "write a whole type such as `type: uint16`", code="INS032")
    elif chosen[0] > chosen[1]:
        values.error(
            (*path, "bits"),
            "the lowest bit comes first",
            f"write `[{chosen[1]}, {chosen[0]}]`",
            code="INS032",
        )
    elif chosen[1] >= size:
        values.error(
            (*path, key), f"there is no bit {chosen[1]} in {size} bits: they count from 0", code="INS032"
        )


def _check_numbers(part: InstrumentAttribute, path: Path, values: ValueReader) -> None:
    if isinstance(part.scale, float | int) and part.scale == 0:
        values.error((*path, "scale"), "the scale is 0", code="INS032")
    if isinstance(part.options, dict):
        for name, code in part.options.items():
            if not isinstance(code, int):
                values.error((*path, "options", name), f"the code {code!r} is no whole number", code="INS041")


def _check_writes(
    part: InstrumentAttribute | InstrumentCommand,
    type_: str | None,
    path: Path,
    document: InstrumentDocument,
    values: ValueReader,
) -> None:
    """Whether the functions that the device knows can write it."""
    if isinstance(part, InstrumentAttribute) and "w" not in part.access:
        if part.writes is not None:
            message = "'writes' says how it is set, and its access is r"
            values.key_error((*path, "writes"), message, "write `access: rw`, or leave it out", code="INS032")
        return
    writes, at = (part.writes, (*path, "writes")) if part.writes else (document.writes, ("writes",))
    is_field = isinstance(part, Register) and (part.bit is not None or part.bits is not None)
    long = type_ in _LONG_TYPES and (type_ != "text" or (isinstance(part, Register) and part.length != 1))
    if writes == "single" and long:
        message = f"'{path[-1]}' stands in several registers, and `writes: single` sets one"
        values.error(at, message, "write `writes: multiple` there", code="INS032")
    if part.writes == "mask" and (long or not is_field):
        message = "`writes: mask` changes some bits of one register"
        values.error(at, message, "write `bit:` or `bits:`, or leave it out", code="INS032")
