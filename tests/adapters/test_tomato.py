"""A driver package of tomato, in this process: the example counter."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.adapters.lab import described, pool_on, put, sound, value

pytest.importorskip("tomato", reason="needs tomato")
counter = pytest.importorskip("tomato_example_counter", reason="needs tomato-example-counter")

from shotlane.instruments import InstrumentError  # noqa: E402
from shotlane.instruments.adopted.adapters._tomato import TomatoDriver  # noqa: E402
from shotlane.testing import check_driver  # noqa: E402


def make(factory: Any = counter.DriverInterface) -> TomatoDriver:
    return TomatoDriver(factory, ("here", "1"), {})


@pytest.fixture
def driver() -> Iterator[TomatoDriver]:
    opened = make()
    opened.open()
    yield opened
    opened.close()


def test_attributes_and_what_is_measured(driver: TomatoDriver) -> None:
    found = driver.attributes()
    assert list(found) == ["max", "min", "param", "choice", "val"]
    param = found["param"]
    assert param.unit is not None
    assert (param.unit.dimension, param.low) == (param.unit.dimension, 0.1)
    assert found["choice"].options == ("blue", "green", "red")
    assert not found["val"].writable


def test_what_it_marks_as_status_is_marked(driver: TomatoDriver, monkeypatch: pytest.MonkeyPatch) -> None:
    attrs = driver._device.attrs()
    attrs["max"].status = True
    monkeypatch.setattr(driver._device, "attrs", lambda: attrs)
    assert [name for name, item in driver.attributes().items() if item.status] == ["max"]


def test_a_measurement_obeys_what_was_set(driver: TomatoDriver) -> None:
    driver.write("min", 3.0)
    driver.write("max", 3.0)
    driver.write("param", 2.0)
    readings = driver.read(["val", "param", "max"])
    assert {name: item.value for name, item in readings.items()} == {"val": 3.0, "param": 2.0, "max": 3.0}


@pytest.mark.parametrize(("name", "refused"), [("param", 0.01), ("choice", "violet"), ("val", 1.0)])
def test_the_component_refuses(driver: TomatoDriver, name: str, refused: Any) -> None:
    with pytest.raises(InstrumentError) as caught:
        driver.write(name, refused)
    assert caught.value.fault == "rejected"


def test_a_component_that_does_not_answer() -> None:
    class Interface(counter.DriverInterface):  # type: ignore[misc, name-defined]
        def DeviceFactory(self, key: Any, **kwargs: Any) -> Any:
            raise RuntimeError("no such device")

    with pytest.raises(InstrumentError) as caught:
        make(Interface).open()
    assert caught.value.fault == "disconnected"


def test_it_conforms() -> None:
    check_driver(make, timeout_s=3.0)


STATION = """
station: lab
instruments:
  counter:
    driver: tomato:tomato_example_counter
    resource: example
    options: {channel: "2"}
    attributes:
      max: {max: 10}
"""


def test_from_a_station_to_a_reading(tmp_path: Path) -> None:
    path = put(tmp_path, STATION, {})
    lock = described(path).lock.instruments["counter"]
    assert str(lock.package).startswith("tomato-example-counter ")
    assert sound(path).table.channels["counter.max"].attribute.high == 10.0
    pool = pool_on(path)
    pool.write("counter", "max", 0.0)
    assert value(pool, "counter", "val") == 0.0
    pool.close()


def test_an_option_that_tomato_does_not_have(tmp_path: Path) -> None:
    from shotlane.api import describe
    from shotlane.diagnostics import Report

    found = describe(put(tmp_path, STATION.replace("channel", "chanel"), {}), Report())
    assert found is not None
    assert "no option 'chanel'" in found.faults["counter"].message
