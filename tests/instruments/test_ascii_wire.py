"""ASCII dialogues in all their forms on real wires, against scripted peers."""

import time
from typing import Any

import numpy as np
import pytest
from tests.instruments._scripted import Script, peer
from tests.instruments._wired import Told, define, drive

from shotlane.instruments import Definition, InstrumentError, Reading
from shotlane.instruments.dialogue._driver import AsciiDriver
from shotlane.instruments.dialogue._line import Line
from shotlane.instruments.ports._transport import SocketPort

pytestmark = pytest.mark.real_time

WIRES = ["tcp", "pty"]
XOR_BYTE = {"kind": "xor8", "style": "low_first", "skip": 1}


def document(**keys: Any) -> dict[str, Any]:
    """A device with one quantity, asked by `Q`, and one that can be set."""
    return {
        "instrument": "device",
        "protocol": "ascii",
        "write": "{command}\r\n",
        "attributes": {
            "value": {"query": "Q", "reply": keys.pop("reply", "{value:f}")},
            "goal": {"access": "w", "set": {"send": "S{value:.1f}", "reply": keys.pop("answer", "none")}},
        },
    } | keys


def value(keys: dict[str, Any], script: Script | dict[bytes, Any], wire: str = "tcp") -> Reading:
    """What the quantity reads."""
    with peer(script, wire=wire, end=b"\r\n") as device:
        driver, _ = drive(document(**keys), device.resource)
        try:
            return driver.read(["value"])["value"]
        finally:
            driver.close()


def fault(keys: dict[str, Any], answer: bytes) -> InstrumentError:
    """What reading raises."""
    with pytest.raises(InstrumentError) as caught:
        value(keys, {b"Q": answer})
    return caught.value


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize(
    ("keys", "answer", "expected"),
    [
        ({}, b"1.5\r\n", 1.5),
        ({"reply": "VAL {value:f} {_:w}"}, b"VAL   +1.5E0 degC\r\n", 1.5),
        ({"reply": "{value:x}"}, b"00FF\r\n", 255.0),
        ({"read_end": "> "}, b"1.5\r\n> ", 1.5),
        ({"read": "A1 {reply}\r\n"}, b"A1 1.5\r\n", 1.5),
        ({"read": "{reply};{checksum}\r\n", "checksum": "sum8"}, b"1.5;CF\r\n", 1.5),
        (
            {
                "read": "\x02{reply}\x03{checksum}",
                "checksum": {"kind": "xor8", "style": "low_first", "skip": 1},
            },
            b"\x021.5\x03\x29",
            1.5,
        ),
        ({"echo": True}, b"Q\r\n1.5\r\n", 1.5),
        ({"echo": "{command}\n"}, b"Q\n1.5\r\n", 1.5),
        ({"replies": {"two": {"frame": "{_:f} {value:f}", "lines": 2}}, "reply": "two"}, b"1\r\n2\r\n", 2.0),
        (
            {"replies": {"all": {"frame": "{_:w} {value:f}", "until": "OK"}}, "reply": "all"},
            b"a\r\n7\r\nOK\r\n",
            7.0,
        ),
        (
            {"replies": {"p": {"pattern": r"(?P<value>\d+)mV", "types": {"value": "f"}}}, "reply": "p"},
            b"12mV\r\n",
            12.0,
        ),
        ({"ignore": ["* {_:rest}"]}, b"* door open\r\n* door shut\r\n1.5\r\n", 1.5),
        ({"ignore": ["* {_:rest}"], "echo": True}, b"* a\r\nQ\r\n* b\r\n1.5\r\n", 1.5),
    ],
)
def test_replies_of_all_forms(wire: str, keys: dict[str, Any], answer: bytes, expected: float) -> None:
    cut = len(answer) // 2  # in two pieces, as a slow line gives them
    assert value(keys, {b"Q": [answer[:cut], 0.02, answer[cut:]]}, wire).value == expected


def test_checksums_are_sent() -> None:
    keys = {"write": "{command}{checksum}\r\n", "checksum": "sum8"}
    with peer(lambda message: b"1\r\n", end=b"\r\n") as device:
        driver, _ = drive(document(**keys), device.resource)
        driver.read(["value"])
        driver.close()
    assert device.received == [b"Q51"]


@pytest.mark.parametrize(
    ("keys", "answer", "words"),
    [
        (
            {"read": "{reply};{checksum}\r\n", "checksum": "sum8"},
            b"1.6;CF\r\n",
            "checksum is 'CF' where 'D0'",
        ),
        ({"read": "A1 {reply}\r\n"}, b"B1 1.5\r\n", "where b'A1 ' must stand"),
        ({"echo": True}, b"R\r\n1.5\r\n", "the device echoes"),
        ({}, b"1.5 V\r\n", "no reply of the form"),
    ],
)
def test_what_does_not_fit_is_garbled(keys: dict[str, Any], answer: bytes, words: str) -> None:
    error = fault(keys, answer)
    assert error.fault == "garbled"
    assert words in error.message
    assert error.context.received


