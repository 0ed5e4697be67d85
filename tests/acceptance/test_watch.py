"""`shotlane watch`: a run seen and steered from another terminal."""

import fcntl
import json
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Iterator

import pytest
from tests.acceptance.lab import PATIENT, Lab, finish, interrupted, wait_for

pytestmark = pytest.mark.real_time


class Watcher:
    """A terminal in which a run is watched."""

    def __init__(self, lab: Lab, *arguments: object) -> None:
        self._main, self._secondary = pty.openpty()
        fcntl.ioctl(self._secondary, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 110, 0, 0))
        self.before = termios.tcgetattr(self._secondary)
        self.drawn = ""
        ends = {"stdin": self._secondary, "stdout": self._secondary, "stderr": self._secondary}
        self.process = lab.start("shotlane", "watch", *arguments, start_new_session=True, **ends)

    def see(self, text: str) -> None:
        deadline = time.monotonic() + 60
        while text not in self.drawn:
            assert time.monotonic() < deadline, self.drawn[-2000:]
            self.read()
        self.drawn = self.drawn.partition(text)[2]

    def read(self) -> None:
        if select.select([self._main], [], [], 0.1)[0]:
            self.drawn += os.read(self._main, 65536).decode("utf-8", "replace")

    def press(self, keys: str) -> None:
        os.write(self._main, keys.encode())

    def ends(self) -> int:
        while self.process.poll() is None:
            self.read()
        return self.process.returncode

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self._main)
        os.close(self._secondary)


@pytest.fixture
def going(lab: Lab) -> "subprocess.Popen[str]":
    """A run whose first shot is under way, and that lasts until the test ends it."""
    lab.write(PATIENT.replace("linspace: [30 degC, 50 degC, 5]", "linspace: [30 degC, 50 degC, 50]"))
    process = lab.start("run-sequence", "sequences/short.yaml", "-p", "soak=2 s")
    wait_for(lambda: lab.store.exists() and lab.count("sample") > 0)
    return process


@pytest.fixture
def watcher(lab: Lab, going: "subprocess.Popen[str]") -> Iterator[Watcher]:
    made = Watcher(lab)
    yield made
    made.close()


def test_shot_step_values_and_the_end_are_seen(going: "subprocess.Popen[str]", watcher: Watcher) -> None:
    watcher.see("run 1  short on demo")
    watcher.see("shot ")
    watcher.see("|soak")
    watcher.see("furnace.temperature")
    going.send_signal(signal.SIGINT)
    watcher.see("shotlane show 1")
    assert watcher.ends() == 0
    assert termios.tcgetattr(watcher._secondary) == watcher.before


def test_keys_pause_go_on_and_abort(lab: Lab, going: "subprocess.Popen[str]", watcher: Watcher) -> None:
    watcher.see("q leave")
    watcher.press("p")
    watcher.see("it pauses before its next shot")
    watcher.see("paused: asked for while watching")
    watcher.press("p")
    watcher.see("it goes on")
    watcher.press("a" * 40)  # as one that is held
    watcher.see("abort the run?   y yes")
    assert going.poll() is None
    watcher.press("y")
    assert watcher.ends() == 0
    assert (finish(going).status, lab.outcome()) == (4, "aborted")


def test_a_shot_that_is_skipped_in_a_pause_ends_no_pause(
    lab: Lab, going: "subprocess.Popen[str]", watcher: Watcher
) -> None:
    watcher.see("q leave")
    watcher.press("p")
    watcher.see("paused: asked for while watching")
    watcher.press("sy")
    wait_for(lambda: lab.count("shot WHERE outcome = 'skipped'") == 1)
    for _ in range(3):
        watcher.see("short on demo  paused")
    assert "short on demo  running" not in watcher.drawn
    watcher.press("ay")
    assert watcher.ends() == 0
    finish(going)


def test_a_run_whose_process_was_killed_is_not_shown_as_running_for_ever(
    lab: Lab, going: "subprocess.Popen[str]", watcher: Watcher
) -> None:
    watcher.see("short on demo  running")
    going.kill()
    going.wait()
    watcher.see("runner died")
    assert watcher.ends() == 0


def test_leaving_leaves_the_run_alone(going: "subprocess.Popen[str]", watcher: Watcher) -> None:
    watcher.see("q leave")
    watcher.press("q")
    watcher.see("run 1 goes on")
    assert watcher.ends() == 0
    assert "stopped by Ctrl-C" in interrupted(going, signal.SIGINT).out


def test_without_a_terminal_there_are_lines(lab: Lab, going: "subprocess.Popen[str]") -> None:
    watching = lab.start("shotlane", "watch", "--json")
    assert watching.stdout is not None
    first = json.loads(watching.stdout.readline())
    assert "furnace.temperature" in first["values"]
    interrupted(going, signal.SIGINT)
    assert json.loads(finish(watching).out.splitlines()[-1])["state"] == "terminated"


def test_nothing_to_watch_is_said(lab: Lab) -> None:
    lab.write(PATIENT)
    assert lab.run("-p", "T=40 degC", "--virtual-time").status == 0
    done = lab.do("shotlane", "watch")
    assert done.status == 2
    assert "no run goes on" in done.err
