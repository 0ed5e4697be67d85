"""`shotlane resume`: a run that was killed or stopped goes on, and does nothing twice."""

import json
import os
import random
import signal
import sqlite3
import subprocess
import time
from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import pytest
from tests.acceptance.lab import PATIENT, Lab, assert_safe, finish, wait_for

import shotlane
from shotlane.testing import Bench

pytestmark = pytest.mark.real_time
SLOW = ("-p", "soak=0.6 s")


@pytest.fixture(autouse=True)
def patient(request: pytest.FixtureRequest) -> None:
    for name in {"lab", "bench_lab"} & set(request.fixturenames):
        request.getfixturevalue(name).write(PATIENT)


def killed(lab: Lab, *arguments: object, shots: int = 2) -> None:
    """Start a run and kill it after some shots, in the middle of one."""
    process = lab.start("run-sequence", "sequences/short.yaml", *(arguments or SLOW))
    before = len(lab.rows("SELECT number FROM run")) if lab.store.exists() else 0
    ended = f"shot WHERE outcome = 'done' AND run = {before + 1}"
    wait_for(lambda: (lab.count(ended) >= shots and lab.count("sample") > 0) or process.poll() is not None)
    process.kill()
    assert finish(process).status == -signal.SIGKILL


def good_attempts(lab: Lab, run: int = 1) -> dict[int, int]:
    """How often each shot was done."""
    rows = lab.rows("SELECT shot FROM attempt_view WHERE outcome = 'done' AND run = ?", run)
    return dict(Counter(row["shot"] for row in rows))


def done_shots(lab: Lab) -> list[int]:
    return [row["shot"] for row in lab.rows("SELECT shot FROM shot WHERE outcome = 'done' ORDER BY shot")]


def forget(lab: Lab, names: Iterable[str]) -> None:
    for name in names:
        (lab.folder / name).unlink()


def test_a_killed_run_goes_on_and_does_no_shot_twice(lab: Lab) -> None:
    killed(lab)
    before = done_shots(lab)
    assert before == list(range(1, len(before) + 1))
    done = lab.do("shotlane", "resume", 1)
    assert (done.status, lab.outcome()) == (0, "done"), done
    first = len(before) + 1
    assert (
        f"resumes run 1: shots {first}..5 of 5" in done.out
        or f"resumes run 1: shots {first} of 5" in done.out
    )
    assert good_attempts(lab) == dict.fromkeys(range(1, 6), 1)
    assert lab.count("run") == 1
    (event,) = lab.rows("SELECT fields FROM event WHERE type = 'run.resumed'")
    assert json.loads(event["fields"])["shots"] == list(range(first, 6))


def test_a_run_stopped_by_ctrl_c_goes_on_with_the_shot_that_was_cut(lab: Lab) -> None:
    process = lab.start("run-sequence", "sequences/short.yaml", *SLOW)
    wait_for(lambda: lab.count("shot WHERE outcome = 'done'") >= 1)
    process.send_signal(signal.SIGINT)
    assert finish(process).status == 4
    assert lab.do("shotlane", "resume", 1).status == 0
    assert good_attempts(lab) == dict.fromkeys(range(1, 6), 1)
    numbers = [row["attempt"] for row in lab.rows("SELECT attempt FROM attempt ORDER BY shot, attempt")]
    assert numbers.count(2) == 1


def test_a_killed_run_on_real_instruments_waits_for_its_guard(bench_lab: Lab, bench: Bench) -> None:
    killed(bench_lab, *SLOW, "-s", "bench")
    done = bench_lab.do("shotlane", "resume", 1)
    assert (done.status, bench_lab.outcome()) == (0, "done"), done
    assert bench_lab.count("event WHERE type = 'guard.made-safe'") == 1
    assert good_attempts(bench_lab) == dict.fromkeys(range(1, 6), 1)
    assert_safe(bench)


