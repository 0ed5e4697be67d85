"""Drivers of PyMeasure: on its own protocol adapter, on PyVISA-sim, and from a station to a sample."""

from pathlib import Path
from typing import Any

import pytest
from tests.adapters.lab import described, only, pool_on, put, sound, value

pytest.importorskip("pymeasure", reason="needs PyMeasure")
pyvisa = pytest.importorskip("pyvisa", reason="needs PyVISA")

from pymeasure.adapters import ProtocolAdapter  # noqa: E402
from pymeasure.instruments import Channel, Instrument, validators  # noqa: E402
from pymeasure.instruments.keithley import Keithley2000  # noqa: E402

from shotlane.instruments import InstrumentError  # noqa: E402
from shotlane.instruments.adopted.adapters._pymeasure import PymeasureDriver  # noqa: E402
from shotlane.model import ValueType  # noqa: E402
from shotlane.testing import check_driver  # noqa: E402

# PyMeasure says so of its own drivers.
pytestmark = pytest.mark.filterwarnings("ignore:It is not known whether this device:FutureWarning")


class Output(Channel):  # type: ignore[misc]
    voltage = Instrument.control(
        "SOUR{ch}:VOLT?", "SOUR{ch}:VOLT %g", "Control the voltage in V.", validators.strict_range, [0, 30]
    )


class Supply(Instrument):  # type: ignore[misc]
    """What instruments of PyMeasure are made of."""

    outputs = Instrument.MultiChannelCreator(Output, [1, 2])
    power = Instrument.measurement("POW?", "Get the power.")
    label = Instrument.measurement("LAB?", "Get the label.", cast=str)
    enabled = Instrument.control(
        "OUTP?",
        "OUTP %d",
        "Control it.",
        validators.strict_discrete_set,
        {True: 1, False: 0},
        map_values=True,
    )
    mode = Instrument.control(
        "MODE?",
        "MODE %s",
        "Control the mode.",
        validators.strict_discrete_set,
        {"cv": "V", "cc": "C"},
        map_values=True,
        cast=str,
    )
    limit = Instrument.control(
        "LIM?", "LIM %g", "Control the limit.", validators.truncated_range, [0, 5], dynamic=True
    )
    start = Instrument.setting("STAR %d", "Set the start.", validators.strict_discrete_set, [1, 2, 4])

    def __init__(self, adapter: Any, name: str = "Supply", **kwargs: Any) -> None:
        super().__init__(adapter, name, includeSCPI=False, **kwargs)

    def beep(self, seconds: float, count: int = 1) -> None:
        """Beep."""
        self.write(f"BEEP {seconds:g},{count}")

    def shutdown(self) -> None:
        self.write("OUTP 0")
        super().shutdown()


def opened(*pairs: tuple[Any, Any], kind: type = Supply, **fields: Any) -> PymeasureDriver:
    def build() -> Any:
        instrument = kind(ProtocolAdapter(list(pairs)))
        for name, item in fields.items():
            setattr(instrument, name, item)
        return instrument

    driver = PymeasureDriver(build)
    driver.open()
    return driver


def spent(driver: PymeasureDriver) -> bool:
    """Whether the wire saw all that it was to see."""
    adapter = driver._instrument.adapter
    return bool(adapter._index == len(adapter.comm_pairs))


def test_properties_become_attributes() -> None:
    found = opened().attributes()
    assert list(found) == [
        *("enabled", "label", "limit", "mode", "power", "start"),
        *("ch_1.voltage", "ch_2.voltage"),
    ]
    voltage = found["ch_1.voltage"]
    assert (voltage.type, voltage.low, voltage.high) == (ValueType.FLOAT, 0.0, 30.0)
    assert found["mode"].options == ("cv", "cc")
    assert found["enabled"].type is ValueType.BOOL
    assert found["label"].type is ValueType.TEXT
    assert (found["start"].readable, found["power"].writable) == (False, False)


def test_what_an_instance_changed_counts() -> None:
    assert opened(limit_values=[0, 3]).attributes()["limit"].high == 3.0


def test_only_types_that_nothing_says_are_assumed() -> None:
    driver = opened()
    driver.attributes()
    assert driver.assumed == {"power"}


def test_methods_become_commands() -> None:
    (beep,) = opened().commands().values()
    assert [(part.name, part.required) for part in beep.parameters] == [("seconds", True), ("count", False)]


def test_what_goes_over_the_wire() -> None:
    driver = opened(
        ("POW?", "3.5"),
        ("SOUR2:VOLT?", "12"),
        ("SOUR1:VOLT 5", None),
        ("MODE C", None),
        ("MODE?", "V"),
        ("OUTP?", "1"),
        ("BEEP 0.5,2", None),
        ("OUTP 0", None),
    )
    names = ["power", "ch_2.voltage"]
    assert [driver.read([name])[name].value for name in names] == [3.5, 12.0]
    driver.write("ch_1.voltage", 5.0)
    driver.write("mode", "cc")
    assert driver.read(["mode"])["mode"].value == "cv"
    assert driver.read(["enabled"])["enabled"].value is True
    driver.call("beep", {"seconds": 0.5, "count": 2.0})
    driver.make_safe()
    assert spent(driver)


