"""A Modbus device as its own instrument document describes it: the other side of the registers.

Only what stands in the document exists; everything else is answered with an exception, as a device does.
Functions and exceptions after the Modbus Application Protocol 1.1b3, section 6.
"""

import struct
from collections.abc import Iterator, Sequence
from typing import Any, Final

from shotlane.instruments import RefusedValueError
from shotlane.instruments.modbus._map import (
    Quantity,
    command_quantity,
    identity_quantity,
    quantities_of,
)
from shotlane.instruments.modbus._registers import Place, RegisterKind
from shotlane.model import IdentityPart, ValueType
from shotlane.serving._device import Outcome, ServedDevice

_READS: Final = {
    1: RegisterKind.COIL,
    2: RegisterKind.DISCRETE,
    3: RegisterKind.HOLDING,
    4: RegisterKind.INPUT,
}
_WRITES: Final = {
    5: RegisterKind.COIL,
    15: RegisterKind.COIL,
    6: RegisterKind.HOLDING,
    16: RegisterKind.HOLDING,
    22: RegisterKind.HOLDING,
}
_ILLEGAL_FUNCTION, _ILLEGAL_ADDRESS, _ILLEGAL_VALUE, _BUSY = 1, 2, 3, 6
_MOST_BITS: Final = 2000


