"""The driver of an instrument document with `protocol: modbus`.

A reading of several attributes is as few requests as the device's layout allows; a `valid:` register
travels with the value it speaks of where both fit into one request. A value that the device itself calls
invalid is no value: None with a text that says why, never the number that happens to stand in the register.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from shotlane.instruments._contract import ErrorContext, Identity, InstrumentError, Notify, Reading
from shotlane.instruments._definition import Definition
from shotlane.instruments._modbus_client import ModbusLine
from shotlane.instruments._registers import Codec, Place, RegisterKind, requests
from shotlane.instruments._turns import SetUp, ask_in_turn, told
from shotlane.model import (
    Attribute,
    Command,
    IdentityPart,
    InstrumentAttribute,
    InstrumentCommand,
    InstrumentDocument,
    Register,
    ScalarValue,
    Valid,
    ValueType,
)

# What an attribute's `type` means on the wire where it does not name a layout.
_LAYOUTS: Final = {"float": "float32", "int": "uint16", "bool": "uint16", "option": "uint16", None: "uint16"}
_IDENTITY_PARTS: Final = ("maker", "model", "serial", "firmware")


@dataclass(frozen=True, slots=True)
class _Validity:
    place: Place
    codec: Codec
    good: tuple[int, ...]

    def complaint(self, words: Sequence[int]) -> str | None:
        """Why the value means nothing, or None."""
        number = self.codec.decode(words).value
        return None if number in self.good else f"valid register {self.place.address} is {number}"


@dataclass(frozen=True, slots=True)
class _Quantity:
    place: Place
    codec: Codec
    valid: _Validity | None = None

    @property
    def places(self) -> tuple[Place, ...]:
        return (self.place,) if self.valid is None else (self.place, self.valid.place)


@dataclass(frozen=True, slots=True)
class _Fetch:
    """How one set of attributes is read: the requests, and where in their answers each place stands."""

    blocks: tuple[Place, ...]
    names: tuple[tuple[str, ...], ...]  # of each block
    found: Mapping[Place, tuple[int, slice]]


class ModbusDriver:
    """One unit behind a Modbus line."""

    def __init__(self, definition: Definition, line: ModbusLine, notify: Notify) -> None:
        self._definition = definition
        self._line = line
        self._notify = notify
        self._unit = int(definition.resource.query.get("unit", "1"))
        self._timeout_s = definition.timeout_s
        document = definition.document
        self._quantities = {
            name: _quantity(document, document.attributes[name], attribute)
            for name, attribute in definition.attributes.items()
        }
        self._known = [place for quantity in self._quantities.values() for place in quantity.places]
        self._fetches: dict[tuple[str, ...], _Fetch] = {}
        self._set_up = SetUp(definition.setup, line, self._put, notify, definition.resource.text)

    def open(self) -> Identity:
        """Connect, ask who answers, send the set-up."""
        self._line.take(self, self._timeout_s)
        identity = self._identify()
        self._set_up.begin(self._timeout_s)
        return identity

    def attributes(self) -> Mapping[str, Attribute]:
        """What can be read and written."""
        return self._definition.attributes

    def commands(self) -> Mapping[str, Command]:
        """What can be called."""
        return self._definition.commands

    def read(self, names: Sequence[str]) -> Mapping[str, Reading]:
        """Read attributes in as few requests as possible."""
        self._set_up.ensure_before(self._timeout_s)
        fetch = self._fetch(tuple(names))
        turns = [
            (block_names, partial(self._line.read, block, self._unit, self._timeout_s))
            for block, block_names in zip(fetch.blocks, fetch.names, strict=True)
        ]
        answers = ask_in_turn(turns, self._line, self._notify)
        return {name: _reading(self._quantities[name], fetch, answers) for name in names}

    def write(self, name: str, value: Any) -> None:
        """Set an attribute in one request."""
        self._set_up.ensure_before(self._timeout_s)
        self._put(name, value)

    def call(self, command: str, arguments: Mapping[str, Any]) -> Any:
        """Write the command's number to its register or coil."""
        declared = self._definition.document.commands[command]
        place, codec = _command_register(self._definition.document, declared)
        words = self._encoded(codec, _command_value(declared, arguments), command)
        self._set_up.ensure_before(self._timeout_s)
        takes_s = self._definition.commands[command].takes_ns / 1e9
        self._line.write(place, words, self._unit, self._timeout_s + takes_s)

    def make_safe(self) -> None:
        """Nothing beyond the declared safe values."""

    def close(self) -> None:
        """Let go of the line."""
        self._line.release(self)

    def _put(self, name: str, value: ScalarValue) -> None:
        quantity = self._quantities[name]
        words = self._encoded(quantity.codec, value, name)
        self._line.write(quantity.place, words, self._unit, self._timeout_s)

    def _encoded(self, codec: Codec, value: ScalarValue, what: str) -> tuple[int, ...]:
        try:
            return codec.encode(value)
        except ValueError as error:
            context = ErrorContext(self._definition.resource.text, command=f"{what} = {value!r}")
            raise InstrumentError("rejected", str(error), context) from error

    def _fetch(self, names: tuple[str, ...]) -> _Fetch:
        fetch = self._fetches.get(names)
        if fetch is None:
            fetch = self._fetches[names] = self._planned(names)
        return fetch

    def _planned(self, names: tuple[str, ...]) -> _Fetch:
        quantities = {name: self._quantities[name] for name in names}
        places = [place for quantity in quantities.values() for place in quantity.places]
        blocks = tuple(requests(places, self._known, most=self._definition.document.block))
        return _Fetch(
            blocks,
            tuple(
                tuple(n for n, q in quantities.items() if any(block.covers(p) for p in q.places))
                for block in blocks
            ),
            {place: _position(place, blocks) for place in places},
        )

    def _identify(self) -> Identity:
        declared = self._definition.document.identity
        if declared is None:
            return Identity()
        parts = {part: getattr(declared, part) for part in _IDENTITY_PARTS}
        asked = [part for part in parts.values() if isinstance(part, IdentityPart)]
        if not asked:
            return Identity(**parts)
        fields: dict[str, Any] = {"identity": {}}
        with told(self._line, self._notify, "instrument.identified", fields):
            for name, part in parts.items():
                if isinstance(part, IdentityPart):
                    parts[name] = self._asked(part)
            fields["identity"] = parts
        return Identity(**parts)

    def _asked(self, part: IdentityPart) -> str:
        codec = _plain_codec(self._definition.document, part, part.type)
        words = self._line.read(_place(part, codec.width), self._unit, self._timeout_s)
        return str(codec.decode(words).value)


