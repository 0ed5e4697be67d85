"""The bench as witness: what it was asked is what the pool accounts for, also when things go wrong."""

import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from shotlane.diagnostics import Report
from shotlane.document import read_text
from shotlane.instruments import InstrumentError, Pool, build_pool, resolve_station
from shotlane.model import load_station
from shotlane.testing import Bench

pytestmark = pytest.mark.real_time
STATION = Path(__file__).parents[2] / "stations" / "bench.yaml"


class Accounts:
    """A pool on the bench that counts what each of its calls, and each event, says that it sent."""

    def __init__(self, bench: Bench) -> None:
        text = STATION.read_text().replace("127.0.0.1:5020", f"127.0.0.1:{bench.modbus_port}")
        text = text.replace("/tmp/shotlane-bench-gas", bench.serial_path)
        report = Report()
        document = read_text(text, "bench.yaml", report)
        assert document is not None
        station = load_station(document, report)
        assert station is not None
        resolved = resolve_station(station, document, report, folder=STATION.parent)
        assert resolved is not None
        self.sent = 0
        self.pool: Pool = build_pool(resolved, now_ns=time.monotonic_ns, notify=self._take)

    def _take(self, role: str, event: str, fields: Mapping[str, Any]) -> None:
        self.sent += fields.get("exchanges", 0)

    def try_(self, act: Callable[..., Any], *arguments: Any) -> str | None:
        """One call of the pool, which is one row: its fault class, or None."""
        try:
            act(*arguments)
        except InstrumentError as error:
            self.sent += error.context.sent is not None
            return error.fault
        self.sent += 1
        return None


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with Bench(folder=tmp_path_factory.mktemp("bench")) as running:
        yield running


@pytest.fixture
def accounts(bench: Bench) -> Iterator[Accounts]:
    accounts = Accounts(bench)
    before = len(bench.requests())
    accounts.pool.open(["furnace", "gas"])
    yield accounts
    accounts.pool.close()
    assert accounts.sent == len(bench.requests()) - before


def test_quiet_run(accounts: Accounts) -> None:
    pool = accounts.pool
    accounts.try_(pool.write, "furnace", "setpoint", 140.0)
    accounts.try_(pool.write, "gas", "flow_setpoint", 20.0)
    accounts.try_(pool.read, "furnace", ["temperature", "setpoint", "saving"])
    accounts.try_(pool.read, "gas", ["flow", "flow_setpoint", "gas"])
    accounts.try_(pool.call, "gas", "tare", {})
    for role, name, value in pool.safe_writes():
        accounts.try_(pool.write, role, name, value)


@pytest.mark.parametrize("kind", ["drop", "garble", "wrong_unit", "busy", "hang_up"])
@pytest.mark.parametrize("count", [1, 2])
def test_faults_of_the_furnace(bench: Bench, accounts: Accounts, kind: str, count: int) -> None:
    bench.fault("furnace", kind, count=count, after=1)
    for _ in range(4):
        accounts.try_(accounts.pool.read, "furnace", ["temperature"])


@pytest.mark.parametrize("kind", ["drop", "garble", "wrong_unit"])
def test_faults_of_the_flow_controller(bench: Bench, accounts: Accounts, kind: str) -> None:
    bench.fault("gas", kind, count=3)
    for _ in range(3):
        accounts.try_(accounts.pool.read, "gas", ["flow"])


def test_late_replies(bench: Bench, accounts: Accounts) -> None:
    for device, channel in (("furnace", "temperature"), ("gas", "flow")):
        bench.fault(device, "delay", seconds=0.4)
        accounts.try_(accounts.pool.read, device, [channel])
        accounts.try_(accounts.pool.read, device, [channel])


def test_devices_that_go_away_and_come_back(bench: Bench, accounts: Accounts) -> None:
    bench.restart("furnace")
    accounts.try_(accounts.pool.read, "furnace", ["temperature"])
    bench.vanish()
    assert accounts.try_(accounts.pool.read, "gas", ["flow"]) == "disconnected"
    bench.appear()
    accounts.try_(accounts.pool.read, "gas", ["flow"])
