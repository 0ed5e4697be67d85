"""Binary dialogues of fixed layout, on real wires against a scripted peer."""

from typing import Any

import numpy as np
import pytest
from tests.instruments._scripted import peer, wait_for
from tests.instruments._wired import define, drive

from shotlane.instruments import InstrumentError, Reading
from shotlane.instruments.dialogue._checksum import Checksum
from shotlane.instruments.dialogue._dialogue import parse_dialogue
from shotlane.model import InstrumentDocument

pytestmark = pytest.mark.real_time

CRC = Checksum("crc16", "low_first")
PUMP: dict[str, Any] = {
    "instrument": "pump",
    "protocol": "binary",
    "checksum": "crc16",
    "write": "AA {length:uint8} {command} {checksum}",
    "errors": {"15": "rejected", "AA 06 EE": "refused"},
    "replies": {
        "state": {
            "start": "AA 81",
            "length": 13,
            "fields": {
                "flow": {"at": 2, "type": "float32"},
                "count": {"at": 6, "type": "uint16", "byte_order": "low_first"},
                "running": {"at": 8, "type": "uint8", "bit": 1},
                "name": {"at": 9, "type": "text", "count": 2},
            },
        },
        "trace": {
            "start": "AA 82",
            "length": {"at": 2, "type": "uint16", "plus": 6},
            "fields": {"points": {"at": 4, "type": "int16", "count": "rest"}},
        },
        "done": {"start": "06", "end": "0D", "checksum": False, "length": 2},
    },
    "attributes": {
        "flow": {"query": "01", "reply": "state", "field": "flow"},
        "count": {"query": "01", "reply": "state", "type": "int"},
        "running": {"query": "01", "reply": "state", "type": "bool"},
        "name": {"query": "01", "reply": "state", "type": "text"},
        "trace": {"query": "02", "reply": "trace", "type": "array", "scale": 0.1},
        "goal": {"access": "w", "set": {"send": "03 {value:float32}", "reply": "done"}},
        "power": {"access": "w", "type": "bool", "set": {"true": "04 01", "false": "04 00", "reply": "none"}},
    },
    "commands": {"step": {"send": "05 {n:int16} {n:uint8}", "reply": "done", "parameters": {"n": {}}}},
}


def summed(data: bytes) -> bytes:
    return data + CRC.of(data)


STATE = summed(bytes.fromhex("AA81 3FC00000 0201 02") + b"N2")
TRACE = summed(bytes.fromhex("AA82 0004 000A FFF6"))
ASK_STATE, ASK_TRACE = summed(bytes.fromhex("AA0101")), summed(bytes.fromhex("AA0102"))


@pytest.mark.parametrize("wire", ["tcp", "pty"])
def test_fields_stand_at_their_places(wire: str) -> None:
    with peer({ASK_STATE: [STATE[:4], 0.02, STATE[4:]]}, wire=wire, end=None) as device:
        driver, _ = drive(PUMP, device.resource)
        found = driver.read(["flow", "count", "running", "name"])
        driver.close()
    assert {name: reading.value for name, reading in found.items()} == {
        "flow": 1.5,
        "count": 258,
        "running": True,
        "name": "N2",
    }
    assert device.received == [ASK_STATE]


def test_numbers_up_to_the_end_are_an_array() -> None:
    with peer({ASK_TRACE: TRACE}, end=None) as device:
        driver, _ = drive(PUMP, device.resource)
        array = driver.read(["trace"])["trace"].value
        driver.close()
    assert np.allclose(array, [1.0, -1.0])


def test_what_stands_before_the_start_is_noise() -> None:
    with peer({ASK_STATE: b"\x00\xff" + STATE}, end=None) as device:
        driver, _ = drive(PUMP, device.resource)
        assert driver.read(["flow"])["flow"].value == 1.5
        driver.close()


