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
from shotlane.instruments._modbus_map import (
    Quantity,
    command_register,
    command_value,
    identity_register,
    quantity_of,
)
from shotlane.instruments._registers import Codec, Place, requests
from shotlane.instruments._turns import SetUp, already_told, ask_in_turn, told
from shotlane.model import Attribute, Command, IdentityPart, ScalarValue

_IDENTITY_PARTS: Final = ("maker", "model", "serial", "firmware")


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
            name: quantity_of(document, document.attributes[name], attribute)
            for name, attribute in definition.attributes.items()
        }
        self._known = [place for quantity in self._quantities.values() for place in quantity.places]
        self._fetches: dict[tuple[str, ...], _Fetch] = {}
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
        place, codec = command_register(self._definition.document, declared)
        words = self._encoded(codec, command_value(declared, arguments), command)
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
        place, codec = identity_register(self._definition.document, part)
        words = self._line.read(place, self._unit, self._timeout_s)
        return str(codec.decode(words).value)


def _reading(
    quantity: Quantity, fetch: _Fetch, answers: Sequence[Sequence[int] | InstrumentError]
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
