"""`shotlane instruments`: what a person does at the bench, on the bench's real wires."""

import json
import os
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.acceptance.lab import Lab, interrupted, make_lab
from tests.instruments._peers import device
from tests.instruments._scripted import Answer, peer
from tests.instruments._wired import drive

from shotlane.cli import main
from shotlane.instruments import Resource
from shotlane.instruments.definition._resource import parse_resource
from shotlane.instruments.pool._locks import FOLDER_VARIABLE, PortLocks
from shotlane.testing import Bench

pytestmark = pytest.mark.real_time
Do = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with Bench(folder=tmp_path_factory.mktemp("bench")) as running:
        yield running


@pytest.fixture
def lab(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    lab = make_lab(tmp_path / "project", bench)
    monkeypatch.chdir(lab.folder)
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "locks"))
    return lab


@pytest.fixture
def do(lab: Lab, capsys: pytest.CaptureFixture[str]) -> Do:
    def run(*arguments: str) -> tuple[int, str, str]:
        status = main(["instruments", *arguments])
        said = capsys.readouterr()
        return status, said.out, said.err

    return run


def furnace(bench: Bench) -> dict[str, Resource]:
    return {"furnace": parse_resource(bench.furnace_resource, "furnace", Path("/"))}


def test_list_shows_channels_with_their_limits_and_opens_nothing(bench: Bench, do: Do) -> None:
    before = len(bench.requests())
    status, out, _ = do("list", "bench")
    assert status == 0
    (line,) = [line for line in out.splitlines() if line.startswith("furnace.setpoint")]
    assert line.split()[1:6] == ["float", "degF", "rw", "50", ".."]
    assert "gas.tare()" in out
    assert len(bench.requests()) == before


def test_list_says_who_uses_an_instrument(bench: Bench, do: Do) -> None:
    with PortLocks("bench", what=lambda: "run 7 of anneal") as locks:
        locks.take(furnace(bench))
        assert f"pid {os.getpid()} since" in do("list", "bench")[1]
    assert json.loads(do("list", "bench", "--json")[1])["furnace"]["in_use_by"] is None


def test_read_gives_values_with_units(do: Do) -> None:
    status, out, _ = do("read", "bench", "furnace.temperature", "gas", "--json")
    values = json.loads(out)
    assert status == 0
    assert values["furnace.temperature"]["unit"] == "degF"
    assert values["gas.gas"]["value"] == "Air"
    assert "gas.shutoff" not in values  # it can only be set


def test_the_status_of_a_station_is_what_its_documents_mark(do: Do) -> None:
    status, out, _ = do("read", "bench", "--status", "--json")
    marked = {"furnace.temperature", "furnace.setpoint", "gas.flow", "gas.flow_setpoint", "gas.flags"}
    assert (status, {name for name in json.loads(out) if not name.startswith("balance.")}) == (0, marked)
    assert set(json.loads(do("read", "bench", "gas", "--status", "--json")[1])) == {
        one for one in marked if one.startswith("gas.")
    }


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("bench",), "nothing is asked for"),
        (("bench", "gas.gas", "--status"), "nothing there is marked as status"),
    ],
)
def test_a_reading_of_nothing_is_refused(do: Do, arguments: tuple[str, ...], told: str) -> None:
    status, _, err = do("read", *arguments)
    assert status == 2
    assert told in err


def test_a_reading_that_fails_is_told_beside_the_others(bench: Bench, do: Do) -> None:
    bench.fault("gas", "garble", count=2, after=0)
    status, out, _ = do("read", "bench", "furnace.setpoint", "gas.flow")
    assert status == 3
    assert "garbled: " in out
    assert "degF" in out


def test_set_sets_and_leaves_it_so(bench: Bench, do: Do) -> None:
    status, out, err = do("set", "bench", "furnace.setpoint", "60 degC")
    assert (status, out) == (0, "furnace.setpoint is set to 140 degF\n")
    assert "nothing makes it safe" in err
    assert bench.registers()["furnace"]["setpoint_degF"] == pytest.approx(140.0)


@pytest.mark.parametrize(
    ("channel", "value", "message"),
    [
        ("furnace.setpoint", "600 degC", "above the limit 200 degC"),
        ("furnace.setpoint", "60", "write the number with its unit: 60 degF"),
        ("furnace.setpoint", "3 V", "a temperature is needed here"),
        ("furnace.setpoint", "60 degres", "degrees"),
        ("furnace.temperature", "60 degC", "cannot be set"),
        ("furnace.setpint", "60 degC", "did you mean 'furnace.setpoint'?"),
        ("gas.shutoff", "maybe", "takes on or off"),
        ("gas.gas_select", "Kr", "no option 'Kr'"),
    ],
)
def test_what_cannot_be_set_is_refused_before_anything_is_opened(
    bench: Bench, do: Do, channel: str, value: str, message: str
) -> None:
    before = len(bench.requests())
    status, _, err = do("set", "bench", channel, value)
    assert status == 2
    assert message in err
    assert len(bench.requests()) == before


