"""watlowlib on its own fake transport, with a captured exchange; and on a stand-in for what writes."""

from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("watlowlib", reason="needs watlowlib, which needs Python 3.13")

from watlowlib.errors import WatlowTimeoutError
from watlowlib.registry.parameters import RwesFlag
from watlowlib.registry.units import Unit, UnitKind
from watlowlib.sync.controller import wrap_controller
from watlowlib.sync.portal import SyncPortal
from watlowlib.testing import FakeTransport, open_test_controller

from shotlane.instruments import Identity, InstrumentError
from shotlane.instruments.adopted.adapters._watlowlib import WatlowDriver
from shotlane.testing import check_driver

# The round that watlowlib's own documentation shows: 158.2 in what the controller sends.
ASKED = bytes.fromhex("55 FF 05 10 00 00 06 E8 01 03 01 04 01 01 E3 99")
ANSWERED = bytes.fromhex("55 FF 06 00 10 00 0B 88 02 03 01 04 01 01 08 45 1E 3C D4 A7 28")


@contextmanager
def captured() -> Iterator[Any]:
    with SyncPortal() as portal:
        transport = FakeTransport({ASKED: ANSWERED})
        controller = portal.call(open_test_controller, transport)
        portal.call(controller.__aenter__)
        try:
            yield wrap_controller(controller, portal)
        finally:
            portal.call(controller.close)


def test_a_captured_exchange() -> None:
    driver = WatlowDriver(captured, timeout_s=0.2)
    driver._facade.open()
    value = driver.read(["process_value"])["process_value"].value
    driver.close()
    assert value == pytest.approx(2531.8, abs=0.1)


class Controller:
    """What the adapter uses of a controller."""

    def __init__(self) -> None:
        self.values: dict[str, float] = {"setpoint": 20.0, "heat_power": 5.0}
        self.written: list[tuple[str, float, bool]] = []
        self.is_silent = False

    def identify(self, *, timeout: float) -> Any:
        part = SimpleNamespace(raw="PM3R1CA-AAAAAAA")
        return SimpleNamespace(part_number=part, serial_number="7", firmware_id=16)

    def read_pv(self, *, timeout: float) -> Any:
        if self.is_silent:
            raise WatlowTimeoutError("no answer")
        return SimpleNamespace(value=21.5, unit=Unit.FAHRENHEIT)

    def read_setpoint(self, *, timeout: float) -> Any:
        return SimpleNamespace(value=self.values["setpoint"], unit=Unit.FAHRENHEIT)

    def set_setpoint(self, value: float, *, confirm: bool, timeout: float) -> None:
        self.values["setpoint"] = value
        self.written.append(("setpoint", value, confirm))

    def read_parameter(self, name: str, *, timeout: float) -> Any:
        spec = SimpleNamespace(rwes=RwesFlag.RWES, unit_kind=UnitKind.PERCENT, range_min=0.0, range_max=100.0)
        return SimpleNamespace(value=self.values[name], spec=spec)

    def write_parameter(self, name: str, value: float, *, confirm: bool, timeout: float) -> None:
        self.values[name] = value
        self.written.append((name, value, confirm))


def driver(controller: Controller, **options: Any) -> WatlowDriver:
    @contextmanager
    def connect() -> Iterator[Controller]:
        yield controller

    return WatlowDriver(connect, **options)


def test_the_scale_is_what_was_asserted() -> None:
    tested = driver(Controller())
    assert tested.open() == Identity("Watlow", "PM3R1CA-AAAAAAA", "7", "16")
    units = [item.unit and item.unit.text for item in tested.attributes().values()]
    assert units == ["degF", "degF"]


@pytest.mark.parametrize("persistent", [False, True])
def test_what_wears_the_memory_is_written_only_when_asked_for(persistent: bool) -> None:
    tested = driver(Controller(), parameters=["heat_power"], persistent=persistent)
    tested.open()
    assert tested.attributes()["heat_power"].writable is persistent


def test_the_set_point_is_confirmed() -> None:
    controller = Controller()
    tested = driver(controller)
    tested.open()
    tested.write("setpoint", 60.0)
    assert controller.written == [("setpoint", 60.0, True)]


def test_a_silent_controller_is_a_timeout() -> None:
    controller = Controller()
    tested = driver(controller)
    tested.open()
    controller.is_silent = True
    with pytest.raises(InstrumentError) as caught:
        tested.read(["process_value"])
    assert caught.value.fault == "timeout"


def test_it_conforms() -> None:
    controller = Controller()
    check_driver(lambda: driver(controller, parameters=["heat_power"], persistent=True))
