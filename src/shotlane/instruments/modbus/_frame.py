"""Modbus frames: how a request and its unit are wrapped, and how an answer is found in what has come.

A framing is told of each request and then shown everything that has come since, as often as something comes.
It gives the answer once it is whole, raises `WrongFrame` once it cannot become the right one any more, and
skips what it can prove to be the late answer to an earlier request.
"""

import struct
from typing import Final, Protocol

from shotlane.instruments.modbus._codec import encoded, judge, rtu_frame, rtu_is_sound, tcp_frame
from shotlane.instruments.modbus._pdu import EXCEPTION_SIZE, Request, size_of


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

    def lost(self) -> None:
        """The answer to what was wrapped last did not come in time."""

    def settled(self, unit: int) -> None:
        """Take it that a unit will not answer late any more."""


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

    def lost(self) -> None:
        """The number of what comes late is not the next one."""

    def settled(self, unit: int) -> None:
        """Numbers go on."""


_CRC_SIZE: Final = 2
_UNIT_SIZE: Final = 1


class RtuFraming:
    """The frame of Modbus RTU: unit, answer, CRC; its length follows from the request.

    `owed`: what each unit was asked whose answer did not come in time. A frame that such a unit sends while
    another one is asked is skipped.
    """

    numbered = False

    def __init__(self) -> None:
        self.owed: dict[int, Request] = {}
        self._heard: set[int] = set()  # whose late answer stands in what came since the last request
        self._unit = 0
        self._request: Request | None = None

    def wrap(self, unit: int, request: Request) -> bytes:
        """Put the unit before a request, and the CRC behind it."""
        self._unit, self._request = unit, request
        for late in self._heard:
            self.owed.pop(late, None)
        self._heard.clear()
        return rtu_frame(unit, encoded(request))

    def answer(self, data: bytes) -> bytes | None:
        """The answer of the unit that was asked, when it is whole and undamaged."""
        request = self._request
        assert request is not None
        data = self._without_late(data)
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

    def lost(self) -> None:
        """The unit may still answer."""
        assert self._request is not None
        self.owed[self._unit] = self._request

    def settled(self, unit: int) -> None:
        """The unit owes nothing."""
        self.owed.pop(unit, None)

    def _without_late(self, data: bytes) -> bytes:
        """Leave out whole frames of other units that still owed them."""
        while data and data[0] != self._unit and data[0] in self.owed:
            late = self.owed[data[0]]
            if len(data) > _UNIT_SIZE and data[1] & 0x7F != late.function:
                break
            if len(data) <= _UNIT_SIZE or len(data) < (end := _frame_size(late, data)):
                return b""
            if not rtu_is_sound(data[:end]):
                break
            self._heard.add(data[0])
            data = data[end:]
        return data


def _frame_size(request: Request, data: bytes) -> int:
    return _UNIT_SIZE + size_of(request, data[_UNIT_SIZE:]) + _CRC_SIZE
