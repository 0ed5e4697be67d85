"""SCPI as a preset, on real wires against a scripted peer."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from tests.instruments._scripted import Peer, peer
from tests.instruments._wired import Told, define, drive

from shotlane.instruments import InstrumentError, Reading
from shotlane.instruments.dialogue._dialogue import parse_dialogue

pytestmark = pytest.mark.real_time

SUPPLY: dict[str, Any] = {
    "instrument": "supply",
    "protocol": "scpi",
    "error_queue": True,
    "attributes": {
        "voltage": {"scpi": "SOUR:VOLT", "access": "rw"},
        "channel": {"scpi": "VOLT (@2)", "access": "rw"},
        "measured": {"query": "MEAS:VOLT?"},
        "count": {"scpi": "SAMP:COUN", "type": "int", "access": "rw"},
        "output": {"scpi": "OUTP", "type": "bool", "access": "rw"},
        "function": {
            "scpi": "FUNC",
            "options": {"volts": "VOLT", "amps": "CURR:DC"},
            "access": "rw",
        },
        "label": {"scpi": "DISP:TEXT", "type": "text", "access": "rw"},
        "trace": {"query": "TRAC?", "type": "array"},
        "curve": {"query": "CURV?", "block": {"type": "int16", "byte_order": "low_first"}, "type": "array"},
        "volts": {"query": "CURV?", "block": {"type": "int16"}, "type": "array", "scale": 0.5, "offset": 1},
    },
    "commands": {"reset": {"send": "*RST"}, "test": {"send": "*TST?"}},
}


def script(answers: dict[bytes, bytes], errors: list[bytes]) -> Callable[[bytes], bytes | None]:
    def answer(message: bytes) -> bytes | None:
        if message == b"SYST:ERR?":
            return (errors.pop(0) if errors else b'+0,"No error"') + b"\n"
        if message == b"*IDN?":
            return b"Maker,Model 7,SN1,1.02\n"
        return answers[message] + b"\n" if message in answers else None

    return answer


def readings(name: str, query: bytes, answer: bytes, wire: str = "tcp") -> Reading:
    with peer(script({query: answer}, []), wire=wire) as device:
        driver, _ = drive(SUPPLY, device.resource)
        try:
            return driver.read([name])[name]
        finally:
            driver.close()


@pytest.mark.parametrize(
    ("name", "query", "answer", "expected"),
    [
        ("voltage", b"SOUR:VOLT?", b"+1.25000000E+00", Reading(1.25)),
        ("voltage", b"SOUR:VOLT?", b":SOURCE:VOLT 1.25", Reading(1.25)),
        ("channel", b"VOLT? (@2)", b"3", Reading(3.0)),
        ("measured", b"MEAS:VOLT?", b"9.9E37", Reading(None, "9.9E37")),
        ("measured", b"MEAS:VOLT?", b"-9.90000000E+37", Reading(None, "-9.90000000E+37")),
        ("measured", b"MEAS:VOLT?", b"9.91E37", Reading(None, "9.91E37")),
        ("measured", b"MEAS:VOLT?", b"NAN", Reading(None, "NAN")),
        ("measured", b"MEAS:VOLT?", b"-INF", Reading(None, "-INF")),
        ("count", b"SAMP:COUN?", b"+1.0E+1", Reading(10)),
        ("output", b"OUTP?", b"1", Reading(True)),
        ("output", b"OUTP?", b"OFF", Reading(False)),
        ("function", b"FUNC?", b'"VOLT"', Reading("volts")),
        ("function", b"FUNC?", b"CURR:DC", Reading("amps")),
        ("function", b"FUNC?", b"RES", Reading(None, "RES")),
        ("label", b"DISP:TEXT?", b'"say ""hi"""', Reading('say "hi"')),
    ],
)
def test_replies_become_values(name: str, query: bytes, answer: bytes, expected: Reading) -> None:
    assert readings(name, query, answer) == expected


@pytest.mark.parametrize("wire", ["tcp", "pty"])
@pytest.mark.parametrize(
    ("name", "query", "answer", "dtype", "expected"),
    [
        ("trace", b"TRAC?", b"1,2.5, -3E2", "float64", [1, 2.5, -300]),
        ("trace", b"TRAC?", b"1,9.9E37,9.91E37,-9.9E37", "float64", [1, np.inf, np.nan, -np.inf]),
        ("curve", b"CURV?", b"#16\x01\x00\xff\xff\x0a\x00", "int16", [1, -1, 10]),
        ("curve", b"CURV?", b"#0\x0a\x00\x02\x00", "int16", [10, 2]),
        ("curve", b"CURV?", b"#10", "int16", []),
        ("volts", b"CURV?", b"#14\x00\x02\x00\x04", "float64", [2, 3]),
    ],
)
def test_arrays(wire: str, name: str, query: bytes, answer: bytes, dtype: str, expected: list[float]) -> None:
    array = readings(name, query, answer, wire).value
    assert array.dtype == np.dtype(dtype)
    assert np.array_equal(array, np.array(expected), equal_nan=dtype == "float64")


