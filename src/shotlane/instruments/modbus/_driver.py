"""The driver of an instrument document with `protocol: modbus`.

A reading of several attributes is as few requests as the device's layout allows; a `valid:` register
travels with the value it speaks of where both fit into one request. A value that the device itself calls
invalid is no value: None with a text that says why, never the number that happens to stand in the register.
Some bits of a register are set by reading it first, which is told as `exchange.extra`, unless the device
can change bits itself.
"""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from typing import Any, Final

from shotlane.instruments.definition._contract import ErrorContext, Identity, InstrumentError, Notify, Reading
from shotlane.instruments.definition._definition import Definition
from shotlane.instruments.modbus._blocks import BlockReader
from shotlane.instruments.modbus._line import ModbusLine
from shotlane.instruments.modbus._map import (
    Quantity,
    command_quantity,
    command_value,
    identity_quantity,
    quantities_of,
)
from shotlane.instruments.modbus._registers import Place
from shotlane.instruments.ports._turns import already_told, told
from shotlane.instruments.ports._wire_driver import WireDriver
from shotlane.model import IdentityPart, ScalarValue

_IDENTITY_PARTS: Final = ("maker", "model", "serial", "firmware")


class ModbusDriver(WireDriver):
    """One unit behind a Modbus line."""

    def __init__(self, definition: Definition, line: ModbusLine, notify: Notify) -> None:
        super().__init__(definition, line, notify)
        self._line = line
        self._unit = int(definition.resource.query.get("unit", "1"))
        line.tell_doubt(self._unit, self._doubt)
        self._quantities = quantities_of(definition.document, definition.attributes)
        readable = {name: self._quantities[name] for name, it in definition.attributes.items() if it.readable}
        self._blocks = BlockReader(readable, definition.document.max_registers, line, self._ask, notify)

    def read(self, names: Sequence[str]) -> Mapping[str, Reading]:
        """Read attributes in as few requests as possible."""
        self._set_up.ensure_before(self._timeout_s)
        answers = self._blocks.read(tuple(names))
        return {name: _reading(self._quantities[name], answers) for name in names}

    def write(self, name: str, value: Any) -> None:
        """Set an attribute in one request."""
        self._set_up.ensure_before(self._timeout_s)
        with self._set_up.due_when_rejected():
            self._send(self._quantities[name], value, name, self._timeout_s, telling=True)

    def call(self, command: str, arguments: Mapping[str, Any]) -> Any:
        """Write the command's number to its register or coil."""
        declared = self._document.commands[command]
        quantity = command_quantity(self._document, declared)
        value = command_value(declared, arguments)
        self._encoded(quantity, value, command)  # before anything is sent
        self._set_up.ensure_before(self._timeout_s)
        takes_s = self._definition.commands[command].takes_ns / 1e9
        with self._set_up.due_when_rejected():
            self._send(quantity, value, command, self._timeout_s + takes_s, telling=True)

    def _put(self, name: str, value: ScalarValue) -> None:
        self._send(self._quantities[name], value, name, self._timeout_s, telling=False)

    def _send(
        self, quantity: Quantity, value: ScalarValue, what: str, timeout_s: float, *, telling: bool
    ) -> None:
        """Set a quantity. `telling`: a request before it is told here, and not by whoever asks."""
        words = self._encoded(quantity, value, what)
        place, bits = quantity.place, quantity.codec.bits
        try:
            if bits is not None and quantity.writes == "mask" and place.count == 1:
                (mask,) = quantity.codec.order.unpack(bits.mask.to_bytes(2, "big"))
                self._line.write_bits(place, ~mask & 0xFFFF, words[0], self._unit, timeout_s)
                return
            if bits is not None:
                words = self._encoded(quantity, value, what, self._current(place, what, telling=telling))
            several = quantity.writes == "multiple"
            self._line.write(place, words, self._unit, timeout_s, several=several)
        except InstrumentError as error:
            self._note(error)
            raise

    def _current(self, place: Place, what: str, *, telling: bool) -> Sequence[int]:
        """What a register holds of which some bits are set."""
        fields = {"operation": "write", "names": [what]}
        extra = told(self._line, self._notify, "exchange.extra", fields) if telling else nullcontext()
        with already_told("its register was read"), extra:
            return self._line.read(place, self._unit, self._timeout_s)

    def _ask(self, place: Place) -> Sequence[int]:
        try:
            return self._line.read(place, self._unit, self._timeout_s)
        except InstrumentError as error:
            self._note(error)
            raise

    def _note(self, error: InstrumentError) -> None:
        """A device that was switched off and on answers like one that was merely slow."""
        if error.fault == "timeout":
            self._set_up.due()

    def _doubt(self, command: str, received: bytes) -> None:
        """Tell that the answer to a request may have been the one to another."""
        self._notify("exchange.doubted", {"command": command, "received": received[:1000].hex(" ")})

    def _encoded(
        self, quantity: Quantity, value: ScalarValue, what: str, words: Sequence[int] = ()
    ) -> tuple[int, ...]:
        try:
            return quantity.codec.encode(value, words or (0,) * quantity.place.count)
        except ValueError as error:
            context = ErrorContext(self._definition.resource.text, command=f"{what} = {value!r}")
            raise InstrumentError("rejected", str(error), context) from error

    def _identify(self) -> Identity:
        declared = self._document.identity
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

    def _asked(self, part: IdentityPart) -> str | None:
        quantity = identity_quantity(self._document, part)
        reading = quantity.codec.decode(self._line.read(quantity.place, self._unit, self._timeout_s))
        return reading.raw if reading.value is None else str(reading.value)


def _reading(quantity: Quantity, answers: Mapping[Place, Sequence[int] | InstrumentError]) -> Reading:
    words: list[Sequence[int]] = []
    for place in quantity.places:
        answer = answers[place]
        if isinstance(answer, InstrumentError):
            return Reading(None, None, answer)
        words.append(answer)
    if quantity.valid is not None and (complaint := quantity.valid.complaint(words[1])) is not None:
        return Reading(None, complaint)
    return quantity.codec.decode(words[0])
