"""Runs that do not go to their end: killed, stopped, or left by an instrument."""

import fcntl
import json
import os
import pty
import random
import signal
import subprocess
import termios
import time

import pytest
from tests.acceptance.lab import SHORT, Done, Lab, assert_safe, finish, interrupted, wait_for

from shotlane.testing import Bench

pytestmark = pytest.mark.real_time
FURNACE_RAMP = "sequences/furnace-ramp.yaml"
_STATUSES = "ok + late + failed + missed + dropped + unreached"


def start_ramp(lab: Lab, *arguments: object) -> "subprocess.Popen[str]":
    """Start the furnace ramp on the bench, and wait until its first shot runs."""
    process = lab.start("run-sequence", FURNACE_RAMP, "-s", "bench", *arguments)
    wait_for(lambda: lab.count("sample") > 10 or process.poll() is not None)
    return process


def assert_no_traceback(done: Done) -> None:
    assert "Traceback" not in done.text
    assert "Exception ignored" not in done.text


def test_a_kill_loses_no_committed_shot(bench_lab: Lab) -> None:
    process = bench_lab.start("run-sequence", "sequences/short.yaml", "-s", "bench", "-p", "soak=0.4 s")
    wait_for(lambda: bench_lab.count("shot WHERE outcome IS NOT NULL") >= 2)
    process.kill()
    finish(process)
    committed = [row["shot"] for row in bench_lab.rows("SELECT shot FROM shot WHERE outcome = 'done'")]
    assert committed == list(range(1, len(committed) + 1))
    assert len(committed) >= 2
    for shot in committed:
        (row,) = bench_lab.rows(
            """SELECT sum(planned) AS planned, sum(ok + late) AS good, (SELECT count(*) FROM sample_view s
            WHERE s.shot = t.shot) AS samples FROM tally_view t WHERE what = 'readings' AND shot = ?""",
            shot,
        )
        assert row["planned"] == row["good"] == row["samples"]
    listed = bench_lab.do("shotlane", "runs")
    assert f"{len(committed)}/5" in listed.out
    assert "terminated" in listed.out  # with or without its guard's word
    assert "terminated" in bench_lab.do("shotlane", "show").out


@pytest.mark.parametrize(
    ("number", "word"),
    [(signal.SIGINT, "Ctrl-C"), (signal.SIGTERM, "SIGTERM"), (signal.SIGHUP, "SIGHUP")],
    ids=["INT", "TERM", "HUP"],
)
def test_a_signal_ends_the_run_at_once_and_safely(
    bench_lab: Lab, bench: Bench, number: signal.Signals, word: str
) -> None:
    done = interrupted(start_ramp(bench_lab), number)
    assert (done.status, bench_lab.outcome()) == (4, "terminated"), done.text
    assert_safe(bench)
    assert f"stopped by {word}" in done.out
    assert 'run.samples(attempts="all")' in done.out  # else the line would load nothing
    assert bench_lab.rows(f"SELECT * FROM tally WHERE planned <> {_STATUSES}") == []
    assert bench_lab.rows("SELECT sum(unreached) FROM tally")[0][0] > 0
    assert_no_traceback(done)


def test_further_signals_during_the_safe_state_change_nothing(bench_lab: Lab, bench: Bench) -> None:
    process = start_ramp(bench_lab)
    bench.fault("gas", "delay", seconds=0.2, count=3)  # time for the others to arrive
    for _ in range(4):
        process.send_signal(signal.SIGINT)
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    done = finish(process)
    assert (done.status, bench_lab.outcome()) == (4, "terminated")
    assert "stopped by Ctrl-C" in done.out
    assert "go on      shotlane resume 1" in done.out
    assert_safe(bench)
    assert_no_traceback(done)


def test_ctrl_c_in_a_retry_delay_ends_at_once(bench_lab: Lab, bench: Bench) -> None:
    # A delay longer than `finish` waits.
    text = SHORT + "retry: {attempts: 3, on: [timeout], delay: 10 min}\n"
    bench_lab.write(text.replace("record: 20 Hz", "record: 20 Hz\n    required: true"))
    bench.fault("gas", "drop", count=4, after=4)
    process = bench_lab.start("run-sequence", "sequences/short.yaml", "-s", "bench")
    retrying = "event WHERE type = 'retry.scheduled'"
    wait_for(lambda: bench_lab.count(retrying) == 1 or process.poll() is not None)
    done = interrupted(process, signal.SIGINT)
    assert (done.status, bench_lab.outcome()) == (4, "terminated"), done
    assert_safe(bench)


def test_ctrl_c_at_any_instant_tells_the_truth(bench_lab: Lab, bench: Bench) -> None:
    chance = random.Random(2)
    # From the first import to the last line: a whole life takes about 2 s here.
    for instant_s in sorted(chance.uniform(0.15, 2.2) for _ in range(8)):
        before = bench_lab.count("run")
        process = bench_lab.start("run-sequence", "sequences/short.yaml", "-s", "bench")
        time.sleep(instant_s)
        process.send_signal(signal.SIGINT)
        done = finish(process)
        told = f"after {instant_s:.3f} s: {done}"
        assert_no_traceback(done)
        if bench_lab.count("run") == before:
            assert done.status == 4, told
            continue
        whole = bench_lab.count(f"shot WHERE outcome = 'done' AND run = {before + 1}") == 5
        expected = (0, "done") if whole else (4, "terminated")
        assert (done.status, bench_lab.outcome()) == expected, told
        if bench_lab.count(f"event WHERE type = 'instrument.opened' AND run = {before + 1}"):
            assert_safe(bench)
        else:
            assert not bench_lab.count(f"event WHERE type LIKE 'instrument.%' AND run = {before + 1}"), told