ERRORS = {"errors": {"ERR {code:d}": "rejected", "BUSY": "refused", "CHK": "garbled"}}


@pytest.mark.parametrize(
    ("answer", "kind"), [(b"ERR 7", "rejected"), (b"BUSY", "refused"), (b"CHK", "garbled")]
)
@pytest.mark.parametrize(
    "keys",
    [
        {},
        {"replies": {"two": {"frame": "{_:f} {value:f}", "lines": 2}}, "reply": "two"},
        {"read": "{reply} {checksum}\r\n", "checksum": "xor8"},
    ],
)
def test_texts_that_mean_an_error(keys: dict[str, Any], answer: bytes, kind: str) -> None:
    error = fault(ERRORS | keys, answer + b"\r\n")
    assert error.fault == kind
    assert answer.decode() in error.message
    assert error.context.sent is not None


def test_a_set_that_is_refused_says_so() -> None:
    with peer({b"S9.0": b"BUSY\r\n", b"S1.0": b"OK\r\n"}, end=b"\r\n") as device:
        driver, _ = drive(document(answer="OK {_:rest?}", **ERRORS), device.resource)
        driver.write("goal", 1.0)
        with pytest.raises(InstrumentError, match="BUSY") as caught:
            driver.write("goal", 9.0)
        driver.close()
    assert caught.value.fault == "refused"


def test_texts_that_mean_no_value() -> None:
    keys = {"missing": ["9999"]}
    assert value(keys, {b"Q": b"9999\r\n"}) == Reading(None, "9999")
    assert value({}, {b"Q": b"------\r\n"}) == Reading(None, "------")
    assert value({}, {b"Q": b"inf\r\n"}) == Reading(None, "inf")


@pytest.mark.parametrize(
    ("frame", "answer", "raw"),
    [
        ("{value:f}", b"OPEN", "OPEN"),
        ("{value:f}", b"-OVER-", "-OVER-"),
        ("{value:d}", b"OPEN", "OPEN"),
        ("{value:x}", b"DEAD", "DEAD"),
        ("{value:f}", b"no probe", "no probe"),
        ("TEMP {value:f} degC {other:f}", b"TEMP OPEN degC 2.5", "OPEN"),
        ("{other:f},{value:f}", b"2.5,(+)", "(+)"),
        ("{value:list}", b"OPEN", "OPEN"),
    ],
)
@pytest.mark.parametrize("wire", WIRES)
def test_any_text_may_stand_in_place_of_a_number(wire: str, frame: str, answer: bytes, raw: str) -> None:
    keys = {"reply": frame, "missing": ["OPEN", "-OVER-", "DEAD", "no probe", "(+)"]}
    read = value(keys, {b"Q": answer + b"\r\n"}, wire)
    assert (read.value, read.raw, read.fault) == (None, raw, None)


def two_of_one_reply(answer: bytes) -> dict[str, Reading]:
    """What a lower and an upper reading say, of which the upper alone may be open."""
    keys: dict[str, Any] = {
        "replies": {"both": "{low:f} {high:f}", "cut": {"pattern": r"(?P<v>\w+)!", "types": {"v": "f"}}},
        "attributes": {
            "low": {"query": "Q", "reply": "both"},
            "high": {"query": "Q", "reply": "both", "missing": ["OPEN"]},
            "cut": {"query": "C", "reply": "cut", "missing": ["OPEN"]},
        },
    }
    with peer({b"Q": answer, b"C": b"OPEN!\r\n"}, end=b"\r\n") as device:
        driver, _ = drive(document(**keys), device.resource)
        try:
            return dict(driver.read(["low", "high"])) | dict(driver.read(["cut"]))
        finally:
            driver.close()


def test_the_text_of_one_attribute_is_none_of_another() -> None:
    read = two_of_one_reply(b"1.5 OPEN\r\n")
    assert read == {"low": Reading(1.5), "high": Reading(None, "OPEN"), "cut": Reading(None, "OPEN")}
    with pytest.raises(InstrumentError, match="no reply of the form"):
        two_of_one_reply(b"OPEN 1.5\r\n")


