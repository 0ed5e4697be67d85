"""Modbus requests without their bytes: what is asked, of which register, and how long both ways are.

Pure, and free of the library that makes the bytes, because `check` estimates what requests cost. A request
knows how long its answer is, so that a frame without a length (RTU) has an end. Sizes after the Modbus
Application Protocol 1.1b3, section 6.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from shotlane.instruments.modbus._registers import Place, RegisterKind

READS: Final = {
    RegisterKind.COIL: 1,
    RegisterKind.DISCRETE: 2,
    RegisterKind.HOLDING: 3,
    RegisterKind.INPUT: 4,
}
WRITE_COIL, WRITE_REGISTER, WRITE_COILS, WRITE_REGISTERS, MASK_WRITE = 5, 6, 15, 16, 22
EXCEPTION_BIT: Final = 0x80
EXCEPTION_SIZE: Final = 2
ILLEGAL_ADDRESS: Final = 2
ILLEGAL_LENGTH: Final = 3
_SHORT = 5  # function, address, and a value or a count
_HEAD = 6  # the same and a count of bytes


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked. `command`: for people. `size`, `answer_size`: bytes of it and of a good answer.

    `words`: what is written, registers or 0 and 1; for a mask what is kept and what is put.
    """

    command: str
    function: int
    place: Place
    size: int
    answer_size: int
    words: tuple[int, ...] = ()

    @property
    def reads(self) -> bool:
        """Whether it changes nothing."""
        return self.function <= READS[RegisterKind.INPUT]


def read_request(place: Place) -> Request:
    """Read consecutive registers or bits."""
    data = -(-place.count // 8) if place.kind.is_bit else 2 * place.count
    command = f"read {place.kind} {place.address} x {place.count}"
    return Request(command, READS[place.kind], place, _SHORT, 2 + data)


def write_request(place: Place, words: Sequence[int], *, several: bool = False) -> Request:
    """Write one coil or register, or several registers; `several`: with the functions for several."""
    values = tuple(int(word) for word in words)
    command = f"write {place.kind} {place.address} = {list(values)}"
    if place.kind is RegisterKind.COIL:
        function, size = (WRITE_COILS, _HEAD + 1) if several else (WRITE_COIL, _SHORT)
        return Request(command, function, place, size, _SHORT, values[:1])
    if len(values) == 1 and not several:
        return Request(command, WRITE_REGISTER, place, _SHORT, _SHORT, values)
    return Request(command, WRITE_REGISTERS, place, _HEAD + 2 * len(values), _SHORT, values)


def mask_request(place: Place, keep: int, put: int) -> Request:
    """Change some bits of a holding register in the device itself: it becomes (it & keep) | (put & ~keep)."""
    command = f"write bits of {place.kind} {place.address}"
    return Request(command, MASK_WRITE, place, _SHORT + 2, _SHORT + 2, (keep, put))


def size_of(request: Request, answer: bytes) -> int:
    """How many bytes the answer has that begins so: an exception is shorter."""
    return EXCEPTION_SIZE if answer[0] & EXCEPTION_BIT else request.answer_size
