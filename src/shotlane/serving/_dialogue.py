"""Devices that speak in texts or bytes, from their own side: a request is found, carried out and answered.

What no template of a document fits is answered with its text for `rejected`; a SCPI device notes an error
and keeps silent, like every device whose document names no such text.
"""

import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from shotlane.instruments import RefusedValueError
from shotlane.instruments.dialogue._decoding import Decoder, coded, on_wire
from shotlane.instruments.dialogue._dialogue import Dialogue, SetKey, parse_dialogue
from shotlane.instruments.dialogue._envelope import line_end
from shotlane.instruments.dialogue._talk import Reply, Talk
from shotlane.instruments.dialogue._template import Field
from shotlane.model import CommandArgument, InstrumentAttribute, ValueType
from shotlane.serving._device import Outcome, ServedDevice
from shotlane.serving._matching import Pattern, Value, pattern_of
from shotlane.serving._reply import Composer

_NUMBERS: Final = (ValueType.FLOAT, ValueType.INT)
_LONGEST: Final = 1 << 16
_STALE_S: Final = 0.2
_UNDEFINED: Final = (-113, "Undefined header")
_OUT_OF_RANGE: Final = (-222, "Data out of range")
_NO_ERROR: Final = (0, "No error")
_COMMON: Final = {"*CLS": "", "*RST": "", "*OPC?": "1", "*ESR?": "0", "*STB?": "0"}


@dataclass(frozen=True, slots=True)
class _Exchange:
    """One request that the device knows. `act` does it and gives the answer."""

    names: tuple[str, ...]
    pattern: Pattern
    act: Callable[[Mapping[str, Field]], bytes]
    talk: Talk


