"""What a command does when something goes wrong that nobody thought of."""

import argparse
import os
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from tests.acceptance.lab import SHORT, Lab, make_lab

from shotlane.cli import _main, main, run_sequence

FULL = Path("/dev/full")
# As a library in C, which knows no sys.stdout.
TELLS = """\
import os
def told(shot):
    return sum(os.write(number, b"I have something to say" * 100) for number in (1, 2))
"""


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    with closing(make_lab(tmp_path)) as made:
        yield made


def test_a_bug_is_told_with_its_traceback_and_is_no_failed_verdict(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(_: object) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr("shotlane.cli._check.main", broken)
    assert main(["check", "nothing.yaml"]) == 3
    told = capsys.readouterr().err
    assert "ZeroDivisionError: a bug" in told
    assert told.endswith("please report it with the lines above\n")


@pytest.mark.skipif(not FULL.exists(), reason="the system has no /dev/full")
def test_a_full_disk_behind_the_output_stops_no_run(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "shotlane", "run", "sequences/valve-timing.yaml", "--virtual-time"]
    with FULL.open("w") as full:
        done = subprocess.run(
            [*command, "--store", str(tmp_path / "lab.db")], stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert (done.returncode, b"Traceback" in done.stderr) == (0, False)


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_closed_streams_change_no_status_and_nothing_takes_their_place(lab: Lab, closed: str) -> None:
    lab.write(TELLS, "sequences/tells.py")
    lab.write(SHORT + "results: {told: {python: 'tells.py:told'}}\n")
    shell = f"""
        run-sequence sequences/short.yaml --virtual-time {closed}; echo $? >> statuses
        run-sequence sequences/none.yaml {closed}; echo $? >> statuses
        python -m shotlane show 1 {closed}; echo $? >> statuses
    """
    folders = os.pathsep.join([sysconfig.get_path("scripts"), os.environ["PATH"]])
    environment = {**os.environ, "PATH": folders}
    subprocess.run(["sh", "-c", shell], cwd=lab.folder, env=environment, check=True, capture_output=True)
    assert (lab.folder / "statuses").read_text().split() == ["0", "2", "0"]
    assert (lab.outcome(), lab.rows("PRAGMA integrity_check")[0][0]) == ("done", "ok")


@pytest.mark.parametrize(("after", "status"), [(True, 0), (False, 4)], ids=["at the end", "at the beginning"])
def test_ctrl_c_on_the_way_out_does_not_change_what_a_run_has_told(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    after: bool,
    status: int,
) -> None:
    verb = _main._verb

    def interrupted(name: str) -> Callable[[argparse.Namespace], int]:
        def main(arguments: argparse.Namespace) -> int:
            if after:
                verb(name)(arguments)
            raise KeyboardInterrupt

        return main

    monkeypatch.setattr(_main, "_verb", interrupted)
    store = f"sqlite:///{tmp_path / 'lab.db'}"
    assert run_sequence(["sequences/valve-timing.yaml", "--virtual-time", "--store", store]) == status
    said = capsys.readouterr()
    assert ("run 1 " in said.out, "before anything was touched" in said.err) == (after, not after)