def test_scale_and_offset_hold_both_ways() -> None:
    keys = document()
    keys["attributes"]["value"] |= {"scale": 0.1, "offset": -5}
    keys["attributes"]["goal"] |= {"scale": 0.1, "offset": -5}
    with peer({b"Q": b"123\r\n"}, end=b"\r\n") as device:
        driver, _ = drive(keys, device.resource)
        assert driver.read(["value"])["value"].value == 7.3
        driver.write("goal", 7.3)
        driver.read(["value"])
        driver.close()
    assert device.received[1] == b"S123.0"


def test_commands_keep_their_gap() -> None:
    with peer({b"Q": b"1\r\n"}, end=b"\r\n") as device:
        driver, _ = drive(document(gap="80 ms"), device.resource)
        driver.read(["value"])
        begun = time.monotonic()
        driver.write("goal", 1.0)
        driver.read(["value"])
        took_s = time.monotonic() - begun
        driver.close()
    assert took_s > 0.15


def test_lists_become_arrays() -> None:
    keys = document(reply="TRACE {value:list}")
    keys["attributes"]["value"]["type"] = "array"
    numbers = ",".join(str(number / 8) for number in range(20000))
    with peer({b"Q": f"TRACE {numbers}\r\n".encode()}, end=b"\r\n") as device:
        driver, _ = drive(keys, device.resource, timeout_s=1.0)
        array = driver.read(["value"])["value"].value
        driver.close()
    assert np.array_equal(array, np.arange(20000) / 8)


def late(device_s: float) -> Script:
    """A device that counts what it is asked, and is late with the first answer."""
    asked = 0

    def answer(message: bytes) -> list[bytes | float]:
        nonlocal asked
        asked += 1
        return [device_s if asked == 2 else 0.0, f"{message.decode()} {asked}\r\n".encode()]

    return answer


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize(
    "keys",
    [
        {"reply": "Q {value:f}"},
        {"ignore": ["* {_:rest}"], "reply": "Q {value:f}"},
        {"replies": {"one": {"frame": "Q {value:f}", "lines": 1}}, "reply": "one"},
        {"replies": {"one": {"pattern": r"Q (?P<value>\d+)", "types": {"value": "f"}}}, "reply": "one"},
    ],
)
@pytest.mark.parametrize("late_s", [0.35, 0.6])
def test_a_late_reply_is_never_taken_for_the_next(wire: str, keys: dict[str, Any], late_s: float) -> None:
    with peer(late(late_s), wire=wire, end=b"\r\n") as device:
        driver, _ = drive(document(**keys), device.resource, timeout_s=0.25)
        assert driver.read(["value"])["value"].value == 1.0
        with pytest.raises(InstrumentError, match="no reply"):
            driver.read(["value"])
        read = [attempt(driver) for _ in range(3)]
        driver.close()
    # The answer says how many questions had been asked: one that was asked before would give itself away.
    assert [answer for answer in read if answer is not None] == [
        float(index) for index, answer in enumerate(read, start=3) if answer is not None
    ]
    assert read[-1] is not None


def attempt(driver: Any) -> float | None:
    try:
        value: float = driver.read(["value"])["value"].value
    except InstrumentError:
        return None
    return value


def slow(message: bytes, asked: list[bytes]) -> list[bytes | float]:
    """A device that takes its time, and more for the second answer."""
    asked.append(message)
    return [1.0 if len(asked) == 2 else 0.45, f"{len(asked)}\r\n".encode()]


@pytest.mark.parametrize(("guarded", "seen"), [(True, [None, 4.0]), (False, [2.0, 3.0])])
def test_a_slow_device_is_listened_to_long_enough_after_a_timeout(
    guarded: bool, seen: list[float | None]
) -> None:
    asked: list[bytes] = []
    with peer(lambda message: slow(message, asked), end=b"\r\n") as device:
        driver = AsciiDriver(*unguarded(device.resource, guarded=guarded), Told())
        driver.open()
        assert driver.read(["value"])["value"].value == 1.0
        assert attempt(driver) is None  # the answer 2 comes while 3 is asked for, and 3 long after it
        assert [attempt(driver), attempt(driver)] == seen
        driver.close()


def unguarded(resource: str, *, guarded: bool) -> tuple[Definition, Line]:
    definition = define(document(), resource, timeout_s=0.6)
    port = SocketPort(definition.resource.host, definition.resource.tcp_port)
    return definition, Line(port, resource, guarded=guarded)


def test_the_reply_after_one_that_made_no_sense_is_not_taken_for_the_next() -> None:
    asked = 0

    def answer(message: bytes) -> list[bytes | float]:
        nonlocal asked
        asked += 1
        noise = b"boo\r\n" if asked == 2 else b""  # said unasked, while the answer is being made
        return [0.1, noise, 0.35, f"{asked}\r\n".encode()]

    with peer(answer, end=b"\r\n") as device:
        driver, _ = drive(document(), device.resource, timeout_s=0.6)
        assert driver.read(["value"])["value"].value == 1.0
        with pytest.raises(InstrumentError, match="no reply of the form"):
            driver.read(["value"])
        assert [attempt(driver), attempt(driver)] == [None, 4.0]
        driver.close()


