"""Who an instrument must be, until when it is calibrated, and how often its memory was written."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from tests.instruments._peers import bench_station, device, fault_of, pool_on, value
from tests.instruments._stations import marked, only, resolve

from shotlane.instruments import Identity, PoolError
from shotlane.instruments.definition._specimen import Expectation
from shotlane.testing import Bench

METER = """
instrument: meter
protocol: ascii
timeout: 200 ms
attributes:
  level: {query: "L?", reply: "{value:f}"}
identity: {query: "I?", reply: "{maker:w} {model:w} {serial:w}"}
"""


@pytest.mark.parametrize(
    ("wanted", "found", "complaint"),
    [
        (Identity(serial="7"), Identity(serial=" 7 "), None),
        (Identity(maker="ACME", firmware="2.*"), Identity("acme", "m1", "7", "2.11"), None),
        (Identity(serial="7"), Identity(serial="8"), "serial 8 answers, and 7 is expected"),
        (Identity(serial="7"), Identity(), "it does not say its serial, and 7 is expected"),
    ],
)
def test_who_answers_is_compared_part_by_part(
    wanted: Identity, found: Identity, complaint: str | None
) -> None:
    assert Expectation(wanted).complaint(found) == complaint


def meter_station(resource: str, more: str) -> str:
    return f"station: lab\ninstruments:\n  meter: {{instrument: meter, resource: '{resource}', {more}}}\n"


def test_somebody_else_is_not_used(tmp_path: Path) -> None:
    with device(lambda line: "acme m1 8" if line == "I?" else "1.0") as made:
        text = meter_station(made.resource, "expect: {serial: 7}")
        with pool_on(text, tmp_path, {"meter": METER}) as (pool, _):
            with pytest.raises(PoolError, match="meter: serial 8 answers, and 7 is expected"):
                pool.open(["meter"])
            assert pool.roles_opened == ()


@pytest.mark.parametrize("more", ["", ", calibration: {level: {factor: 2}}"])
def test_somebody_else_gets_no_set_up(tmp_path: Path, more: str) -> None:
    heard: list[str] = []

    def answer(line: str) -> str:
        heard.append(line)
        return "acme m1 8" if line == "I?" else "1.0"

    set_up = 'attributes:\n  range: {set: {send: "R{value:d}", reply: "{value:f}"}, type: int, access: w}\n'
    document = METER.replace("attributes:\n", set_up) + "setup: {range: 3}\n"
    with device(answer) as made:
        text = meter_station(made.resource, f"expect: {{serial: 7}}{more}")
        with pool_on(text, tmp_path, {"meter": document}) as (pool, _):
            with pytest.raises(PoolError, match="serial 8 answers"):
                pool.open(["meter"])
            assert set(heard) == {"I?"}


def test_somebody_else_is_used_and_told_where_that_is_asked_for(tmp_path: Path) -> None:
    with device(lambda line: "acme m1 8" if line == "I?" else "1.0") as made:
        text = meter_station(made.resource, "expect: {serial: 7, mismatch: stamp}")
        with pool_on(text, tmp_path, {"meter": METER}) as (pool, told):
            pool.open(["meter"])
            assert value(pool, "meter", "level") == 1.0
            (fields,) = told.of("instrument.mismatched")
            assert (fields["message"], fields["identity"]["serial"]) == (
                "serial 8 answers, and 7 is expected",
                "8",
            )


def test_an_instrument_that_was_exchanged_is_found_at_reconnection(tmp_path: Path) -> None:
    serial = ["7"]
    with device(lambda line: f"acme m1 {serial[0]}" if line == "I?" else "1.0") as made:
        text = meter_station(made.resource, "expect: {serial: 7}")
        with pool_on(text, tmp_path, {"meter": METER}) as (pool, _):
            pool.open(["meter"])
            serial[0] = "8"
            made.hang_up()
            fault_of(pool.read, "meter", ["level"])
            error = fault_of(pool.read, "meter", ["level"])
            assert error is not None
            assert "serial 8 answers" in error.message


def today() -> date:
    return datetime.now().astimezone().date()


@pytest.mark.parametrize(
    ("days", "message"),
    [
        (-1, "the calibration of meter ended on"),
        (0, "ends today"),
        (1, "ends in 1 day"),
        (14, "ends in 14 days"),
    ],
)
def test_a_calibration_that_is_over_or_soon_will_be_is_a_warning(
    tmp_path: Path, days: int, message: str
) -> None:
    until = today() + timedelta(days=days)
    text = meter_station("sim://", f"calibrated_until: {until}")
    resolved, report = resolve(text, tmp_path, {"meter": METER})
    item = only(report)
    assert (item.code, marked(item), report.ok) == ("STA204", str(until), True)
    assert message in item.message
    assert resolved is not None


def test_a_calibration_that_lasts_is_nothing_to_tell(tmp_path: Path) -> None:
    text = meter_station("sim://", f"calibrated_until: {today() + timedelta(days=15)}")
    assert not list(resolve(text, tmp_path, {"meter": METER})[1])


def test_a_day_must_be_one(tmp_path: Path) -> None:
    item = only(resolve(meter_station("sim://", "calibrated_until: May"), tmp_path, {"meter": METER})[1])
    assert (item.code, marked(item)) == ("STA203", "May")


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with Bench(folder=tmp_path) as running:
        yield running


@pytest.fixture
def books(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("shotlane.instruments.pool._wear.wear_folder", lambda: tmp_path / "wear")
    return tmp_path / "wear"


@pytest.mark.real_time
def test_only_writes_that_wear_the_memory_out_are_counted(bench: Bench, books: Path, tmp_path: Path) -> None:
    with pool_on(bench_station(bench), tmp_path) as (pool, _):
        pool.open(["furnace"])
        pool.write("furnace", "setpoint", 100.0)  # `setup:` has made it volatile
        pool.write("furnace", "saving", "eeprom")
        for number in range(3):
            pool.write("furnace", "setpoint", 100.0 + number)
    (book,) = books.glob("*.json")
    written = json.loads(book.read_text())
    assert written["address"].endswith("?unit=1")
    assert written["writes"] == {"setpoint": {datetime.now(UTC).date().isoformat(): 3}}
    assert bench.registers()["furnace"]["eeprom_writes"] == 3


@pytest.mark.real_time
def test_a_spent_budget_is_told_once_and_counts_over_runs(bench: Bench, books: Path, tmp_path: Path) -> None:
    text = (Path(__file__).parents[2] / "src/shotlane/instruments/catalogue/watlow-ezzone.yaml").read_text()
    own = text.replace("writes: 100000", "writes: 3").replace("  saving: volatile\n", "  saving: eeprom\n")
    for expected in ([], [3]):
        with pool_on(bench_station(bench), tmp_path, {"watlow-ezzone": own}) as (pool, told):
            pool.open(["furnace"])
            pool.write("furnace", "setpoint", 100.0)
            pool.write("furnace", "setpoint", 101.0)
            assert [fields["writes"] for fields in told.of("instrument.worn")] == expected
