"""Pause, continue, skip and abort: from another process, and from the keyboard of the run."""

import json
import os
import pty
import select
import signal
import subprocess
import termios
import time
from collections.abc import Iterator

import pytest
from tests.acceptance.lab import PATIENT, Done, Lab, assert_safe, finish, wait_for

from shotlane.testing import Bench

pytestmark = pytest.mark.real_time
SLOW = ("-p", "soak=1.5 s")
_TIMEOUT_S = 60.0


@pytest.fixture(autouse=True)
def patient(request: pytest.FixtureRequest) -> None:
    for name in {"lab", "bench_lab"} & set(request.fixturenames):
        request.getfixturevalue(name).write(PATIENT)


def begun(lab: Lab, *arguments: object, **options: object) -> "subprocess.Popen[str]":
    """A run whose first shot is under way."""
    process = lab.start("run-sequence", "sequences/short.yaml", *(arguments or SLOW), **options)
    wait_for(lambda: lab.count("sample") > 0 or process.poll() is not None)
    return process


def events(lab: Lab, type_: str) -> list[dict[str, object]]:
    rows = lab.rows("SELECT fields FROM event WHERE type = ? ORDER BY number", type_)
    return [json.loads(row["fields"]) for row in rows]


def outcomes(lab: Lab) -> list[str]:
    return [row["outcome"] for row in lab.rows("SELECT outcome FROM shot ORDER BY shot")]


def is_paused(lab: Lab) -> bool:
    return lab.count("event WHERE type = 'run.paused'") > lab.count("event WHERE type = 'run.continued'")


def test_a_run_is_paused_and_continued_from_another_process(lab: Lab) -> None:
    process = begun(lab)
    paused = lab.do("shotlane", "pause", 1, "--reason", "door is open")
    assert (paused.status, paused.out) == (0, "run 1: it pauses before its next shot\n")
    wait_for(lambda: is_paused(lab))
    again = lab.do("shotlane", "pause")
    assert again.out == "run 1: it is paused, or will be before its next shot\n"
    ended = lab.count("shot WHERE outcome IS NOT NULL")
    time.sleep(2.0)  # longer than a shot
    assert lab.count("shot WHERE outcome IS NOT NULL") == ended
    assert lab.do("shotlane", "continue").out == "run 1: it goes on\n"
    assert (finish(process).status, lab.outcome()) == (0, "done")
    taken = events(lab, "request.taken")
    assert [item["verb"] for item in taken] == ["pause", "continue"]
    assert taken[0]["reason"] == "door is open"
    assert "pid" in str(taken[0]["by"])


def switched_off(lab: Lab) -> None:
    """Let a balance be away for some seconds; with nothing to make safe, it is waited for at once."""
    lab.write(
        """
station: sick
instruments:
  balance:
    instrument: generic-balance
    resource: sim://
    timeout: 200 ms
    faults: [{fault: death, at: 700 ms, for: 6 s}]
""",
        "stations/sick.yaml",
    )
    lab.write(
        """
sequence: waiting
station: sick
timeline: [{hold: 500 ms}]
lanes: {balance.mass: {record: 10 Hz, required: true}}
retry: {attempts: 1, wait: 1 min}
sweep: [{repeat: 4}]
"""
    )


def test_a_pause_that_is_asked_for_while_an_instrument_is_waited_for_comes(lab: Lab) -> None:
    switched_off(lab)
    process = lab.start("run-sequence", "sequences/short.yaml")
    wait_for(lambda: is_paused(lab))
    paused = lab.do("shotlane", "pause", 1, "--reason", "the door is open")
    assert (paused.status, paused.out) == (0, "run 1: it pauses when its wait is over\n")
    wait_for(lambda: bool(events(lab, "request.taken")))
    assert [item["reason"] for item in events(lab, "run.continued")] == ["balance answers again"]
    attempts = lab.count("attempt")
    time.sleep(1.0)  # longer than a shot
    assert (is_paused(lab), lab.count("attempt")) == (True, attempts)
    assert lab.do("shotlane", "continue").out == "run 1: it goes on\n"
    assert (finish(process).status, lab.outcome()) == (0, "done")
    assert [item["verb"] for item in events(lab, "request.taken")] == ["pause", "continue"]


def test_a_run_that_is_not_paused_need_not_be_continued(lab: Lab) -> None:
    process = begun(lab, "-p", "soak=20 s")
    assert lab.do("shotlane", "continue").out == "run 1: it is not paused\n"
    process.send_signal(signal.SIGINT)
    assert finish(process).status == 4