class _Refusal(Exception):
    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class ServedUnit:
    """Answers requests without their frame."""

    def __init__(self, device: ServedDevice) -> None:
        document = device.definition.document
        self._device = device
        self._most = document.max_registers
        self._quantities = quantities_of(document, device.attributes)
        self._commands = {name: command_quantity(document, one) for name, one in document.commands.items()}
        self._declared = document.commands
        self._identity = {
            part: identity_quantity(document, declared)
            for part in ("maker", "model", "serial", "firmware")
            if isinstance(declared := getattr(document.identity, part, None), IdentityPart)
        }

    def answer(self, pdu: bytes) -> Outcome:
        """What goes back for a request."""
        function = pdu[0]
        kind = _READS.get(function) or _WRITES.get(function)
        names: list[str] = []
        if kind is not None and len(pdu) >= 5:
            address, second = struct.unpack_from(">HH", pdu, 1)
            asked = Place(kind, address, 1 if function in (5, 6, 22) else max(second, 1))
            known = [*self._quantities.items(), *(self._commands.items() if function in _WRITES else ())]
            names = [name for name, one in known if _overlap(one.place, asked)]
        busy = bytes([function | 0x80, _BUSY])
        return self._device.take(pdu.hex(" "), names, lambda: self._answered(pdu), busy)

    def _answered(self, pdu: bytes) -> bytes:
        function = pdu[0]
        try:
            return bytes([function]) + self._done(function, pdu[1:])
        except _Refusal as refusal:
            return bytes([function | 0x80, refusal.code])
        except (struct.error, IndexError):
            return bytes([function | 0x80, _ILLEGAL_VALUE])

    def _done(self, function: int, body: bytes) -> bytes:
        if function not in _READS and function not in _WRITES:
            raise _Refusal(_ILLEGAL_FUNCTION)
        address, second = struct.unpack_from(">HH", body)
        if function in _READS:
            return self._read(Place(_READS[function], address, second))
        kind = _WRITES[function]
        if function == 22:
            (put,) = struct.unpack_from(">H", body, 4)
            (now,) = self._words(Place(kind, address, 1))
            self._write(Place(kind, address, 1), [now & second | put & ~second & 0xFFFF])
            return body[:6]
        if function == 5 and second not in (0, 0xFF00):
            raise _Refusal(_ILLEGAL_VALUE)
        match function:
            case 5:
                values = [int(second == 0xFF00)]
            case 6:
                values = [second]
            case 15:
                values = [body[5 + at // 8] >> at % 8 & 1 for at in range(second)]
            case _:
                values = list(struct.unpack_from(f">{second}H", body, 5))
        if not values:
            raise _Refusal(_ILLEGAL_VALUE)
        self._write(Place(kind, address, len(values)), values)
        return body[:4]

    def _read(self, asked: Place) -> bytes:
        most = _MOST_BITS if asked.kind.is_bit else self._most
        if not 1 <= asked.count <= most:
            raise _Refusal(_ILLEGAL_VALUE)
        words = self._words(asked)
        if not asked.kind.is_bit:
            return bytes([2 * asked.count]) + struct.pack(f">{asked.count}H", *words)
        data = bytearray(-(-asked.count // 8))
        for at, bit in enumerate(words):
            data[at // 8] |= bool(bit) << at % 8
        return bytes([len(data)]) + bytes(data)

    def _words(self, asked: Place) -> list[int]:
        """What stands in consecutive addresses, all of which must exist."""
        words = self._image(asked)
        if any(at not in words for at in range(asked.address, asked.end)):
            raise _Refusal(_ILLEGAL_ADDRESS)
        return [words[at] for at in range(asked.address, asked.end)]

    def _image(self, asked: Place) -> dict[int, int]:
        """The words of every quantity that has a part of what is asked."""
        words: dict[int, int] = {}
        for quantity, value in self._values(asked):
            place = quantity.place
            at = range(place.address, place.end)
            try:
                held = quantity.codec.encode(value, [words.get(one, 0) for one in at])
            except (ValueError, TypeError):
                held = (0,) * place.count  # a register cannot hold what the simulation makes of it
            words |= dict(zip(at, held, strict=True))
        return words

    def _values(self, asked: Place) -> Iterator[tuple[Quantity, Any]]:
        for quantity in self._commands.values():
            if _overlap(quantity.place, asked):
                yield quantity, 0
        for part, quantity in self._identity.items():
            if _overlap(quantity.place, asked):
                is_text = quantity.codec.value_type is ValueType.TEXT
                yield quantity, self._device.identity[part][: 2 * quantity.codec.length] if is_text else 0
        for name, quantity in self._quantities.items():
            if _overlap(quantity.place, asked):
                yield quantity, self._device.read(name)
        for quantity in self._quantities.values():
            valid = quantity.valid
            if valid is not None and _overlap(valid.place, asked):
                yield Quantity(valid.place, valid.codec), valid.good[0]

    def _write(self, asked: Place, values: Sequence[int]) -> None:
        """Set everything that the words belong to, or nothing."""
        words = self._image(asked)
        if any(at not in words for at in range(asked.address, asked.end)):
            raise _Refusal(_ILLEGAL_ADDRESS)
        words |= dict(zip(range(asked.address, asked.end), values, strict=True))
        sets: dict[str, Any] = {}
        writable = False
        for name, quantity in self._quantities.items():
            if not _overlap(quantity.place, asked) or not self._device.attributes[name].writable:
                continue
            writable = True
            held = [words[at] for at in range(quantity.place.address, quantity.place.end)]
            meant = quantity.codec.decode(held).value
            if meant is not None:  # several quantities may share a register, each with codes of its own
                sets[name] = self._checked(name, meant)
        calls = [
            (name, arguments)
            for name, quantity in self._commands.items()
            if _overlap(quantity.place, asked)
            and (arguments := self._arguments(name, quantity, words)) is not None
        ]
        if not sets and not calls:
            is_command = any(_overlap(one.place, asked) for one in self._commands.values())
            raise _Refusal(_ILLEGAL_VALUE if writable or is_command else _ILLEGAL_ADDRESS)
        for name, value in sets.items():
            self._device.write(name, value)
        for name, arguments in calls:
            self._call(name, arguments)

    def _checked(self, name: str, raw: Any) -> Any:
        try:
            return self._device.checked(name, raw)
        except RefusedValueError as error:
            raise _Refusal(_ILLEGAL_VALUE) from error

    def _call(self, name: str, arguments: dict[str, Any]) -> None:
        try:
            self._device.call(name, arguments)
        except RefusedValueError as error:
            raise _Refusal(_ILLEGAL_VALUE) from error

    def _arguments(self, name: str, quantity: Quantity, words: dict[int, int]) -> dict[str, Any] | None:
        """The arguments of a command whose number was written; None for another number."""
        declared = self._declared[name]
        number = quantity.codec.decode(
            [words[at] for at in range(quantity.place.address, quantity.place.end)]
        ).value
        if not isinstance(declared.value, str):
            wanted = True if declared.value is None else declared.value
            return {} if number is not None and float(number) == float(wanted) else None
        argument = declared.value.strip("{} ")
        options = declared.parameters[argument].options
        if isinstance(options, dict):
            number = next(
                (option for option, code in options.items() if float(code) == float(number)), number
            )
        return {argument: number}


def _overlap(one: Place, other: Place) -> bool:
    return one.kind == other.kind and one.address < other.end and other.address < one.end
