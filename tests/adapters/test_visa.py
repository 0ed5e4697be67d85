"""Instrument documents over VISA: on PyVISA-sim, and on a resource that records what is done to it."""

from pathlib import Path
from typing import Any

import pytest
from tests.adapters.lab import only, pool_on, put, resolve, sound, value

pyvisa = pytest.importorskip("pyvisa", reason="needs PyVISA")
pytest.importorskip("pyvisa_sim", reason="needs PyVISA-sim")

from shotlane.instruments import InstrumentError, PoolError  # noqa: E402
from shotlane.instruments._wire import make_driver  # noqa: E402
from shotlane.instruments.ports._transport import PortLost  # noqa: E402
from shotlane.instruments.ports._visa import VisaPort  # noqa: E402
from shotlane.testing import check_driver  # noqa: E402

SIMULATION = (Path(__file__).parent / "scpi-sim.yaml").read_text(encoding="utf-8")
METER = r"""
instrument: acme-m1
protocol: ascii
timeout: 300 ms
write: "{command}\n"
identity: {query: "*IDN?", reply: "{maker:w},{model:w},{serial:w},{firmware:w}"}
attributes:
  voltage: {query: "MEAS?", reply: "{value:f}", unit: V}
  range:
    query: "RANG?"
    reply: "{value:f}"
    set: {send: "RANG {value:.3f}", reply: none}
    access: rw
    unit: V
    min: 0.1 V
    max: 1000 V
    safe: 10 V
  slow: {query: "SLOW?", reply: "{value:f}", unit: V}
"""
STATION = """
station: lab
instruments:
  meter:
    instrument: acme-m1
    resource: visa://{address}?library=scpi-sim.yaml@sim
    tries: 1
"""
ADDRESSES = ["GPIB0::16::INSTR", "ASRL1::INSTR", "TCPIP0::meter.lab::inst0::INSTR"]


def bench(folder: Path, address: str = ADDRESSES[0]) -> Path:
    files = {"acme-m1.yaml": METER, "scpi-sim.yaml": SIMULATION}
    return put(folder, STATION.format(address=address), files)


@pytest.mark.parametrize("address", ADDRESSES)
def test_reads_and_sets_over_visa(tmp_path: Path, address: str) -> None:
    pool = pool_on(bench(tmp_path, address))
    pool.write("meter", "range", 100.0)
    assert (value(pool, "meter", "voltage"), value(pool, "meter", "range")) == (1.25, 100.0)
    assert pool.identities["meter"].model == "M1"
    pool.close()


@pytest.mark.parametrize("address", ADDRESSES)
def test_no_answer_is_a_timeout_and_the_next_reading_is_right(tmp_path: Path, address: str) -> None:
    pool = pool_on(bench(tmp_path, address))
    with pytest.raises(InstrumentError) as caught:
        pool.read("meter", ["slow"])
    assert caught.value.fault in ("timeout", "garbled")
    assert value(pool, "meter", "voltage") == 1.25
    pool.close()


def test_the_driver_over_visa_conforms(tmp_path: Path) -> None:
    text = METER.replace('  slow: {query: "SLOW?", reply: "{value:f}", unit: V}\n', "")
    path = bench(tmp_path)
    (tmp_path / "acme-m1.yaml").write_text(text, encoding="utf-8")
    definition = sound(path).definitions["meter"]
    check_driver(lambda: make_driver(definition, {}, lambda *_: None), timeout_s=0.3)


def test_a_plain_visa_address_is_taken(tmp_path: Path) -> None:
    text = STATION.replace("visa://{address}?library=scpi-sim.yaml@sim", "GPIB0::16::INSTR")
    put(tmp_path, text, {"acme-m1.yaml": METER})
    assert sound(tmp_path / "lab.yaml").definitions["meter"].resource.scheme == "visa"