def test_a_block_without_an_end_and_a_long_one() -> None:
    numbers = np.arange(300_000, dtype="<i2")
    block = b"#6600000" + numbers.tobytes()
    with peer({b"CURV?": [block[:5], 0.02, block[5:]], b"*IDN?": b"a,b\n"}) as device:
        driver, _ = drive(SUPPLY, device.resource, timeout_s=1.0)
        assert np.array_equal(driver.read(["curve"])["curve"].value, numbers)
        driver.close()


@pytest.mark.parametrize("answer", [b"#A12", b"#12", b"#13abc", b"12,13", b"#14abcdxx"])
def test_what_is_no_block_is_garbled_or_late(answer: bytes) -> None:
    with pytest.raises(InstrumentError) as caught:
        readings("curve", b"CURV?", answer)
    assert caught.value.fault in ("garbled", "timeout")


@pytest.mark.parametrize(
    ("name", "value", "sent"),
    [
        ("voltage", 1.25, b"SOUR:VOLT 1.25"),
        ("channel", 3.0, b"VOLT 3.0,(@2)"),
        ("count", 7, b"SAMP:COUN 7"),
        ("output", True, b"OUTP 1"),
        ("function", "amps", b"FUNC CURR:DC"),
        ("label", "on", b'DISP:TEXT "on"'),
    ],
)
def test_values_are_written_after_their_header(name: str, value: Any, sent: bytes) -> None:
    with peer(script({}, [])) as device:
        driver, _ = drive(SUPPLY, device.resource)
        driver.write(name, value)
        driver.close()
    assert sent in device.received


def opened(device: Peer) -> tuple[Any, Told]:
    driver, told = drive(SUPPLY, device.resource)
    told.events.clear()
    return driver, told


def test_an_error_of_a_set_is_rejected_with_all_that_is_listed() -> None:
    errors: list[bytes] = []
    with peer(script({}, errors)) as device:
        driver, told = opened(device)
        driver.write("voltage", 1.0)
        errors += [b'-222,"Data out of range"', b'-113,"Undefined header"']
        with pytest.raises(InstrumentError, match="the device says -222, Data out of range") as caught:
            driver.write("voltage", 99.0)
        driver.write("voltage", 1.0)
        driver.close()
    assert caught.value.fault == "rejected"
    assert caught.value.context.sent == "SOUR:VOLT 99.0\\n"
    assert "-113" in str(caught.value.context.received)
    # Every request for errors is told: one at first for old ones, then one, three and one.
    assert [fields["exchanges"] for _, fields in told.events] == [1, 1, 3, 1]
    assert sum(message == b"SYST:ERR?" for message in device.received) == 6


def test_old_errors_are_not_blamed_on_a_set() -> None:
    with peer(script({}, [b'-113,"Undefined header"', b'-410,"Query INTERRUPTED"'])) as device:
        driver, _ = drive(SUPPLY, device.resource)
        driver.write("voltage", 1.0)
        driver.close()
    assert device.received.index(b"SYST:ERR?") < device.received.index(b"SOUR:VOLT 1.0")


def test_a_query_out_of_step_is_garbled() -> None:
    errors: list[bytes] = []
    with peer(script({}, errors)) as device:
        driver, _ = drive(SUPPLY, device.resource)
        driver.write("voltage", 1.0)
        errors.append(b'-420,"Query UNTERMINATED"')
        with pytest.raises(InstrumentError, match="-420") as caught:
            driver.write("voltage", 2.0)
        driver.close()
    assert caught.value.fault == "garbled"


def test_commands_answer_when_they_ask() -> None:
    with peer(script({b"*TST?": b"0"}, [])) as device:
        driver, _ = drive(SUPPLY, device.resource)
        assert driver.call("reset", {}) is None
        assert driver.call("test", {}) == "0"
        driver.close()


@pytest.mark.parametrize(
    ("answer", "parts"),
    [
        (b"Maker,Model 7,SN1,1.02,x", ("Maker", "Model 7", "SN1", "1.02,x")),
        (b"Maker, Model", ("Maker", "Model", None, None)),
    ],
)
def test_identity_is_asked_unless_told_not_to(answer: bytes, parts: tuple[str | None, ...]) -> None:
    with peer({b"*IDN?": answer + b"\n"}) as device:
        driver, told = drive(SUPPLY, device.resource)
        identity = driver.open()
        driver.close()
        drive(SUPPLY | {"identity": {"query": "none"}}, device.resource)[0].close()
    assert (identity.maker, identity.model, identity.serial, identity.firmware) == parts
    assert device.received == [b"*IDN?", b"*IDN?"]
    assert told.count("instrument.identified") == 2


def test_without_an_error_queue_nothing_is_asked() -> None:
    with peer(script({}, [])) as device:
        driver, _ = drive(SUPPLY | {"error_queue": False}, device.resource)
        driver.write("voltage", 1.0)
        driver.close()
    assert b"SYST:ERR?" not in device.received


def test_the_preset_has_no_faults() -> None:
    assert parse_dialogue(define(SUPPLY, "tcp://127.0.0.1:9").document)[1] == []
