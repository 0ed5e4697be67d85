"""Modbus registers as values: what a quantity's words mean, and which requests fetch several quantities.

Pure: nothing here knows a wire. Decoding what was encoded gives the value back, except for what the
register itself cannot hold. A float32 is read as the shortest decimal that names it, so that 60.1 reads
back as 60.1 and not as 60.099998. A register that is not in the document is never asked for: holes between
two quantities are bridged only by registers that the document knows.
"""

import math
import struct
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from shotlane.instruments._contract import Reading
from shotlane.model import ScalarValue, ValueType


class RegisterKind(StrEnum):
    """The four tables of a Modbus device."""

    HOLDING = "holding"
    INPUT = "input"
    COIL = "coil"
    DISCRETE = "discrete"

    @property
    def is_bit(self) -> bool:
        """Whether one address holds one bit."""
        return self in (RegisterKind.COIL, RegisterKind.DISCRETE)


# Layout of each type on the wire, most significant word first, and its length in words.
_FORMATS: Final[Mapping[str, tuple[str, int]]] = {
    "bit": (">H", 1),
    "uint16": (">H", 1),
    "int16": (">h", 1),
    "uint32": (">I", 2),
    "int32": (">i", 2),
    "float32": (">f", 2),
}
# No reply to a read holds more (Modbus Application Protocol 1.1b3, sections 6.1 and 6.3).
MOST_BITS: Final = 2000
MOST_REGISTERS: Final = 125


@dataclass(frozen=True, slots=True)
class Codec:
    """How the words of one quantity are read: number on the wire * `scale` + `offset`, or a code of `codes`.

    `codes` maps option names, or "true" and "false", to numbers on the wire.
    """

    type: str = "uint16"
    low_first: bool = False
    value_type: ValueType = ValueType.INT
    scale: float = 1.0
    offset: float = 0.0
    codes: Mapping[str, int] = field(default_factory=dict)

    @property
    def width(self) -> int:
        """Words, or bits of a coil."""
        return _FORMATS[self.type][1]

    def decode(self, words: Sequence[int]) -> Reading:
        """The value that the words stand for; no value, with its text, where they stand for none."""
        number = self._number(words)
        if self.codes:
            return self._named(int(number))
        if self.value_type is ValueType.BOOL:
            return Reading(bool(number))
        if not math.isfinite(number):
            return Reading(None, str(number))
        return Reading(self._scaled(number))

    def encode(self, value: ScalarValue) -> tuple[int, ...]:
        """The words that stand for a value. Raises `ValueError` for one that they cannot hold."""
        number = self._code(value)
        layout, width = _FORMATS[self.type]
        try:
            packed = struct.pack(layout, number if self.type == "float32" else round(number))
        except (struct.error, OverflowError, ValueError) as error:
            raise ValueError(f"{value!r} does not fit into a register of type {self.type}") from error
        words = struct.unpack(f">{width}H", packed)
        return words[::-1] if self.low_first else words

    def _number(self, words: Sequence[int]) -> float | int:
        layout, width = _FORMATS[self.type]
        ordered = words[::-1] if self.low_first else words
        packed = struct.pack(f">{width}H", *ordered)
        (number,) = struct.unpack(layout, packed)
        return _shortest(number, packed) if self.type == "float32" else number

    def _scaled(self, number: float | int) -> float | int:
        if self.scale != 1.0 or self.offset != 0.0:
            number = _tidy(number * self.scale + self.offset)
        return round(number) if self.value_type is ValueType.INT else float(number)

    def _named(self, number: int) -> Reading:
        for name, code in self.codes.items():
            if code == number:
                return Reading(name == "true" if self.value_type is ValueType.BOOL else name)
        known = ", ".join(f"{code} {name}" for name, code in self.codes.items())
        return Reading(None, f"{number} (known are {known})")

    def _code(self, value: ScalarValue) -> float | int:
        if self.codes:
            name = str(value).lower() if isinstance(value, bool) else str(value)
            if name not in self.codes:
                raise ValueError(f"{value!r} is none of {', '.join(self.codes)}")
            return self.codes[name]
        if isinstance(value, str):
            raise ValueError(f"{value!r} is not a number")  # noqa: TRY004 - the value is wrong, not the call
        if self.scale == 1.0 and self.offset == 0.0:
            return value
        return (value - self.offset) / self.scale


def _shortest(number: float, packed: bytes) -> float:
    """The decimal of fewest digits that a float32 stands for (9 always suffice)."""
    if not math.isfinite(number):
        return number
    for digits in (6, 7, 8):
        candidate = float(f"{number:.{digits}g}")
        # 3.4028235e38 rounded up does not fit any more.
        if abs(candidate) < 3.4e38 and struct.pack(">f", candidate) == packed:
            return candidate
    return float(f"{number:.9g}")


def _tidy(number: float) -> float:
    """12 significant digits: 0.1 * 3 is 0.3."""
    return float(f"{number:.12g}")


@dataclass(frozen=True, slots=True)
class Place:
    """Consecutive addresses of one table."""

    kind: RegisterKind
    address: int
    count: int = 1

    @property
    def end(self) -> int:
        """The first address behind it."""
        return self.address + self.count

    def covers(self, other: "Place") -> bool:
        """Whether the other lies inside."""
        return self.kind == other.kind and self.address <= other.address and other.end <= self.end


def requests(
    places: Iterable[Place], known: Collection[Place] = (), *, most: int = MOST_REGISTERS
) -> list[Place]:
    """The fewest reads that fetch all places, in the order in which the places are first wanted.

    A place is never split. `known`: places that may be read to bridge a hole. `most`: registers per request.
    """
    wanted = list(dict.fromkeys(places))
    blocks: list[Place] = []
    for kind in RegisterKind:
        limit = MOST_BITS if kind.is_bit else min(most, MOST_REGISTERS)
        bridges = {address for place in known if place.kind == kind for address in _addresses(place)}
        blocks += _joined(sorted((p for p in wanted if p.kind == kind), key=_start), bridges, limit)
    first = {block: min(i for i, place in enumerate(wanted) if block.covers(place)) for block in blocks}
    return sorted(blocks, key=first.__getitem__)


def _joined(places: Iterable[Place], bridges: Collection[int], limit: int) -> list[Place]:
    blocks: list[Place] = []
    for place in places:
        if blocks and _joins(blocks[-1], place, bridges, limit):
            last = blocks.pop()
            place = Place(last.kind, last.address, max(last.end, place.end) - last.address)
        blocks.append(place)
    return blocks


def _joins(last: Place, place: Place, bridges: Collection[int], limit: int) -> bool:
    if max(last.end, place.end) - last.address > limit:
        return False
    return all(address in bridges for address in range(last.end, place.address))


def _addresses(place: Place) -> range:
    return range(place.address, place.end)


def _start(place: Place) -> tuple[int, int]:
    return (place.address, place.end)
