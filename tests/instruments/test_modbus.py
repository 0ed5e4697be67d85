"""The Modbus driver on a real wire, against the bench."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from tests.instruments._wired import FURNACE, Told, drive

from shotlane.instruments.definition._contract import InstrumentError
from shotlane.testing import Bench

pytestmark = pytest.mark.real_time


@pytest.fixture(scope="module")
def shared_bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with Bench(folder=tmp_path_factory.mktemp("bench")) as bench:
        yield bench


@pytest.fixture
def bench(shared_bench: Bench) -> Bench:
    shared_bench.restart("furnace", seconds=0.0)
    return shared_bench


@pytest.fixture
def furnace(bench: Bench) -> Iterator[tuple[Any, Told]]:
    driver, told = drive(FURNACE, bench.furnace_resource)
    yield driver, told
    driver.close()


def new_requests(bench: Bench, since: int) -> list[dict[str, Any]]:
    return bench.requests("furnace")[since:]


def test_written_setpoint_reads_back_to_the_last_digit(furnace: tuple[Any, Told]) -> None:
    driver, _ = furnace
    for value in (60.1, 104.0, 140.0, -12.34567):
        driver.write("setpoint", value)
        assert driver.read(["setpoint"])["setpoint"].value == pytest.approx(value, rel=1e-7)
    driver.write("setpoint", 60.1)
    assert driver.read(["setpoint"])["setpoint"].value == 60.1


def test_valid_register_travels_in_the_same_request(bench: Bench, furnace: tuple[Any, Told]) -> None:
    driver, told = furnace
    since = len(bench.requests("furnace"))
    reading = driver.read(["temperature"])["temperature"]
    (request,) = new_requests(bench, since)
    assert (request["address"], request["count"]) == (360, 3)
    assert 70.0 < reading.value < 80.0
    assert told.count("exchange.extra") == 0


def test_further_requests_of_one_reading_are_told(bench: Bench, furnace: tuple[Any, Told]) -> None:
    driver, told = furnace
    since = len(bench.requests("furnace"))
    readings = driver.read(["temperature", "setpoint", "saving"])
    assert readings["saving"].value == "volatile"
    assert len(new_requests(bench, since)) == 3
    extra = [fields for event, fields in told.events if event == "exchange.extra"]
    assert [fields["names"] for fields in extra] == [["setpoint"], ["saving"]]


def test_set_up_is_sent_at_opening_and_told(bench: Bench, furnace: tuple[Any, Told]) -> None:
    _, told = furnace
    fields = {"attribute": "saving", "value": "volatile", "exchanges": 1}
    assert told.events == [("instrument.set-up", fields)]
    assert bench.registers()["furnace"]["saving"] == 59


def test_broken_sensor_is_no_value(bench: Bench, furnace: tuple[Any, Told]) -> None:
    driver, _ = furnace
    bench.break_sensor(65)
    reading = driver.read(["temperature"])["temperature"]
    assert reading.value is None
    assert reading.raw == "valid register 362 is 65"
    assert reading.fault is None


def test_a_number_that_is_listed_as_missing_is_no_value(bench: Bench) -> None:
    document = FURNACE | {"attributes": {"saving": {"holding": 2494, "missing": [59, -1]}}, "setup": {}}
    driver, _ = drive(document, bench.furnace_resource)
    before = driver.read(["saving"])["saving"]
    driver.close()
    driver, _ = drive(FURNACE, bench.furnace_resource)  # whose set-up writes 59
    driver.close()
    driver, _ = drive(document, bench.furnace_resource)
    after = driver.read(["saving"])["saving"]
    driver.close()
    assert (before.value, after) == (106, (None, "59 is listed as missing", None))


def test_busy_is_refused_and_the_connection_stays(bench: Bench, furnace: tuple[Any, Told]) -> None:
    driver, told = furnace
    bench.fault("furnace", "busy")
    with pytest.raises(InstrumentError, match="exception 6") as caught:
        driver.read(["temperature"])
    assert caught.value.fault == "refused"
    driver.read(["temperature"])
    assert told.count("instrument.reopened") == 0


@pytest.mark.parametrize(
    ("attribute", "value", "code"),
    [({"holding": 9000}, 1, 2), ({"holding": 2494}, 7, 3), ({"coil": 3}, True, 1)],
)
def test_illegal_requests_are_rejected(bench: Bench, attribute: Any, value: Any, code: int) -> None:
    document = FURNACE | {"attributes": {"odd": attribute | {"access": "rw"}}, "setup": {}}
    driver, _ = drive(document, bench.furnace_resource)
    with pytest.raises(InstrumentError, match=f"exception {code}") as caught:
        driver.write("odd", value)
    driver.close()
    assert caught.value.fault == "rejected"
    assert caught.value.context.sent
    assert caught.value.context.received


def test_timeout_comes_within_its_bound(bench: Bench, furnace: tuple[Any, Told]) -> None:
    driver, _ = furnace
    bench.fault("furnace", "drop")
    begun = time.monotonic()
    with pytest.raises(InstrumentError, match="no answer") as caught:
        driver.read(["temperature"])
    assert time.monotonic() - begun > 0.29
    assert caught.value.fault == "timeout"
    assert (caught.value.context.elapsed_s or 0.0) > 0.29


def test_late_answer_is_never_taken_for_the_next(bench: Bench, furnace: tuple[Any, Told]) -> None:
    driver, told = furnace
    driver.write("setpoint", 140.0)
    bench.fault("furnace", "delay", seconds=0.5)
    with pytest.raises(InstrumentError, match="no answer"):
        driver.read(["temperature"])
    assert driver.read(["setpoint"])["setpoint"].value == 140.0
    time.sleep(0.4)
    assert driver.read(["setpoint"])["setpoint"].value == 140.0
    assert told.count("instrument.reopened") == 1
    assert told.count("instrument.set-up") == 2


@pytest.mark.parametrize(
    ("kind", "fault", "words"),
    [
        ("wrong_unit", "garbled", "unit 2 answered"),
        ("garble", "garbled", "no Modbus TCP frame"),
        ("hang_up", "disconnected", "closed the connection"),
    ],
)
def test_spoilt_answers_have_their_fault(
    bench: Bench, furnace: tuple[Any, Told], kind: str, fault: str, words: str
) -> None:
    driver, _ = furnace
    bench.fault("furnace", kind)
    with pytest.raises(InstrumentError, match=words) as caught:
        driver.read(["temperature"])
    assert caught.value.fault == fault
    assert driver.read(["temperature"])["temperature"].value is not None


def test_restarted_device_gets_its_set_up_again(bench: Bench, furnace: tuple[Any, Told]) -> None:
    driver, told = furnace
    bench.restart("furnace")
    with pytest.raises(InstrumentError) as caught:
        driver.read(["saving"])
    assert caught.value.fault == "disconnected"
    assert driver.read(["saving"])["saving"].value == "volatile"
    assert told.count("instrument.reopened") == 1


def test_failing_second_request_keeps_the_first_value(bench: Bench, furnace: tuple[Any, Told]) -> None:
    driver, told = furnace
    bench.fault("furnace", "busy", after=1)
    readings = driver.read(["temperature", "setpoint"])
    assert readings["temperature"].value is not None
    assert readings["setpoint"].fault is not None
    assert readings["setpoint"].fault.fault == "refused"
    assert told.count("exchange.extra") == 1


def test_value_that_does_not_fit_never_reaches_the_wire(bench: Bench, furnace: tuple[Any, Told]) -> None:
    driver, _ = furnace
    since = len(bench.requests("furnace"))
    with pytest.raises(InstrumentError, match="does not fit") as caught:
        driver.write("setpoint", 1e39)
    assert caught.value.fault == "rejected"
    assert caught.value.context.sent is None
    assert new_requests(bench, since) == []


def test_units_share_one_connection_until_the_last_closes(bench: Bench) -> None:
    lines: dict[str, Any] = {}
    first, _ = drive(FURNACE, bench.furnace_resource, lines=lines)
    second, _ = drive(FURNACE, bench.furnace_resource, lines=lines)
    (line,) = lines.values()
    first.close()
    assert second.read(["temperature"])["temperature"].value is not None
    assert line.openings == 1
    second.close()
    assert not line.connected


def test_silent_unit_of_a_gateway_leaves_the_others_connected(bench: Bench) -> None:
    lines: dict[str, Any] = {}
    first, told = drive(FURNACE, bench.furnace_resource, lines=lines)
    silent, _ = drive(
        FURNACE | {"setup": {}}, bench.furnace_resource.replace("unit=1", "unit=9"), lines=lines
    )
    for _ in range(2):
        with pytest.raises(InstrumentError, match="no answer"):
            silent.read(["temperature"])
        assert first.read(["temperature"])["temperature"].value is not None
    first.close()
    silent.close()
    assert told.count("instrument.reopened") == 0


def test_late_answer_on_a_kept_connection_is_skipped_by_its_number(bench: Bench) -> None:
    lines: dict[str, Any] = {}
    first, told = drive(FURNACE | {"setup": {}}, bench.furnace_resource, lines=lines)
    second, _ = drive(FURNACE | {"setup": {}}, bench.furnace_resource, lines=lines)
    first.write("setpoint", 140.0)
    bench.fault("furnace", "delay", seconds=0.4)
    with pytest.raises(InstrumentError, match="no answer"):
        first.read(["temperature"])
    assert second.read(["setpoint"])["setpoint"].value == 140.0
    first.close()
    second.close()
    assert told.count("instrument.reopened") == 0


def test_nobody_listening_is_disconnected() -> None:
    with pytest.raises(InstrumentError, match="nothing answers at") as caught:
        drive(FURNACE, "modbus+tcp://127.0.0.1:9")
    assert caught.value.fault == "disconnected"
    assert caught.value.context.sent is None