def test_a_shot_is_skipped_from_another_process(lab: Lab) -> None:
    process = begun(lab, "-p", "soak=20 s", "-p", "T=40 degC")
    done = lab.do("shotlane", "skip", 1, "--json")
    assert json.loads(done.out)["verb"] == "skip"
    assert (finish(process).status, lab.outcome()) == (0, "skipped")
    assert outcomes(lab) == ["skipped"]


def test_a_run_is_aborted_from_another_process(bench_lab: Lab, bench: Bench) -> None:
    process = begun(bench_lab, "-s", "bench", "-p", "soak=20 s")
    assert bench_lab.do("shotlane", "abort", "--reason", "smoke").status == 0
    done = finish(process)
    assert (done.status, bench_lab.outcome()) == (4, "aborted")
    assert "why        aborted by " in done.out
    assert ": smoke" in done.out
    assert_safe(bench)
    assert [item["verb"] for item in events(bench_lab, "request.taken")] == ["abort"]


def test_a_paused_run_can_be_aborted(lab: Lab) -> None:
    process = begun(lab)
    assert lab.do("shotlane", "pause").status == 0
    wait_for(lambda: is_paused(lab))
    lab.do("shotlane", "abort")
    assert (finish(process).status, lab.outcome()) == (4, "aborted")


def test_who_asks_of_no_run_is_told(lab: Lab) -> None:
    assert "there is no store" in lab.do("shotlane", "pause", 1).err
    lab.run("-q")
    ended = lab.do("shotlane", "pause", 1)
    assert (ended.status, "run 1 has ended (done)" in ended.err) == (2, True)
    assert "there is no run 7" in lab.do("shotlane", "abort", 7).err
    assert "no run goes on in this store" in lab.do("shotlane", "skip").err


def test_of_a_dead_run_the_way_out_is_told(lab: Lab) -> None:
    process = begun(lab, "-p", "soak=20 s")
    process.kill()
    finish(process)
    done = lab.do("shotlane", "continue", 1)
    assert done.status == 2
    assert "shotlane resume 1" in done.err


def test_of_several_runs_one_must_be_named(lab: Lab) -> None:
    both = [begun(lab, "-p", "soak=20 s")]
    both.append(lab.start("run-sequence", "sequences/short.yaml", "-p", "soak=20 s"))
    wait_for(lambda: lab.count("run") == 2)
    done = lab.do("shotlane", "abort")
    assert done.status == 2
    assert "several runs go on: 2 (short), 1 (short)" in done.err
    assert lab.do("shotlane", "abort", 2).status == 0
    assert finish(both[1]).status == 4
    assert both[0].poll() is None
    both[0].send_signal(signal.SIGINT)
    finish(both[0])


def test_a_request_need_not_be_waited_for(lab: Lab) -> None:
    process = begun(lab, "-p", "soak=20 s")
    done = lab.do("shotlane", "abort", "--no-wait")
    assert (done.status, done.out) == (0, "run 1: asked\n")
    assert finish(process).status == 4


class Terminal:
    """A run at a terminal: what it draws, and keys for it."""

    def __init__(self, lab: Lab, *arguments: object) -> None:
        self._main, secondary = pty.openpty()
        self.before = termios.tcgetattr(secondary)
        self._secondary = secondary
        self.drawn = ""
        self.process = lab.start(
            "run-sequence", *arguments, stdin=secondary, stderr=secondary, start_new_session=True
        )

    def press(self, keys: str) -> None:
        os.write(self._main, keys.encode())

    def see(self, text: str, timeout_s: float = _TIMEOUT_S) -> None:
        """Wait until something is drawn."""
        deadline = time.monotonic() + timeout_s
        while text not in self.drawn:
            assert time.monotonic() < deadline, self.drawn[-2000:]
            self._read(0.1)
        self.drawn = self.drawn.partition(text)[2]

    def _read(self, wait_s: float) -> None:
        if select.select([self._main], [], [], wait_s)[0]:
            self.drawn += os.read(self._main, 65536).decode("utf-8", "replace")

    def finish(self) -> Done:
        """Its end; what it draws must be read until then."""
        while self.process.poll() is None:
            self._read(0.05)
        return finish(self.process)

    @property
    def is_as_before(self) -> bool:
        return termios.tcgetattr(self._secondary) == self.before

    def close(self) -> None:
        os.close(self._main)
        os.close(self._secondary)


@pytest.fixture
def terminal(lab: Lab) -> Iterator[Terminal]:
    made = Terminal(lab, "sequences/short.yaml", *SLOW)
    made.see("p pause   s skip the shot   a abort")
    yield made
    made.close()


