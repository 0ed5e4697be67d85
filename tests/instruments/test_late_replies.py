"""Late replies that say nothing of their request: whatever the order, none is stored as another's."""

import time
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from tests.instruments._scripted import Answer, Script, peer
from tests.instruments._wired import drive, read_in_turn

from shotlane.instruments.definition._contract import Settling
from shotlane.instruments.dialogue._framing import Until
from shotlane.instruments.dialogue._line import Request
from shotlane.instruments.ports._owed import Owed, Sent

pytestmark = pytest.mark.real_time

DOCUMENT: dict[str, Any] = {
    "instrument": "three",
    "protocol": "ascii",
    "attributes": {name: {"query": f"{name}?", "reply": "{v:f}"} for name in "abc"},
}
RIGHT = {"a": 1.0, "b": 2.0, "c": 3.0}
TIMEOUT_S = 0.2
LOST = None
GARBLED = b"boo\n"


def one_after_another(answers: Sequence[float | bytes | None]) -> Script:
    """A device that answers in order, one at a time, each after so many seconds; at once in the end.

    LOST: it never saw the request. GARBLED: noise comes at once, and the answer late.
    """
    coming: Iterator[float | bytes | None] = iter(answers)

    def answer(message: bytes) -> Answer:
        how = next(coming, 0.0)
        if how is None:
            return None
        value = f"{RIGHT[message.decode()[0]]}\n".encode()
        return [how, 0.35, value] if isinstance(how, bytes) else [how, value]

    return answer


@pytest.mark.parametrize("wire", ["tcp", "pty"])
@pytest.mark.parametrize(
    ("answers", "names"),
    [
        # The first answer to b comes after it was asked again, the second long after that.
        ([0.0, 0.45, 0.4], "abbcabc"),
        # As slow several times in a row.
        ([0.0, 0.45, 0.4, 0.45, 0.4, 0.45, 0.4], "abbcabcabc"),
        # Several attempts leave an unanswered request each, and all answers come at the end.
        ([0.0, 1.0, 0.0, 0.0, 0.0], "abbcaabc"),
        # Two come, a third is still on its way.
        ([0.0, 0.7, 0.0, 0.3, 0.3], "abbcaabc"),
        # One was lost, and the next is late.
        ([0.0, LOST, 0.45, 0.4], "abbcabc"),
        ([0.0, LOST, LOST, LOST, 0.45], "abbcaabc"),
        # What makes no sense is not the answer, which comes when the next was asked for.
        ([0.0, GARBLED, 0.4], "abcabc"),
    ],
)
def test_no_late_reply_is_stored_as_anothers(
    wire: str, answers: Sequence[float | bytes | None], names: str
) -> None:
    with peer(one_after_another(answers), wire=wire) as device:
        driver, _ = drive(DOCUMENT, device.resource, timeout_s=TIMEOUT_S)
        names += "abc"  # a busy machine may cost one more
        values = read_in_turn(driver, names)
        driver.close()
    wrong = [value for name, value in zip(names, values, strict=True) if value not in (None, RIGHT[name])]
    assert wrong == []
    assert any(value is not None for value in values[-4:])


def test_a_reply_that_came_while_the_line_was_drained_leaves_no_doubt() -> None:
    answers: dict[bytes, list[bytes | float]] = {
        b"a?": [0.3, b"1.0\n"],
        b"c?": [b"3.0\n", 0.05, b"door open\n"],  # would be a second reply if one were still owed
    }
    with peer(answers) as device:
        driver, _ = drive(DOCUMENT, device.resource, timeout_s=TIMEOUT_S)
        assert read_in_turn(driver, "ac") == [None, 3.0]
        driver.close()


@pytest.mark.parametrize("late", [0.3, 0.0])
def test_a_line_that_has_settled_holds_no_reading_back(late: float) -> None:
    answers: dict[bytes, list[bytes | float]] = {
        b"a?": [late, b"1.0\n"] if late else [],
        b"c?": [b"3.0\n", 0.05, b"door open\n"],
    }
    with peer(answers) as device:
        driver, _ = drive(DOCUMENT, device.resource, timeout_s=TIMEOUT_S)
        assert isinstance(driver, Settling)
        assert not driver.in_doubt
        assert read_in_turn(driver, "a") == [None]
        assert driver.in_doubt
        driver.settle()
        assert not driver.in_doubt
        assert read_in_turn(driver, "c") == [3.0]
        driver.close()


