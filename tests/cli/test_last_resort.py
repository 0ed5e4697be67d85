"""What a command does when something goes wrong that nobody thought of."""

import subprocess
import sys
from pathlib import Path

import pytest

from shotlane.cli import main

FULL = Path("/dev/full")


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