def test_a_run_that_goes_on_is_refused_with_its_process(lab: Lab) -> None:
    process = lab.start("run-sequence", "sequences/short.yaml", "-p", "soak=20 s")
    wait_for(lambda: lab.count("attempt") == 1)
    done = lab.do("shotlane", "resume", 1)
    assert done.status == 2
    assert f"run 1 is going on, in process {process.pid} of " in done.err
    process.send_signal(signal.SIGINT)
    finish(process)


def test_of_two_that_resume_at_once_one_wins(lab: Lab) -> None:
    killed(lab)
    both = [lab.start("shotlane", "resume", 1) for _ in range(2)]
    ends = [finish(process) for process in both]
    assert sorted(end.status for end in ends) in ([0, 0], [0, 2], [0, 3]), ends
    assert good_attempts(lab) == dict.fromkeys(range(1, 6), 1)
    assert not any("Traceback" in end.text for end in ends)


def test_a_whole_run_has_nothing_left(lab: Lab) -> None:
    lab.run("-q")
    done = lab.do("shotlane", "resume", 1)
    assert done.status == 0
    assert done.out == "run 1 is complete: nothing of its 5 shots is left to do; it ended done\n"


def test_it_runs_from_what_the_store_holds_when_all_files_are_gone(lab: Lab, tmp_path: Path) -> None:
    lab.write("parameters: {extra: 10 ms}\n", "sequences/common/more.yaml")
    lab.write("T (degC)\n30\n35\n40\n45\n", "sequences/points.csv")
    lab.write((lab.folder / "stations" / "demo.yaml").read_text(), "stations/mine.yaml")
    text = PATIENT.replace("station: demo", "station: mine\ninclude: [common/more.yaml]")
    text = text.replace("heat: 50 ms", "heat: 50 ms + extra")
    lab.write(text.replace("{linspace: [30 degC, 50 degC, 5]}", "{file: points.csv}"))
    killed(lab)
    forget(lab, ["sequences/common/more.yaml", "sequences/points.csv", "sequences/short.yaml"])
    forget(lab, ["stations/mine.yaml"])
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    done = lab.do("shotlane", "resume", 1, "--store", lab.store, cwd=elsewhere)
    assert (done.status, lab.outcome()) == (0, "done"), done
    assert "sequences/points.csv" not in done.err
    assert "points.csv is gone" in done.out
    assert f'shotlane.load(1, store="{lab.store}"); run.samples()' in done.out
    assert good_attempts(lab) == dict.fromkeys(range(1, 5), 1)
    names = [row["name"] for row in lab.rows("SELECT name FROM document")]
    assert not any("resumed" in name for name in names)


def test_options_are_those_of_the_run(lab: Lab) -> None:
    killed(lab, "-p", "soak=3 s", "--mock", "--seed", "7", "-s", "bench", "-p", "T=41 degC", shots=0)
    done = lab.do("shotlane", "resume", 1)
    assert (done.status, lab.outcome()) == (0, "done"), done
    (row,) = lab.rows("SELECT stamps FROM run")
    assert "mocked" in json.loads(row["stamps"])
    (session,) = lab.rows("SELECT environment FROM run_session WHERE environment IS NOT NULL")
    surroundings = json.loads(session["environment"])
    assert (surroundings["seed"], surroundings["overrides"]) == (7, {"soak": "3 s", "T": "41 degC"})


def test_changed_files_are_told_and_not_used(lab: Lab) -> None:
    killed(lab)
    lab.write(PATIENT.replace("soak: 100 ms", "soak: 200 ms") + "# later\n")
    planned = lab.do("shotlane", "resume", 1, "--dry-run")
    assert planned.status == 0
    assert "changed    sequences/short.yaml was changed 20" in planned.out
    assert "not used, --changed uses it" in planned.out
    assert lab.outcome() == "no end recorded"
    assert lab.do("shotlane", "resume", 1).status == 0
    assert good_attempts(lab) == dict.fromkeys(range(1, 6), 1)
    assert lab.count("run") == 1


