"""The ASCII driver on real wires: a pseudo-terminal and TCP, against the bench."""

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from tests.instruments._wired import GAS, Told, define, drive

from shotlane.instruments.definition._contract import InstrumentError, Reading
from shotlane.instruments.dialogue._driver import AsciiDriver
from shotlane.instruments.dialogue._line import Line
from shotlane.instruments.ports._transport import SerialPort
from shotlane.testing import Bench

pytestmark = pytest.mark.real_time


@pytest.fixture(scope="module")
def shared_bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with Bench(folder=tmp_path_factory.mktemp("bench")) as bench:
        yield bench


@pytest.fixture
def bench(shared_bench: Bench) -> Bench:
    shared_bench.restart("gas")
    return shared_bench


@pytest.fixture
def gas(bench: Bench) -> Iterator[tuple[Any, Told]]:
    driver, told = drive(GAS, bench.gas_resource)
    yield driver, told
    driver.close()


@pytest.fixture(params=["serial", "tcp"])
def either(request: pytest.FixtureRequest, bench: Bench) -> Iterator[Any]:
    resource = bench.gas_resource if request.param == "serial" else bench.gas_tcp_resource
    driver, _ = drive(GAS, resource)
    yield driver
    driver.close()


def test_dialogue_over_either_wire(bench: Bench, either: Any) -> None:
    either.write("flow_setpoint", 12.5)
    readings = either.read(["flow_setpoint", "gas", "pressure"])
    assert {name: reading.value for name, reading in readings.items()} == {
        "flow_setpoint": 12.5,
        "gas": "Air",
        "pressure": 14.7,
    }
    assert bench.registers()["gas"]["setpoint"] == 12.5


def test_attributes_of_one_frame_are_one_exchange(bench: Bench, gas: tuple[Any, Told]) -> None:
    driver, told = gas
    since = len(bench.requests("gas"))
    assert len(driver.read(["flow", "pressure", "flow_setpoint"])) == 3
    assert len(bench.requests("gas")) == since + 1
    assert told.events == []


def test_booleans_send_their_texts(bench: Bench, gas: tuple[Any, Told]) -> None:
    driver, _ = gas
    driver.write("shutoff", True)
    assert bench.registers()["gas"]["held"] is True
    driver.write("shutoff", False)
    assert bench.registers()["gas"]["held"] is False


def test_tare_waits_for_its_reply(bench: Bench, gas: tuple[Any, Told]) -> None:
    driver, _ = gas
    begun = time.monotonic()
    assert driver.call("tare", {}) is None
    assert time.monotonic() - begun >= 0.1
    assert bench.registers()["gas"]["tares"] == 1
    assert driver.read(["gas"])["gas"].value == "Air"


def test_timeout_comes_within_its_bound(bench: Bench, gas: tuple[Any, Told]) -> None:
    driver, _ = gas
    bench.fault("gas", "drop")
    begun = time.monotonic()
    with pytest.raises(InstrumentError, match="no reply") as caught:
        driver.read(["flow"])
    assert time.monotonic() - begun > 0.29
    assert caught.value.fault == "timeout"
    assert (caught.value.context.sent, caught.value.context.received) == ("A\\r", None)
    assert driver.read(["flow"])["flow"].value == 0.0


@pytest.mark.parametrize(
    ("kind", "words"), [("wrong_unit", "says 'B' where 'A' must stand"), ("garble", "no reply of the form")]
)
def test_spoilt_replies_are_garbled(bench: Bench, gas: tuple[Any, Told], kind: str, words: str) -> None:
    driver, _ = gas
    bench.fault("gas", kind)
    with pytest.raises(InstrumentError, match=words) as caught:
        driver.read(["flow"])
    assert caught.value.fault == "garbled"
    assert caught.value.context.received
    assert driver.read(["flow"])["flow"].value == 0.0


def test_unsolicited_bytes_are_thrown_away(bench: Bench, gas: tuple[Any, Told]) -> None:
    driver, _ = gas
    bench.say("A +099.99 +025.00 +000.000 +000.000 099.000 Air\rA +0")
    time.sleep(0.05)
    assert driver.read(["flow_setpoint"])["flow_setpoint"].value == 0.0