# Replies that nothing ends.


@pytest.mark.parametrize("wire", WIRES)
def test_a_reply_of_a_stated_length_needs_no_end(wire: str) -> None:
    keys = {"reply": "r", "replies": {"r": {"frame": "{value:f}g", "length": 6}}}
    assert value(keys, {b"Q": [b"1.", 0.02, b"500g"]}, wire).value == 1.5


@pytest.mark.parametrize("wire", WIRES)
def test_a_reply_that_quiet_ends_is_whole_when_nothing_more_comes(wire: str) -> None:
    keys = {"reply": "r", "replies": {"r": {"frame": "{value:f} g", "quiet": True}}}
    assert value(keys, {b"Q": [b"1.", 0.01, b"5", 0.01, b" g"]}, wire).value == 1.5


def test_what_is_shorter_than_its_length_times_out() -> None:
    keys = {"reply": "r", "replies": {"r": {"frame": "{value:f}g", "length": 6}}}
    assert fault(keys, b"1.5g").fault == "timeout"


# A line is acknowledged, and the reply is fetched.

FETCHED: dict[str, Any] = {"acknowledge": "\x06", "enquiry": "\x05", "errors": {"\x15": "rejected"}}


class Gauge:
    """Acknowledges a line and gives its reply when it is asked for it: lines end, the enquiry does not."""

    def __init__(self) -> None:
        self.goal = 2.5
        self._held = b""

    def __call__(self, came: bytes) -> bytes | None:
        if came == b"\x05":
            return self._held + b"\r\n"
        line = came.strip()
        if line.startswith(b"S"):
            self.goal = float(line[1:])
        elif line != b"Q":
            return b"\x15\r\n"
        self._held = str(self.goal).encode()
        return b"\x06\r\n"


@pytest.mark.parametrize("wire", WIRES)
def test_a_reply_is_fetched_after_the_line_was_acknowledged(wire: str) -> None:
    with peer(Gauge(), wire=wire, end=None) as device:
        driver, told = drive(document(**FETCHED, answer="{value:f}"), device.resource)
        driver.write("goal", 1.0)
        assert driver.read(["value"])["value"].value == 1.0
        driver.close()
    assert device.received == [b"S1.0\r\n", b"\x05", b"Q\r\n", b"\x05"]
    assert told.count("exchange.extra") == 2


def test_a_line_that_is_not_acknowledged_is_refused() -> None:
    keys = document(**FETCHED)
    keys["attributes"]["value"]["query"] = "WRONG"
    with peer(Gauge(), end=None) as device:
        driver, _ = drive(keys, device.resource)
        with pytest.raises(InstrumentError) as caught:
            driver.read(["value"])
        driver.close()
    assert caught.value.fault == "rejected"
    assert device.received == [b"WRONG\r\n"]  # nothing was fetched


# Replies that depend on what was set.


def valve(answers: dict[str, str]) -> dict[str, Any]:
    return {
        "instrument": "valve",
        "protocol": "ascii",
        "replies": {"opened": "OPENED", "closed": "CLOSED", "on": "ON", "off": "OFF"},
        "attributes": {
            "state": {
                "access": "w",
                "options": {"open": "O", "shut": "C"},
                "set": {"send": "V{value}", "reply": answers},
            },
            "power": {
                "type": "bool",
                "access": "w",
                "set": {"send": "P{value}", "reply": {"true": "on", "false": "off"}},
            },
        },
    }


def test_each_option_has_its_own_reply() -> None:
    answers = {b"VO": b"OPENED\n", b"VC": b"OPENED\n", b"P1": b"ON\n", b"P0": b"OFF\n"}
    with peer(answers) as device:
        driver, _ = drive(valve({"open": "opened", "shut": "closed"}), device.resource)
        for name, wanted in (("state", "open"), ("power", True), ("power", False)):
            driver.write(name, wanted)
        with pytest.raises(InstrumentError, match="says 'OPENED'"):
            driver.write("state", "shut")
        driver.close()


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        ({"open": "opened"}, "nothing says what the device answers to shut"),
        ({"open": "opened", "shut": "closed", "ajar": "on"}, "there is no value 'ajar'"),
    ],
)
def test_every_option_needs_its_reply(answers: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        drive(valve(answers), "tcp://127.0.0.1:1")