def test_a_line_that_never_falls_quiet_is_not_listened_to_for_ever() -> None:
    with peer({b"a?": [b"#" * 10, 0.01] * 100}) as device:
        driver, _ = drive(DOCUMENT, device.resource, timeout_s=TIMEOUT_S)
        assert isinstance(driver, Settling)
        assert read_in_turn(driver, "a") == [None]
        driver.settle()
        assert driver.in_doubt
        driver.close()


def test_a_line_that_nobody_hears_any_more_settles_too() -> None:
    with peer({b"a?": []}) as device:
        driver, _ = drive(DOCUMENT, device.resource, timeout_s=TIMEOUT_S)
        assert isinstance(driver, Settling)
        assert read_in_turn(driver, "a") == [None]
    driver.settle()
    assert not driver.in_doubt
    driver.close()


def test_a_reply_later_than_anybody_waits_for_is_told() -> None:
    with peer(one_after_another([0.0, 0.45, 1.5])) as device:
        driver, told = drive(DOCUMENT, device.resource, timeout_s=TIMEOUT_S)
        assert read_in_turn(driver, "abb") == [1.0, None, 2.0]
        time.sleep(1.0)
        assert read_in_turn(driver, "c") == [3.0]
        driver.close()
    assert [fields for event, fields in told.events if event == "exchange.doubted"] == [
        {"command": "b?", "received": "2.0\\n"}
    ]


def test_what_is_said_unasked_is_no_such_reply() -> None:
    with peer(one_after_another([0.0, LOST])) as device:
        driver, told = drive(DOCUMENT, device.resource, timeout_s=TIMEOUT_S)
        assert read_in_turn(driver, "aab") == [1.0, None, 2.0]
        device.say(b"door open\n")
        assert read_in_turn(driver, "c") == [3.0]
        driver.close()
    assert told.count("exchange.doubted") == 0


# What is owed.


def sent(at_s: float, timeout_s: float = 1.0, fits: bytes = b"") -> Sent:
    request = Request("?", b"?", Until(b"\r"), fits=lambda payload: payload.startswith(fits))
    return Sent(request, at_s, timeout_s)


def owed_of(*requests: Sent) -> Owed:
    owed = Owed()
    for request in requests:
        owed.add(request)
    return owed


def test_as_many_replies_as_requests_leave_nothing_owed() -> None:
    owed = owed_of(sent(0.0), sent(1.0), sent(2.0))
    assert owed.came(b"1\r2\r", 3.0) == 2
    assert (len(owed), owed.first_s) == (1, 2.0)
    assert owed.came(b"3\r4\r", 3.0) == 1
    assert len(owed) == 0


def test_what_is_no_reply_answers_nothing() -> None:
    owed = owed_of(sent(0.0, fits=b"A"), sent(1.0, fits=b"B"))
    assert owed.came(b"boo\r", 2.0) == 0
    assert owed.came(b"A", 2.0) == 0
    assert owed.came(b"B\r", 2.0) == 1
    assert owed.first_s == 0.0


def test_a_reply_to_what_was_given_up_leaves_the_others_owed() -> None:
    owed = owed_of(sent(0.0), sent(1.0))
    owed.give_up()
    assert len(owed) == 0
    assert owed.came(b"1\r", 5.0)
    assert (len(owed), owed.first_s) == (1, 5.0)
    owed.clear()
    assert not owed.came(b"1\r", 6.0)


def test_a_command_that_takes_long_does_not_make_others_wait_as_long() -> None:
    assert owed_of(sent(0.0, 30.0), sent(1.0, 0.5)).timeout_s == 0.5
    assert owed_of(sent(0.0, 0.5), sent(1.0, 30.0)).timeout_s == 0.5
    assert owed_of(sent(0.0, 30.0)).timeout_s == 30.0


def test_a_device_that_never_answers_fills_no_memory() -> None:
    owed = owed_of(*(sent(float(number)) for number in range(1000)))
    assert (len(owed), owed.first_s) == (100, 900.0)