def _reading(
    quantity: _Quantity, fetch: _Fetch, answers: Sequence[Sequence[int] | InstrumentError]
) -> Reading:
    words: list[Sequence[int]] = []
    for place in quantity.places:
        index, part = fetch.found[place]
        answer = answers[index]
        if isinstance(answer, InstrumentError):
            return Reading(None, None, answer)
        words.append(answer[part])
    if quantity.valid is not None and (complaint := quantity.valid.complaint(words[1])) is not None:
        return Reading(None, complaint)
    return quantity.codec.decode(words[0])


def _position(place: Place, blocks: Sequence[Place]) -> tuple[int, slice]:
    index = next(index for index, block in enumerate(blocks) if block.covers(place))
    start = place.address - blocks[index].address
    return index, slice(start, start + place.count)


def _quantity(document: InstrumentDocument, declared: InstrumentAttribute, attribute: Attribute) -> _Quantity:
    codec = Codec(
        type=_layout(declared),
        low_first=(declared.words or document.words) == "low_first",
        value_type=attribute.type,
        scale=1.0 if declared.scale is None else float(declared.scale),
        offset=0.0 if declared.offset is None else float(declared.offset),
        codes=_codes(declared),
    )
    valid = None if declared.valid is None else _validity(document, declared.valid)
    return _Quantity(_place(declared, codec.width), codec, valid)


def _layout(declared: InstrumentAttribute) -> str:
    if declared.coil is not None or declared.discrete is not None:
        return "bit"
    return _LAYOUTS.get(declared.type, declared.type or "uint16")


def _codes(declared: InstrumentAttribute) -> dict[str, int]:
    if isinstance(declared.options, dict):
        return {name: int(code) for name, code in declared.options.items()}
    return {name: code for code, name in enumerate(declared.options or ())}


def _validity(document: InstrumentDocument, declared: Valid) -> _Validity:
    codec = _plain_codec(document, declared, declared.type)
    good = declared.is_ if isinstance(declared.is_, list) else [declared.is_]
    return _Validity(_place(declared, codec.width), codec, tuple(good))


def _plain_codec(document: InstrumentDocument, part: Valid | Register, type_: str) -> Codec:
    value_type = ValueType.FLOAT if type_ == "float32" else ValueType.INT
    return Codec(type_, (part.words or document.words) == "low_first", value_type)


def _place(part: Register | Valid | InstrumentCommand, width: int) -> Place:
    for kind in RegisterKind:
        address = getattr(part, kind.value, None)
        if address is not None:
            return Place(kind, int(address), width)
    raise ValueError("no register is given")


def _command_register(document: InstrumentDocument, declared: InstrumentCommand) -> tuple[Place, Codec]:
    if declared.coil is not None:
        return _place(declared, 1), Codec("bit", value_type=ValueType.BOOL)
    low_first = (declared.words or document.words) == "low_first"
    codec = Codec(declared.type, low_first, ValueType.FLOAT)
    return _place(declared, codec.width), codec


def _command_value(declared: InstrumentCommand, arguments: Mapping[str, Any]) -> ScalarValue:
    """The number that a command writes: its `value`, or the argument that `{name}` names."""
    value = declared.value
    if isinstance(value, str):
        return _coded(declared, value.strip("{} "), arguments)
    return True if value is None else value


def _coded(declared: InstrumentCommand, name: str, arguments: Mapping[str, Any]) -> ScalarValue:
    value: ScalarValue = arguments[name]
    options = declared.parameters[name].options
    return value if not isinstance(options, dict) else float(options[str(value)])
