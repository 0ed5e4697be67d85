"""Checksums of lines and frames: what is computed over which bytes, and how it stands in them.

Pure. A sum is written as text (hexadecimal or decimal digits) or as bytes; its width is fixed, so that a
frame can be taken apart before the sum is known to be right.
"""

from binascii import crc_hqx
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import xor
from typing import Final, Literal

Style = Literal["hex", "decimal", "high_first", "low_first"]


class ChecksumError(ValueError):
    """A sum that is not that of its bytes."""


def crc16(data: bytes) -> int:
    """CRC of Modbus and many others: polynomial 0x8005 reflected, start 0xFFFF."""
    register = 0xFFFF
    for byte in data:
        register ^= byte
        for _ in range(8):
            register = register >> 1 ^ (0xA001 if register & 1 else 0)
    return register


# How many bytes a sum has, and how it is computed.
_KINDS: Final[Mapping[str, tuple[int, Callable[[bytes], int]]]] = {
    "sum8": (1, lambda data: sum(data) & 0xFF),
    "xor8": (1, lambda data: reduce(xor, data, 0)),
    "lrc": (1, lambda data: -sum(data) & 0xFF),
    "crc16": (2, crc16),
    "crc16_xmodem": (2, lambda data: crc_hqx(data, 0)),
    "crc16_ccitt": (2, lambda data: crc_hqx(data, 0xFFFF)),
}


@dataclass(frozen=True, slots=True)
class Checksum:
    """A kind of sum, how it is written, and how many bytes at the beginning do not count."""

    kind: str
    style: Style = "hex"
    skip: int = 0

    @property
    def width(self) -> int:
        """Bytes that the sum takes in the frame."""
        size = _KINDS[self.kind][0]
        match self.style:
            case "hex":
                return 2 * size
            case "decimal":
                return 3 if size == 1 else 5
            case _:
                return size

    @property
    def is_text(self) -> bool:
        """Whether it stands there as digits, which no end of a line can be mistaken for."""
        return self.style in ("hex", "decimal")

    def of(self, data: bytes) -> bytes:
        """The sum as it stands after `data`."""
        size, compute = _KINDS[self.kind]
        value = compute(data[self.skip :])
        match self.style:
            case "hex":
                return f"{value:0{2 * size}X}".encode()
            case "decimal":
                return f"{value:0{self.width}d}".encode()
            case "low_first":
                return value.to_bytes(size, "little")
            case _:
                return value.to_bytes(size, "big")

    def check(self, data: bytes, found: bytes) -> None:
        """Raise `ChecksumError` unless `found` is the sum of `data`; digits may be of either case."""
        wanted = self.of(data)
        if (found.upper() if self.is_text else found) != wanted:
            raise ChecksumError(
                f"the checksum is {_shown(found, self)} where {_shown(wanted, self)} must stand"
            )


def _shown(data: bytes, checksum: Checksum) -> str:
    return repr(data)[1:] if checksum.is_text else data.hex(" ").upper()
