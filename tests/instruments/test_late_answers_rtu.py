"""Late answers on RTU lines, which say nothing of their request: none is stored as another register's."""

import struct
import time
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from tests.instruments._scripted import Answer, Peer, Script, peer
from tests.instruments._wired import Told, drive, read_in_turn

from shotlane.instruments import Driver
from shotlane.instruments.definition._contract import Settling
from shotlane.instruments.modbus._codec import rtu_frame
from shotlane.instruments.modbus._frame import RtuQuestion
from shotlane.instruments.modbus._pdu import read_request
from shotlane.instruments.modbus._registers import Place, RegisterKind

pytestmark = pytest.mark.real_time

PLACES = {"a": 0, "b": 300, "c": 600}
DOCUMENT: dict[str, Any] = {
    "instrument": "three",
    "protocol": "modbus",
    "attributes": {name: {"input": at} for name, at in PLACES.items()},
}
TIMEOUT_S = 0.2
LOST = None


def one_after_another(answers: Sequence[float | None]) -> Script:
    """Units that answer in order, one at a time, each after so many seconds; at once in the end.

    Each register holds its own address, and 1000 times its unit. LOST: the unit never saw the request.
    """
    coming: Iterator[float | None] = iter(answers)

    def answer(message: bytes) -> Answer:
        pieces: list[bytes | float] = []
        for at in range(0, len(message), 8):
            unit, function, register, _ = struct.unpack(">BBHH", message[at : at + 6])
            how = next(coming, 0.0)
            if how is not None:
                pieces += [how, rtu_frame(unit, struct.pack(">BBH", function, 2, 1000 * unit + register))]
        return pieces

    return answer


def opened(device: Peer, unit: int = 1, lines: dict[str, Any] | None = None) -> tuple[Driver, Told]:
    framing = "&framing=rtu" if device.resource.startswith("tcp") else ""
    address = f"modbus+{device.resource}?unit={unit}{framing}"
    return drive(DOCUMENT, address, timeout_s=TIMEOUT_S, lines=lines)


def right(names: str, unit: int = 1) -> list[int]:
    return [1000 * unit + PLACES[name] for name in names]


@pytest.mark.parametrize("wire", ["tcp", "pty"])
@pytest.mark.parametrize(
    ("answers", "names"),
    [
        # The first answer to b comes after it was asked again, the second long after that.
        ([0.0, 0.82, 0.76], "abbac"),
        ([0.0, 0.45, 0.4], "abbcabc"),
        # As slow several times in a row.
        ([0.0, 0.45, 0.4, 0.45, 0.4, 0.45, 0.4], "abbcabcabc"),
        # Several attempts leave an unanswered request each, and all answers come at the end.
        ([0.0, 1.0, 0.0, 0.0, 0.0], "abbcaabc"),
        # One was lost, and the next is late.
        ([0.0, LOST, 0.45, 0.4], "abbcabc"),
    ],
)
def test_no_late_answer_is_stored_as_anothers(wire: str, answers: Sequence[float | None], names: str) -> None:
    names += "abc"  # a busy machine may cost one more
    with peer(one_after_another(answers), wire=wire, end=None) as device:
        driver, _ = opened(device)
        values = read_in_turn(driver, names)
        driver.close()
    assert [pair for pair in zip(values, right(names), strict=True) if pair[0] not in (None, pair[1])] == []
    assert any(value is not None for value in values[-4:])


def test_answers_that_came_while_the_line_was_drained_leave_no_doubt() -> None:
    with peer(one_after_another([0.0, 0.3]), end=None) as device:
        driver, _ = opened(device)
        assert read_in_turn(driver, "aa") == [1000, None]
        begun = time.monotonic()
        assert read_in_turn(driver, "b") == right("b")
        took_s = time.monotonic() - begun
        driver.close()
    # The quiet that an answer owed needs would end at 0.4 s, 0.2 s from here.
    assert took_s < 0.19


