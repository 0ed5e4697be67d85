"""Several units on one RS-485 line in a whole run: a request per unit and tick, and the port's load."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.benchmarks.bench_wire import NAMES, RATE_HZ, REGISTERS, UNITS, instrument, project
from tests.instruments._stations import only, resolve, sound

import shotlane
from shotlane.model import reading_cost_ns
from shotlane.testing import RtuBench

SECONDS = 1.0
LINE = "modbus+serial:///dev/ttyUSB0?baudrate={baudrate}&unit={unit}"


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RtuBench]:
    units = {unit: {"holding": {"0": [100 * unit + at for at in range(REGISTERS)]}} for unit in UNITS}
    with RtuBench(units, folder=tmp_path_factory.mktemp("line"), baudrate=115200) as line:
        yield line


@pytest.mark.real_time
def test_a_run_reads_every_unit_once_per_tick(bench: RtuBench, tmp_path: Path) -> None:
    samples = shotlane.run(str(project(tmp_path, bench, SECONDS))).samples()
    taken = samples.filter(samples["status"].is_in(["ok", "late"]))
    requests = bench.requests()
    assert len(samples) == RATE_HZ * SECONDS * REGISTERS * len(UNITS)
    assert len(taken) == len(requests) * REGISTERS
    assert len(taken) > 0.7 * len(samples)
    assert not any("lost" in request for request in requests)
    unit_3 = taken.filter(taken["channel"] == "u3.r7")
    assert set(unit_3["value"].to_list()) == {307.0}


def station(baudrate: int, units: int = 5) -> str:
    roles = [
        f"  u{n}: {{instrument: unit, resource: '{LINE.format(baudrate=baudrate, unit=n)}'}}"
        for n in range(1, units + 1)
    ]
    return "\n".join(["station: line", "instruments:", *roles, ""])


def test_units_of_one_line_share_a_port(tmp_path: Path) -> None:
    table = sound(station(115200), tmp_path, {"unit": instrument()}).table
    assert len({role.port for role in table.roles.values()}) == 1


def test_the_cost_of_a_block_is_that_of_its_frames(tmp_path: Path) -> None:
    """8 bytes there, 37 back, 2 ms of turn-around and 1.75 ms of silence at 115200 baud."""
    table = sound(station(115200), tmp_path, {"unit": instrument()}).table
    block = [table.channels[f"u1.{name}"] for name in NAMES]
    assert reading_cost_ns(block) / 1e6 == pytest.approx(45 * 10 / 115.2 + 2 + 1.75, rel=1e-4)
    assert block[0].read_cost_ns / 1e6 == pytest.approx(15 * 10 / 115.2 + 2 + 1.75, rel=1e-4)
    assert len(UNITS) * RATE_HZ * reading_cost_ns(block) / 1e9 < 0.8


def test_a_stated_turnaround_counts(tmp_path: Path) -> None:
    slow = instrument().replace("protocol: modbus", "protocol: modbus\nturnaround: 20 ms")
    table = sound(station(9600), tmp_path, {"unit": slow}).table
    silence_ms = 3.5 * 10 / 9.6
    assert table.channels["u1.r0"].read_cost_ns / 1e6 == pytest.approx(150 / 9.6 + 20 + silence_ms, rel=1e-4)


def test_units_of_one_line_agree_on_its_settings(tmp_path: Path) -> None:
    text = station(9600, 1) + station(19200, 2).splitlines()[-1] + "\n"
    _, report = resolve(text, tmp_path, {"unit": instrument()})
    assert only(report).code == "STA152"