def test_sets_and_commands_are_packed() -> None:
    goal = summed(bytes.fromhex("AA05 03 3FC00000"))
    step = summed(bytes.fromhex("AA04 05 0003 03"))
    off = summed(bytes.fromhex("AA02 0400"))
    with peer({goal: b"\x06\r", step: b"\x06\r"}, end=None) as device:
        driver, _ = drive(PUMP, device.resource)
        driver.write("goal", 1.5)
        driver.call("step", {"n": 3.0})
        driver.write("power", False)
        with pytest.raises(InstrumentError, match="300 is no uint8") as caught:
            driver.call("step", {"n": 300})
        driver.close()
        wait_for(device, 3)
    # `off` has no reply that would have been waited for.
    assert device.received == [goal, step, off]
    assert (caught.value.fault, caught.value.context.sent) == ("rejected", None)


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (b"\x15", "rejected", "answers 15"),
        (b"\xaa\x06\xee\x01\x02\x03", "refused", "answers AA 06 EE"),
        (STATE[:-1] + b"\x00", "garbled", "the checksum is"),
        (STATE[:8], "timeout", "only a part"),
    ],
)
def test_answers_that_are_no_state(answer: bytes, kind: str, words: str) -> None:
    answers = [answer, STATE]
    with peer(lambda message: answers.pop(0), end=None) as device:
        driver, _ = drive(PUMP, device.resource)
        with pytest.raises(InstrumentError, match=words) as caught:
            driver.read(["flow"])
        assert driver.read(["flow"])["flow"].value == 1.5
        driver.close()
    assert caught.value.fault == kind


def test_a_late_reply_is_never_taken_for_the_next() -> None:
    asked = 0

    def answer(message: bytes) -> list[bytes | float]:
        nonlocal asked
        asked += 1
        data = bytes.fromhex("AA81 3FC00000") + asked.to_bytes(2, "little") + b"\x00  "
        return [0.5 if asked == 2 else 0.0, summed(data)]

    with peer(answer, end=None) as device:
        driver, _ = drive(PUMP, device.resource, timeout_s=0.25)
        assert driver.read(["count"])["count"].value == 1
        with pytest.raises(InstrumentError, match="no reply"):
            driver.read(["count"])
        seen = []
        for _ in range(3):
            try:
                seen.append(driver.read(["count"])["count"].value)
            except InstrumentError:
                seen.append(None)
        driver.close()
    assert seen in ([None, 4, 5], [3, 4, 5])


def test_nan_is_no_value() -> None:
    state = summed(bytes.fromhex("AA81 7FC00000 0201 02") + b"N2")
    with peer({ASK_STATE: state}, end=None) as device:
        driver, _ = drive(PUMP, device.resource)
        assert driver.read(["flow"])["flow"] == Reading(None, "nan")
        driver.close()


@pytest.mark.parametrize(
    ("change", "path", "words"),
    [
        ({"write": "AA {command"}, ("write",), "is no byte"),
        ({"write": "A {command}"}, ("write",), "is no byte"),
        ({"write": "{command:uint8}"}, ("write",), "has no type"),
        ({"checksum": None}, ("write",), "nothing says what {checksum} is"),
        ({"errors": {"AA": "rejected"}}, ("replies", "state"), "begins like the error AA"),
        ({"errors": {"": "rejected"}}, ("errors", ""), "needs the bytes"),
        ({"replies": {"x": "A {x:f}"}}, ("replies", "x"), "is no text"),
        ({"replies": {"x": {"start": "AA"}}}, ("replies", "x"), "where the reply ends"),
        (
            {"replies": {"x": {"length": 3, "fields": {"a": {"at": 1, "type": "uint8"}}}}},
            ("replies", "x"),
            "need 4",
        ),
        (
            {"replies": {"x": {"length": 9, "fields": {"a": {"at": 0, "type": "uint8", "bit": 8}}}}},
            ("replies", "x"),
            "has no bit 8",
        ),
        (
            {"commands": {"c": {"send": "05 {n}", "reply": "none", "parameters": {"n": {}}}}},
            ("commands", "c", "send"),
            "needs its type",
        ),
        (
            {"commands": {"c": {"send": "{n:uint9}", "reply": "none", "parameters": {"n": {}}}}},
            ("commands", "c", "send"),
            "is no type",
        ),
    ],
)
def test_faults_have_their_place(change: dict[str, Any], path: tuple[str, ...], words: str) -> None:
    keys = {"attributes": {}, "commands": {}} | change
    faults = parse_dialogue(InstrumentDocument.model_validate(PUMP | keys))[1]
    fault = next(fault for fault in faults if fault.path == path)
    assert words in fault.message


def test_the_pump_has_no_faults() -> None:
    assert parse_dialogue(define(PUMP, "tcp://127.0.0.1:9").document)[1] == []
