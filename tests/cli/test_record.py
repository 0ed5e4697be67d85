"""`shotlane record`: the data logger in one line, on files, databases, terminals, and as it is ended."""

import json
import os
import pty
import select
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import polars as pl
import pytest
from tests.acceptance.lab import Lab, interrupted, make_lab, wait_for
from tests.acquisition.test_sinks import csv_rows, parquet_rows, sqlite_rows

from shotlane import CsvSink
from shotlane.acquisition import Pipe
from shotlane.cli import main
from shotlane.instruments.pool._locks import FOLDER_VARIABLE

pytestmark = pytest.mark.real_time


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "user"))
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "locks"))
    with closing(make_lab(tmp_path / "project")) as made:
        monkeypatch.chdir(made.folder)
        yield made


READ = {"csv": csv_rows, "parquet": parquet_rows, "db": sqlite_rows}


@pytest.mark.parametrize("ending", READ)
def test_what_was_read_is_in_the_file_and_counted(
    lab: Lab, capsys: pytest.CaptureFixture[str], ending: str
) -> None:
    asked = ["demo", "furnace.temperature", "gas.flow", "--rate", "100Hz", "--for", "0.1s"]
    assert main(["record", *asked, "--to", f"out.{ending}", "--json"]) == 0
    summary = json.loads(capsys.readouterr().out)["summary"]
    rows = READ[ending](lab.folder / f"out.{ending}")
    assert (summary["outcome"], summary["planned"], summary["complete"]) == ("done", 20, True)
    assert summary["written"] == len(rows) == summary["ok"] + summary["late"]
    assert {row["channel"] for row in rows} == {"furnace.temperature", "gas.flow"}


def test_the_line_that_loads_it_loads_it(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["record", "demo", "gas", "--rate", "50ms", "--for", "0.2s", "--to", "out.csv"]) == 0
    (line,) = [one for one in capsys.readouterr().out.splitlines() if one.startswith("  load")]
    frame = eval(line.split("; ")[1], {"pl": pl})  # the line is what is tested
    assert frame["target_at"].dtype == pl.Datetime("us", "UTC")
    assert "gas.flow" in frame["channel"]


def test_without_a_sink_readings_are_lines_and_nothing_else(
    lab: Lab, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["record", "demo", "furnace.temperature", "--rate", "100Hz", "--for", "0.03s"]
    assert main(asked) == 0
    said = capsys.readouterr()
    assert {line.split()[1] for line in said.out.splitlines()} == {"furnace.temperature"}
    assert "3 planned" in said.err
    assert main([*asked, "--json"]) == 0
    *readings, last = map(json.loads, capsys.readouterr().out.splitlines())
    summary = last["summary"]
    assert {one["channel"] for one in readings} == {"furnace.temperature"}
    assert len(readings) == summary["ok"] + summary["late"] == summary["planned"] - summary["missed"]
    assert main([*asked, "--quiet"]) == 0
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["furnace.temprature"], "did you mean 'furnace.temperature'?"),
        (["--rate", "10"], "--rate 10: the unit is missing; write 10Hz or 10s"),
        (["--rate", "fast"], "--rate fast: that is no number with a unit"),
        (["--rate", "10 V"], "neither a rate nor a period"),
        (["--rate", "0 Hz"], "--rate must be above 0"),
        (["--for", "10 Hz"], "--for 10 Hz: that is no length of time; write e.g. 1h"),
        (["--for", "0.5 s"], "--for of 0.5 s is shorter than one period, 1 s"),
        (["--append"], "--append goes with --to"),
        (["--to", "a.xlsx"], "write .csv, .jsonl, .parquet or .db"),
        (["--to", "there.csv"], "there.csv is there already; --append adds to it"),
        (["--to", "there.csv", "--append"], "there.csv holds other columns"),
        (["--to", "a.csv", "--rotate", "5"], "--rotate 5: the unit is missing"),
        (["--to", "a.csv", "--rotate", "5 V"], "neither a size nor an age"),
        (["--to", "there.csv/a.csv"], "cannot be written"),
        (
            ["--to", "nowhere/a.csv"],
            "nowhere/a.csv cannot be written: there is no folder nowhere; make it first",
        ),
        (["--to", "postgresql://lab:hunter2@127.0.0.1:1/lab"], "127.0.0.1:1/lab.public.samples cannot be"),
    ],
)
def test_a_mistake_is_told_before_anything_is_opened(
    lab: Lab, capsys: pytest.CaptureFixture[str], arguments: list[str], told: str
) -> None:
    lab.write("time,reading\n1,2\n", "there.csv")
    before = sorted(lab.folder.iterdir())
    assert main(["record", "demo", *arguments]) == 2
    said = capsys.readouterr()
    assert told in said.err
    assert "hunter2" not in said.out + said.err
    assert sorted(lab.folder.iterdir()) == before


