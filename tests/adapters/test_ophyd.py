"""Devices of ophyd-async: its simulated motor and stage."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.adapters.lab import described, pool_on, put, sound, value

pytest.importorskip("ophyd_async", reason="needs ophyd-async")

from ophyd_async.core import soft_signal_rw
from ophyd_async.sim import SimMotor, SimStage

from shotlane.instruments import InstrumentError
from shotlane.instruments.adopted.adapters._ophyd import OphydDriver
from shotlane.testing import check_driver


@pytest.fixture
def motor() -> Iterator[OphydDriver]:
    driver = OphydDriver(lambda: SimMotor("motor", instant=False, units="mm"), 1.0)
    driver.open()
    yield driver
    driver.close()


def test_signals_and_the_position_become_attributes(motor: OphydDriver) -> None:
    found = motor.attributes()
    assert list(found) == ["position", "user_readback", "velocity", "acceleration_time", "user_setpoint"]
    position = found["position"]
    assert position.unit is not None
    assert (position.unit.text, position.writable, position.verify) == ("mm", True, False)
    assert not found["user_readback"].writable


def test_a_motion_is_begun_and_not_waited_for(motor: OphydDriver) -> None:
    begun = time.monotonic()
    motor.write("position", 5.0)
    assert time.monotonic() - begun < 0.5
    time.sleep(0.35)
    assert 0.0 < motor.read(["position"])["position"].value < 5.0
    motor.call("stop", {})
    assert motor.read(["position"])["position"].value < 5.0


def test_made_safe_it_stands_still(motor: OphydDriver) -> None:
    motor.write("position", 5.0)
    motor.make_safe()
    first = motor.read(["position"])["position"].value
    time.sleep(0.25)
    assert motor.read(["position"])["position"].value == first


def test_a_signal_that_is_too_slow_is_a_timeout() -> None:
    def build() -> Any:
        device = SimMotor("motor")
        device.slow = soft_signal_rw(float, 0.0)
        return device

    driver = OphydDriver(build, 0.2)
    driver.open()

    async def never() -> float:
        await asyncio.sleep(60)
        return 0.0

    driver._device.velocity.get_value = never
    with pytest.raises(TimeoutError):
        driver.read(["velocity"])
    driver.close()


@pytest.mark.parametrize("name", ["velocty", "x.position", "velocity.x"])
def test_an_unknown_path_is_rejected(motor: OphydDriver, name: str) -> None:
    with pytest.raises(InstrumentError) as caught:
        motor.read([name])
    assert caught.value.fault == "rejected"


def test_parts_have_dotted_paths() -> None:
    driver = OphydDriver(lambda: SimStage(None, name="stage"), 1.0)
    driver.open()
    assert {"x.position", "y.position", "x.velocity"} <= set(driver.attributes())
    assert set(driver.commands()) == {"x.stop", "y.stop"}
    driver.close()


def test_it_conforms() -> None:
    left = check_driver(lambda: OphydDriver(lambda: SimMotor("motor"), 1.0), calls={"stop": {}})
    assert set(left) == {"times_out", "survives_a_dead_wire"}


STATION = """
station: lab
instruments:
  stage:
    driver: ophyd:ophyd_async.sim.SimMotor
    options: {units: mm}
    limits: {position: [-10 mm, 10 mm]}
    safe: {position: keep}
"""


def test_from_a_station_to_a_reading(tmp_path: Path) -> None:
    path = put(tmp_path, STATION, {})
    described(path)
    assert sound(path).table.channels["stage.position"].attribute.verify is False
    pool = pool_on(path)
    pool.write("stage", "position", 2.5)
    time.sleep(0.1)
    assert value(pool, "stage", "position") == 2.5
    pool.close()