class ServedDialogue:
    """All exchanges of one device."""

    def __init__(self, device: ServedDevice) -> None:
        self._device = device
        self._document = device.definition.document
        self._is_scpi = self._document.protocol == "scpi"
        self.is_text = self._document.protocol != "binary"
        self._composer = Composer(self._document)
        self._decoder = Decoder(self._document)
        self._errors: deque[tuple[int, str]] = deque(maxlen=30)
        dialogue, _ = parse_dialogue(self._document)
        self._dialogue = dialogue
        self._handshake = dialogue.handshake
        self._held = b""  # the reply that is fetched by an enquiry
        known = [*self._queries(), *self._sets(), *self._commands(), *self._own(dialogue)]
        # A fixed text before one with a value, which might take it for one.
        self._exchanges = sorted(known, key=lambda one: not one.pattern.is_fixed)
        self.end = (line_end(self._document.write) or "").encode(self._document.encoding)

    def find(self, data: bytes) -> tuple[int, Callable[[], Outcome]] | None:
        """How many bytes the request takes that stands first, and what answers it."""
        enquiry = self._handshake.enquiry if self._handshake is not None else None
        if enquiry is not None and data.startswith(enquiry.data):
            return len(enquiry.data), partial(self._fetch, enquiry.data)
        for exchange in self._exchanges:
            found = exchange.pattern.match(data)
            if found is not None:
                size, fields = found
                return size, partial(self._take, exchange, data[:size], fields)
        return None

    def unknown(self, request: bytes) -> Outcome:
        """What goes back for what the document does not know."""
        text = request.decode("latin-1").strip().upper()
        if self._is_scpi and text in _COMMON:
            if text == "*CLS":
                self._errors.clear()
            answer = self._composer.line(_COMMON[text]) if _COMMON[text] else b""
        else:
            self._errors.append(_UNDEFINED)
            answer = self._composer.refusal("rejected")
        return self._device.take(_shown(request), (), lambda: answer, self._composer.refusal("refused"))

    def _take(self, exchange: _Exchange, request: bytes, fields: Mapping[str, Field]) -> Outcome:
        busy = self._composer.refusal("refused")
        outcome = self._device.take(
            _shown(request), exchange.names, lambda: self._done(exchange, fields), busy
        )
        echo = self._echo(exchange, request)
        return replace(outcome, data=echo + outcome.data) if outcome.data or echo else outcome

    def _fetch(self, request: bytes) -> Outcome:
        """Give the reply that was acknowledged."""
        held, self._held = self._held, b""
        return self._device.take(_shown(request), (), lambda: held, self._composer.refusal("refused"))

    def _acknowledged(self, reply: bytes) -> bytes:
        """What goes back at once: the reply, or that it may be fetched."""
        if self._handshake is None:
            return reply
        self._held = reply
        return self._composer.reply(self._handshake.acknowledge, lambda _: None)

    def _done(self, exchange: _Exchange, fields: Mapping[str, Field]) -> bytes:
        try:
            return self._acknowledged(exchange.act(fields))
        except (RefusedValueError, ValueError, TypeError):
            self._errors.append(_OUT_OF_RANGE)
            refused = self._composer.refusal("rejected")
            if refused or exchange.talk.reply is None:
                return refused
            return self._composer.reply(exchange.talk.reply, self._fields_of(exchange.talk.reply, {}))

    def _echo(self, exchange: _Exchange, request: bytes) -> bytes:
        echo = self._document.echo
        if not isinstance(echo, str):
            return request if echo else b""
        command = request[: len(request) - len(self.end)].decode(self._document.encoding, "replace")
        return echo.replace("{command}", command).encode(self._document.encoding)

    def _queries(self) -> Iterator[_Exchange]:
        groups: dict[tuple[str, str], list[str]] = {}
        for name, talk in self._dialogue.queries.items():
            groups.setdefault(talk.key, []).append(name)
        for names in groups.values():
            talk = self._dialogue.queries[names[0]]
            own = {self._dialogue.queries[name].field or "": name for name in names}
            yield self._exchange(names, talk, {}, partial(self._read, talk, own))

    def _sets(self) -> Iterator[_Exchange]:
        for name, talks in self._dialogue.sets.items():
            declared, attribute = self._document.attributes[name], self._device.attributes[name]
            query = self._dialogue.queries.get(name)
            for fixed, talk in talks.items():
                own = (
                    {query.field or "": name}
                    if query and query.reply and talk.reply and (query.reply.key == talk.reply.key)
                    else {}
                )
                value = _value_of(attribute.type in _NUMBERS, declared)
                if fixed is not None:
                    value = Value(False, (coded(declared.options, fixed),))
                act = partial(self._set, name, fixed, talk, own)
                yield self._exchange([name], talk, {"value": value}, act)

    def _commands(self) -> Iterator[_Exchange]:
        for name, talk in self._dialogue.commands.items():
            parameters = self._document.commands[name].parameters
            values = {
                key: _value_of(one.type in ("float", "int") and not one.options, one)
                for key, one in parameters.items()
            }
            yield self._exchange([name], talk, values, partial(self._call, name, talk))

    def _own(self, dialogue: Dialogue) -> Iterator[_Exchange]:
        """Who it is, and its errors."""
        if dialogue.identity is not None and dialogue.identity.reply is not None:
            reply = dialogue.identity.reply
            answer = partial(self._composer.reply, reply, self._device.identity.get)
            yield self._exchange([], dialogue.identity, {}, lambda _: answer())
        if dialogue.errors is not None:
            errors = dialogue.errors
            yield self._exchange([], errors, {}, lambda _: self._next_error(errors))

    def _exchange(
        self,
        names: Sequence[str],
        talk: Talk,
        values: Mapping[str, Value],
        act: Callable[[Mapping[str, Field]], bytes],
    ) -> _Exchange:
        return _Exchange(tuple(names), pattern_of(talk.send, values, any_case=self._is_scpi), act, talk)

    def _next_error(self, talk: Talk) -> bytes:
        code, text = self._errors.popleft() if self._errors else _NO_ERROR
        assert talk.reply is not None
        return self._composer.reply(talk.reply, {"code": code, "text": f'"{text}"'}.get)

    def _set(
        self,
        name: str,
        fixed: SetKey,
        talk: Talk,
        own: Mapping[str, str],
        fields: Mapping[str, Field],
    ) -> bytes:
        value: Any = fixed
        if fixed is None:
            declared = self._document.attributes[name]
            value = self._decoder.reading(fields["value"], self._device.attributes[name].type, declared).value
        self._device.write(name, self._device.checked(name, value))
        return self._answered(talk, own)

    def _call(self, name: str, talk: Talk, fields: Mapping[str, Field]) -> bytes:
        parameters = self._document.commands[name].parameters
        self._device.call(name, {key: _argument(parameters[key], one) for key, one in fields.items()})
        return self._answered(talk, {})

    def _read(self, talk: Talk, own: Mapping[str, str], _: Mapping[str, Field]) -> bytes:
        return self._answered(talk, own)

    def _answered(self, talk: Talk, own: Mapping[str, str]) -> bytes:
        return (
            b"" if talk.reply is None else self._composer.reply(talk.reply, self._fields_of(talk.reply, own))
        )

    def _fields_of(self, reply: Reply, own: Mapping[str, str]) -> Callable[[str], Any]:
        """The values of the fields of a reply: of what is asked for, else of what is read from its like."""
        like = {
            talk.field or "": name
            for name, talk in self._dialogue.queries.items()
            if talk.reply is not None and talk.reply.key == reply.key
        }
        if len(reply.types) == 1:
            like = {}  # one frame for many: which one is meant is said by the request alone
        sources = {**like, **own}

        def value(field: str) -> Any:
            name = sources.get(field)
            if name is None:
                return self._device.identity.get(field)
            return on_wire(self._device.read(name), self._document.attributes[name])

        return value