def test_an_instrument_that_cannot_be_opened_leaves_no_file(
    lab: Lab, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["record", "bench", "furnace", "--to", "a.db"]) == 3
    assert "furnace: " in capsys.readouterr().err
    assert not (lab.folder / "a.db").exists()


DEAD = """
station: dead
instruments:
  furnace:
    instrument: watlow-ezzone
    resource: sim://
    timeout: 10 ms
    faults: [{fault: garble, at: 0 s, for: 1 h, of: temperature}]
  balance: {instrument: generic-balance, resource: sim://}
"""


def test_a_channel_without_a_value_is_no_success(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    lab.write(DEAD, "stations/dead.yaml")
    asked = ["furnace.temperature", "balance.mass", "--rate", "20Hz", "--for", "0.2s"]
    assert main(["record", "dead", *asked, "--to", "a.csv"]) == 3
    told = capsys.readouterr().out
    assert "errored: 2 channels" in told
    assert "no value   furnace.temperature: garbled: " in told
    assert "balance.mass: " not in told


BEYOND = """
station: beyond
instruments:
  furnace: {instrument: watlow-ezzone, resource: 'sim://', options: {device_unit: degC}}
channels:
  melt.temperature:
    is: furnace.temperature
    table: [[500 degC, 500 degC], [600 degC, 600 degC]]
"""


def test_a_channel_that_is_answered_without_a_value_is_no_success(
    lab: Lab, capsys: pytest.CaptureFixture[str]
) -> None:
    lab.write(BEYOND, "stations/beyond.yaml")
    assert main(["record", "beyond", "melt.temperature", "--rate", "20Hz", "--for", "0.2s", "--json"]) == 3
    *samples, summary = map(json.loads, capsys.readouterr().out.splitlines())
    assert {(one["status"], one["fault"]) for one in samples} == {("failed", "no-value")}
    assert summary["summary"]["without_value"] == ["melt.temperature"]


def started(lab: Lab, *arguments: object) -> "subprocess.Popen[str]":
    return lab.start("shotlane", "record", "demo", "furnace", "--rate", "100Hz", *arguments)


@pytest.mark.parametrize(("more", "status", "outcome"), [([], 0, "done"), (["--for", "1h"], 4, "terminated")])
def test_ctrl_c_writes_what_was_read_and_ends_well_unless_there_was_a_time(
    lab: Lab, more: list[str], status: int, outcome: str
) -> None:
    process = started(lab, "--to", "a.csv", "--json", *more)
    wait_for(lambda: (lab.folder / "a.csv").exists() and (lab.folder / "a.csv").stat().st_size > 1000)
    done = interrupted(process, signal.SIGINT)
    assert done.status == status, done.text
    summary = done.json["summary"]
    rows = csv_rows(lab.folder / "a.csv")
    assert (summary["outcome"], summary["ended_by"]) == (outcome, "Ctrl-C")
    assert summary["written"] == len(rows) == summary["ok"] + summary["late"]
    assert not (lab.folder / "a.csv.spool").exists()


@pytest.mark.parametrize("ending", READ)
def test_a_kill_leaves_everything_that_was_written(lab: Lab, ending: str) -> None:
    process = started(lab, "--to", f"a.{ending}")
    path, read = lab.folder / f"a.{ending}", READ[ending]

    def keys() -> set[tuple[str, int]]:
        try:
            rows = read(path) if path.exists() else []
        except (OSError, sqlite3.Error, pl.exceptions.PolarsError):  # it is just being begun
            rows = []
        return {(row["channel"], row["tick"]) for row in rows}

    wait_for(lambda: len(keys()) > 0)
    before = keys()
    process.kill()
    process.wait()
    assert keys() >= before
    found = len(read(path))
    again = ["record", "demo", "furnace", "--rate", "100Hz", "--for", "0.05s", "-q"]
    assert main([*again, "--to", str(path), "--append"]) == 0
    assert len(read(path)) > found


def test_what_is_read_goes_into_postgres(
    lab: Lab, postgres_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    to = f"{postgres_url}?table=oven"
    for _ in range(2):
        assert main(["record", "demo", "furnace", "--rate", "100Hz", "--for", "0.05s", "--to", to]) == 0
    assert "to 127.0.0.1:" in capsys.readouterr().out.replace("localhost", "127.0.0.1")


def test_what_a_sink_does_not_take_is_no_success_and_comes_with_the_next_recording(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("shotlane.cli._record_logger.Pipe", partial(Pipe, close_timeout=0.1))
    asked = ["record", "demo", "balance.mass", "--rate", "100Hz", "--for", "0.05s", "--to", "a.csv"]
    with monkeypatch.context() as broken:
        broken.setattr(CsvSink, "write", full)
        assert main(asked) == 3
    assert "not yet    the rest waits in a.csv.spool (OSError: disk full)" in capsys.readouterr().out
    assert main([*asked, "--append"]) == 0
    recordings = [row["recording"] for row in csv_rows(lab.folder / "a.csv")]
    assert len(set(recordings)) == 2
    assert recordings.count(recordings[0]) + recordings.count(recordings[-1]) == len(recordings)


def test_files_follow_each_other(lab: Lab) -> None:
    asked = ["record", "demo", "furnace", "--rate", "100Hz", "--for", "0.05s", "-q", "--rotate", "1kB"]
    assert main([*asked, "--to", "a.csv"]) == 0
    assert main([*asked, "--to", "a.csv"]) == 2
    assert main([*asked, "--to", "a.csv", "--append"]) == 0
    assert sorted(path.name for path in lab.folder.glob("a*.csv")) == ["a-0001.csv", "a-0002.csv"]


def on_terminal(lab: Lab, *arguments: str, seconds: float) -> tuple[int, str]:
    """What a terminal is sent until Ctrl-C after so many seconds, and the exit status."""
    control, terminal = pty.openpty()
    process = lab.start(
        "shotlane", "record", *arguments, stdin=terminal, stdout=terminal, stderr=terminal, text=False
    )
    os.close(terminal)
    shown, deadline = b"", time.monotonic() + seconds
    while True:
        if select.select([control], [], [], 0.05)[0]:
            try:
                data = os.read(control, 1 << 16)
            except OSError:  # Linux says so that the other side has closed
                break
            if not data:
                break
            shown += data
        if time.monotonic() > deadline and b"furnace" in shown:
            process.send_signal(signal.SIGINT)
            deadline = float("inf")
    os.close(control)
    return process.wait(20), shown.decode()


def test_a_recording_goes_on_when_the_terminal_of_its_table_has_gone(lab: Lab) -> None:
    control, terminal = pty.openpty()
    asked = ("record", "demo", "furnace.temperature", "--rate", "50Hz", "--for", "2s", "--to", "a.csv")
    process = lab.start("shotlane", *asked, stdin=terminal, stdout=terminal, stderr=terminal, text=False)
    os.close(terminal)
    shown = b""
    while b"furnace" not in shown:
        shown += os.read(control, 1 << 16)
    os.close(control)
    assert process.wait(20) == 0
    assert len(csv_rows(lab.folder / "a.csv")) == 100


def test_a_terminal_has_a_table_that_is_drawn_in_place(lab: Lab) -> None:
    status, shown = on_terminal(lab, "demo", "furnace.temperature", "--rate", "50Hz", seconds=1.2)
    assert status == 0
    assert shown.count("recording 1 channel of demo at 50Hz, until Ctrl-C") > 2
    assert "\x1b[1A" in shown  # back up, to draw over it
    assert "degC" in shown
    assert "lateness p99" in shown
    assert "ended by   Ctrl-C" in shown
    assert shown.rstrip().splitlines()[-1].startswith("  lateness")
