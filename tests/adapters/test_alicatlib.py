"""alicatlib on its own fake transport."""

from contextlib import AbstractContextManager
from typing import Any

import pytest

pytest.importorskip("alicatlib", reason="needs alicatlib, which needs Python 3.13")
pytest.importorskip("anyio", reason="comes with alicatlib")

import anyio
from alicatlib.sync import Alicat
from alicatlib.testing import FakeTransport

from shotlane.instruments import Identity, InstrumentError
from shotlane.instruments.adopted.adapters._alicatlib import AlicatDriver
from shotlane.testing import check_driver

MAKER = (
    "A M00 Alicat Scientific",
    "A M01 www.example.com",
    "A M02 Ph 1",
    "A M03 mail@example.com",
    "A M04 Model Number MC-100SCCM-D",
    "A M05 Serial Number 123456",
    "A M06 Date Manufactured 1/1/2020",
    "A M07 Date Calibrated 1/1/2020",
    "A M08 Calibrated By nobody",
    "A M09 Software Revision 10v20.0-R24",
)
FRAME = (
    "A D00 ID_ NAME...................... TYPE...... WIDTH NOTES...................",
    "A D01 700 Unit ID                    string          1",
    "A D02 002 Abs Press                  s decimal     7/2 010 02 PSIA",
    "A D03 003 Flow Temp                  s decimal     7/2 002 02 `C",
    "A D04 005 Mass Flow                  s decimal     7/2 012 02 SCCM",
    "A D05 037 Mass Flow Setpt            s decimal     7/2 012 02 SCCM",
    "A D06 703 Gas                        string          6",
)


class Device:
    """A flow controller as alicatlib sees it."""

    def __init__(self) -> None:
        self.setpoint = 1.0
        self.is_silent = False

    def __call__(self, sent: bytes) -> bytes:
        text = sent.decode().strip()
        lines = self.lines(text)
        return b"" if self.is_silent else b"".join(line.encode() + b"\r" for line in lines)

    def lines(self, text: str) -> tuple[str, ...]:
        if text.startswith("ALS "):
            self.setpoint = float(text.split()[1])
        if text.startswith("ALS"):
            return (f"A +0.50 {self.setpoint:+.2f} 12 SCCM",)
        if text == "A":
            return (f"A +014.70 +025.00 +000.50 {self.setpoint:+07.2f} Air",)
        known = {"A??M*": MAKER, "A??D*": FRAME, "AVE": ("A 10v20.0-R24 Jan  1 2020,00:00:00",)}
        return known.get(text, ())

    def connect(self) -> AbstractContextManager[Any]:
        class Answering(dict):  # type: ignore[type-arg]
            def get(self, key: Any, default: Any = None) -> Any:
                return device

        device = self
        transport = FakeTransport({})
        transport._script = Answering()
        anyio.run(transport.open)
        opened: AbstractContextManager[Any] = Alicat.open(transport, timeout=0.05)
        return opened


@pytest.fixture
def device() -> Device:
    return Device()


def test_the_frame_becomes_attributes_with_their_units(device: Device) -> None:
    driver = AlicatDriver(device.connect)
    assert driver.open() == Identity("Alicat Scientific", "MC-100SCCM-D", "123456", "10v20.0-R24")
    found = driver.attributes()
    units = {name: item.unit.text for name, item in found.items() if item.unit is not None}
    assert units == {
        "Abs_Press": "psi",
        "Flow_Temp": "degC",
        "Mass_Flow": "sccm",
        "Mass_Flow_Setpt": "sccm",
        "setpoint": "sccm",
    }
    assert [name for name, item in found.items() if item.writable] == ["setpoint"]
    driver.close()


def test_the_set_point_is_set(device: Device) -> None:
    driver = AlicatDriver(device.connect)
    driver.open()
    driver.write("setpoint", 25.0)
    readings = driver.read(["setpoint", "Mass_Flow", "Gas"])
    assert [item.value for item in readings.values()] == [0.5, "Air", 25.0]
    driver.close()


def test_a_silent_device_is_a_timeout(device: Device) -> None:
    driver = AlicatDriver(device.connect)
    driver.open()
    device.is_silent = True
    with pytest.raises(InstrumentError) as caught:
        driver.read(["Mass_Flow"])
    assert caught.value.fault == "timeout"
    driver.close()


def test_it_conforms(device: Device) -> None:
    left = check_driver(lambda: AlicatDriver(device.connect))
    assert "reads_everything" not in left
