"""Whether each attribute and command of an ASCII, SCPI or binary document says how the wire speaks of it.

Checks only; `_dialogue` reads the same keys again. One message per mistake.
"""

from collections.abc import Mapping
from typing import get_args

from shotlane.diagnostics import did_you_mean
from shotlane.document import Path
from shotlane.instruments.definition._values import ValueReader
from shotlane.instruments.dialogue._dialogue import Dialogue, DialogueFault, parse_dialogue
from shotlane.model import InstrumentAttribute, InstrumentDocument, ReplyForm, WireType

_SCPI_KEYS = ("scpi", "block")
_TEXT_KEYS = ("read", "read_end", "ignore", "missing", "acknowledge", "enquiry")
_FORM_KEYS = {
    "binary": ("start", "end", "checksum", "fields"),
    "ascii": ("frame", "pattern", "types", "lines", "until", "quiet"),
}


def check_dialogue(document: InstrumentDocument, values: ValueReader) -> dict[str, str]:
    """Report what is missing or wrong; returns the reply field's type of each attribute."""
    for name, declared in document.attributes.items():
        _check_access(declared, ("attributes", name), document.protocol, values)
        _check_missing(declared, ("attributes", name), values)
        _misplaced_scpi(declared, ("attributes", name), document.protocol, values)
    _check_document(document, values)
    dialogue, faults = parse_dialogue(document)
    for fault in faults:
        code = "INS020" if fault.unknown else "INS033"
        values.error(fault.path, fault.message, _nearest_help(document, dialogue, fault), code=code)
    types = {
        name: talk.reply.types[talk.field]
        for name, talk in dialogue.queries.items()
        if talk.reply is not None and talk.field is not None
    }
    _check_arrays(document, types, values)
    return types


def _check_missing(declared: InstrumentAttribute, path: Path, values: ValueReader) -> None:
    """What a field says is a text, whatever it stands for."""
    for index, item in enumerate(declared.missing or ()):
        if not isinstance(item, str):
            message = f"item {index + 1} of 'missing' is a text of the field, and this is the number {item}"
            help = f'put it in quotes, as the device sends it: "{item}"'
            values.error((*path, "missing", index), message, help, code="INS003")


def _check_document(document: InstrumentDocument, values: ValueReader) -> None:
    other = "ascii" if document.protocol == "binary" else "binary"
    for name, form in document.replies.items():
        if isinstance(form, ReplyForm):
            for key in sorted(form.model_fields_set & set(_FORM_KEYS[other])):
                values.key_error(
                    ("replies", name, key), f"'{key}' belongs to protocol {other}", code="INS031"
                )
    if document.protocol == "binary":
        for key in _TEXT_KEYS:
            if getattr(document, key) is not None:
                values.key_error((key,), f"'{key}' belongs to protocol ascii", code="INS031")
        if isinstance(document.echo, str):
            values.error(("echo",), "bytes are echoed as they are", "write `echo: true`", code="INS033")
    if document.error_queue is not None and document.protocol != "scpi":
        values.key_error(("error_queue",), "'error_queue' belongs to protocol scpi", code="INS031")
    if "{command" not in document.write and "write" in document.model_fields_set:
        values.error(
            ("write",), "the line written holds no command", "put `{command}` into it", code="INS033"
        )
    if document.gap is not None:
        values.duration_ns(("gap",), document.gap)


def _misplaced_scpi(declared: InstrumentAttribute, path: Path, protocol: str, values: ValueReader) -> None:
    if protocol == "scpi":
        if declared.block is not None and declared.reply is not None:
            values.key_error(
                (*path, "reply"), "a block is the reply", "leave out `reply` or `block`", code="INS030"
            )
        return
    for key in _SCPI_KEYS:
        if getattr(declared, key) is not None:
            values.key_error((*path, key), f"'{key}' belongs to protocol scpi", code="INS031")


def _check_arrays(document: InstrumentDocument, types: Mapping[str, str], values: ValueReader) -> None:
    """An attribute is an array when its field is one."""
    for name, declared in document.attributes.items():
        path: Path = ("attributes", name)
        is_array, found = declared.type == "array", types.get(name)
        if is_array and "w" in declared.access:
            values.error((*path, "access"), "arrays can only be read", "write `access: r`", code="INS032")
        if is_array and found not in (None, "list"):
            help = "write `{value:list}`, or `block:` for a binary block"
            values.error((*path, "type"), "the field of its reply is no list of numbers", help, code="INS032")
        if found == "list" and declared.type not in (None, "array"):
            help = "leave out `type`"
            values.error((*path, "type"), "the field of its reply is an array", help, code="INS032")


def _nearest_help(document: InstrumentDocument, dialogue: Dialogue, fault: DialogueFault) -> str | None:
    """The nearest reply where one was misspelt; else the fault's own words."""
    if not fault.unknown or fault.path[-1] != "reply":
        return fault.help
    part: object = document
    for key in fault.path:
        part = part[key] if isinstance(part, dict) else getattr(part, str(key))
    return did_you_mean(str(part), [*document.replies, "none"], what="replies")


def _check_access(declared: InstrumentAttribute, path: Path, protocol: str, values: ValueReader) -> None:
    by_header = protocol == "scpi" and declared.scpi is not None
    if declared.type in get_args(WireType):
        help = "write float, int, bool, option, text or array"
        values.error(
            (*path, "type"), f"the type {declared.type} belongs to protocol modbus", help, code="INS031"
        )
    if "r" in declared.access and declared.query is None and not by_header:
        help = 'write `query:` (`""` when the bare line asks), or `access: w`'
        values.key_error(path, f"nothing says how '{path[-1]}' is read", help, code="INS030")
    if "w" in declared.access and declared.set is None and not by_header:
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
