"""The disk of the store is full, and the spool's with it: the run waits, and goes on when there is room."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from tests.acceptance.lab import PATIENT, Lab, finish, wait_for

pytestmark = [
    pytest.mark.real_time,
    pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a disk of two megabytes"),
]


class Disk:
    """A small disk, and what fills it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"

    def fill(self) -> None:
        """Leave not one byte."""
        with self._ballast.open("ab", buffering=0) as file, suppress(OSError):
            while True:
                file.write(bytes(min(4096, max(1, shutil.disk_usage(self.folder).free))))

    def free(self) -> None:
        """Make room again."""
        self._ballast.unlink()


@pytest.fixture
def disk(lab: Lab) -> Iterator[Disk]:
    """The disk that holds the data of the project."""
    folder = lab.store.parent
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=2m", "none", str(folder)]
    mounted = subprocess.run(command, check=False, capture_output=True, text=True)
    if mounted.returncode:
        pytest.skip(f"no disk can be mounted here: {mounted.stderr.strip()}")
    try:
        yield Disk(folder)
    finally:
        lab.close()
        subprocess.run(["umount", "--lazy", folder], check=True)


def _begun(lab: Lab, disk: Disk, *arguments: str) -> "tuple[subprocess.Popen[str], list[str]]":
    """A run whose disk is filled after its first shot, and what it says as it pauses."""
    lab.write(PATIENT)
    process = lab.start("run-sequence", "sequences/short.yaml", "-p", "soak=0.3 s", *arguments)
    wait_for(lambda: lab.count("shot WHERE outcome IS NOT NULL") > 0)
    disk.fill()
    assert process.stderr is not None
    told: list[str] = []
    while "paused" not in "".join(told[-1:]):
        told.append(process.stderr.readline())
        assert told[-1], f"it ended: {told}"
    return process, told


def test_a_run_whose_disk_is_full_waits_safe_and_goes_on_when_there_is_room(lab: Lab, disk: Disk) -> None:
    process, told = _begun(lab, disk)
    assert "the run is paused, its instruments safe: no room for the records" in told[-1]
    assert "its disk is full; nor can they wait in" in told[-1]
    disk.free()
    done = finish(process)
    assert (done.status, "the records have room again" in done.err) == (0, True)
    assert lab.count("shot WHERE outcome = 'done'") == 5
    for type_ in ("run.paused", "run.continued"):
        assert lab.count(f"event WHERE type = '{type_}'") == 1
    planned = lab.rows("SELECT sum(planned) FROM tally WHERE what = 'readings'")[0][0]
    assert lab.count("sample") == planned


def test_a_run_that_is_killed_as_it_waits_loses_no_shot_it_was_done_with(lab: Lab, disk: Disk) -> None:
    process, _ = _begun(lab, disk)
    before = lab.count("shot WHERE outcome = 'done'")
    process.send_signal(signal.SIGKILL)
    finish(process)
    disk.free()
    assert before > 0
    assert lab.count("shot WHERE outcome = 'done'") == before
    done = lab.do("shotlane", "resume", 1)
    assert (done.status, lab.count("shot WHERE outcome = 'done'")) == (0, 5)


def test_a_run_that_shall_not_wait_long_ends_errored(lab: Lab, disk: Disk) -> None:
    process, _ = _begun(lab, disk, "--wait-for-store", "0.3 s")
    done = finish(process)
    assert done.status == 3
    assert "could not be stored" in done.out
    assert "safe       every instrument" in done.out
    assert "shotlane resume 1" in done.out
