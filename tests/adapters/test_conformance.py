"""The conformance suite: kept by our own drivers, and each way of not keeping it is found."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest
from tests.adapters.lab import put, sound

from shotlane.cli import main
from shotlane.instruments import Identity, InstrumentError, Reading, declare_attribute
from shotlane.instruments._wire import make_driver
from shotlane.instruments.simulation._driver import SimulatedDriver
from shotlane.instruments.simulation._fault_schedule import FaultSchedule
from shotlane.instruments.simulation._state import SimulatedStates
from shotlane.model import Attribute, Command, ValueType
from shotlane.testing import Bench, DriverConformance, check_driver

BENCH = """
station: bench
instruments:
  furnace:
    instrument: watlow-ezzone
    resource: {furnace}
    timeout: 300 ms
  gas:
    instrument: alicat-mfc
    resource: {gas}
    timeout: 300 ms
    options: {{address: A, device_unit: cm**3/min, full_scale: 50 cm**3/min}}
"""
SIMULATED = "station: s\ninstruments:\n  b: {instrument: generic-balance, resource: 'sim://'}\n"


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with Bench(folder=tmp_path) as bench:
        yield bench


def maker(bench: Bench, folder: Path, role: str) -> Callable[[], Any]:
    text = BENCH.format(furnace=bench.furnace_resource, gas=bench.gas_resource)
    definition = sound(put(folder, text, {})).definitions[role]
    return lambda: make_driver(definition, {}, lambda type_, fields: None)


@contextmanager
def silent(bench: Bench, device: str) -> Iterator[None]:
    bench.fault(device, "drop")
    yield


@contextmanager
def unplugged(bench: Bench) -> Iterator[None]:
    bench.vanish()
    yield
    bench.appear()


@pytest.mark.real_time
def test_modbus_driver(bench: Bench, tmp_path: Path) -> None:
    make = maker(bench, tmp_path, "furnace")
    left = check_driver(make, timeout_s=0.3, silent=lambda: silent(bench, "furnace"))
    assert set(left) == {"runs_its_commands", "survives_a_dead_wire"}


@pytest.mark.real_time
def test_ascii_driver(bench: Bench, tmp_path: Path) -> None:
    left = check_driver(
        maker(bench, tmp_path, "gas"),
        timeout_s=0.3,
        calls={"tare": {}},
        silent=lambda: silent(bench, "gas"),
        cut=lambda: unplugged(bench),
    )
    assert not left


class TestSimulated(DriverConformance):
    calls: ClassVar[Any] = {"tare": {}}

    def make_driver(self) -> Any:
        path = put(
            self.folder,
            "station: s\ninstruments:\n  b: {instrument: generic-balance, resource: 'sim://'}\n",
            {},
        )
        definition = sound(path).definitions["b"]
        states = SimulatedStates([definition], {}, 0, time.monotonic_ns())
        return SimulatedDriver(
            definition,
            states.of(definition.role),
            FaultSchedule(definition.faults, 0, definition.role),
            now_ns=time.monotonic_ns,
            pass_ns=lambda _: None,
            notify=lambda *_: None,
        )

    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path) -> None:
        self.folder = tmp_path


class Sound:
    """A driver that keeps the contract; each test breaks one thing."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {"exposure": 1.0, "mode": "a"}
        self.is_open = False

    def open(self) -> Identity:
        self.is_open = True
        return Identity("us")

    def attributes(self) -> dict[str, Attribute]:
        exposure = declare_attribute("exposure", unit="ms", access="rw", low=0.0, high=10.0)
        return {"exposure": exposure, "mode": declare_attribute("mode", options=("a", "b"), access="rw")}

    def commands(self) -> dict[str, Command]:
        return {}

    def read(self, names: Any) -> dict[str, Reading]:
        return {name: Reading(self.values[name]) for name in names}

    def write(self, name: str, value: Any) -> None:
        if name not in self.values:
            raise InstrumentError("rejected", name)
        self.values[name] = value

    def call(self, command: str, arguments: Any) -> Any:
        raise InstrumentError("rejected", command)

    def make_safe(self) -> None:
        pass

    def close(self) -> None:
        self.is_open = False


def test_a_sound_driver_passes() -> None:
    left = check_driver(Sound)
    assert set(left) == {"runs_its_commands", "times_out", "survives_a_dead_wire"}


def attribute(**fields: Any) -> dict[str, Attribute]:
    return {"exposure": Attribute("exposure", **{"type": ValueType.FLOAT, "writable": True, **fields})}


def read_all(self: Sound, names: Any) -> dict[str, Reading]:
    return {name: Reading(value) for name, value in self.values.items()}