def setpoint_after_a_late_reply(
    bench: Bench, *, guarded: bool, lateness_s: float
) -> Reading | InstrumentError:
    """Ask for a set point of 20, too early for its reply; let the device fall back to 0; ask again."""
    definition = define(GAS, bench.gas_resource, timeout_s=0.3)
    line = Line(SerialPort(bench.serial_path, {}), bench.gas_resource, guarded=guarded)
    driver = AsciiDriver(definition, line, Told())
    driver.open()
    driver.write("flow_setpoint", 20.0)
    bench.fault("gas", "delay", seconds=lateness_s)
    with pytest.raises(InstrumentError, match="no reply"):
        driver.read(["flow_setpoint"])
    bench.restart("gas")
    try:
        return driver.read(["flow_setpoint"])["flow_setpoint"]
    except InstrumentError as error:
        return error
    finally:
        time.sleep(lateness_s)
        driver.close()


def test_late_reply_is_never_taken_for_the_next(bench: Bench) -> None:
    assert setpoint_after_a_late_reply(bench, guarded=True, lateness_s=0.4) == Reading(0.0)


def test_reply_later_than_the_drain_is_garbled_not_taken(bench: Bench) -> None:
    outcome = setpoint_after_a_late_reply(bench, guarded=True, lateness_s=0.65)
    assert isinstance(outcome, InstrumentError)
    assert outcome.fault == "garbled"
    assert outcome.message == "two replies came, and one of them was to an earlier request"


def test_without_the_guard_the_late_reply_would_be_stored(bench: Bench) -> None:
    assert setpoint_after_a_late_reply(bench, guarded=False, lateness_s=0.4) == Reading(20.0)


def test_vanished_port_is_disconnected_and_comes_back(bench: Bench, gas: tuple[Any, Told]) -> None:
    driver, told = gas
    bench.vanish()
    with pytest.raises(InstrumentError) as caught:
        driver.read(["flow"])
    assert caught.value.fault == "disconnected"
    with pytest.raises(InstrumentError, match="there is no port"):
        driver.read(["flow"])
    bench.appear()
    assert driver.read(["flow"])["flow"].value == 0.0
    assert told.count("instrument.reopened") == 1


def test_port_is_taken_exclusively(bench: Bench, gas: tuple[Any, Told]) -> None:
    with pytest.raises(InstrumentError, match="in use by another program") as caught:
        drive(GAS, bench.gas_resource)
    assert caught.value.fault == "disconnected"


def test_setup_is_sent_at_opening_and_again_after_a_timeout(bench: Bench) -> None:
    driver, told = drive(GAS | {"setup": {"flow_setpoint": 5.0}}, bench.gas_resource)
    bench.fault("gas", "drop")
    with pytest.raises(InstrumentError):
        driver.read(["flow"])
    driver.read(["flow"])
    driver.close()
    assert told.count("instrument.set-up") == 2


def test_identity_is_asked_and_told(bench: Bench) -> None:
    identity = {"query": "", "reply": "{serial:w} {_:rest}", "maker": "Alicat"}
    driver, told = drive(GAS | {"identity": identity}, bench.gas_resource)
    driver.close()
    ((event, fields),) = told.events
    assert (event, fields["exchanges"]) == ("instrument.identified", 1)
    assert fields["identity"] == {"maker": "Alicat", "serial": "A"}


def test_value_that_cannot_be_written_never_reaches_the_wire(bench: Bench, gas: tuple[Any, Told]) -> None:
    driver, _ = gas
    since = len(bench.requests("gas"))
    with pytest.raises(InstrumentError, match="cannot be written") as caught:
        driver.write("flow_setpoint", "much")
    assert (caught.value.fault, caught.value.context.sent) == ("rejected", None)
    assert len(bench.requests("gas")) == since


def test_serial_settings_reach_the_port(bench: Bench) -> None:
    definition = define(GAS, bench.gas_resource)
    resource = replace(definition.resource, query={"parity": "even", "stopbits": "2"})
    assert SerialPort(resource.path, resource.query) is not None
    with pytest.raises(ValueError, match="parity 'odder' is none of"):
        SerialPort(resource.path, {"parity": "odder"})
