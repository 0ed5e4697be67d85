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

from shotlane.instruments.definition._contract import Reading
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


# Layout of each type on the wire, most significant byte first, and its length in words.
_FORMATS: Final[Mapping[str, tuple[str, int]]] = {
    "bit": (">H", 1),
    "uint16": (">H", 1),
    "int16": (">h", 1),
    "uint32": (">I", 2),
    "int32": (">i", 2),
    "uint64": (">Q", 4),
    "int64": (">q", 4),
    "float16": (">e", 1),
    "float32": (">f", 2),
    "float64": (">d", 4),
    "bcd16": (">H", 1),
    "bcd32": (">I", 2),
}
FLOATS: Final = ("float16", "float32", "float64")
# Each half of a byte holds a decimal digit.
_DECIMALS: Final = ("bcd16", "bcd32")
# How many digits may name one, and which is the largest that may be rounded.
_DIGITS: Final[Mapping[str, tuple[range, float]]] = {
    "float16": (range(3, 6), 6.55e4),
    "float32": (range(6, 10), 3.4e38),
}
# No reply to a read holds more (Modbus Application Protocol 1.1b3, sections 6.1 and 6.3).
MOST_BITS: Final = 2000
MOST_REGISTERS: Final = 125
# What pads a text that is shorter than its registers.
_PADDING: Final = b"\0 "


@dataclass(frozen=True, slots=True)
class Order:
    """Which part of a value stands first: among its words, and among the two bytes of each word."""

    low_word_first: bool = False
    low_byte_first: bool = False

    def pack(self, words: Sequence[int]) -> bytes:
        """The bytes of a value, most significant first."""
        ordered = words[::-1] if self.low_word_first else words
        return struct.pack(f"{'<' if self.low_byte_first else '>'}{len(words)}H", *ordered)

    def unpack(self, data: bytes) -> tuple[int, ...]:
        """The words that hold these bytes."""
        words = struct.unpack(f"{'<' if self.low_byte_first else '>'}{len(data) // 2}H", data)
        return words[::-1] if self.low_word_first else words


@dataclass(frozen=True, slots=True)
class BitField:
    """Some bits of a whole number, counted from its least significant one, which is 0."""

    lowest: int
    count: int

    @property
    def mask(self) -> int:
        """The number with just these bits set."""
        return ((1 << self.count) - 1) << self.lowest

    def of(self, number: int) -> int:
        """What these bits say."""
        return (number & self.mask) >> self.lowest

    def put(self, number: int, into: int) -> int:
        """`into` with these bits saying `number`. Raises `ValueError` when they cannot."""
        if not 0 <= number < 1 << self.count:
            raise ValueError(f"{number} does not fit into {self.count} bits")
        return into & ~self.mask | number << self.lowest


@dataclass(frozen=True, slots=True)
class Codec:
    """How the words of one quantity are read: number on the wire * `scale` + `offset`, or a code of `codes`.

    `codes` maps option names, or "true" and "false", to numbers on the wire. `field`: the quantity is some
    bits of the number. `length`: words of a text.
    """

    type: str = "uint16"
    order: Order = field(default_factory=Order)
    value_type: ValueType = ValueType.INT
    scale: float = 1.0
    offset: float = 0.0
    codes: Mapping[str, int] = field(default_factory=dict)
    bits: BitField | None = None
    length: int = 1
    encoding: str = "ascii"

    @property
    def width(self) -> int:
        """Words, or bits of a coil."""
        return self.length if self.type == "text" else _FORMATS[self.type][1]

    def decode(self, words: Sequence[int]) -> Reading:
        """The value that the words stand for; no value, with its text, where they stand for none."""
        if self.type == "text":
            return self._text(words)
        number = self._number(words)
        if self.type in _DECIMALS:
            digits = f"{number:x}"
            if not digits.isdecimal():
                return Reading(None, f"0x{digits} (no decimal digits)")
            number = int(digits)
        if self.bits is not None:
            number = self.bits.of(int(number))
        if self.codes:
            return self._named(int(number))
        if self.value_type is ValueType.BOOL:
            return Reading(bool(number))
        if not math.isfinite(number):
            return Reading(None, str(number))
        return Reading(self._scaled(number))

    def encode(self, value: ScalarValue, words: Sequence[int] = ()) -> tuple[int, ...]:
        """The words that stand for a value; `words`: what is there now, of a quantity of some bits.

        Raises `ValueError` for a value that the words cannot hold.
        """
        if self.type == "text":
            return self._spelt(str(value))
        number = self._code(value)
        if self.bits is not None:
            number = self.bits.put(round(number), int(self._number(words)))
        layout, _ = _FORMATS[self.type]
        try:
            if self.type in _DECIMALS:
                number = int(f"{round(number)}", 16)
            packed = struct.pack(layout, number if self.type in FLOATS else round(number))
        except (struct.error, OverflowError, ValueError) as error:
            raise ValueError(f"{value!r} does not fit into a register of type {self.type}") from error
        return self.order.unpack(packed)

    def _number(self, words: Sequence[int]) -> float | int:
        packed = self.order.pack(words)
        (number,) = struct.unpack(_FORMATS[self.type][0], packed)
        return _shortest(number, packed, self.type) if self.type in _DIGITS else number

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

    def _text(self, words: Sequence[int]) -> Reading:
        """A text up to its padding; the bytes as they came where they are no text."""
        data = self.order.pack(words).split(b"\0", 1)[0].rstrip(_PADDING)
        try:
            text = data.decode(self.encoding)
        except UnicodeDecodeError:
            return Reading(None, data.hex(" "))
        return Reading(text)

    def _spelt(self, text: str) -> tuple[int, ...]:
        try:
            data = text.encode(self.encoding)
        except UnicodeEncodeError as error:
            raise ValueError(f"{text!r} cannot be written in {self.encoding}") from error
        if len(data) > 2 * self.length:
            raise ValueError(f"{text!r} does not fit into {self.length} registers")
        return self.order.unpack(data.ljust(2 * self.length, b"\0"))