@pytest.mark.parametrize("name", ["volts", "ch_3.voltage", "ch_1.volts"])
def test_an_unknown_path_sends_nothing(name: str) -> None:
    driver = opened()
    for act in (lambda: driver.read([name]), lambda: driver.write(name, 1.0), lambda: driver.call(name, {})):
        with pytest.raises(InstrumentError) as caught:
            act()
        assert caught.value.fault == "rejected"


def test_a_timeout_of_visa_is_a_timeout() -> None:
    driver = opened()

    def silent(command: str, **_: Any) -> str:
        raise pyvisa.VisaIOError(pyvisa.constants.StatusCode.error_timeout)

    driver._instrument.ask = silent
    with pytest.raises(InstrumentError) as caught:
        driver.read(["power"])
    assert caught.value.fault == "timeout"


def test_a_driver_of_the_package_itself() -> None:
    driver = opened((":CONF?", "VOLT:DC"), (":READ?", "1.25"), kind=Keithley2000)
    readings = [driver.read([name])[name].value for name in ("mode", "voltage")]
    assert readings == ["voltage", 1.25]


def test_it_conforms() -> None:
    class Wire:
        """Answers like a device, however often it is asked."""

        def __init__(self) -> None:
            self.values = {"POW": "1", "LAB": "x", "OUTP": "0", "MODE": "V", "LIM": "1"}
            self.values |= {"SOUR1:VOLT": "1", "SOUR2:VOLT": "2"}
            self.asked = "POW"

        def write(self, command: str, **_: Any) -> None:
            name, blank, given = command.partition(" ")
            self.asked = name.rstrip("?")
            if blank:
                self.values[name] = given

        def read(self, **_: Any) -> str:
            return self.values[self.asked]

        def close(self) -> None:
            pass

    wire = Wire()
    left = check_driver(lambda: PymeasureDriver(lambda: Supply(wire)), writes={"start": 1})
    assert "takes_what_it_declares" not in left


STATION = """
station: lab
instruments:
  meter:
    driver: pymeasure:pymeasure.instruments.keithley.Keithley2000
    resource: visa://GPIB0::16::INSTR?library=meter-sim.yaml@sim
    attributes:
      voltage: {unit: V}
      voltage_range: {unit: V, max: 100 V, safe: keep}
"""
SIMULATION = r"""
spec: "1.1"
devices:
  meter:
    eom: {GPIB INSTR: {q: "\r\n", r: "\n"}}
    dialogues:
      - {q: ":READ?", r: "1.25"}
      - {q: ":SENS:VOLT:RANG:AUTO 0"}
    properties:
      range:
        default: 10.0
        getter: {q: ":SENS:VOLT:RANG?", r: "{:.3f}"}
        setter: {q: ":SENS:VOLT:RANG {:g}"}
        specs: {min: 0, max: 1010, type: float}
resources:
  GPIB0::16::INSTR: {device: meter}
"""


def lab(folder: Path, station: str = STATION) -> Path:
    return put(folder, station, {"meter-sim.yaml": SIMULATION})


def test_from_a_station_to_a_reading(tmp_path: Path) -> None:
    pytest.importorskip("pyvisa_sim", reason="needs PyVISA-sim")
    path = put(tmp_path, STATION.split("    attributes:", maxsplit=1)[0], {"meter-sim.yaml": SIMULATION})
    assert described(path).lock.instruments["meter"].package.startswith("PyMeasure 0.")  # type: ignore[union-attr]
    lab(tmp_path)
    attribute = sound(path).table.channels["meter.voltage_range"].attribute
    assert (attribute.low, attribute.high) == (0.0, 100.0)
    pool = pool_on(path)
    pool.write("meter", "voltage_range", 50.0)
    assert (value(pool, "meter", "voltage"), value(pool, "meter", "voltage_range")) == (1.25, 50.0)
    pool.close()


def test_a_looser_limit_is_told(tmp_path: Path) -> None:
    pytest.importorskip("pyvisa_sim", reason="needs PyVISA-sim")
    described(lab(tmp_path, STATION.split("    attributes:", maxsplit=1)[0]))
    assert only(lab(tmp_path, STATION.replace("100 V", "2000 V"))).code == "STA162"


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("pymeasure.instruments.keithley.Keithley200", "no class 'Keithley200'"),
        ("pymeasure.instruments.kiethley.Keithley2000", "no module"),
        ("Keithley2000", "names no class"),
    ],
)
def test_a_class_that_is_not_there(tmp_path: Path, target: str, message: str) -> None:
    from shotlane.api import describe
    from shotlane.diagnostics import Report

    path = lab(tmp_path, STATION.replace("pymeasure.instruments.keithley.Keithley2000", target))
    found = describe(path, Report())
    assert found is not None
    assert message in found.faults["meter"].message