def test_what_is_set_is_a_multiple_of_the_resolution(do: Do, tmp_path: Path) -> None:
    path = tmp_path / "supply.yaml"
    path.write_text(
        "station: supply\ninstruments:\n  psu: {instrument: tti-pl, resource: 'sim://',"
        " options: {max_voltage: 30 V, max_current: 3 A, voltage_step: 10 mV}}\n",
        encoding="utf-8",
    )
    assert do("set", str(path), "psu.voltage", "1234.5 mV")[1] == "psu.voltage is set to 1.23 V\n"
    assert do("set", str(path), "psu.voltage", "29.999 V")[1] == "psu.voltage is set to 30 V\n"
    status, _, err = do("set", str(path), "psu", "1 V")
    assert (status, "write a channel of it, psu.ATTRIBUTE" in err) == (2, True)


def test_somebody_else_who_may_answer_is_told(do: Do, tmp_path: Path) -> None:
    with device(lambda line: "ACME,M1,7,1.0" if line == "*IDN?" else "2") as made:
        path = tmp_path / "meter.yaml"
        path.write_text(
            f"station: meter\ninstruments:\n  it: {{instrument: keysight-34461a, resource: '{made.resource}',"
            " expect: {serial: '8', mismatch: stamp}}\n",
            encoding="utf-8",
        )
        status, _, err = do("read", str(path), "it.voltage")
    assert (status, err) == (0, "it: serial 7 answers, and 8 is expected\n")


def test_call_runs_a_command(bench: Bench, do: Do) -> None:
    before = bench.registers()["gas"]["tares"]
    assert do("call", "bench", "gas.tare()")[0] == 0
    assert bench.registers()["gas"]["tares"] == before + 1


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("gas.tar()", "did you mean 'tare'?"),
        ("gs.tare()", "did you mean 'gas'?"),
        ("tare", "write ROLE.COMMAND()"),
        ("gas.tare(3)", "takes 0 values"),
    ],
)
def test_what_cannot_be_called_is_refused(do: Do, call: str, message: str) -> None:
    status, _, err = do("call", "bench", call)
    assert status == 2
    assert message in err


def test_dangerous_commands_must_be_confirmed(do: Do, lab: Lab) -> None:
    lab.write(
        "instrument: laser\nprotocol: ascii\ncommands:\n"
        "  burn:\n    {send: B, reply: none, confirm: true, description: Burns.,\n"
        "     parameters: {power: {unit: W, max: 5 W}}}\n",
        "stations/laser.yaml",
    )
    lab.write(
        "station: hot\ninstruments:\n  laser: {instrument: laser, resource: 'sim://'}\n", "stations/hot.yaml"
    )
    status, _, err = do("call", "hot", "laser.burn(2 W)")
    assert status == 2
    assert "must be confirmed (Burns.); add --confirm" in err
    assert do("call", "hot", "laser.burn(2 W)", "--confirm")[0] == 0
    assert "above the limit 5 W" in do("call", "hot", "laser.burn(power=9 W)", "--confirm")[2]


def test_what_a_run_uses_is_left_alone(bench: Bench, do: Do) -> None:
    before = len(bench.requests())
    with PortLocks("bench", what=lambda: "run 7 of anneal") as locks:
        locks.take(furnace(bench))
        status, _, err = do("set", "bench", "furnace.setpoint", "60 degC")
        assert (status, len(bench.requests())) == (3, before)
        assert f"is in use by pid {os.getpid()} since" in err
        assert do("read", "bench", "gas.flow")[0] == 0
        threading.Timer(0.3, locks.release).start()
        assert do("read", "bench", "furnace", "--wait", "10 s")[0] == 0


def test_a_station_that_is_not_there_is_told(do: Do) -> None:
    status, _, err = do("read", "bensh", "furnace")
    assert status == 2
    assert "did you mean 'bench'?" in err


def test_watch_reads_as_often_as_asked(do: Do) -> None:
    status, out, err = do("watch", "bench", "furnace.temperature", "gas.flow", "-n", "3", "--json")
    rows: list[dict[str, Any]] = [json.loads(line) for line in out.splitlines()]
    assert status == 0
    assert sorted(row["channel"] for row in rows) == ["furnace.temperature"] * 3 + ["gas.flow"] * 3
    assert "instruments stay as they are" in err