def _shortest(number: float, packed: bytes, type_: str) -> float:
    """The decimal of fewest digits that a float stands for (5 suffice for 16 bits, 9 for 32)."""
    if not math.isfinite(number):
        return number
    counts, largest = _DIGITS[type_]
    for digits in counts[:-1]:
        candidate = float(f"{number:.{digits}g}")
        # The largest one rounded up does not fit any more.
        if abs(candidate) < largest and struct.pack(_FORMATS[type_][0], candidate) == packed:
            return candidate
    return float(f"{number:.{counts[-1]}g}")


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


Cut = tuple[RegisterKind, int]  # an address that begins a request, or ends the one before


def requests(
    places: Iterable[Place],
    known: Collection[Place] = (),
    *,
    most: int = MOST_REGISTERS,
    most_bits: int = MOST_BITS,
    cuts: Collection[Cut] = (),
) -> list[Place]:
    """The fewest reads that fetch all places, in the order in which the places are first wanted.

    A place is never split. `known`: places that may be read to bridge a hole. `most`, `most_bits`: registers
    and bits per request. No request joins what stands on both sides of a cut.
    """
    wanted = list(dict.fromkeys(places))
    blocks: list[Place] = []
    for kind in RegisterKind:
        limit = min(most_bits, MOST_BITS) if kind.is_bit else min(most, MOST_REGISTERS)
        bridges = {address for place in known if place.kind == kind for address in _addresses(place)}
        borders = {address for cut_kind, address in cuts if cut_kind == kind}
        blocks += _joined(sorted((p for p in wanted if p.kind == kind), key=_start), bridges, borders, limit)
    first = {block: min(i for i, place in enumerate(wanted) if block.covers(place)) for block in blocks}
    return sorted(blocks, key=first.__getitem__)


def _joined(
    places: Iterable[Place], bridges: Collection[int], borders: Collection[int], limit: int
) -> list[Place]:
    blocks: list[Place] = []
    for place in places:
        if blocks and _joins(blocks[-1], place, bridges, borders, limit):
            last = blocks.pop()
            place = Place(last.kind, last.address, max(last.end, place.end) - last.address)
        blocks.append(place)
    return blocks


def _joins(last: Place, place: Place, bridges: Collection[int], borders: Collection[int], limit: int) -> bool:
    end = max(last.end, place.end)
    if end - last.address > limit or any(last.address < border < end for border in borders):
        return False
    return all(address in bridges for address in range(last.end, place.address))


def halves(block: Place, places: Collection[Place]) -> tuple[Place, Place] | None:
    """A block in two, cut between two of its places nearest to its middle; None when it is one place."""
    inside = [place for place in places if block.covers(place)]
    cuts = {place.address for place in inside} | {place.end for place in inside}
    cuts = {cut for cut in cuts if not any(place.address < cut < place.end for place in inside)}
    cuts -= {block.address, block.end}
    if not cuts:
        return None
    middle = (block.address + block.end) / 2
    cut = min(sorted(cuts), key=lambda at: abs(at - middle))
    low = [place for place in inside if place.end <= cut]
    high = [place for place in inside if place.address >= cut]
    if not low or not high:
        return None
    return _spanning(low), _spanning(high)


def _spanning(places: Sequence[Place]) -> Place:
    """The block from the first to the last of the places."""
    start = min(place.address for place in places)
    return Place(places[0].kind, start, max(place.end for place in places) - start)


def _addresses(place: Place) -> range:
    return range(place.address, place.end)


def _start(place: Place) -> tuple[int, int]:
    return (place.address, place.end)
