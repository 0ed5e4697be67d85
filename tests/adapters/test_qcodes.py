"""Drivers of QCoDeS: its dummies, and drivers of real instruments on the simulations that come with it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.adapters.lab import described, only, pool_on, put, sound, value

pytest.importorskip("qcodes", reason="needs QCoDeS")
pytest.importorskip("pyvisa_sim", reason="needs PyVISA-sim")

from qcodes.instrument import Instrument, InstrumentChannel
from qcodes.instrument_drivers.Keysight import Keysight34465A
from qcodes.validators import Bool, Enum, Ints, Numbers, Strings

from shotlane.instruments import Identity, InstrumentError, PoolError
from shotlane.instruments.adopted.adapters._qcodes import QcodesDriver
from shotlane.model import ValueType
from shotlane.testing import check_driver

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


class Magnet(Instrument):  # type: ignore[misc]
    """One parameter of each kind."""

    def __init__(self, name: str, **kwargs: Any) -> None:
        super().__init__(name, **kwargs)
        plain = {"get_cmd": None, "set_cmd": None}
        self.add_parameter("field", unit="T", vals=Numbers(-1, 1), initial_value=0.5, **plain)
        self.add_parameter("turns", vals=Ints(1, 9), initial_value=2, **plain)
        self.add_parameter("mode", vals=Enum("ramp", "hold"), initial_value="hold", **plain)
        self.add_parameter("cooled", vals=Bool(), initial_value=True, **plain)
        self.add_parameter("label", vals=Strings(), initial_value="x", **plain)
        self.add_parameter("gauss", unit="foo", get_cmd=lambda: 5.0, set_cmd=False)
        self.add_parameter("code", val_mapping={"off": 0, "slow": 1}, initial_value="off", **plain)
        self.add_function("quench", call_cmd=lambda level: level * 2, args=[Numbers(0, 5)])
        coil = InstrumentChannel(self, "coil")
        coil.add_parameter("temperature", unit="C", get_cmd=lambda: 21.0, set_cmd=False)
        self.add_submodule("coil", coil)


def driver(build: Callable[[], Any] = lambda: Magnet("magnet")) -> QcodesDriver:
    return QcodesDriver(build)


@pytest.fixture
def magnet() -> Iterator[QcodesDriver]:
    opened = driver()
    opened.open()
    yield opened
    opened.close()


def test_parameters_become_attributes(magnet: QcodesDriver) -> None:
    found = magnet.attributes()
    types = {name: item.type.value for name, item in found.items()}
    assert types == {
        "field": "float",
        "turns": "int",
        "mode": "option",
        "cooled": "bool",
        "label": "text",
        "gauss": "float",
        "code": "option",
        "coil.temperature": "float",
    }
    field = found["field"]
    assert (field.low, field.high, str(field.unit and field.unit.text)) == (-1.0, 1.0, "T")
    assert (found["mode"].options, found["code"].options) == (("hold", "ramp"), ("off", "slow"))
    assert not found["gauss"].writable


def test_units_in_the_words_of_qcodes(magnet: QcodesDriver) -> None:
    found = magnet.attributes()
    temperature = found["coil.temperature"].unit
    assert temperature is not None
    assert temperature.text == "degC"
    assert (found["gauss"].unit, found["gauss"].description) == (None, "gauss (in foo)")


def test_values_go_there_and_back(magnet: QcodesDriver) -> None:
    for name, wanted in (
        ("field", 0.25),
        ("turns", 3.0),
        ("mode", "ramp"),
        ("cooled", False),
        ("code", "slow"),
    ):
        magnet.write(name, wanted)
        assert magnet.read([name])[name].value == wanted
    assert magnet.read(["coil.temperature"])["coil.temperature"].value == 21.0


def test_functions_become_commands(magnet: QcodesDriver) -> None:
    (parameter,) = magnet.commands()["quench"].parameters
    assert (parameter.type, parameter.low, parameter.high) == (ValueType.FLOAT, 0.0, 5.0)
    assert magnet.call("quench", {"argument_1": 2.0}) == 4.0


def test_its_own_validator_refuses(magnet: QcodesDriver) -> None:
    with pytest.raises(InstrumentError) as caught:
        magnet.write("field", 3.0)
    assert caught.value.fault == "rejected"


def test_it_conforms() -> None:
    left = check_driver(driver, calls={"quench": {"argument_1": 1.0}})
    assert set(left) == {"times_out", "survives_a_dead_wire"}


def meter() -> Any:
    return Keysight34465A("meter", "GPIB::1::INSTR", pyvisa_sim_file="Keysight_34465A.yaml")


def test_a_driver_of_a_real_instrument() -> None:
    opened = driver(meter)
    try:
        identity = opened.open()
        found = opened.attributes()
        assert identity == Identity("Keysight", "34465A", "1000", identity.firmware)
        assert (found["NPLC"].high, found["volt"].unit and found["volt"].unit.text) == (100.0, "V")
        opened.write("NPLC", 10.0)
        assert opened.read(["NPLC"])["NPLC"].value == 10.0
    finally:
        opened.close()


STATION = """
station: lab
instruments:
  gates:
    driver: qcodes:qcodes.instrument_drivers.mock_instruments.DummyInstrument
    options: {gates: [left, right]}
    limits: {left: [-1 V, 1 V]}
    safe: {left: 0 V}
"""


def test_from_a_station_to_a_reading(tmp_path: Path) -> None:
    path = put(tmp_path, STATION, {})
    lock = described(path).lock.instruments["gates"]
    assert str(lock.package).startswith("qcodes 0.")
    left = sound(path).table.channels["gates.left"].attribute
    assert (left.low, left.high, left.safe) == (-1.0, 1.0, 0.0)
    pool = pool_on(path)
    pool.write("gates", "left", 0.5)
    assert value(pool, "gates", "left") == 0.5
    pool.close()


def test_the_station_may_not_loosen(tmp_path: Path) -> None:
    described(put(tmp_path, STATION, {}))
    assert only(put(tmp_path, STATION.replace("1 V]", "500 V]"), {})).code == "STA132"


def test_opening_twice_meets_no_other_of_its_name(tmp_path: Path) -> None:
    path = put(tmp_path, STATION, {})
    described(path)
    first, second = pool_on(path), pool_on(path)
    assert value(second, "gates", "right") == 0.0
    first.close()
    second.close()


def test_a_driver_that_fails_to_open(tmp_path: Path) -> None:
    text = STATION.replace("DummyInstrument", "DummyFailingInstrument").replace(
        "    options: {gates: [left, right]}\n", ""
    )
    text = text.split("    limits", maxsplit=1)[0] + "    attributes: {x: {unit: V}}\n"
    with pytest.raises(PoolError, match="Failed to create instrument"):
        pool_on(put(tmp_path, text, {}))


def test_nothing_is_printed(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    described(put(tmp_path, STATION, {}))
    assert capsys.readouterr().out == ""
