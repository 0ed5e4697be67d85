"""The driver of an instrument document with `protocol: ascii` (or scpi).

One request, one reply, read whole before anything else is sent. Attributes that one reply holds are one
exchange. A reply that does not fit its frame is garbled, whole, with its text; a field that says "no
sensor" is a reading without a value.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final

from shotlane.instruments._contract import ErrorContext, Identity, InstrumentError, Notify, Reading
from shotlane.instruments._definition import Definition
from shotlane.instruments._dialogue import Talk, parse_dialogue
from shotlane.instruments._framing import Until
from shotlane.instruments._line import Line, Request, printable
from shotlane.instruments._template import Field, ReplyMismatch
from shotlane.instruments._turns import SetUp, already_told, ask_in_turn, told
from shotlane.model import Attribute, Command, InstrumentAttribute, ScalarValue, ValueType

_TRUE: Final = ("1", "true", "on", "yes")
_FALSE: Final = ("0", "false", "off", "no")
_IDENTITY_PARTS: Final = ("maker", "model", "serial", "firmware")
_Fields = Mapping[str, Field]


class AsciiDriver:
    """One instrument on a line that it may share."""

    def __init__(self, definition: Definition, line: Line, notify: Notify) -> None:
        self._definition = definition
        self._document = definition.document
        self._line = line
        self._notify = notify
        self._timeout_s = definition.timeout_s
        self._dialogue, faults = parse_dialogue(definition.document)
        if faults:
            # The document was checked before: only a driver that somebody builds by hand comes here.
            raise ValueError("; ".join(fault.message for fault in faults))
        self._set_up = SetUp(definition.setup, line, self._put, notify, definition.resource.text)

    def open(self) -> Identity:
        """Connect, ask who answers, send the set-up."""
        self._line.take(self, self._timeout_s)
        with already_told("it was opened"):
            identity = self._identify()
            self._set_up.begin(self._timeout_s)
        return identity

    def attributes(self) -> Mapping[str, Attribute]:
        """What can be read and written."""
        return self._definition.attributes

    def commands(self) -> Mapping[str, Command]:
        """What can be called."""
        return self._definition.commands

    def prepare(self) -> None:
        """Connect, and send the set-up where it is due."""
        self._set_up.ensure_before(self._timeout_s)

    def read(self, names: Sequence[str]) -> Mapping[str, Reading]:
        """Read attributes; those that one reply holds in one exchange."""
        self._set_up.ensure_before(self._timeout_s)
        groups = self._groups(names)
        turns = [(members, partial(self._readings, talk, members)) for talk, members in groups]
        readings: dict[str, Reading] = {}
        answers = ask_in_turn(turns, self._line, self._notify)
        for (_, members), answer in zip(groups, answers, strict=True):
            if isinstance(answer, InstrumentError):
                readings |= {name: Reading(None, None, answer) for name in members}
            else:
                readings |= answer
        return readings

    def write(self, name: str, value: Any) -> None:
        """Set an attribute; its reply is read when the document says that there is one."""
        self._set_up.ensure_before(self._timeout_s)
        self._put(name, value)

    def call(self, command: str, arguments: Mapping[str, Any]) -> Any:
        """Run a command and wait for its reply."""
        declared = self._document.commands[command]
        talk = self._dialogue.commands[command]
        shown = {name: _coded(declared.parameters[name].options, value) for name, value in arguments.items()}
        text = self._filled(talk, shown, command)
        self._set_up.ensure_before(self._timeout_s)
        takes_s = self._definition.commands[command].takes_ns / 1e9
        fields = self._converse(talk, text, self._timeout_s + takes_s)
        found = fields.get(talk.field or "")
        return None if found is None else found.value

    def make_safe(self) -> None:
        """Nothing beyond the declared safe values."""

    def close(self) -> None:
        """Let go of the line."""
        self._line.release(self)

    def _groups(self, names: Sequence[str]) -> list[tuple[Talk, list[str]]]:
        groups: dict[tuple[str, str], tuple[Talk, list[str]]] = {}
        for name in names:
            talk = self._dialogue.queries[name]
            key = (talk.send.text, talk.reply.text if talk.reply else "")
            groups.setdefault(key, (talk, []))[1].append(name)
        return list(groups.values())

    def _readings(self, talk: Talk, names: Sequence[str]) -> dict[str, Reading]:
        fields = self._converse(talk, talk.send.fill({}), self._timeout_s)
        return {name: self._reading(name, fields) for name in names}

    def _reading(self, name: str, fields: _Fields) -> Reading:
        wanted = self._dialogue.queries[name].field
        found = fields[wanted or ""]
        declared = self._document.attributes[name]
        if found.value is None or found.raw in (declared.missing or ()):
            return Reading(None, found.raw)
        return _typed(found, self._definition.attributes[name].type, declared)

    def _put(self, name: str, value: ScalarValue) -> None:
        talks = self._dialogue.sets[name]
        talk = talks.get(value if isinstance(value, bool) else None) or talks[None]
        shown = _coded(self._document.attributes[name].options, value)
        self._converse(talk, self._filled(talk, {"value": shown}, name), self._timeout_s)

    def _filled(self, talk: Talk, values: Mapping[str, Any], what: str) -> str:
        try:
            return talk.send.fill(values)
        except (ValueError, KeyError, TypeError) as error:
            context = ErrorContext(self._definition.resource.text, command=f"{what} {dict(values)}")
            raise InstrumentError("rejected", f"the value cannot be written: {error}", context) from error

    def _converse(self, talk: Talk, text: str, timeout_s: float) -> _Fields:
        """Send one line and read its reply."""
        encoding = self._document.encoding
        sent = self._dialogue.line.fill({"command": text}).encode(encoding, "replace")
        end = None if talk.reply is None else Until(self._dialogue.end.encode(encoding))
        begun = time.monotonic()
        try:
            reply = self._line.exchange(Request(text, sent, end), timeout_s)
        except InstrumentError as error:
            if error.fault == "timeout":
                self._set_up.due()
            raise
        if talk.reply is None:
            return {}
        try:
            return talk.reply.parse(reply.decode(encoding))
        except (ReplyMismatch, UnicodeDecodeError) as error:
            self._line.distrust()
            context = ErrorContext(
                self._definition.resource.text,
                command=text,
                sent=printable(sent),
                received=printable(reply),
                elapsed_s=time.monotonic() - begun,
            )
            raise InstrumentError("garbled", str(error), context) from error

    def _identify(self) -> Identity:
        declared = self._document.identity
        if declared is None:
            return Identity()
        parts: dict[str, Any] = {
            part: text for part in _IDENTITY_PARTS if isinstance(text := getattr(declared, part), str)
        }
        if self._dialogue.identity is not None:
            fields: dict[str, Any] = {"identity": {}}
            with told(self._line, self._notify, "instrument.identified", fields):
                talk = self._dialogue.identity
                answered = self._converse(talk, talk.send.fill({}), self._timeout_s)
                parts |= {part: answered[part].raw for part in _IDENTITY_PARTS if part in answered}
                fields["identity"] = parts
        return Identity(**parts)


def _coded(options: Mapping[str, Any] | Sequence[str] | None, value: Any) -> Any:
    """What is written for a value: the code of an option, 1 and 0 for a boolean without codes."""
    if isinstance(options, Mapping):
        name = str(value).lower() if isinstance(value, bool) else str(value)
        return options.get(name, value)
    return int(value) if isinstance(value, bool) else value


def _typed(found: Field, type_: ValueType, declared: InstrumentAttribute) -> Reading:
    """A field as a value of its attribute; no value where it is none of the known texts."""
    match type_:
        case ValueType.FLOAT | ValueType.INT:
            return _number(found, float if type_ is ValueType.FLOAT else _integer)
        case ValueType.BOOL:
            return _boolean(found.raw, declared.options)
        case ValueType.OPTION:
            return _option(found.raw, declared.options)
        case _:
            return Reading(found.raw)


def _number(found: Field, kind: Callable[[Any], float | int]) -> Reading:
    try:
        return Reading(kind(found.value))
    except ValueError:
        return Reading(None, found.raw)


def _integer(value: Any) -> int:
    return round(float(value))


def _boolean(raw: str, options: Mapping[str, Any] | Sequence[str] | None) -> Reading:
    named = _option(raw, options) if isinstance(options, Mapping) else Reading(raw)
    text = str(named.value).lower()
    if text in _TRUE or text in _FALSE:
        return Reading(text in _TRUE)
    return Reading(None, raw)


def _option(raw: str, options: Mapping[str, Any] | Sequence[str] | None) -> Reading:
    """The option whose code stands there; codes are compared as text, then as numbers."""
    codes = options if isinstance(options, Mapping) else {name: name for name in options or ()}
    for name, code in codes.items():
        if raw == str(code):
            return Reading(name)
    number = _as_number(raw)
    for name, code in codes.items():
        if number is not None and number == _as_number(str(code)):
            return Reading(name)
    return Reading(None, raw)


def _as_number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
