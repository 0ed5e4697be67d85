"""The bytes of Modbus, through pymodbus: the only file that imports it, because it renames things in minors.

Requests are encoded and answers decoded by its messages, frames are wrapped by its framers. When bytes are
waited for, and which of them are believed, is not its business here (docs/decisions/0004): whatever differs
from the one answer that fits is told with a fault class.
"""

from collections.abc import Sequence
from typing import Final

from pymodbus.framer import FramerRTU, FramerSocket
from pymodbus.pdu import DecodePDU, ModbusPDU
from pymodbus.pdu.bit_message import (
    ReadCoilsRequest,
    ReadDiscreteInputsRequest,
    WriteMultipleCoilsRequest,
    WriteSingleCoilRequest,
)
from pymodbus.pdu.register_message import (
    MaskWriteRegisterRequest,
    ReadHoldingRegistersRequest,
    ReadInputRegistersRequest,
    WriteMultipleRegistersRequest,
    WriteSingleRegisterRequest,
)

from shotlane.instruments.modbus import _pdu as pdu
from shotlane.instruments.modbus._pdu import EXCEPTION_BIT, EXCEPTION_SIZE, Request

_DECODER: Final = DecodePDU(is_server=False)
_RTU: Final = FramerRTU(_DECODER)
_SOCKET: Final = FramerSocket(_DECODER)
_READS: Final[dict[int, type[ModbusPDU]]] = {
    1: ReadCoilsRequest,
    2: ReadDiscreteInputsRequest,
    3: ReadHoldingRegistersRequest,
    4: ReadInputRegistersRequest,
}
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
Verdict = tuple[str, str]  # fault class and message


def encoded(request: Request) -> bytes:
    """Function and data of a request."""
    message = _message(request)
    return bytes([message.function_code]) + message.encode()


def _message(request: Request) -> ModbusPDU:
    address, words = request.place.address, request.words
    match request.function:
        case pdu.WRITE_COIL:
            return WriteSingleCoilRequest(address=address, bits=[bool(words[0])])
        case pdu.WRITE_COILS:
            return WriteMultipleCoilsRequest(address=address, bits=[bool(words[0])])
        case pdu.WRITE_REGISTER:
            return WriteSingleRegisterRequest(address=address, registers=list(words))
        case pdu.WRITE_REGISTERS:
            return WriteMultipleRegistersRequest(address=address, registers=list(words))
        case pdu.MASK_WRITE:
            return MaskWriteRegisterRequest(address=address, and_mask=words[0], or_mask=words[1])
        case function:
            return _READS[function](address=address, count=request.place.count)


def values_of(request: Request, answer: bytes) -> Sequence[int]:
    """The registers, or the bits as 0 and 1, of an answer that was judged."""
    message = _DECODER.decode(answer)
    assert message is not None, "an answer that was judged can be decoded"
    if request.place.kind.is_bit:
        return [int(bit) for bit in message.bits[: request.place.count]]
    return message.registers


def tcp_frame(unit: int, transaction: int, body: bytes) -> bytes:
    """A request with the header of Modbus TCP."""
    return _SOCKET.encode(body, unit, transaction)


def rtu_frame(unit: int, body: bytes) -> bytes:
    """A request between its unit and its CRC."""
    return _RTU.encode(body, unit, 0)


def rtu_is_sound(frame: bytes) -> bool:
    """Whether the CRC at the end of a frame fits what stands before it."""
    return FramerRTU.check_CRC(frame[:-2], int.from_bytes(frame[-2:], "big"))


def exception_code(answer: bytes) -> int | None:
    """The code of an exception, None of a good answer."""
    return answer[1] if len(answer) == EXCEPTION_SIZE and answer[0] & EXCEPTION_BIT else None


def judge(request: Request, answer: bytes) -> Verdict | None:
    """What is wrong with an answer; None when it is the one that fits."""
    function = answer[0] & ~EXCEPTION_BIT
    if function != request.function:
        return "garbled", f"the answer is of function {function}, asked was {request.function}"
    if answer[0] & EXCEPTION_BIT:
        return _exception(answer)
    if request.reads:
        got = answer[1] if len(answer) > 1 else 0
        if got != request.answer_size - 2 or len(answer) != request.answer_size:
            return "garbled", f"{got} bytes of values came, asked were {request.answer_size - 2}"
        return None
    return _echo_verdict(request, answer)


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
    sent = encoded(request)
    if answer[3:] != sent[3 : request.answer_size]:
        return "rejected", f"the device confirmed {answer[3:].hex(' ')}, written was {sent[3:].hex(' ')}"
    return None