@pytest.mark.parametrize(
    ("address", "port"),
    [
        ("gpib0::16::instr", "visa:GPIB0::16::INSTR"),
        ("TCPIP0::10.0.0.7::5025::SOCKET", "tcp:10.0.0.7:5025"),
        ("TCPIP::localhost::5025::SOCKET", "tcp:127.0.0.1:5025"),
        ("ASRL/dev/null::INSTR", "serial:/dev/null"),
    ],
)
def test_one_wire_has_one_port_however_it_is_spelt(tmp_path: Path, address: str, port: str) -> None:
    put(tmp_path, STATION.format(address=address), {"acme-m1.yaml": METER})
    assert sound(tmp_path / "lab.yaml").definitions["meter"].resource.port == port


def test_an_address_that_visa_does_not_know(tmp_path: Path) -> None:
    put(tmp_path, STATION.format(address="GPIB16"), {"acme-m1.yaml": METER})
    assert only(tmp_path / "lab.yaml").code == "STA150"


def test_modbus_does_not_go_over_visa(tmp_path: Path) -> None:
    text = STATION.format(address=ADDRESSES[0]).replace("acme-m1", "watlow-ezzone")
    assert "STA151" in [item.code for item in resolve(put(tmp_path, text))[1]]


def test_a_device_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(PoolError, match="GPIB0::3::INSTR"):
        pool_on(bench(tmp_path, "GPIB0::3::INSTR"))


class Recorded:
    """A message-based resource that notes what is done to it; an answer None is silence."""

    resource_class = "INSTR"
    interface_type = pyvisa.constants.InterfaceType.gpib
    session = 1

    def __init__(self, *answers: bytes | None, clears: bool = True) -> None:
        self.answers = list(answers)
        self.done: list[str] = []
        self.visalib = self
        self.timeout = 0.0
        self._clears = clears

    def write_raw(self, data: bytes) -> None:
        self.done.append(f"write {data!r}")

    def read(self, session: int, count: int) -> tuple[bytes, Any]:
        self.done.append("read")
        answer = self.answers.pop(0) if self.answers else None
        if answer is None:
            raise pyvisa.VisaIOError(pyvisa.constants.StatusCode.error_timeout)
        return answer, pyvisa.constants.StatusCode.success

    def clear(self) -> None:
        self.done.append("clear")
        if not self._clears:
            raise NotImplementedError

    def close(self) -> None:
        self.done.append("close")

    def set_visa_attribute(self, name: Any, state: Any) -> None:
        pass


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Any:
    def connect(resource: Recorded) -> VisaPort:
        manager = type("Manager", (), {"open_resource": lambda self, address, **_: resource})
        monkeypatch.setattr(pyvisa, "ResourceManager", lambda library: manager())
        port = VisaPort("GPIB0::1::INSTR", {})
        port.open(1.0)
        return port

    return connect


def test_a_message_device_is_never_read_unasked(opened: Any) -> None:
    resource = Recorded(b"1\n")
    port = opened(resource)
    assert port.receive(0.0) == b""
    port.send(b"Q\n", 1.0)
    assert (port.receive(1.0), port.receive(0.0)) == (b"1\n", b"")
    assert resource.done == ["write b'Q\\n'", "read"]


def test_an_answer_that_is_owed_is_cleared_away(opened: Any) -> None:
    resource = Recorded(None, b"late\n")
    port = opened(resource)
    port.send(b"Q\n", 1.0)
    assert (port.receive(1.0), port.receive(0.2), port.receive(0.2)) == (b"", b"", b"")
    assert resource.done == ["write b'Q\\n'", "read", "clear"]


def test_what_cannot_be_cleared_is_read_away(opened: Any) -> None:
    resource = Recorded(None, b"late\n", clears=False)
    port = opened(resource)
    port.send(b"Q\n", 1.0)
    assert (port.receive(1.0), port.receive(0.2)) == (b"", b"late\n")


def test_a_lost_connection_is_a_lost_port(opened: Any) -> None:
    resource = Recorded()
    port = opened(resource)

    def broken(data: bytes) -> None:
        raise pyvisa.VisaIOError(pyvisa.constants.StatusCode.error_connection_lost)

    resource.write_raw = broken  # type: ignore[method-assign]
    with pytest.raises(PortLost, match="VI_ERROR_CONN_LOST"):
        port.send(b"Q\n", 1.0)
    port.close()
    port.close()
    with pytest.raises(PortLost, match="not open"):
        port.receive(0.1)
