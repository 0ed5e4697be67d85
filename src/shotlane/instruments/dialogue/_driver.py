"""The driver of an instrument document with `protocol: ascii`, `scpi` or `binary`.

One request, one reply, read whole before anything else is sent. Attributes that one reply holds are one
exchange. A reply that does not fit its frame is garbled, whole, with its text; a field that says "no
sensor" is a reading without a value; a text that the document lists under `errors` is what it says there.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final

from shotlane.expression import parse_literal
from shotlane.instruments.definition._contract import ErrorContext, Identity, InstrumentError, Notify, Reading
from shotlane.instruments.definition._definition import Definition
from shotlane.instruments.dialogue._decoding import Decoder, coded, on_wire
from shotlane.instruments.dialogue._dialogue import parse_dialogue
from shotlane.instruments.dialogue._framing import Framing, Nothing, Preceded
from shotlane.instruments.dialogue._line import Line, Request, printable
from shotlane.instruments.dialogue._scpi import fault_of
from shotlane.instruments.dialogue._talk import DeviceRefusal, Fields, Message, Reply, Talk
from shotlane.instruments.ports._turns import already_told, ask_in_turn, told
from shotlane.instruments.ports._wire_driver import WireDriver
from shotlane.model import Scalar, ScalarValue

_IDENTITY_PARTS: Final = ("maker", "model", "serial", "firmware")
_LONGEST_QUEUE: Final = 30  # errors that SCPI devices keep


class AsciiDriver(WireDriver):
    """One instrument on a line that it may share."""

    def __init__(self, definition: Definition, line: Line, notify: Notify) -> None:
        super().__init__(definition, line, notify)
        self._line = line
        self._gap_s = _seconds(definition.document.gap)
        self._decoder = Decoder(definition.document)
        self._dialogue, faults = parse_dialogue(definition.document)
        if faults:
            # The document was checked before: only a driver that somebody builds by hand comes here.
            raise ValueError("; ".join(fault.message for fault in faults))
        self._old_errors = True  # the device may still list errors of what others sent, or of what failed

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
        extra = {"operation": "write", "names": [name]}
        with told(self._line, self._notify, "exchange.extra", extra):
            self._forget_old_errors()
        with self._set_up.due_when_rejected():
            message = self._set(name, value)
            with told(self._line, self._notify, "exchange.extra", extra):
                self._check_errors(name, message)

    def call(self, command: str, arguments: Mapping[str, Any]) -> Any:
        """Run a command and wait for its reply."""
        declared = self._document.commands[command]
        talk = self._dialogue.commands[command]
        shown = {name: coded(declared.parameters[name].options, value) for name, value in arguments.items()}
        message = self._composed(talk, shown, command)
        self._set_up.ensure_before(self._timeout_s)
        extra = {"operation": "call", "names": [command]}
        with told(self._line, self._notify, "exchange.extra", extra):
            self._forget_old_errors()
        takes_s = self._definition.commands[command].takes_ns / 1e9
        with self._set_up.due_when_rejected():
            fields = self._converse(talk, message, self._timeout_s + takes_s)
            with told(self._line, self._notify, "exchange.extra", extra):
                self._check_errors(command, message)
        found = fields.get(talk.field or "")
        return None if found is None else found.value

    def settle(self) -> None:
        """Listen until nothing is owed; what the device says unasked does not count."""
        self._line.settle(self._timeout_s, self._dialogue.ignored)

    def _groups(self, names: Sequence[str]) -> list[tuple[Talk, list[str]]]:
        groups: dict[tuple[str, str], tuple[Talk, list[str]]] = {}
        for name in names:
            talk = self._dialogue.queries[name]
            groups.setdefault(talk.key, (talk, []))[1].append(name)
        return list(groups.values())

    def _readings(self, talk: Talk, names: Sequence[str]) -> dict[str, Reading]:
        fields = self._converse(talk, talk.send.compose({}), self._timeout_s)
        return {name: self._reading(name, fields) for name in names}

    def _reading(self, name: str, fields: Fields) -> Reading:
        found = fields[self._dialogue.queries[name].field or ""]
        declared = self._document.attributes[name]
        return self._decoder.reading(found, self._definition.attributes[name].type, declared)

    def _put(self, name: str, value: ScalarValue) -> None:
        self._forget_old_errors()
        self._check_errors(name, self._set(name, value))

    def _set(self, name: str, value: ScalarValue) -> Message:
        talks = self._dialogue.sets[name]
        talk = talks.get(value if isinstance(value, bool | str) else None) or talks[None]
        shown = on_wire(value, self._document.attributes[name])
        message = self._composed(talk, {"value": shown}, name)
        self._converse(talk, message, self._timeout_s)
        return message

    def _composed(self, talk: Talk, values: Mapping[str, Any], what: str) -> Message:
        try:
            return talk.send.compose(values)
        except (ValueError, KeyError, TypeError) as error:
            context = ErrorContext(self._definition.resource.text, command=f"{what} {dict(values)}")
            raise InstrumentError("rejected", f"the value cannot be written: {error}", context) from error

    def _converse(self, talk: Talk, message: Message, timeout_s: float) -> Fields:
        """Send one message and read its reply, which is fetched where the device only acknowledges."""
        handshake = self._dialogue.handshake
        if handshake is None:
            return self._asked(talk.reply, message, timeout_s)
        self._asked(handshake.acknowledge, message, timeout_s)
        if handshake.enquiry is None or talk.reply is None:
            return {}
        fields = {"operation": "fetch", "names": [message.text]}
        with told(self._line, self._notify, "exchange.extra", fields):
            return self._asked(talk.reply, handshake.enquiry, timeout_s)

    def _asked(self, reply: Reply | None, message: Message, timeout_s: float) -> Fields:
        """Send bytes and read what comes."""
        framing = self._framing(reply, message)
        request = Request(
            message.text,
            message.data,
            framing,
            self._dialogue.ignored,
            self._gap_s,
            partial(_can_be_read, reply),
            partial(self._doubt, message),
        )
        begun, payload = time.monotonic(), b""
        try:
            payload = self._line.exchange(request, timeout_s)
            return {} if reply is None else reply.parse(payload)
        except InstrumentError as error:
            self._old_errors = True
            if error.fault == "timeout":
                self._set_up.due()
            raise
        except DeviceRefusal as refusal:
            if not refusal.whole:
                self._line.distrust(owed=False)
            context = self._context(message, payload, begun)
            raise InstrumentError(refusal.fault, refusal.message, context) from refusal
        except ValueError as error:
            self._old_errors = True
            self._line.distrust()
            payload = self._own(payload)
            text = _complaint(reply, payload) or "the end of the reply is damaged"
            raise InstrumentError("garbled", text, self._context(message, payload, begun)) from error

    def _own(self, payload: bytes) -> bytes:
        """A reply that makes no sense, without an unasked line that was taken for its end."""
        return payload if self._dialogue.ignored is None else self._dialogue.ignored.cut_from_end(payload)

    def _doubt(self, message: Message, received: bytes) -> None:
        """Tell that the answer to a message may have been the one to another."""
        fields = {"command": message.text, "received": printable(received[:1000])}
        self._notify("exchange.doubted", fields)

    def _framing(self, reply: Reply | None, message: Message) -> Framing | None:
        """How the reply is cut from what comes, with the echo and the unasked lines before it."""
        if reply is None and not message.echo:
            return None
        framing = Nothing() if reply is None else reply.framing
        if not message.echo and self._dialogue.ignored is None:
            return framing
        return Preceded(framing, message.echo, self._dialogue.ignored)

    def _context(self, message: Message, received: bytes, begun: float) -> ErrorContext:
        return ErrorContext(
            self._definition.resource.text,
            command=message.text,
            sent=printable(message.data),
            received=printable(received[:1000]),
            elapsed_s=time.monotonic() - begun,
        )

    def _forget_old_errors(self) -> None:
        """Empty the error queue, so that a set is not blamed for what was before it."""
        if self._dialogue.errors is not None and self._old_errors:
            with already_told("old errors were asked for"):
                self._queued_errors(self._dialogue.errors)
            self._old_errors = False

    def _check_errors(self, name: str, message: Message) -> None:
        """Raise `InstrumentError` when the device lists an error after a set or command that was sent."""
        if self._dialogue.errors is None:
            return
        sent = printable(message.data)
        try:
            errors = self._queued_errors(self._dialogue.errors)
        except InstrumentError as error:
            text = f"{error.message}, when it was asked for errors after {name}"
            raise InstrumentError(error.fault, text, replace(error.context, sent=sent)) from error
        if errors:
            code, text = errors[0]
            listed = "; ".join(f"{code}, {text}" for code, text in errors)
            context = ErrorContext(self._definition.resource.text, None, None, message.text, sent, listed)
            raise InstrumentError(fault_of(code), f"the device says {code}, {text}", context)

    def _queued_errors(self, talk: Talk) -> list[tuple[int, str]]:
        """All errors that the device lists, oldest first."""
        errors: list[tuple[int, str]] = []
        while len(errors) < _LONGEST_QUEUE:
            fields = self._converse(talk, talk.send.compose({}), self._timeout_s)
            code = fields["code"].value
            if not isinstance(code, int) or code == 0:
                break
            errors.append((code, fields["text"].raw))
        return errors

    def _identify(self) -> Identity:
        declared = self._document.identity
        parts: dict[str, Any] = {
            part: text for part in _IDENTITY_PARTS if isinstance(text := getattr(declared, part, None), str)
        }
        if self._dialogue.identity is not None:
            fields: dict[str, Any] = {"identity": {}}
            with told(self._line, self._notify, "instrument.identified", fields):
                talk = self._dialogue.identity
                answered = self._converse(talk, talk.send.compose({}), self._timeout_s)
                parts |= {part: raw for part in _IDENTITY_PARTS if (raw := _said(answered, part))}
                fields["identity"] = parts
        return Identity(**parts)


def _can_be_read(reply: Reply | None, payload: bytes) -> bool:
    """Whether a payload is such a reply, a refusal included."""
    return _complaint(reply, payload) is None


def _complaint(reply: Reply | None, payload: bytes) -> str | None:
    """Why a payload is no such reply; None where it is, or a refusal."""
    try:
        if reply is not None:
            reply.parse(payload)
    except DeviceRefusal:
        return None
    except ValueError as error:
        return str(error)
    return None


def _said(fields: Fields, part: str) -> str:
    return fields[part].raw.strip() if part in fields else ""


def _seconds(gap: Scalar | None) -> float:
    literal = parse_literal(gap) if isinstance(gap, str) else None
    return literal[0] if literal is not None else float(gap or 0)