def test_watch_ends_with_ctrl_c(lab: Lab) -> None:
    process = lab.start("shotlane", "instruments", "watch", "bench", "gas.flow")
    assert process.stdout is not None
    assert "gas.flow" in process.stdout.readline()
    done = interrupted(process, signal.SIGINT)
    assert done.status == 0, done.text
    assert "Traceback" not in done.text


def test_scan_finds_units_and_says_what_does_not_answer(bench: Bench, do: Do) -> None:
    address = f"modbus+tcp://127.0.0.1:{bench.modbus_port}"
    status, out, _ = do("scan", address, "--units", "1-2", "--timeout", "100 ms", "--json")
    first, second = json.loads(out)
    assert status == 0
    assert first["address"] == f"{address}?unit=1"
    assert "has no such register" in first["found"]
    assert second["found"] is None
    assert "timeout" in second["problem"]


def test_scan_keeps_the_settings_of_an_address(do: Do) -> None:
    address = "modbus+serial:///dev/nothing?baudrate=115200&unit=9"
    (row,) = json.loads(do("scan", address, "--units", "3", "--json")[1])
    assert row["address"] == "modbus+serial:///dev/nothing?baudrate=115200&unit=3"


@pytest.mark.parametrize("units", ["5-1", "0-300", "1,x"])
def test_scan_refuses_units_that_are_none(do: Do, units: str) -> None:
    status, _, err = do("scan", "modbus+tcp://127.0.0.1:9", "--units", units)
    assert (status, f"--units {units}: " in err) == (2, True)


def test_scan_says_which_settings_a_port_does_not_take(do: Do) -> None:
    master, slave = os.openpty()
    path = os.ttyname(slave)
    try:
        for _ in range(2):  # at first the system takes what it can and is content
            found = do("scan", f"serial://{path}?parity=even", "--timeout", "50 ms", "--json")
            assert found[0] == 0
    finally:
        os.close(master)
        os.close(slave)
    assert "does not take these settings" in json.loads(found[1])[0]["problem"]


def test_scan_never_fails(bench: Bench, do: Do) -> None:
    addresses = ("what", "sim://x", "tcp://127.0.0.1:9", "serial:///dev/nothing", bench.gas_tcp_resource)
    status, out, _ = do("scan", *addresses, "--timeout", "100 ms", "--json")
    assert status == 0
    assert [row["address"] for row in json.loads(out)] == list(addresses)
    assert all(row["found"] is None and row["problem"] for row in json.loads(out))


def test_scan_asks_nobody_unless_told_to(bench: Bench, do: Do) -> None:
    before = len(bench.requests())
    assert do("scan")[0] == 0
    assert len(bench.requests()) == before


def test_scan_leaves_alone_what_is_in_use(bench: Bench, do: Do) -> None:
    with PortLocks("bench") as locks:
        locks.take(furnace(bench))
        (row,) = json.loads(do("scan", f"modbus+tcp://localhost:{bench.modbus_port}", "--json")[1])
    assert "in use by pid" in row["problem"]


def test_scan_of_scpi_devices_tells_who_they_are(do: Do) -> None:

    with device(lambda line: "ACME,M1,7,1.0" if line == "*IDN?" else None) as made:
        (row,) = json.loads(do("scan", made.resource, "--json")[1])
    assert (row["found"], row["asked"]) == ("ACME,M1,7,1.0", "*IDN?")


@pytest.mark.parametrize("end", [b"\r", b"\n", b"\r\n"])
@pytest.mark.parametrize("echoes", [False, True])
def test_scan_leaves_no_part_of_a_line_in_a_device(do: Do, end: bytes, echoes: bool) -> None:
    asked: list[bytes] = []

    def answer(line: bytes) -> Answer:
        asked.append(line)
        reply = (b"1.5" if line == b"?V" else b"ERR") + end
        return [line + end, 0.03, reply] if echoes else reply

    write, echo = f"{{command}}{end.decode()}", {"echo": True} if echoes else {}
    document = {"instrument": "one", "protocol": "ascii", "write": write, **echo}
    document["attributes"] = {"v": {"query": "?V", "reply": "{v:f}"}}
    with peer(answer, wire="pty", end=end) as made:
        assert do("scan", made.resource, "--timeout", "100 ms", "--json")[0] == 0
        driver, _ = drive(document, made.resource)
        assert driver.read(["v"])["v"].value == 1.5
        driver.close()
    assert asked[-1] == b"?V"
    assert b"*IDN?" in asked[0]