@pytest.mark.parametrize("late", [0.3, LOST])
def test_a_line_that_has_settled_holds_no_reading_back(late: float | None) -> None:
    with peer(one_after_another([0.0, late]), end=None) as device:
        driver, _ = opened(device)
        assert isinstance(driver, Settling)
        assert read_in_turn(driver, "a") == [1000]
        assert not driver.in_doubt
        assert read_in_turn(driver, "a") == [None]
        assert driver.in_doubt
        driver.settle()
        assert not driver.in_doubt
        begun = time.monotonic()
        assert read_in_turn(driver, "b") == right("b")
        assert time.monotonic() - begun < 0.15
        driver.close()


def test_an_answer_later_than_anybody_waits_for_is_told() -> None:
    with peer(one_after_another([0.0, 0.45, 1.5]), end=None) as device:
        driver, told = opened(device)
        assert read_in_turn(driver, "abb") == [1000, None, 1300]
        time.sleep(1.0)
        assert read_in_turn(driver, "c") == right("c")
        driver.close()
    late = rtu_frame(1, struct.pack(">BBH", 4, 2, 1300))
    assert [fields for event, fields in told.events if event == "exchange.doubted"] == [
        {"command": "read input 300 x 1, unit 1", "received": late.hex(" ")}
    ]


def test_what_two_units_owe_is_counted_by_unit() -> None:
    lines: dict[str, Any] = {}
    with peer(one_after_another([0.7, 0.0, 0.0]), end=None) as device:
        first, told = opened(device, 1, lines)
        second, _ = opened(device, 2, lines)
        assert read_in_turn(first, "b") == [None]
        assert read_in_turn(second, "a") == [None]  # the peer answers in order
        assert read_in_turn(second, "aac") in ([None, 2000, 2600], [2000, 2000, 2600])
        assert read_in_turn(first, "abc") == right("abc")
        first.close()
        second.close()
    assert told.count("exchange.doubted") == 0


def test_an_answer_of_another_register_shows_that_its_own_is_still_owed() -> None:
    """The late answer has another length: the one that was asked for comes after it, and is not the next."""
    attributes = {"two": {"input": 0, "type": "uint32"}, "a": {"input": 9}, "b": {"input": 7}}
    document = DOCUMENT | {"attributes": attributes}
    coming = iter([0.5, 0.4])

    def answer(message: bytes) -> Answer:
        pieces: list[bytes | float] = []
        for at in range(0, len(message), 8):
            _, function, register, count = struct.unpack(">BBHH", message[at : at + 6])
            words = struct.pack(f">{count}H", *range(register, register + count))
            pieces += [next(coming, 0.0), rtu_frame(1, bytes([function, 2 * count]) + words)]
        return pieces

    with peer(answer, end=None) as device:
        driver, _ = drive(document, f"modbus+{device.resource}?framing=rtu", timeout_s=TIMEOUT_S)
        values = [*read_in_turn(driver, ["two"]), *read_in_turn(driver, "ababab")]
        driver.close()
    assert [
        value for value, fits in zip(values[1:], [9, 7] * 3, strict=True) if value not in (None, fits)
    ] == []
    assert values[-2:] == [9, 7]


# What an answer looks like.

QUESTION = RtuQuestion(1, read_request(Place(RegisterKind.INPUT, 5)))
FRAME = rtu_frame(1, bytes([4, 2, 0, 7]))


@pytest.mark.parametrize("size", range(len(FRAME)))
def test_an_answer_may_still_become_whole(size: int) -> None:
    assert QUESTION.answer_size(FRAME[:size], 0) is None


@pytest.mark.parametrize(
    ("data", "size"),
    [
        (FRAME + b"more", len(FRAME)),
        (rtu_frame(1, bytes([0x84, 6])), 5),
        (rtu_frame(2, bytes([4, 2, 0, 7])), 0),
        (rtu_frame(1, bytes([3, 2, 0, 7])), 0),
        (rtu_frame(1, bytes([4, 4, 0, 7])), 0),
        (FRAME[:-1] + b"\0", 0),
    ],
)
def test_only_a_whole_and_undamaged_frame_is_an_answer(data: bytes, size: int) -> None:
    assert QUESTION.answer_size(data, 0) == size
    assert QUESTION.answer_size(b"--" + data, 2) == size
