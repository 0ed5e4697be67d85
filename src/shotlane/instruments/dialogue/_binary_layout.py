"""Replies of fixed layout: where each value stands in the bytes, and when a reply is whole.

Places count from the first byte of the reply. The checksum is what stands last, before the end bytes.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from shotlane.instruments.dialogue._checksum import Checksum
from shotlane.instruments.dialogue._framing import Data, FramingError, Taken
from shotlane.instruments.dialogue._talk import DeviceRefusal, Fields
from shotlane.instruments.dialogue._template import Field, ReplyMismatch

FORMATS: Final[Mapping[str, str]] = {
    "uint8": "B",
    "int8": "b",
    "uint16": "H",
    "int16": "h",
    "uint32": "I",
    "int32": "i",
    "uint64": "Q",
    "int64": "q",
    "float32": "f",
    "float64": "d",
}
_LIMIT: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Number:
    """How one number stands in bytes."""

    type: str
    low_first: bool = False

    @property
    def size(self) -> int:
        """Bytes that it takes."""
        return struct.calcsize(FORMATS[self.type])

    @property
    def whole(self) -> bool:
        """Whether it has no decimals."""
        return not self.type.startswith("float")

    @property
    def format(self) -> str:
        """As `struct` writes it."""
        return ("<" if self.low_first else ">") + FORMATS[self.type]

    def pack(self, value: float | int) -> bytes:
        """Its bytes. Raises `ValueError` when it does not fit."""
        try:
            return struct.pack(self.format, round(value) if self.whole else float(value))
        except (struct.error, OverflowError) as error:
            raise ValueError(f"{value} is no {self.type}") from error

    def read(self, data: Data, at: int) -> int | float:
        """The number that stands somewhere."""
        value: int | float = struct.unpack_from(self.format, data, at)[0]
        return value


@dataclass(frozen=True, slots=True)
class Place:
    """One value of a reply. `count`: several numbers, or bytes of a text; None for one; -1 for all left."""

    name: str
    at: int
    number: Number | None  # None for a text
    count: int | None = None
    bit: int | None = None

    @property
    def end(self) -> int:
        """Where the next byte stands; for `all left`, where it begins at the latest."""
        size = self.number.size if self.number else 1
        return self.at + size * (1 if self.count is None else max(self.count, 0))

    @property
    def type(self) -> str:
        """Type of the field as templates name it."""
        if self.number is None:
            return "rest"
        if self.count is not None:
            return "list"
        return "d" if self.number.whole else "f"

    def read(self, body: bytes) -> Field:
        """The value. Raises `ReplyMismatch` when the bytes left are no whole numbers."""
        if self.number is None:
            text = body[self.at : None if self.count == -1 else self.end].rstrip(b"\0 ").decode("latin-1")
            return Field(text, text)
        if self.count is not None:
            return self._array(body)
        value = self.number.read(body, self.at)
        if self.bit is not None:
            value = int(value) >> self.bit & 1
        return Field(None if value != value else value, repr(value))

    def _array(self, body: bytes) -> Field:
        assert self.number is not None
        data = body[self.at : None if self.count == -1 else self.end]
        dtype = np.dtype(self.number.format)
        if len(data) % dtype.itemsize:
            raise ReplyMismatch(f"{self.name} has {len(data)} bytes, which are no whole {self.number.type}s")
        return Field(np.frombuffer(data, dtype).astype(dtype.newbyteorder("=")), "")


@dataclass(frozen=True, slots=True)
class Length:
    """How long a reply is: `fixed` bytes in all, or what a number in it says, plus `fixed`."""

    fixed: int
    at: int = 0
    number: Number | None = None

    def of(self, data: Data, begin: int) -> int | None:
        """Length of the reply that begins there; None while that is not known."""
        if self.number is None:
            return self.fixed
        if len(data) < begin + self.at + self.number.size:
            return None
        return int(self.number.read(data, begin + self.at)) + self.fixed


@dataclass(frozen=True, slots=True)
class LayoutFraming:
    """Cuts a reply by its start and its length, or by its end; what stands before its start is noise."""

    start: bytes
    end: bytes
    length: Length | None
    least: int  # bytes that it has at least
    refusals: Mapping[bytes, str]
    limit: int = _LIMIT

    def take(self, data: Data, at: int = 0) -> Taken | None:
        """The reply; a refusal ends where its bytes end."""
        for prefix in self.refusals:
            if data.startswith(prefix, at):
                return Taken(prefix, len(prefix))
        begin = data.find(self.start, at)
        if begin < 0:
            return None
        size = self._size(data, begin)
        if size is None or len(data) < begin + size:
            return None
        return Taken(bytes(data[begin : begin + size]), begin + size - at)

    def _size(self, data: Data, begin: int) -> int | None:
        if self.length is None:
            found = data.find(self.end, begin + self.least - len(self.end))
            return None if found < 0 else found + len(self.end) - begin
        size = self.length.of(data, begin)
        if size is not None and not self.least <= size <= self.limit:
            raise FramingError(f"the reply says that it has {size} bytes")
        return size


@dataclass(frozen=True, slots=True)
class LayoutReply:
    """Reads the values of a reply."""

    key: str
    framing: LayoutFraming
    places: tuple[Place, ...]
    checksum: Checksum | None

    @property
    def types(self) -> Mapping[str, str]:
        """Its values and their types."""
        return {place.name: place.type for place in self.places}

    def parse(self, payload: bytes) -> Fields:
        """The values. Raises `ReplyMismatch`, `ChecksumError` or `DeviceRefusal`."""
        for prefix, fault in self.framing.refusals.items():
            if payload == prefix:
                shown = prefix.hex(" ").upper()
                raise DeviceRefusal(fault, f"the device answers {shown}", whole=False)
        end = len(payload) - len(self.framing.end)
        if payload[end:] != self.framing.end:
            raise ReplyMismatch(f"the reply does not end with {self.framing.end.hex(' ').upper()}")
        body = payload[:end]
        if self.checksum is not None:
            body, found = body[: -self.checksum.width], body[-self.checksum.width :]
            self.checksum.check(body, found)
        return {place.name: place.read(body) for place in self.places}
