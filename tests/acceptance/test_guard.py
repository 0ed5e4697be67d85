"""The guard: whatever kills the process of a run, the registers of the peers are at their safe values."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.acceptance.lab import PATIENT, Lab, assert_safe, finish, wait_for

from shotlane.testing import Bench

pytestmark = pytest.mark.real_time
TOLD = "event WHERE type = 'guard.made-safe'"
LONG = ("-p", "soak=20 s", "-p", "T=40 degC")


@pytest.fixture(autouse=True)
def patient(request: pytest.FixtureRequest) -> None:
    for name in {"lab", "bench_lab"} & set(request.fixturenames):
        request.getfixturevalue(name).write(PATIENT)


@pytest.fixture(autouse=True)
def unsafe_before(bench_lab: Lab, bench: Bench) -> None:
    """What is safe after a test was not safe before."""
    bench_lab.do("shotlane", "instruments", "set", "bench", "furnace.setpoint", "60 degC")
    assert abs(bench.registers()["furnace"]["setpoint_degF"] - 140.0) < 1e-3


def start(lab: Lab, *arguments: object, **options: object) -> "subprocess.Popen[str]":
    return lab.start("run-sequence", "sequences/short.yaml", "-s", "bench", *arguments, **options)


def guards_of(runner: int) -> list[int]:
    """The guards that a process has started and that run."""
    found = []
    for folder in Path("/proc").iterdir():
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError, IndexError):
            continue
        if b"shotlane.api._guard_process" in words and parent == runner:
            found.append(int(folder.name))
    return found


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] == "Z"


def in_a_shot(lab: Lab, process: "subprocess.Popen[str]") -> None:
    wait_for(lambda: lab.count("sample") > 5 or process.poll() is not None)
    assert process.poll() is None


def killed_in_opening(lab: Lab, bench: Bench) -> "subprocess.Popen[str]":
    before = len(bench.requests("furnace"))
    bench.fault("furnace", "delay", seconds=0.25, count=4)
    process = start(lab, *LONG)
    wait_for(lambda: len(bench.requests("furnace")) > before or process.poll() is not None)
    return process


def killed_in_set_up(lab: Lab, bench: Bench) -> "subprocess.Popen[str]":
    bench.fault("gas", "delay", seconds=0.25, count=1)
    process = start(lab, *LONG)
    # Opening it asks nothing: the first request is its first initial value.
    wait_for(lambda: bool(bench.requests("gas")) or process.poll() is not None)
    assert bench.requests("gas")[0]["command"].startswith("S")
    return process


def killed_in_a_shot(lab: Lab, _bench: Bench) -> "subprocess.Popen[str]":
    process = start(lab, *LONG)
    in_a_shot(lab, process)
    return process


def killed_between_shots(lab: Lab, _bench: Bench) -> "subprocess.Popen[str]":
    lab.write(PATIENT + "cadence: 10 s\n")
    process = start(lab)
    wait_for(lambda: lab.count("shot WHERE outcome IS NOT NULL") == 1 or process.poll() is not None)
    return process


def killed_before_a_retry(lab: Lab, bench: Bench) -> "subprocess.Popen[str]":
    text = PATIENT + "retry: {attempts: 3, on: [timeout], delay: 30 s}\n"
    lab.write(text.replace("record: 20 Hz", "record: 20 Hz\n    required: true"))
    bench.fault("gas", "drop", count=4, after=4)
    process = start(lab)
    wait_for(lambda: lab.count("event WHERE type = 'retry.scheduled'") == 1 or process.poll() is not None)
    return process


def killed_on_the_way_to_safety(lab: Lab, bench: Bench) -> "subprocess.Popen[str]":
    process = start(lab, *LONG)
    in_a_shot(lab, process)
    bench.fault("furnace", "delay", seconds=0.25, count=2)
    process.send_signal(signal.SIGINT)
    time.sleep(0.1)
    return process


MOMENTS = [
    killed_in_opening,
    killed_in_set_up,
    killed_in_a_shot,
    killed_between_shots,
    killed_before_a_retry,
    killed_on_the_way_to_safety,
]


@pytest.mark.parametrize("moment", MOMENTS, ids=lambda moment: moment.__name__)
def test_a_killed_run_leaves_safe_instruments(
    bench_lab: Lab, bench: Bench, moment: Callable[[Lab, Bench], "subprocess.Popen[str]"]
) -> None:
    process = moment(bench_lab, bench)
    assert process.poll() is None, finish(process)
    (guard,) = guards_of(process.pid)
    process.kill()
    finish(process)
    wait_for(lambda: bench_lab.count(TOLD) == 1)
    assert_safe(bench)
    assert bench_lab.outcome() == "terminated"
    reason = "the process that ran it died; its guard made the instruments safe"
    assert bench_lab.rows("SELECT reason FROM run")[0]["reason"] == reason
    wait_for(lambda: is_gone(guard))
    assert bench_lab.run("-s", "bench", "-q", "-p", "T=30 degC").status == 0


def test_a_kill_of_the_whole_group_does_not_take_the_guard(bench_lab: Lab, bench: Bench) -> None:
    process = start(bench_lab, *LONG, start_new_session=True)
    in_a_shot(bench_lab, process)
    os.killpg(process.pid, signal.SIGKILL)
    finish(process)
    wait_for(lambda: bench_lab.count(TOLD) == 1)
    assert_safe(bench)


def test_signals_to_the_guard_do_not_end_it(bench_lab: Lab, bench: Bench) -> None:
    process = killed_in_a_shot(bench_lab, bench)
    (guard,) = guards_of(process.pid)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        os.kill(guard, number)
    process.kill()
    finish(process)
    wait_for(lambda: bench_lab.count(TOLD) == 1)
    assert_safe(bench)


def test_nobody_else_gets_at_the_instruments_before_the_guard_is_done(bench_lab: Lab, bench: Bench) -> None:
    process = killed_in_a_shot(bench_lab, bench)
    (guard,) = guards_of(process.pid)
    bench.fault("gas", "drop", count=6)
    process.kill()
    finish(process)
    # Signed when the guard has woken up; until then nobody who lives says that he has it.
    other = bench_lab.run("-s", "bench", "-q")
    assert other.status == 3, other
    assert f"in use by pid {guard} since" in other.err or "in use by another process" in other.err
    wait_for(lambda: bench_lab.count(TOLD) == 1)
    assert_safe(bench)
    wait_for(lambda: is_gone(guard))
    assert bench_lab.run("-s", "bench", "-q", "-p", "T=30 degC").status == 0


def test_a_run_waits_for_the_guard_by_its_name(bench_lab: Lab, bench: Bench) -> None:
    process = killed_in_a_shot(bench_lab, bench)
    (guard,) = guards_of(process.pid)
    bench.fault("gas", "drop", count=30)
    process.kill()
    finish(process)
    signed = Path(os.environ["SHOTLANE_LOCKS"])
    wait_for(lambda: any(f'"pid": {guard}' in path.read_text() for path in signed.glob("*.json")))
    other = bench_lab.run("-s", "bench", "-q")
    assert f"in use by pid {guard} since" in other.err
    assert "the guard of run 1 of short" in other.err
    os.kill(guard, signal.SIGKILL)


def test_what_the_guard_cannot_make_safe_is_told(bench_lab: Lab, bench: Bench) -> None:
    process = killed_in_a_shot(bench_lab, bench)
    bench.vanish()
    process.kill()
    finish(process)
    wait_for(lambda: bench_lab.count(TOLD) == 1)
    assert abs(bench.registers()["furnace"]["setpoint_degF"] - 68.0) < 1e-3
    (row,) = bench_lab.rows("SELECT reason, summary FROM run")
    assert "not everything could be made safe" in row["reason"]
    assert [item["role"] for item in json.loads(row["summary"])["unsafe"]] == ["gas"]


def test_a_run_without_its_guard_goes_on_and_says_so(bench_lab: Lab, bench: Bench) -> None:
    process = start(bench_lab, "-p", "T=40 degC", "-p", "soak=2 s")
    in_a_shot(bench_lab, process)
    os.kill(guards_of(process.pid)[0], signal.SIGKILL)
    done = finish(process)
    assert (done.status, bench_lab.outcome()) == (0, "done")
    assert bench_lab.count("event WHERE type = 'guard.lost'") == 1
    assert_safe(bench)


def test_without_a_guard_a_kill_leaves_things_as_they_are_and_nothing_locked(
    bench_lab: Lab, bench: Bench
) -> None:
    bench_lab.write(PATIENT + "guard: off\n")
    process = start(bench_lab, *LONG)
    in_a_shot(bench_lab, process)
    assert guards_of(process.pid) == []
    process.kill()
    finish(process)
    assert "terminated (runner died)" in bench_lab.do("shotlane", "runs").out
    assert abs(bench.registers()["furnace"]["setpoint_degF"] - 104.0) < 1e-3
    assert bench_lab.run("-s", "bench", "-q", "-p", "T=30 degC").status == 0


def test_a_run_that_ended_leaves_no_guard_and_no_event_of_it(bench_lab: Lab, bench: Bench) -> None:
    process = start(bench_lab, "-p", "T=40 degC", "-p", "soak=1 s")
    in_a_shot(bench_lab, process)
    (guard,) = guards_of(process.pid)
    finish(process)
    assert is_gone(guard)
    assert bench_lab.count("event WHERE type LIKE 'guard.%'") == 0
    assert_safe(bench)


def test_simulated_instruments_need_no_guard(bench_lab: Lab) -> None:
    process = start(bench_lab, *LONG, "--mock")
    in_a_shot(bench_lab, process)
    assert guards_of(process.pid) == []
    process.kill()
    finish(process)