def test_p_pauses_and_continues(lab: Lab, terminal: Terminal) -> None:
    wait_for(lambda: not terminal.is_as_before)
    terminal.press("p")
    terminal.see("paused: asked for at the keyboard")
    wait_for(lambda: is_paused(lab))
    terminal.press("p")
    terminal.see("p pause   s skip the shot   a abort")
    assert (terminal.finish().status, lab.outcome()) == (0, "done")
    assert terminal.is_as_before
    assert [item["by"] for item in events(lab, "request.taken")] == ["the keyboard"] * 2


def test_p_while_an_instrument_is_waited_for_pauses_when_it_is_back(lab: Lab) -> None:
    switched_off(lab)
    terminal = Terminal(lab, "sequences/short.yaml")
    terminal.see("waits: balance does not answer")
    terminal.press("p")
    terminal.see("waits, then pauses: balance does not answer")
    terminal.see("paused: asked for at the keyboard")
    terminal.press("p")
    assert (terminal.finish().status, lab.outcome()) == (0, "done")
    assert [item["by"] for item in events(lab, "request.taken")] == ["the keyboard"] * 2
    terminal.close()


def test_s_skips_the_shot_when_it_is_confirmed(lab: Lab, terminal: Terminal) -> None:
    terminal.press("s")
    terminal.see("skip the shot?   y yes")
    terminal.press("y")
    assert (terminal.finish().status, lab.outcome()) == (0, "done")
    assert outcomes(lab).count("skipped") == 1


@pytest.mark.parametrize("key", ["a", "q"])
def test_an_abort_needs_another_key_than_its_own(lab: Lab, terminal: Terminal, key: str) -> None:
    terminal.press(key * 40)  # as one that is held
    terminal.see("abort the run?   y yes")
    terminal.press("xy")  # with something else between
    time.sleep(0.3)
    assert terminal.process.poll() is None
    terminal.press(key + "y")
    done = terminal.finish()
    assert (done.status, lab.outcome()) == (4, "aborted")
    assert "aborted from the keyboard" in done.out
    assert terminal.is_as_before


def test_a_second_ctrl_c_skips_nothing_and_is_told(bench_lab: Lab, bench: Bench) -> None:
    terminal = Terminal(bench_lab, "sequences/short.yaml", "-s", "bench", "-p", "soak=20 s")
    terminal.see("p pause   s skip the shot   a abort")
    wait_for(lambda: bench_lab.count("sample") > 5)
    bench.fault("gas", "delay", seconds=0.2, count=6)
    terminal.process.send_signal(signal.SIGINT)
    time.sleep(0.1)
    terminal.process.send_signal(signal.SIGINT)
    terminal.see("the safe state of its instruments is not skipped")
    assert terminal.finish().status == 4
    assert terminal.is_as_before
    assert_safe(bench)
    terminal.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP], ids=["TERM", "HUP"])
def test_the_terminal_is_left_as_it_was_after_signals(terminal: Terminal, number: signal.Signals) -> None:
    terminal.process.send_signal(number)
    assert terminal.finish().status == 4
    assert terminal.is_as_before


def test_enter_answers_a_step_that_asks(lab: Lab) -> None:
    lab.write(PATIENT.replace("  - soak: soak", "  - insert: {ask: Insert the sample}\n  - soak: soak"))
    terminal = Terminal(lab, "sequences/short.yaml", "-p", "T=40 degC")
    terminal.see("? Insert the sample   Enter go on   a abort")
    assert terminal.process.poll() is None
    terminal.press("\r")
    assert (terminal.finish().status, lab.outcome()) == (0, "done")
    assert events(lab, "question.answered") == [{"text": "Insert the sample", "answer": ""}]
    terminal.close()


def test_a_question_without_a_terminal_is_refused_before_anything_is_touched(lab: Lab) -> None:
    lab.write(PATIENT.replace("  - soak: soak", "  - insert: {ask: Insert the sample}\n  - soak: soak"))
    done = lab.run("-p", "T=40 degC")
    assert done.status == 2, done
    assert "RUN013" in done.out + done.err
    assert not (lab.folder / "data").exists()
    assert lab.run("-p", "T=40 degC", "--virtual-time").status == 0


def test_a_pause_after_a_fault_waits_for_whoever_sits_there(bench_lab: Lab, bench: Bench) -> None:
    text = PATIENT.replace("record: 20 Hz", "record: 20 Hz\n    required: true")
    bench_lab.write(text + "retry: {on: [timeout], then: pause}\n")
    bench.fault("gas", "drop", count=4, after=4)
    terminal = Terminal(bench_lab, "sequences/short.yaml", "-s", "bench", "-p", "T=40 degC")
    terminal.see("paused: ")
    assert_safe(bench)
    terminal.press("p")
    assert (terminal.finish().status, bench_lab.outcome()) == (0, "done")
    assert bench_lab.rows("SELECT attempts FROM shot")[0]["attempts"] == 2
    terminal.close()