def test_nothing_runs_unless_every_instrument_opens(bench_lab: Lab, bench: Bench) -> None:
    station = (bench_lab.folder / "stations" / "bench.yaml").read_text()
    bench_lab.write(station.replace(bench.serial_path, "/nowhere/gas"), "stations/bench.yaml")
    done = bench_lab.run("-s", "bench")
    assert (done.status, bench_lab.outcome()) == (3, "errored")
    assert "gas" in done.out
    assert "/nowhere/gas" in done.out
    assert "safe       the instruments that were opened: " in done.out  # nobody knows of the others
    assert bench_lab.count("shot") == 0
    assert bench_lab.count("event WHERE type = 'instrument.faulted'") == 1
    assert abs(bench.registers()["furnace"]["setpoint_degF"] - 68.0) < 1e-3


def test_all_dead_instruments_are_told_together(lab: Lab) -> None:
    station = (lab.folder / "stations" / "bench.yaml").read_text()
    station = station.replace("127.0.0.1:5020", "127.0.0.1:1").replace(
        "/tmp/shotlane-bench-gas", "/nowhere/gas"
    )
    lab.write(station, "stations/bench.yaml")
    done = lab.run("-s", "bench")
    assert done.status == 3
    assert "furnace: " in done.out
    assert "gas: " in done.out
    assert [fault["role"] for fault in lab.run("-s", "bench", "--json").json["faults"]] == ["furnace", "gas"]


@pytest.mark.parametrize(("then", "shots"), [("skip", 3), ("abort", 1)])
def test_an_instrument_that_dies_in_a_run(bench_lab: Lab, bench: Bench, then: str, shots: int) -> None:
    """What is skipped is skipped three times in a row, and not the whole sweep."""
    bench_lab.write(
        SHORT + f"retry: {{attempts: 2, on: [timeout, disconnected], delay: 10 ms, then: {then}}}\n"
    )
    process = bench_lab.start("run-sequence", "sequences/short.yaml", "-s", "bench")
    wait_for(lambda: bench_lab.count("event WHERE type = 'shot.started'") >= 1 or process.poll() is not None)
    bench.vanish()
    done = finish(process)
    assert (done.status, bench_lab.outcome()) == (3, "errored")
    outcomes = [row[0] for row in bench_lab.rows("SELECT outcome FROM shot")]
    assert outcomes.count("errored") == shots
    assert outcomes[-shots:] == ["errored"] * shots
    assert "NOT SAFE" in done.out
    assert "gas.shutoff" in done.out
    assert abs(bench.registers()["furnace"]["setpoint_degF"] - 68.0) < 1e-3
    assert bench_lab.count("attempt WHERE fault = 'disconnected'") >= 2
    assert bench_lab.rows(f"SELECT * FROM tally WHERE planned <> {_STATUSES}") == []


def test_one_lost_instrument_comes_back_and_the_shot_is_repeated(bench_lab: Lab, bench: Bench) -> None:
    bench_lab.write(SHORT + "retry: {attempts: 5, on: [timeout, disconnected], delay: 0.3 s}\n")
    process = bench_lab.start(
        "run-sequence", "sequences/short.yaml", "-s", "bench", "-p", "soak=1 s", "-p", "T=40 degC"
    )
    wait_for(lambda: bench_lab.count("event WHERE type = 'attempt.started'") >= 1)
    bench.vanish()
    wait_for(lambda: bench_lab.count("event WHERE type = 'retry.scheduled'") >= 1)
    bench.appear()
    done = finish(process)
    assert (done.status, bench_lab.outcome()) == (0, "done")
    assert bench_lab.rows("SELECT max(attempts) FROM shot")[0][0] >= 2
    assert_safe(bench)


def test_a_run_under_a_terminal_clears_its_bar_and_ends_the_same(lab: Lab) -> None:
    main, secondary = pty.openpty()
    process = lab.start("run-sequence", "sequences/short.yaml", stderr=secondary)
    os.close(secondary)
    drawn = b""
    while True:
        try:
            piece = os.read(main, 4096)
        except OSError:
            break
        drawn += piece
    os.close(main)
    done = finish(process)
    assert (done.status, lab.outcome()) == (0, "done")
    assert b"shot 1/5" in drawn
    assert "\x1b" not in done.out


@pytest.mark.parametrize(
    ("nohup", "ended"), [(False, (4, "terminated")), (True, (0, "done"))], ids=["hangup", "nohup"]
)
def test_a_terminal_that_goes_away_under_the_bar_changes_no_status(
    lab: Lab, nohup: bool, ended: tuple[int, str]
) -> None:
    def take_terminal() -> None:
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        if nohup:
            signal.signal(signal.SIGHUP, signal.SIG_IGN)

    main, secondary = pty.openpty()
    streams = dict.fromkeys(("stdin", "stdout", "stderr"), secondary)
    arguments = ("sequences/short.yaml", "-p", "soak=0.4 s")
    process = lab.start(
        "run-sequence", *arguments, **streams, start_new_session=True, preexec_fn=take_terminal
    )
    os.close(secondary)
    drawn = b""
    while b"p pause" not in drawn:
        drawn += os.read(main, 4096)
    os.close(main)
    assert (process.wait(60), lab.outcome()) == ended


def test_events_are_numbered_without_a_gap(lab: Lab) -> None:
    lab.run()
    rows = lab.rows("SELECT number, type, fields FROM event ORDER BY number")
    assert [row["number"] for row in rows] == list(range(1, len(rows) + 1))
    assert [json.loads(row["fields"] or "{}") for row in rows]
    assert (rows[0]["type"], rows[-1]["type"]) == ("session.started", "session.ended")