def test_changed_files_make_a_new_run_of_what_is_left(lab: Lab) -> None:
    killed(lab)
    before = done_shots(lab)
    # The last shot becomes another one, and one more is added.
    lab.write(
        PATIENT.replace(
            "{linspace: [30 degC, 50 degC, 5]}", "[30 degC, 35 degC, 40 degC, 45 degC, 51 degC, 52 degC]"
        )
    )
    done = lab.do("shotlane", "resume", 1, "--changed")
    assert (done.status, lab.count("run")) == (0, 2), done
    assert (
        f"a new run in place of run 1, with the files of today: shots {len(before) + 1}..6 of 6" in done.out
    )
    assert list(good_attempts(lab, 2)) == list(range(len(before) + 1, 7))
    (row,) = lab.rows("SELECT environment FROM run WHERE number = 2")
    assert json.loads(row["environment"])["follows"]["run"] == 1
    assert "run 2 is complete: nothing of its 6 shots is left" in lab.do("shotlane", "resume", 2).out


def test_changed_files_that_change_what_was_done_are_refused(lab: Lab) -> None:
    killed(lab)
    lab.write(PATIENT.replace("50 degC, 5", "60 degC, 5"))
    done = lab.do("shotlane", "resume", 1, "--changed")
    assert done.status == 2
    assert "shots that run 1 has done are other ones: 2" in done.err
    assert lab.count("run") == 1


def test_a_plan_that_comes_out_otherwise_is_refused(lab: Lab) -> None:
    killed(lab)
    with closing(sqlite3.connect(lab.store)) as store, store:
        (text,) = store.execute("SELECT environment FROM run").fetchone()
        store.execute(
            "UPDATE run SET plan_digest = 'x', environment = ?", (text.replace('"numpy":"', '"numpy":"9'),)
        )
    done = lab.do("shotlane", "resume", 1)
    assert done.status == 2
    assert "does not compile to the same plan any more: numpy 9" in done.err


def test_shots_that_ended_with_a_fault_are_tried_again(bench_lab: Lab, bench: Bench) -> None:
    bench_lab.write(
        PATIENT.replace("record: 20 Hz", "record: 20 Hz\n    required: true") + "retry: {then: skip}\n"
    )
    bench.fault("gas", "drop", count=4, after=4)
    assert bench_lab.run("-s", "bench").status == 3
    errored = [row["shot"] for row in bench_lab.rows("SELECT shot FROM shot WHERE outcome = 'errored'")]
    done = bench_lab.do("shotlane", "resume", 1)
    assert (done.status, bench_lab.outcome()) == (0, "done"), done
    assert f"shots {', '.join(map(str, errored))} of 5" in done.out
    assert good_attempts(bench_lab) == dict.fromkeys(range(1, 6), 1)


def test_a_failed_verdict_is_kept_and_counts(lab: Lab) -> None:
    lab.write(PATIENT + "results:\n  T_mean: {value: mean(furnace.temperature), low: 100 degC}\n")
    process = lab.start("run-sequence", "sequences/short.yaml", *SLOW)
    wait_for(lambda: lab.count("shot WHERE outcome = 'failed'") >= 2 or process.poll() is not None)
    process.kill()
    finish(process)
    done = lab.do("shotlane", "resume", 1)
    assert (done.status, lab.outcome()) == (1, "failed")
    assert lab.rows("SELECT max(attempts) FROM shot")[0][0] == 1


def test_an_outcome_of_before_is_not_forgotten(lab: Lab) -> None:
    """Only shots before the kill fail: the run as a whole has failed."""
    text = PATIENT.replace("{linspace: [30 degC, 50 degC, 5]}", "[30 degC, 35 degC, 70 degC, 75 degC]")
    lab.write(text + "results:\n  asked: {value: max(furnace.setpoint), low: 50 degC}\n")
    process = lab.start("run-sequence", "sequences/short.yaml", *SLOW)
    wait_for(lambda: lab.count("shot WHERE outcome = 'failed'") == 2 or process.poll() is not None)
    process.kill()
    finish(process)
    done = lab.do("shotlane", "resume", 1)
    assert (done.status, lab.outcome()) == (1, "failed"), done


