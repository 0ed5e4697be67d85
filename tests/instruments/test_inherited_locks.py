"""A lock that is handed to another process: it outlives who took it, unless that one lets go."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from shotlane.instruments import InUseError, PortLocks, Resource
from shotlane.instruments.definition._resource import parse_resource

HOLD = """
import os, sys
from shotlane.instruments import PortLocks
locks = PortLocks("bench", what=lambda: "the guard of run 7")
locks.inherit(sys.argv[1], "furnace", int(sys.argv[2]))
locks.describe()
print("held", flush=True)
sys.stdin.read()
locks.release()
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SHOTLANE_LOCKS", str(tmp_path / "locks"))
    return tmp_path / "locks"


def furnace() -> dict[str, Resource]:
    return {"furnace": parse_resource("tcp://localhost:5020", "furnace", Path("/"))}


def heir_of(locks: PortLocks) -> "subprocess.Popen[str]":
    ((address, (_, descriptor)),) = locks.descriptors().items()
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, address, str(descriptor)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        pass_fds=[descriptor],
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


# Never finalized: they would close their files a second time, and those may be somebody else's by then.
ABANDONED: list[PortLocks] = []


def abandon(locks: PortLocks) -> None:
    """What the death of a process does: its files are closed, and nothing else."""
    ABANDONED.append(locks)
    for _, descriptor in locks.descriptors().values():
        os.close(descriptor)


def test_it_is_held_on_and_named_after_who_inherited_it() -> None:
    locks = PortLocks("bench")
    locks.take(furnace())
    with heir_of(locks) as heir:
        abandon(locks)
        with pytest.raises(InUseError) as caught:
            PortLocks("bench").take(furnace())
        holder = caught.value.holders["furnace"]
        assert holder is not None
        assert (holder.pid, holder.what) == (heir.pid, "the guard of run 7")
        heir.communicate("")
    with PortLocks("bench") as later:
        later.take(furnace())


def test_who_took_it_lets_go_of_it_for_both() -> None:
    locks = PortLocks("bench")
    locks.take(furnace())
    with heir_of(locks) as heir:
        locks.release()
        with PortLocks("bench") as later:
            later.take(furnace())
        heir.communicate("")


def test_the_death_of_the_heir_frees_it() -> None:
    locks = PortLocks("bench")
    locks.take(furnace())
    with heir_of(locks) as heir:
        abandon(locks)
        heir.kill()
        heir.communicate()
    with PortLocks("bench") as later:
        later.take(furnace())
