"""Text instruments of the catalogue, from station to wire, against what their manuals say they answer."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.instruments._scripted import peer
from tests.instruments._stations import sound

from shotlane.instruments import InstrumentError, Pool, build_pool

pytestmark = pytest.mark.real_time

BALANCE = {
    b"I4": b'I4 A "1234567"',
    b"SI": b"S D     12.345 g",
    b"T": b"T S     12.345 g",
    b"Z": b"Z +",
}
METER = {
    b"*IDN?": b"Keysight Technologies,34461A,MY123,A.02.14",
    b"SYST:ERR?": b'+0,"No error"',
    b"MEAS:VOLT:DC?": b"+1.25000000E-03",
    b"MEAS:RES?": b"+9.90000000E+37",
    b"ROUT:TERM?": b"FRON",
    b"FUNC?": b'"VOLT:AC"',
    b"SAMP:COUN?": b"+3",
    b"READ?": b"+1.0E+00,+2.0E+00,+3.0E+00",
    b"*TST?": b"+0",
}
CONTROLLER = {
    b"A": b"A +014.70 +025.00 +000.00 +010.00 010.000     Air HLD",
    b"AS12.500": b"A +014.70 +025.00 +000.00 +010.00 012.500     Air",
    b"AG7": b"?",
    b"AV": b"A +014.70 +025.00 +000.00 +000.00 012.500     Air",
}


@contextmanager
def on(
    name: str, answers: Mapping[bytes, bytes], end: bytes, folder: Path, options: str = "{}"
) -> Iterator[Pool]:
    """A pool with one instrument, `it`, whose device answers from a table."""
    replies = {question: answer + end for question, answer in answers.items()}
    with peer(replies, end=end) as device:
        text = f"station: one\ninstruments:\n  it: {{instrument: {name}, resource: '{device.resource}', "
        pool = build_pool(
            sound(text + f"options: {options}}}\n", folder), now_ns=lambda: 0, notify=lambda *_: None
        )
        pool.open(["it"])
        try:
            yield pool
        finally:
            pool.close()


def value(pool: Pool, name: str) -> Any:
    return pool.read("it", [name]).readings[name].value


def test_a_balance(tmp_path: Path) -> None:
    with on("generic-balance", BALANCE, b"\r\n", tmp_path) as pool:
        assert pool.identities["it"].serial == "1234567"
        assert (value(pool, "mass"), value(pool, "status")) == (12.345, "changing")
        pool.call("it", "tare", {})
        with pytest.raises(InstrumentError, match="answers 'Z \\+'") as caught:
            pool.call("it", "zero", {})
    assert caught.value.fault == "rejected"


def test_a_balance_that_is_not_ready_has_no_mass(tmp_path: Path) -> None:
    with on("generic-balance", BALANCE | {b"SI": b"S I", b"T": b"T I"}, b"\r\n", tmp_path) as pool:
        assert (value(pool, "mass"), value(pool, "status")) == (None, "not_ready")
        with pytest.raises(InstrumentError) as caught:
            pool.call("it", "tare", {})
    assert caught.value.fault == "refused"


def test_a_multimeter(tmp_path: Path) -> None:
    with on("keysight-34461a", METER, b"\n", tmp_path) as pool:
        assert pool.identities["it"].model == "34461A"
        assert value(pool, "voltage") == 0.00125
        assert pool.read("it", ["resistance"]).readings["resistance"] == (None, "+9.90000000E+37", None)
        assert (value(pool, "terminals"), value(pool, "function")) == ("front", "voltage_ac")
        pool.write("it", "samples", 3)
        assert value(pool, "readings").tolist() == [1.0, 2.0, 3.0]
        assert pool.call("it", "self_test", {}).result == "+0"


def test_a_flow_controller(tmp_path: Path) -> None:
    options = "{device_unit: sccm, full_scale: 50 sccm}"
    with on("alicat-mfc", CONTROLLER, b"\r", tmp_path, options) as pool:
        assert (value(pool, "flow"), value(pool, "gas"), value(pool, "flags")) == (10.0, "Air", "HLD")
        pool.write("it", "flow_setpoint", 12.5)
        pool.call("it", "tare", {})
        with pytest.raises(InstrumentError, match="answers '\\?'") as caught:
            pool.write("it", "gas_select", "He")
    assert caught.value.fault == "rejected"
