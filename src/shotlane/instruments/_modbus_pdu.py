"""Modbus requests and what answers them: function, address and data, without unit, framing or wire.

Pure. A request knows how long its answer is, so that a frame without a length (RTU) has an end; whatever
differs from the one answer that fits is told with a fault class. After the Modbus Application Protocol
1.1b3, sections 6 and 7.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from shotlane.instruments._registers import Place, RegisterKind

_READS: Final = {
    RegisterKind.COIL: 1,
    RegisterKind.DISCRETE: 2,
    RegisterKind.HOLDING: 3,
    RegisterKind.INPUT: 4,
}
_WRITE_COIL, _WRITE_REGISTER, _WRITE_COILS, _WRITE_REGISTERS, _MASK_WRITE = 5, 6, 15, 16, 22
_ON: Final = 0xFF00
_EXCEPTION_BIT: Final = 0x80
EXCEPTION_SIZE: Final = 2
_EXCEPTIONS: Final = {
    1: ("rejected", "the device does not know this function"),
    2: ("rejected", "the device has no such register"),
    3: ("rejected", "the device does not take this value or length"),
    4: ("rejected", "the device failed while it carried the request out"),
    5: ("refused", "the device has begun a long operation"),
    6: ("refused", "the device is busy"),
    10: ("rejected", "the gateway has no path to the device"),
    11: ("timeout", "the device behind the gateway does not answer"),
}
ILLEGAL_ADDRESS: Final = 2
ILLEGAL_LENGTH: Final = 3
Verdict = tuple[str, str]  # fault class and message


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked. `answer_size`: bytes of a good answer. `command`: for people."""

    command: str
    pdu: bytes
    answer_size: int
    place: Place

    @property
    def function(self) -> int:
        """Number of the function."""
        return self.pdu[0]

    @property
    def reads(self) -> bool:
        """Whether it changes nothing."""
        return self.function <= _READS[RegisterKind.INPUT]


def read_request(place: Place) -> Request:
    """Read consecutive registers or bits."""
    pdu = struct.pack(">BHH", _READS[place.kind], place.address, place.count)
    data = -(-place.count // 8) if place.kind.is_bit else 2 * place.count
    return Request(f"read {place.kind} {place.address} x {place.count}", pdu, 2 + data, place)


def write_request(place: Place, words: Sequence[int], *, several: bool = False) -> Request:
    """Write one coil or register, or several registers; `several`: with the functions for several."""
    command = f"write {place.kind} {place.address} = {[int(word) for word in words]}"
    if place.kind is RegisterKind.COIL:
        if several:
            pdu = struct.pack(">BHHBB", _WRITE_COILS, place.address, 1, 1, bool(words[0]))
        else:
            pdu = struct.pack(">BHH", _WRITE_COIL, place.address, _ON if words[0] else 0)
    elif len(words) == 1 and not several:
        pdu = struct.pack(">BHH", _WRITE_REGISTER, place.address, words[0])
    else:
        count = len(words)
        pdu = struct.pack(f">BHHB{count}H", _WRITE_REGISTERS, place.address, count, 2 * count, *words)
    return Request(command, pdu, 5, place)


def mask_request(place: Place, keep: int, put: int) -> Request:
    """Change some bits of a holding register in the device itself: it becomes (it & keep) | (put & ~keep)."""
    pdu = struct.pack(">BHHH", _MASK_WRITE, place.address, keep, put)
    return Request(f"write bits of {place.kind} {place.address}", pdu, 7, place)


def size_of(request: Request, answer: bytes) -> int:
    """How many bytes the answer has that begins so: an exception is shorter."""
    return EXCEPTION_SIZE if answer[0] & _EXCEPTION_BIT else request.answer_size


def judge(request: Request, answer: bytes) -> Verdict | None:
    """What is wrong with an answer; None when it is the one that fits."""
    function = answer[0] & ~_EXCEPTION_BIT
    if function != request.function:
        return "garbled", f"the answer is of function {function}, asked was {request.function}"
    if answer[0] & _EXCEPTION_BIT:
        return _exception(answer)
    if request.reads:
        got = answer[1] if len(answer) > 1 else 0
        if got != request.answer_size - 2 or len(answer) != request.answer_size:
            return "garbled", f"{got} bytes of values came, asked were {request.answer_size - 2}"
        return None
    return _echo_verdict(request, answer)


def exception_code(answer: bytes) -> int | None:
    """The code of an exception, None of a good answer."""
    return answer[1] if len(answer) == EXCEPTION_SIZE and answer[0] & _EXCEPTION_BIT else None


def values_of(request: Request, answer: bytes) -> Sequence[int]:
    """The registers, or the bits as 0 and 1, of an answer that was judged."""
    count = request.place.count
    if not request.place.kind.is_bit:
        return struct.unpack_from(f">{count}H", answer, 2)
    return [answer[2 + at // 8] >> at % 8 & 1 for at in range(count)]


def _exception(answer: bytes) -> Verdict:
    if len(answer) != EXCEPTION_SIZE:
        return "garbled", "the answer is an exception without a code"
    fault, meaning = _EXCEPTIONS.get(answer[1], ("rejected", "the device refuses"))
    return fault, f"{meaning} (exception {answer[1]})"


def _echo_verdict(request: Request, answer: bytes) -> Verdict | None:
    """A write is confirmed by its own address, and by its value or count."""
    if len(answer) != request.answer_size:
        return "garbled", f"{len(answer)} bytes came, a confirmation has {request.answer_size}"
    address = int.from_bytes(answer[1:3], "big")
    if address != request.place.address:
        return "garbled", f"address {address} was confirmed, written was {request.place.address}"
    if answer[3:] != request.pdu[3 : request.answer_size]:
        return (
            "rejected",
            f"the device confirmed {answer[3:].hex(' ')}, written was {request.pdu[3:].hex(' ')}",
        )
    return None
