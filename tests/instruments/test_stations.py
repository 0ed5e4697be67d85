"""The stations of the repository, and the bench station against the running bench."""

import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.instruments._stations import sound

from shotlane.instruments import InstrumentError, Pool, build_pool
from shotlane.testing import Bench

STATIONS = Path(__file__).parents[2] / "stations"


class Told(list[tuple[str, str, Mapping[str, Any]]]):
    """Takes what a pool tells."""

    def __call__(self, role: str, type_: str, fields: Mapping[str, Any]) -> None:
        self.append((role, type_, fields))

    def exchanges(self, role: str) -> int:
        """Requests told of as events."""
        return sum(fields.get("exchanges", 0) for who, _, fields in self if who == role)


@pytest.mark.parametrize("name", ["demo", "bench"])
def test_committed_stations_have_no_fault(tmp_path: Path, name: str) -> None:
    resolved = sound((STATIONS / f"{name}.yaml").read_text(encoding="utf-8"), tmp_path, {})
    assert {"furnace", "gas", "balance"} <= set(resolved.roles)


def test_the_demo_is_simulated_and_safe(tmp_path: Path) -> None:
    resolved = sound((STATIONS / "demo.yaml").read_text(encoding="utf-8"), tmp_path, {})
    assert not any(role.real for role in resolved.table.roles.values())
    settable = [channel for channel in resolved.table.channels.values() if channel.attribute.writable]
    assert all(channel.attribute.safe is not None for channel in settable)


@pytest.fixture
def wired(tmp_path: Path) -> Iterator[tuple[Bench, Pool, Told]]:
    with Bench(folder=tmp_path) as bench:
        text = (STATIONS / "bench.yaml").read_text(encoding="utf-8")
        text = text.replace("modbus+tcp://127.0.0.1:5020?unit=1", bench.furnace_resource)
        text = text.replace("serial:///tmp/shotlane-bench-gas?baudrate=19200", bench.gas_resource)
        told = Told()
        pool = build_pool(sound(text, tmp_path, {}), now_ns=time.monotonic_ns, notify=told)
        pool.open(["furnace", "gas", "balance"])
        yield bench, pool, told
        pool.close()


@pytest.mark.real_time
def test_the_bench_takes_what_the_station_writes(wired: tuple[Bench, Pool, Told]) -> None:
    bench, pool, _ = wired
    pool.write("furnace", "setpoint", 140.0)
    pool.write("gas", "flow_setpoint", 12.5)
    assert pool.read("furnace", ["setpoint"]).readings["setpoint"].value == 140.0
    assert bench.registers()["gas"]["setpoint"] == 12.5


@pytest.mark.real_time
def test_every_request_is_a_reading_a_set_a_call_or_an_event(wired: tuple[Bench, Pool, Told]) -> None:
    bench, pool, told = wired
    pool.read("furnace", ["temperature", "setpoint"])
    pool.write("furnace", "setpoint", 140.0)
    pool.read("gas", ["flow", "flow_setpoint"])
    pool.call("gas", "tare", {})
    assert len(bench.requests("furnace")) == 2 + told.exchanges("furnace")
    assert len(bench.requests("gas")) == 2 + told.exchanges("gas")


@pytest.mark.real_time
@pytest.mark.parametrize("kind", ["drop", "garble", "wrong_unit"])
@pytest.mark.parametrize("operation", ["read", "write"])
def test_faults_of_the_furnace_lose_no_request(
    wired: tuple[Bench, Pool, Told], kind: str, operation: str
) -> None:
    bench, pool, told = wired
    bench.fault("furnace", kind)
    if operation == "read":
        assert pool.read("furnace", ["temperature"]).readings["temperature"].fault is None
    else:
        pool.write("furnace", "setpoint", 140.0)
    assert len(bench.requests("furnace")) == 1 + told.exchanges("furnace")


@pytest.mark.real_time
@pytest.mark.parametrize("operation", ["read", "write"])
def test_a_device_that_hangs_up_ends_the_exchange_and_is_opened_again(
    wired: tuple[Bench, Pool, Told], operation: str
) -> None:
    bench, pool, told = wired
    bench.fault("furnace", "hang_up")
    with pytest.raises(InstrumentError) as caught:
        pool.read("furnace", ["temperature"]) if operation == "read" else pool.write(
            "furnace", "setpoint", 140.0
        )
    assert caught.value.fault == "disconnected"
    assert pool.read("furnace", ["temperature"]).readings["temperature"].fault is None
    assert len(bench.requests("furnace")) == 2 + told.exchanges("furnace")


@pytest.mark.real_time
@pytest.mark.parametrize("kind", ["drop", "garble"])
def test_faults_of_the_gas_lose_no_request(wired: tuple[Bench, Pool, Told], kind: str) -> None:
    bench, pool, told = wired
    bench.fault("gas", kind)
    pool.write("gas", "flow_setpoint", 12.5)
    bench.fault("gas", kind)
    assert pool.read("gas", ["flow_setpoint"]).readings["flow_setpoint"].value == 12.5
    assert len(bench.requests("gas")) == 2 + told.exchanges("gas")


@pytest.mark.real_time
def test_a_port_that_vanishes_is_found_again(wired: tuple[Bench, Pool, Told]) -> None:
    bench, pool, told = wired
    bench.vanish()
    with pytest.raises(InstrumentError):
        pool.read("gas", ["flow"])
    bench.appear()
    assert pool.read("gas", ["gas"]).readings["gas"].value == "Air"
    assert "instrument.reopened" in [type_ for _, type_, _ in told]
    assert len(bench.requests("gas")) == 1 + told.exchanges("gas")


@pytest.mark.real_time
def test_a_lost_reply_is_one_repeated_exchange(wired: tuple[Bench, Pool, Told]) -> None:
    bench, pool, told = wired
    bench.fault("furnace", "drop")
    assert pool.read("furnace", ["setpoint"]).readings["setpoint"].value is not None
    (repeated,) = [fields for _, type_, fields in told if type_ == "exchange.repeated"]
    assert (repeated["fault"], repeated["exchanges"]) == ("timeout", 1)
    assert len(bench.requests("furnace")) == 1 + told.exchanges("furnace")


@pytest.mark.real_time
def test_a_port_that_comes_back_gets_its_set_up_again(wired: tuple[Bench, Pool, Told]) -> None:
    bench, pool, told = wired
    bench.restart("furnace")
    with pytest.raises(InstrumentError):
        pool.write("furnace", "setpoint", 140.0)
    pool.write("furnace", "setpoint", 140.0)
    assert bench.registers()["furnace"]["saving"] == 59
    assert [type_ for _, type_, _ in told].count("instrument.set-up") == 2