class Lines:
    """What comes on one wire, for all devices that listen there."""

    def __init__(self, devices: Sequence[ServedDialogue]) -> None:
        self._devices = devices
        self._end = devices[0].end
        self._is_text = devices[0].is_text
        self._buffer = b""
        self._came_s = 0.0

    def feed(self, data: bytes) -> Iterator[Outcome]:
        """What goes back for what has come."""
        now_s = time.monotonic()
        if not self._end and now_s - self._came_s > _STALE_S:
            self._buffer = b""  # what nobody understood
        self._came_s = now_s
        self._buffer += data
        while self._buffer:
            found = next((one for device in self._devices if (one := device.find(self._buffer))), None)
            if found is not None:
                size, answer = found
                self._buffer = self._buffer[size:]
                yield _spoilt(answer(), is_text=self._is_text)
            elif self._end and self._end in self._buffer:
                at = self._buffer.index(self._end) + len(self._end)
                line, self._buffer = self._buffer[:at], self._buffer[at:]
                if len(self._devices) == 1:
                    yield _spoilt(self._devices[0].unknown(line), is_text=self._is_text)
            else:
                self._buffer = self._buffer[-_LONGEST:]
                return


def _spoilt(outcome: Outcome, *, is_text: bool) -> Outcome:
    """The answer, damaged where it is to be, but for its end: a text at both ends of its first half."""
    data = outcome.data
    if not outcome.is_garbled or not data:
        return outcome
    if not is_text:
        return replace(outcome, data=data[:-1] + bytes([data[-1] ^ 0x5A]))
    at = max(len(data) // 2 - 1, 1)
    return replace(outcome, data=b"\x7f" + data[1:at] + b"#" + data[at + 1 :])


def _value_of(is_number: bool, declared: InstrumentAttribute | CommandArgument) -> Value:
    """What may stand in a template for an attribute or an argument."""
    options = declared.options
    if options:
        codes = options.values() if isinstance(options, Mapping) else options
        return Value(False, tuple(codes))
    if declared.type == "bool":
        return Value(False, (1, 0))
    return Value(is_number)


def _argument(declared: CommandArgument, found: Field) -> Any:
    for option in declared.options or ():
        if str(coded(declared.options, option)) == found.raw:
            return option
    if declared.type == "bool":
        return found.raw in ("1", "true", "on")
    return str(found.raw) if declared.type == "text" else found.value


def _shown(request: bytes) -> str:
    return request.decode("latin-1")
