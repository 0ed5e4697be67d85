"""What passed on a real wire once is a device that tests can have again."""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from shotlane.cli import main, run_sequence
from shotlane.instruments import Capture
from shotlane.instruments.definition._resource import parse_resource
from shotlane.instruments.pool._locks import FOLDER_VARIABLE
from shotlane.instruments.ports._transport import SocketPort
from shotlane.testing import Bench, scripted_wire, write_project

# Some run against real ports on the system clock.
pytestmark = pytest.mark.real_time
Do = Callable[..., Any]

METER = """
instrument: meter
protocol: ascii
timeout: 2 s
options: {password: none}
attributes:
  level: {query: "L? {password}", reply: "{value:f}"}
"""
COUNTER = """
instrument: counter
protocol: modbus
timeout: 2 s
attributes:
  level: {holding: 7}
"""
CHANNELS = ("furnace.temperature", "furnace.setpoint", "gas.flow_setpoint", "gas.pressure")


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with Bench(folder=tmp_path_factory.mktemp("bench")) as running:
        yield running


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "locks"))


@pytest.fixture
def do(capsys: pytest.CaptureFixture[str]) -> Do:
    """Run `shotlane instruments`: its JSON, or what it says."""

    def run(*arguments: str, status: int = 0) -> Any:
        found = main(["instruments", *arguments])
        said = capsys.readouterr()
        assert found == status, said.err
        return json.loads(said.out) if "--json" in arguments else said.out + said.err

    return run


def lab(furnace: str, gas: str) -> None:
    station = f"""
        station: lab
        instruments:
          furnace: {{instrument: watlow-ezzone, resource: '{furnace}', timeout: 2 s}}
          gas:
            instrument: alicat-mfc
            resource: '{gas}'
            options: {{address: A, device_unit: cm**3/min, full_scale: 50 cm**3/min}}
            timeout: 2 s
    """
    write_project(Path.cwd(), station)


def one(document: str, resource: str, more: str = "") -> None:
    """A station with one instrument, `it`."""
    name = document.split()[1]
    text = f"station: one\ninstruments:\n  it: {{instrument: {name}, resource: '{resource}'{more}}}\n"
    write_project(Path.cwd(), document, text)


def ports(file: str) -> list[str]:
    return [line[6:] for line in Path(file).read_text().splitlines() if line.startswith("port: ")]


def test_what_the_bench_said_is_said_again(bench: Bench, do: Do) -> None:
    lab(bench.furnace_resource, bench.gas_resource)
    seen = do("read", "lab", *CHANNELS, "--json", "--capture", "seen.dialogue")
    file, furnace_port = Path("seen.dialogue"), bench.furnace_resource.removesuffix("?unit=1")
    assert ports("seen.dialogue") == [furnace_port, bench.gas_resource]
    with (
        scripted_wire(file, port=furnace_port) as furnace,
        scripted_wire(file, port=bench.gas_resource) as gas,
    ):
        lab(f"{furnace.resource}?unit=1", gas.resource)
        again = do("read", "lab", *CHANNELS, "--json")
    assert again == seen
    assert all(reading["fault"] is None for reading in seen.values())