def close_once(self: Sound) -> None:
    if not self.is_open:
        raise RuntimeError("not open")
    self.is_open = False


BROKEN: list[tuple[str, Any, str]] = [
    ("open", lambda self: "camera", "connects_and_identifies: open() gave 'camera'"),
    ("attributes", lambda self: {}, "declares_itself: it declares no attribute"),
    ("attributes", lambda self: attribute(low=2.0, high=1.0), "the lower limit of exposure is above"),
    ("attributes", lambda self: attribute(type=ValueType.OPTION), "exposure has no options"),
    ("attributes", lambda self: attribute(safe=20.0, high=10.0), "the safe value of exposure is out"),
    ("attributes", lambda self: {"expo": declare_attribute("exposure")}, "'expo' calls itself 'exposure'"),
    ("attributes", lambda self: attribute(type=ValueType.BOOL), "is declared bool, and reads 1.0"),
    ("read", lambda self, names: {}, "reads_everything: no reading of exposure, mode"),
    ("read", lambda self, names: dict.fromkeys(names, 1.0), "gave 1.0 and no Reading"),
    ("read", lambda self, names: dict.fromkeys(names, Reading(None)), "`raw` does not say"),
    ("read", read_all, "reads_one_by_one: readings that nobody asked for: mode"),
    ("write", lambda self, name, value: None, "refuses_unknown_names: write of a name"),
    ("call", lambda self, command, arguments: None, "refuses_unknown_names: call of a name"),
    ("close", close_once, "closes_twice: RuntimeError: not open"),
    ("make_safe", lambda self: 1 / 0, "is_made_safe: ZeroDivisionError"),
]


@pytest.mark.parametrize(("method", "broken", "message"), BROKEN, ids=[text for _, _, text in BROKEN])
def test_each_way_of_breaking_it_is_found(method: str, broken: Any, message: str) -> None:
    driver = type("Broken", (Sound,), {method: broken})
    with pytest.raises(AssertionError) as caught:
        check_driver(driver)
    assert message in str(caught.value)


@contextmanager
def gone(device: SimpleNamespace) -> Iterator[None]:
    device.gone = True
    yield
    device.gone = False


@pytest.mark.parametrize(
    ("seconds", "error", "message"),
    [
        (0.0, TimeoutError("slow"), None),
        (0.0, InstrumentError("timeout", "slow"), None),
        (0.8, TimeoutError("slow"), "it waited 0.8"),
        (0.0, InstrumentError("garbled", "odd"), "the fault is garbled"),
        (0.0, KeyError("bug"), "raise InstrumentError with its fault"),
        (0.0, None, "it answered as if nothing had happened"),
    ],
)
def test_a_silent_device(seconds: float, error: Exception | None, message: str | None) -> None:
    device = SimpleNamespace(gone=False)

    class Driver(Sound):
        def read(self, names: Any) -> dict[str, Reading]:
            if device.gone:
                time.sleep(seconds)
                if error is not None:
                    raise error
            return super().read(names)

    if message is None:
        assert "times_out" not in check_driver(Driver, timeout_s=0.1, silent=lambda: gone(device))
        return
    with pytest.raises(AssertionError, match=message):
        check_driver(Driver, timeout_s=0.1, silent=lambda: gone(device))


def test_the_template_passes_its_own_test(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", "--driver", "frame camera", "--folder", str(tmp_path)]) == 0
    capsys.readouterr()
    arguments = ["-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--rootdir", str(tmp_path), "-W", "error"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *arguments, str(tmp_path)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "skipped" not in done.stdout


def test_the_template_is_never_written_over_a_file(tmp_path: Path) -> None:
    assert main(["init", "--driver", "camera", "--folder", str(tmp_path)]) == 0
    (tmp_path / "camera.py").write_text("mine", encoding="utf-8")
    assert main(["init", "--driver", "camera", "--folder", str(tmp_path)]) == 2
    assert (tmp_path / "camera.py").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("name", ["import", "3d", "a/b", "", "json", "Time", "pytest", "shotlane"])
def test_a_name_that_no_driver_can_have(tmp_path: Path, name: str) -> None:
    assert main(["init", "--driver", name, "--folder", str(tmp_path)]) == 2
    assert not list(tmp_path.iterdir())


def test_the_template_station_is_described_by_a_device(tmp_path: Path) -> None:
    assert main(["init", "--driver", "camera", "--folder", str(tmp_path)]) == 0
    text = (tmp_path / "camera-bench.yaml").read_text(encoding="utf-8")
    assert "driver: camera:Camera" in text
