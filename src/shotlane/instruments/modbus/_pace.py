"""How fast a serial line is: the time of a byte, and the silence that ends a frame."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

DEFAULT_BAUDRATE: Final = 9600
# Modbus over Serial Line 1.02, section 2.5.1.1: 3.5 characters, above 19200 baud a fixed time.
_SILENT_CHARACTERS: Final = 3.5
_FAST_BAUDRATE: Final = 19200
_FAST_SILENCE_S: Final = 0.00175


@dataclass(frozen=True, slots=True)
class Pace:
    """The timing of a serial line; all zero on a network.

    `byte_s`: time of one byte. `gap_s`: silence that ends a frame and must stand before the next. `echoes`:
    the adapter hears what it sends.
    """

    byte_s: float = 0.0
    gap_s: float = 0.0
    echoes: bool = False


def pace_of(query: Mapping[str, str]) -> Pace:
    """The pace of a serial line with these settings."""
    baudrate = int(query.get("baudrate", DEFAULT_BAUDRATE))
    byte_s = bits_of_byte(query) / baudrate
    gap_s = _FAST_SILENCE_S if baudrate > _FAST_BAUDRATE else _SILENT_CHARACTERS * byte_s
    return Pace(byte_s, gap_s, query.get("echo") == "yes")


def bits_of_byte(query: Mapping[str, str]) -> float:
    """Start bit, data, parity and stop bits."""
    parity = 0 if query.get("parity", "none") == "none" else 1
    return 1 + int(query.get("bytesize", "8")) + parity + float(query.get("stopbits", "1"))
