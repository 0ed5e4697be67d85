"""`shotlane serve`: instruments for other programs, and whatever ends it leaves them safe."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from tests.acceptance.lab import Lab, finish, interrupted, make_lab, wait_for

import shotlane
from shotlane.cli import main
from shotlane.sessions import RemoteInstrument
from shotlane.testing import Bench

HERE = "127.0.0.2:0"
FAR = """\
language: 1
station: far
instruments:
  oven:
    driver: device-server
    options: {address: "ADDRESS", instrument: furnace, token_file: TOKEN}
    attributes:
      setpoint: {unit: degF, access: rw, safe: 68 degF}
      temperature: {unit: degF}
"""
SEQUENCE = """\
sequence: over-there
station: far
timeline:
  - soak: 200 ms
lanes:
  oven.setpoint: {set: 60 degC}
  oven.temperature: {record: 20 Hz, max_missing: 1}
"""


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with Bench(folder=tmp_path) as running:
        yield running


@pytest.fixture
def lab(tmp_path: Path, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    monkeypatch.setenv("SHOTLANE_LOCKS", str(tmp_path / "locks"))
    with closing(make_lab(tmp_path / "project", bench)) as made:
        yield made


def started(lab: Lab, *more: str) -> tuple["subprocess.Popen[str]", str, Path]:
    """The command, its address, and the file of its token."""
    process = lab.start("shotlane", "serve", "bench", "furnace", *more)
    told = {line.split()[0]: line.split(maxsplit=1)[1].strip() for line in _three(process)}
    assert told["serves"] == "furnace"
    return process, told["address"], Path(told["token"])


def _three(process: "subprocess.Popen[str]") -> list[str]:
    assert process.stdout is not None
    lines = [process.stdout.readline() for _ in range(3)]
    if not lines[2]:
        pytest.fail(str(finish(process)))
    return lines


def heat(address: str, token: Path, bench: Bench) -> RemoteInstrument:
    furnace = shotlane.remote_instrument(address, "furnace", token=token)
    furnace.write("setpoint", "60 degC")
    assert round(bench.registers()["furnace"]["setpoint_degF"], 3) == 140.0
    return furnace


@pytest.mark.real_time
@pytest.mark.parametrize(
    ("number", "where"),
    [(signal.SIGINT, ("--listen", HERE)), (signal.SIGTERM, ())],
    ids=["Ctrl-C", "SIGTERM"],
)
def test_a_signal_ends_it_with_all_safe(
    lab: Lab, bench: Bench, number: signal.Signals, where: tuple[str, ...]
) -> None:
    process, address, token = started(lab, *where)
    secret = token.read_text()
    assert address.startswith("tls://127.0.0.2:" if where else "unix://")
    with heat(address, token, bench):
        done = interrupted(process, number)
    assert done.status == 0, done.err
    assert secret not in done.text
    assert round(bench.registers()["furnace"]["setpoint_degF"], 3) == 68.0
    assert lab.rows("SELECT outcome FROM session")[0][0] == "done"


@pytest.mark.real_time
def test_the_guard_makes_safe_what_a_killed_server_had_open(lab: Lab, bench: Bench) -> None:
    process, address, token = started(lab, "--listen", HERE)
    with heat(address, token, bench):
        process.kill()
        wait_for(lambda: round(bench.registers()["furnace"]["setpoint_degF"], 3) == 68.0)


@pytest.mark.real_time
def test_what_is_not_safe_at_the_end_is_told_by_its_status(lab: Lab, bench: Bench) -> None:
    process, address, token = started(lab, "--listen", HERE)
    with heat(address, token, bench):
        bench.fault("furnace", "drop", count=100)
        done = interrupted(process, signal.SIGTERM)
    assert done.status == 3
    assert "NOT SAFE: furnace.setpoint" in done.err


@pytest.mark.real_time
def test_a_station_of_another_machine_runs_sequences_over_it(lab: Lab, bench: Bench) -> None:
    process, address, token = started(lab, "--listen", HERE)
    lab.write(FAR.replace("ADDRESS", address).replace("TOKEN", str(token)), "stations/far.yaml")
    lab.write(SEQUENCE)
    assert lab.do("shotlane", "check", "stations/far.yaml", "sequences").status == 0
    done = lab.run("--json", "--store", "far.db")
    assert (done.status, json.loads(done.out)["outcome"]) == (0, "done"), done.err
    lab.do("shotlane", "archive", "1", "--store", "far.db")
    interrupted(process, signal.SIGTERM)
    assert _values(lab) == [140.0, 68.0]
    secret = token.read_bytes()
    written = [path.read_bytes() for path in lab.folder.rglob("*") if path.is_file()]
    assert not [data for data in written if secret in data]


def _values(lab: Lab) -> list[float]:
    found = lab.rows("SELECT fields FROM event WHERE type = 'instrument.set'")
    return [round(json.loads(row[0])["value"], 3) for row in found]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "say which station"),
        (("--runs", "demo", "furnace"), "no instruments"),
        (("demi",), "did you mean 'demo'?"),
        (("demo", "furnac", "--mock"), "did you mean 'furnace'?"),
        (("demo", "--mock", "--listen", "tcp://0.0.0.0:1"), "nothing is served to a network unencrypted"),
        (("demo", "--mock", "--listen", "0.0.0.0"), "write HOST:PORT"),
        (("demo", "--mock", "--listen", HERE, "--certificate", "no.pem"), "No such file or directory"),
    ],
)
def test_what_cannot_be_served_is_told(
    lab: Lab,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    told: str,
) -> None:
    monkeypatch.chdir(lab.folder)
    status = main(["serve", *arguments])
    assert (status, told in capsys.readouterr().err) == (2, True)


@pytest.mark.real_time
def test_an_instrument_in_use_is_not_served(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(lab.folder)
    with shotlane.connect("bench", guard=False) as station:
        station.instrument("furnace")
        done = lab.do("shotlane", "serve", "bench", "furnace")
    assert (done.status, f"pid {os.getpid()}" in done.err) == (3, True), done.err


def test_sequences_are_handed_in_listed_and_ended(lab: Lab) -> None:
    process = lab.start("shotlane", "serve", "--runs", "demo", "--mock", "--listen", HERE, "--show-token")
    told = {line.split()[0]: line.split(maxsplit=1)[1].strip() for line in _three(process)}
    lab.environment["SHOTLANE_TOKEN"] = told["token"]
    lab.write(SEQUENCE.replace("200 ms", "1 h").replace("far", "demo").replace("oven", "furnace"))
    done = lab.do("shotlane", "submit", "short", "--to", told["address"], "--json")
    assert (done.status, done.json["state"]) == (0, "draft"), done.err
    key = done.json["key"]
    listed = lab.do("shotlane", "queue", "--at", told["address"], "--interrupt", key)
    assert (listed.status, key in listed.out) == (0, True)
    wrong = ("-p", "T=5 V", "--follow", "--format", "json")
    lab.write(SEQUENCE.replace("far", "demo").replace("oven", "furnace") + "parameters: {T: 40 degC}\n")
    done = lab.do("shotlane", "submit", "short", "--to", told["address"], *wrong)
    assert (done.status, done.json[0]["severity"]) == (2, "error"), done.text
    assert '"-p T"' in done.out
    again = lab.do("shotlane", "submit", "short", "--to", told["address"], "--follow")
    assert (again.status, "outcome done" in again.out) == (0, True), again.text
    ended = interrupted(process, signal.SIGTERM)
    assert (ended.status, ended.err) == (0, "")


@pytest.mark.real_time
def test_a_killed_manager_leaves_the_instruments_of_its_run_safe(lab: Lab, bench: Bench) -> None:
    process = lab.start("shotlane", "serve", "--runs", "bench", "--listen", HERE)
    told = {line.split()[0]: line.split(maxsplit=1)[1].strip() for line in _three(process)}
    lab.write(SEQUENCE.replace("200 ms", "1 h").replace("far", "bench").replace("oven", "furnace"))
    lab.do("shotlane", "submit", "short", "--to", told["address"], "--token-file", told["token"])
    wait_for(lambda: round(bench.registers()["furnace"]["setpoint_degF"], 3) == 140.0)
    process.kill()
    wait_for(lambda: round(bench.registers()["furnace"]["setpoint_degF"], 3) == 68.0)