def test_a_run_is_captured(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    sequence = """
        sequence: short
        station: lab
        timeline:
          - heat: 600 ms
        lanes:
          furnace.temperature: {record: 5 Hz, max_missing: 1}
          gas.flow: {record: 5 Hz, max_missing: 1}
    """
    lab(bench.furnace_resource, bench.gas_resource)
    write_project(Path.cwd(), sequence)
    assert run_sequence(["sequences/short.yaml", "-q", "--capture", "run.dialogue"]) == 0
    assert capsys.readouterr().err == ""
    assert len(ports("run.dialogue")) == 2
    file, furnace_port = Path("run.dialogue"), bench.furnace_resource.removesuffix("?unit=1")
    with (
        scripted_wire(file, port=furnace_port, order="any") as furnace,
        scripted_wire(file, port=bench.gas_resource, order="any") as gas,
    ):
        lab(f"{furnace.resource}?unit=1", gas.resource)
        assert run_sequence(["sequences/short.yaml", "-q"]) == 0


FRAMES = "> 01 03 00 07 00 01\n< 01 03 02 00 2a\n"


@pytest.mark.parametrize(
    ("wire", "document", "text"),
    [
        ("tcp", METER, "> L? none\\n\n< +1.5\\n\n"),
        ("serial", METER, "> L? none\\n\n< +1.5\\n\n"),
        ("modbus+tcp", COUNTER, FRAMES),
        ("modbus+serial", COUNTER, FRAMES),
    ],
)
def test_what_is_captured_is_what_was_written(wire: str, document: str, text: str, do: Do) -> None:
    with scripted_wire(text, wire=wire) as device:
        one(document, f"{device.resource}?unit=1" if "modbus" in wire else device.resource)
        do("read", "one", "it.level", "--capture", "seen.dialogue")
    assert Path("seen.dialogue").read_text() == f"port: {device.resource}\n{text}"


def test_a_frame_that_is_none_is_captured_as_bytes(do: Do) -> None:
    text = "> 01 03 00 07 00 01\n<x 01 03 02 00 2a ff ff\n"
    with scripted_wire(text, wire="modbus+serial", order="any") as device:
        one(COUNTER, f"{device.resource}?unit=1", ", timeout: 100 ms")
        do("read", "one", "it.level", "--capture", "seen.dialogue", status=3)
    assert "<x 01 03 02 00 2a ff ff\n" in Path("seen.dialogue").read_text()


def test_pauses_are_written_when_they_are_asked_for(do: Do) -> None:
    with scripted_wire("> L? none\\n\n< +1\npause 60 ms\n< .5\\n\n") as device:
        one(METER, device.resource)
        do("read", "one", "it.level", "--capture", "seen.dialogue", "--capture-pauses")
    lines = Path("seen.dialogue").read_text().splitlines()
    assert [line.split()[0] for line in lines] == ["port:", ">", "pause", "<", "pause", "<"]
    assert float(lines[4].split()[1]) >= 50


def test_secrets_are_masked_and_the_masked_dialogue_plays(do: Do, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOTLANE_SECRET_DOOR", "s3 'same' ")
    secret = ", options: {password: '${secret:DOOR}'}"
    with scripted_wire("> L? s3 'same' \\n\n< 1.5\\n\n") as device:
        one(METER, device.resource, secret)
        do("read", "one", "it.level", "--capture", "seen.dialogue")
    assert Path("seen.dialogue").read_text().splitlines()[1:] == ["> L? ***\\n", "< 1.5\\n"]
    monkeypatch.setenv("SHOTLANE_SECRET_DOOR", "***")
    with scripted_wire(Path("seen.dialogue")) as device:
        one(METER, device.resource, secret)
        assert "1.5" in do("read", "one", "it.level")


def test_a_secret_that_is_answered_in_pieces_is_masked(do: Do, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOTLANE_SECRET_DOOR", "s3same")
    echo = METER.replace("{value:f}", "s3same {value:f}")
    with scripted_wire("> L? s3same\\n\n< s3s\npause 40 ms\n< ame 1.5\\n\n") as device:
        one(echo, device.resource, ", options: {password: '${secret:DOOR}'}")
        do("read", "one", "it.level", "--capture", "seen.dialogue", "--capture-pauses")
    lines = Path("seen.dialogue").read_text().splitlines()
    assert [lines[1], lines[3]] == ["> L? ***\\n", "< *** 1.5\\n"]


def test_a_scan_is_captured(do: Do) -> None:
    with scripted_wire("> *IDN?\\n\n< ACME,M1\\n\n") as device:
        do("scan", device.resource, "--json", "--capture", "seen.dialogue")
    assert Path("seen.dialogue").read_text() == f"port: {device.resource}\n> *IDN?\\n\n< ACME,M1\\n\n"


def test_each_port_has_its_dialogue_whole(bench: Bench, do: Do) -> None:
    lab(bench.furnace_resource, bench.gas_resource)
    do("watch", "lab", "furnace.setpoint", "gas.flow", "-n", "4", "--capture", "seen.dialogue")
    assert sorted(ports("seen.dialogue")) == sorted(
        [bench.furnace_resource.removesuffix("?unit=1"), bench.gas_resource]
    )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a full device")
def test_a_full_disk_ends_the_capture_and_nothing_else() -> None:
    capture = Capture(Path("seen.dialogue"))
    full = os.open("/dev/full", os.O_WRONLY)
    os.dup2(full, capture._file.fileno())
    os.close(full)
    with scripted_wire("> A\n< B\n") as device:
        resource = parse_resource(device.resource, "it", Path.cwd())
        port = capture.wrap(SocketPort(resource.host, resource.tcp_port), resource, str)
        port.open(2.0)
        port.send(b"A", 2.0)
        assert port.receive(2.0) == b"B"
        port.close()
    capture.close()
    assert capture.failure is not None


def test_a_file_that_is_there_is_not_touched(do: Do) -> None:
    Path("seen.dialogue").write_text("mine")
    one(METER, "tcp://127.0.0.1:9")
    said = do("read", "one", "it.level", "--capture", "seen.dialogue", status=2)
    assert "seen.dialogue is there already" in said
    assert Path("seen.dialogue").read_text() == "mine"


def test_simulated_instruments_leave_no_dialogue(do: Do) -> None:
    one(METER, "tcp://127.0.0.1:9")
    said = do("read", "one", "it.level", "--mock", "--capture", "seen.dialogue")
    assert "nothing was captured" in said
    assert not Path("seen.dialogue").exists()


def test_pauses_of_no_capture_are_a_mistake(do: Do) -> None:
    one(METER, "tcp://127.0.0.1:9")
    assert "add --capture FILE" in do("read", "one", "it.level", "--capture-pauses", status=2)