def test_a_run_of_a_saved_plan_goes_on(lab: Lab) -> None:
    assert lab.do("shotlane", "plan", "sequences/short.yaml", *SLOW, "--save", "short.plan").status == 0
    process = lab.start("run-sequence", "short.plan")
    wait_for(lambda: lab.count("shot WHERE outcome = 'done'") >= 2 or process.poll() is not None)
    process.kill()
    finish(process)
    forget(lab, ["sequences/short.yaml", "short.plan"])
    done = lab.do("shotlane", "resume", 1)
    assert (done.status, lab.outcome()) == (0, "done"), done
    assert good_attempts(lab) == dict.fromkeys(range(1, 6), 1)


def test_python_resumes_too(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    killed(lab)
    monkeypatch.chdir(lab.folder)
    run = shotlane.resume(1)
    assert (run.number, run.outcome) == (1, shotlane.Outcome.DONE)
    assert run.shots().height == 5
    with pytest.raises(shotlane.ResumeError, match="is complete"):
        shotlane.resume(1)


def test_a_run_that_is_not_there_is_told(lab: Lab) -> None:
    lab.run("-q")
    done = lab.do("shotlane", "resume", 9)
    assert done.status == 2
    assert "there is no run 9" in done.err
    assert os.fspath(lab.store) in done.err


def test_a_resumed_run_can_be_killed_and_resumed_again(lab: Lab) -> None:
    killed(lab, shots=1)
    process: subprocess.Popen[str] = lab.start("shotlane", "resume", 1)
    wait_for(lambda: lab.count("shot WHERE outcome = 'done'") >= 3 or process.poll() is not None)
    process.kill()
    finish(process)
    assert lab.do("shotlane", "resume", 1).status == 0
    assert good_attempts(lab) == dict.fromkeys(range(1, 6), 1)


def test_a_kill_at_any_instant_leaves_a_run_that_can_go_on(bench_lab: Lab, bench: Bench) -> None:
    chance = random.Random(3)
    # From the first import to the last line: a whole life takes about 3 s here.
    for instant_s in sorted(chance.uniform(0.3, 3.0) for _ in range(6)):
        before = bench_lab.count("run")
        process = bench_lab.start("run-sequence", "sequences/short.yaml", "-s", "bench", "-p", "soak=0.3 s")
        time.sleep(instant_s)
        process.kill()
        finish(process)
        told = f"after {instant_s:.3f} s"
        run = before + 1
        if bench_lab.count("run") == before:
            continue
        done = bench_lab.do("shotlane", "resume", run)
        if done.status == 2:  # it was killed after its last shot
            assert "is complete" in done.err, f"{told}: {done}"
        else:
            assert (done.status, bench_lab.outcome()) == (0, "done"), f"{told}: {done}"
        assert good_attempts(bench_lab, run) == dict.fromkeys(range(1, 6), 1), told
        assert_safe(bench)


def test_what_comes_before_and_after_runs_again(lab: Lab) -> None:
    beside = PATIENT[: PATIENT.index("sweep:")]
    lab.write(beside.replace("sequence: short", "sequence: purge"), "sequences/purge.yaml")
    lab.write(beside.replace("sequence: short", "sequence: cool"), "sequences/cool.yaml")
    lab.write(PATIENT + "before: purge.yaml\nafter: cool.yaml\n")
    process = lab.start("run-sequence", "sequences/short.yaml", *SLOW)
    done = "shot WHERE outcome = 'done' AND run = 2"
    wait_for(lambda: lab.count(done) >= 2 or process.poll() is not None)
    process.kill()
    finish(process)
    forget(lab, ["sequences/purge.yaml", "sequences/cool.yaml"])
    resumed = lab.do("shotlane", "resume", 2)
    assert resumed.status == 0, resumed
    rows = lab.rows("SELECT number, sequence, outcome FROM run ORDER BY number")
    assert [(row["number"], row["sequence"]) for row in rows] == [
        (1, "purge"),
        (2, "short"),
        (3, "purge"),
        (4, "cool"),
    ]
    assert {row["outcome"] for row in rows} == {"done"}
    assert good_attempts(lab, 2) == dict.fromkeys(range(1, 6), 1)
