"""A project of its own for every test, as for the acceptance tests, and the working folder in it."""

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from tests.acceptance.lab import Lab, make_lab

from shotlane.testing import Bench

Script = Callable[[str], "subprocess.Popen[str]"]


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    with closing(make_lab(tmp_path / "project")) as made:
        monkeypatch.chdir(made.folder)
        yield made


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with Bench(folder=tmp_path) as running:
        yield running


@pytest.fixture
def bench_lab(tmp_path: Path, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    monkeypatch.setenv("SHOTLANE_LOCKS", str(tmp_path / "locks"))
    with closing(make_lab(tmp_path / "project", bench)) as made:
        monkeypatch.chdir(made.folder)
        yield made


@pytest.fixture
def script(tmp_path: Path) -> Iterator[Script]:
    """Start a script in a process of its own; `say(...)` in it is one line on its standard output."""
    started: list[subprocess.Popen[str]] = []

    def start(text: str) -> "subprocess.Popen[str]":
        head = "import os, sys, time, shotlane\ndef say(*told): print(*told, flush=True)\n"
        code = head + textwrap.dedent(text)
        process = subprocess.Popen(
            [sys.executable, "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=dict(os.environ),
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def heard(process: "subprocess.Popen[str]") -> str:
    """The next line that a script says."""
    assert process.stdout is not None
    line = process.stdout.readline().strip()
    if not line:
        process.wait(10)
        assert process.stderr is not None
        pytest.fail(f"the script ended: {process.stderr.read()}")
    return line


def answer(process: "subprocess.Popen[str]") -> None:
    """Let a script go on that waits for a line of its standard input."""
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def kill(process: "subprocess.Popen[str]") -> None:
    process.send_signal(signal.SIGKILL)
    process.wait(20)
