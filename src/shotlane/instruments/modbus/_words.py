"""Modbus registers as values: what a quantity's words mean.

Pure. Decoding what was encoded gives the value back, except for what the register itself cannot hold. A
float32 is read as the shortest decimal that names it, so that 60.1 reads back as 60.1 and not as 60.099998.
"""

import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from shotlane.instruments.definition._contract import Reading
from shotlane.model import ScalarValue, ValueType

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
    bits of the number. `missing`: numbers on the wire that mean that there is no value. `length`: words of a
    text.
    """

    type: str = "uint16"
    order: Order = field(default_factory=Order)
    value_type: ValueType = ValueType.INT
    scale: float = 1.0
    offset: float = 0.0
    codes: Mapping[str, int] = field(default_factory=dict)
    bits: BitField | None = None
    missing: frozenset[float] = frozenset()
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
        if number in self.missing:
            return Reading(None, f"{number} is listed as missing")
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
        wanted = "" if number == value else f" is {number:.12g} on the wire, which"
        try:
            if self.type in _DECIMALS:
                number = int(f"{round(number)}", 16)
            packed = struct.pack(layout, number if self.type in FLOATS else round(number))
        except (struct.error, OverflowError, ValueError) as error:
            raise ValueError(f"{value!r}{wanted} does not fit into a register of type {self.type}") from error
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


def whole_numbers(type_: str, bits: BitField | None) -> range | None:
    """The numbers that can stand in such registers, or in some bits of them; None where not all are whole."""
    if bits is not None:
        return range(1 << bits.count)
    if type_ in _DECIMALS:
        return range(10 ** (4 * _FORMATS[type_][1]))
    if type_ not in _FORMATS or type_ in FLOATS:
        return None
    size = struct.calcsize(_FORMATS[type_][0]) * 8
    return range(1 << size) if type_.startswith("u") else range(-(1 << size - 1), 1 << size - 1)


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
