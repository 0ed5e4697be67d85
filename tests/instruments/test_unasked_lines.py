"""A device that streams lines unasked recovers from a lost or garbled reply as any other does."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from queue import SimpleQueue
from typing import Any

import pytest
from tests.instruments._scripted import Answer, Peer, peer
from tests.instruments._wired import drive

from shotlane.instruments import Driver, InstrumentError
from shotlane.instruments.definition._contract import Settling
from shotlane.instruments.dialogue._framing import Ignored

pytestmark = pytest.mark.real_time

DOCUMENT: dict[str, Any] = {
    "instrument": "scale",
    "protocol": "ascii",
    "write": "{command}\r\n",
    "ignore": ["ST,{_:f} g"],
    "attributes": {"mass": {"query": "Q", "reply": "QT,{m:f} g"}},
}
TIMEOUT_S = 0.4
REPLY = b"QT,1.5 g\r\n"
GARBLED = b"QA,%.5 g\x18\n"  # its end is damaged too, so the next line is taken for a part of it


def answering(replies: Sequence[bytes | None]) -> Any:
    """Replies in order, and right ones in the end; None is none."""
    coming = iter(replies)

    def answer(_: bytes) -> Answer:
        return next(coming, REPLY)

    return answer


@contextmanager
def streaming(
    device: Peer, pieces: Sequence[bytes], every_s: float, replies: "SimpleQueue[bytes] | None" = None
) -> Iterator[None]:
    """Let it say the pieces, one after the other, for ever; a reply of the queue goes between two rounds."""
    over = threading.Event()

    def stream() -> None:
        while not over.is_set():
            for piece in pieces:
                over.wait(every_s)
                device.say(piece)
            if replies is not None and not replies.empty():
                device.say(replies.get())

    thread = threading.Thread(target=stream)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def read(driver: Driver) -> Any:
    """What is weighed, or the fault."""
    try:
        return driver.read(["mass"])["mass"].value
    except InstrumentError as error:
        return (error.fault, error.message)


@pytest.mark.parametrize("wire", ["tcp", "pty"])
@pytest.mark.parametrize(
    ("reply", "fault"),
    [
        (None, ("timeout", "no reply came in time")),
        (b"QT,boo g\r\n", ("garbled", None)),
        (GARBLED, ("garbled", None)),
    ],
)
def test_one_bad_reply_costs_one_reading(
    wire: str, reply: bytes | None, fault: tuple[str, str | None]
) -> None:
    with peer(answering([REPLY, reply]), wire=wire, end=b"\r\n") as device:
        driver, _ = drive(DOCUMENT, device.resource, timeout_s=TIMEOUT_S)
        with streaming(device, [b"ST,0.5 g\r\n"], 0.1):
            values = [read(driver) for _ in range(4)]
        driver.close()
    assert (values[0], values[2:]) == (1.5, [1.5, 1.5])
    assert values[1][0] == fault[0]
    assert fault[1] in (None, values[1][1])
    assert "ST," not in values[1][1]


@pytest.mark.parametrize("every_s", [0.02, 0.002])
def test_lines_that_come_in_parts_are_thrown_away_too(every_s: float) -> None:
    replies: SimpleQueue[bytes] = SimpleQueue()
    lost = iter([True])

    def answer(_: bytes) -> Answer:
        if not next(lost, False):
            replies.put(REPLY)
        return None

    with peer(answer, end=b"\r\n") as device:
        driver, _ = drive(DOCUMENT, device.resource, timeout_s=TIMEOUT_S)
        with streaming(device, [b"ST,0", b".5 g\r", b"\nST,0.", b"5 g\r\n"], every_s, replies):
            assert read(driver)[0] == "timeout"
            assert [read(driver) for _ in range(20)] == [1.5] * 20
        driver.close()


@pytest.mark.parametrize(
    ("pieces", "every_s"), [([b"ST,0.5 g\r\n"], 0.1), ([b"5 g\r\nST,0.", b"5 g\r\nST,0."], 0.002)]
)
def test_a_line_with_such_lines_settles(pieces: Sequence[bytes], every_s: float) -> None:
    with peer(answering([None]), end=b"\r\n") as device:
        driver, _ = drive(DOCUMENT, device.resource, timeout_s=TIMEOUT_S)
        assert isinstance(driver, Settling)
        with streaming(device, pieces, every_s):
            assert read(driver)[0] in ("timeout", "garbled")
            assert driver.in_doubt
            driver.settle()
            assert not driver.in_doubt
        assert read(driver) == 1.5
        driver.close()


def test_other_lines_are_noise_all_the_same() -> None:
    with peer(answering([None]), end=b"\r\n") as device:
        driver, _ = drive(DOCUMENT, device.resource, timeout_s=TIMEOUT_S)
        with streaming(device, [b"ST,0.5 g\r\n", b"boo\r\n"], 0.05):
            assert read(driver)[0] == "garbled"
            assert read(driver) == ("garbled", "the line does not fall quiet")
        driver.close()


IGNORED = Ignored(b"\r\n", lambda line: line.startswith(b"ST"))


@pytest.mark.parametrize(
    ("line", "left"),
    [
        (b"QA\x18\nST,1", b"QA\x18\n"),
        (b"QA\rST,1\nST,2", b"QA\rST,1\n"),
        (b"QA\x18\nboo", b"QA\x18\nboo"),
        (b"QAST,1", b"QAST,1"),
    ],
)
def test_an_unasked_line_behind_a_damaged_end_is_no_part_of_the_reply(line: bytes, left: bytes) -> None:
    assert IGNORED.cut_from_end(line) == left
