"""Modbus frames from the side of the device: requests are cut from what comes, answers wrapped.

A request for a unit that nobody is here is answered by nobody. A damaged answer has a wrong header on TCP and
a wrong checksum on a line.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from shotlane.instruments.dialogue._checksum import crc16
from shotlane.serving._device import Outcome
from shotlane.serving._unit import ServedUnit

_HEADER: Final = 6
_LONGEST: Final = 260
_COUNTED: Final = (15, 16)
_MASK: Final = 22


class TcpRequests:
    """Modbus TCP, of one connection."""

    def __init__(self, units: Mapping[int, ServedUnit]) -> None:
        self._units = units
        self._buffer = b""

    def feed(self, data: bytes) -> Iterator[Outcome]:
        """What goes back for what has come."""
        self._buffer += data
        while len(self._buffer) >= _HEADER + 2:
            size = _HEADER + int.from_bytes(self._buffer[4:6], "big")
            if not _HEADER + 2 <= size <= _LONGEST or self._buffer[2:4] != b"\0\0":
                yield Outcome(hangs_up=True)
                return
            if len(self._buffer) < size:
                return
            frame, self._buffer = self._buffer[:size], self._buffer[size:]
            unit = self._units.get(frame[6])
            if unit is not None:
                outcome = unit.answer(frame[7:])
                yield replace(outcome, data=_wrapped(frame, outcome)) if outcome.data else outcome


def _wrapped(request: bytes, outcome: Outcome) -> bytes:
    protocol = b"\xff\xff" if outcome.is_garbled else b"\0\0"
    return request[:2] + protocol + (len(outcome.data) + 1).to_bytes(2, "big") + request[6:7] + outcome.data


class RtuRequests:
    """Modbus RTU: several units on one line."""

    def __init__(self, units: Mapping[int, ServedUnit]) -> None:
        self._units = units
        self._buffer = b""

    def feed(self, data: bytes) -> Iterator[Outcome]:
        """What goes back for what has come; what no request can begin with is passed over."""
        self._buffer += data
        while (size := _request_size(self._buffer)) is not None and len(self._buffer) >= size:
            frame = self._buffer[:size]
            if crc16(frame[:-2]).to_bytes(2, "little") != frame[-2:]:
                self._buffer = self._buffer[1:]
                continue
            self._buffer = self._buffer[size:]
            unit = self._units.get(frame[0])
            if unit is not None:
                outcome = unit.answer(frame[1:-2])
                yield replace(outcome, data=_closed(frame[:1], outcome)) if outcome.data else outcome


def _closed(unit: bytes, outcome: Outcome) -> bytes:
    body = unit + outcome.data
    sum_ = crc16(body) ^ (0x5A5A if outcome.is_garbled else 0)
    return body + sum_.to_bytes(2, "little")


def _request_size(buffer: bytes) -> int | None:
    if len(buffer) < 8:
        return None
    if buffer[1] in _COUNTED:
        return 9 + buffer[6]
    return 10 if buffer[1] == _MASK else 8
