"""Modbus frames: how a request and its unit are wrapped, and how an answer is found in what has come.

A framing is told of each request and then shown everything that has come since, as often as something comes.
It gives the answer once it is whole, raises `WrongFrame` once it cannot become the right one any more, and
skips what its number proves to be the late answer to an earlier request.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from shotlane.instruments.modbus._codec import encoded, judge, rtu_frame, rtu_is_sound, tcp_frame
from shotlane.instruments.modbus._pdu import EXCEPTION_BIT, EXCEPTION_SIZE, Request, size_of


class WrongFrame(Exception):
    """What came is not the answer; `fault` and `message` say so."""

    def __init__(self, fault: str, message: str) -> None:
        super().__init__(message)
        self.fault = fault
        self.message = message


class Framing(Protocol):
    """What differs between Modbus TCP and Modbus RTU."""

    # Whether a late answer shows which request it belongs to.
    numbered: bool

    def wrap(self, unit: int, request: Request) -> bytes:
        """The bytes to send."""

    def answer(self, data: bytes) -> bytes | None:
        """The answer to what was wrapped last, without its frame; None while it is not whole."""

    def missing(self, data: bytes) -> int:
        """How many bytes must still come, at least."""


_HEADER: Final = struct.Struct(">HHHB")  # transaction, protocol, length of what follows it, unit
_LONGEST_PDU: Final = 253
_TRANSACTIONS: Final = 0x10000


class TcpFraming:
    """The header of Modbus TCP, whose transaction number tells answers apart (Messaging 1.0b, 3.1.3)."""

    numbered = True

    def __init__(self) -> None:
        self._transaction = 0
        self._unit = 0

    def wrap(self, unit: int, request: Request) -> bytes:
        """Number a request."""
        self._transaction = (self._transaction + 1) % _TRANSACTIONS
        self._unit = unit
        return tcp_frame(unit, self._transaction, encoded(request))

    def answer(self, data: bytes) -> bytes | None:
        """The answer of the right number and unit; others of another number are skipped."""
        while len(data) >= _HEADER.size:
            transaction, protocol, length, unit = _HEADER.unpack_from(data)
            if protocol != 0 or not EXCEPTION_SIZE < length <= _LONGEST_PDU + 1:
                raise WrongFrame("garbled", "what came is no Modbus TCP frame")
            end = _HEADER.size - 1 + length
            if len(data) < end:
                return None
            if transaction == self._transaction:
                if unit != self._unit:
                    raise WrongFrame("garbled", f"unit {unit} answered, asked was unit {self._unit}")
                if len(data) > end:
                    raise WrongFrame("garbled", "more than one answer came")
                return data[_HEADER.size : end]
            data = data[end:]
        return None

    def missing(self, data: bytes) -> int:
        """At least a header."""
        return 1


_CRC_SIZE: Final = 2
_UNIT_SIZE: Final = 1
_LONGEST_FRAME: Final = _UNIT_SIZE + _LONGEST_PDU + _CRC_SIZE


class RtuFraming:
    """The frame of Modbus RTU: unit, answer, CRC; its length follows from the request."""

    numbered = False

    def __init__(self) -> None:
        self._unit = 0
        self._request: Request | None = None

    def wrap(self, unit: int, request: Request) -> bytes:
        """Put the unit before a request, and the CRC behind it."""
        self._unit, self._request = unit, request
        return rtu_frame(unit, encoded(request))

    def answer(self, data: bytes) -> bytes | None:
        """The answer of the unit that was asked, when it is whole and undamaged."""
        request = self._request
        assert request is not None
        if data and data[0] != self._unit:
            raise WrongFrame("garbled", f"unit {data[0]} answered, asked was unit {self._unit}")
        if len(data) < _UNIT_SIZE + EXCEPTION_SIZE:
            return None
        verdict = judge(request, data[_UNIT_SIZE:]) if data[1] & 0x7F != request.function else None
        if verdict is not None:
            raise WrongFrame(*verdict)
        end = _frame_size(request, data)
        if len(data) < end:
            return None
        if not rtu_is_sound(data[:end]):
            raise WrongFrame("garbled", "the checksum of the answer is wrong")
        if len(data) > end:
            raise WrongFrame("garbled", "more came than was asked for")
        return data[_UNIT_SIZE : end - _CRC_SIZE]

    def missing(self, data: bytes) -> int:
        """What the shortest answer lacks, or this one."""
        assert self._request is not None
        if len(data) < _UNIT_SIZE + EXCEPTION_SIZE:
            return _UNIT_SIZE + EXCEPTION_SIZE + _CRC_SIZE - len(data)
        return max(1, _frame_size(self._request, data) - len(data))


@dataclass(frozen=True, slots=True)
class RtuQuestion:
    """What a unit was asked. `doubted` takes what shows later that the answer may have been to another."""

    unit: int
    request: Request
    doubted: Callable[[bytes], None] | None = None

    def answer_size(self, data: bytes | bytearray, at: int) -> int | None:
        """Bytes of an undamaged answer to it that stands there; 0 where none does, None while it may come."""
        found = bytes(data[at : at + _LONGEST_FRAME])
        asked = bytes([self.unit, self.request.function])
        if not asked.startswith(bytes([*found[:1], *(byte & ~EXCEPTION_BIT for byte in found[1:2])])):
            return 0
        if len(found) < _UNIT_SIZE + EXCEPTION_SIZE or len(found) < _frame_size(self.request, found):
            return None
        frame = found[: _frame_size(self.request, found)]
        verdict = judge(self.request, frame[_UNIT_SIZE:-_CRC_SIZE])
        fits = rtu_is_sound(frame) and (verdict is None or verdict[0] != "garbled")
        return len(frame) if fits else 0

    def doubt(self, received: bytes) -> None:
        """Tell that its answer, already taken, may have been to a request before it."""
        if self.doubted is not None:
            self.doubted(received)


def _frame_size(request: Request, data: bytes) -> int:
    return _UNIT_SIZE + size_of(request, data[_UNIT_SIZE:]) + _CRC_SIZE
