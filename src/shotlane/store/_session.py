"""Who writes: the process behind a session, and whether it still lives.

A process is known by host, boot, number and the moment it started, so that a reused number is not taken for
it. What cannot be judged from here (another machine) is judged by the beat that every recorder leaves.
"""

import getpass
import hashlib
import os
import secrets
import socket
import time
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from shotlane.records import Event

BEAT_S = 10.0
# A runner that left no beat for so long is dead; several beats, since a store may stall.
SILENCE_S = 60.0
# Says `anonymous` where the names of people and machines stay out of all records.
ANONYMOUS = "SHOTLANE_PROVENANCE"


def new_id() -> int:
    """A key that no other program of any store has."""
    # Milliseconds first, so that keys of one store ascend; 63 bits in all.
    return (time.time_ns() // 1_000_000 << 21) | secrets.randbits(21)


def user_name() -> str | None:
    """Who is at work here; None where that cannot be known, or shall not be."""
    return who()[1]


def who(*, anonymous: bool = False) -> tuple[str, str | None]:
    """The name of this machine, and of who is at work here.

    Where names are kept out of all records there is no user, and the machine has a mark by which it knows
    itself. `anonymous`: whether the project wants that; the environment may want it too.
    """
    name = socket.gethostname()
    if anonymous or os.environ.get(ANONYMOUS) == "anonymous":
        return _mark(name), None
    try:
        return name, getpass.getuser()
    except (KeyError, OSError):  # no such user in this container
        return name, None


def _mark(name: str) -> str:
    return f"machine-{hashlib.sha256(f'{_boot()} {name}'.encode()).hexdigest()[:12]}"


def is_this_host(host: str) -> bool:
    """Whether a session was one of this machine."""
    name = socket.gethostname()
    return host in (name, _mark(name))


def _own_version() -> str:
    try:
        return version("shotlane")
    except PackageNotFoundError:
        return "unknown"


def process_mark(pid: int) -> str | None:
    """When a process of this machine started, in ticks since boot; None where that is not told."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    # The second field is the program's name in parentheses and may hold anything.
    fields = stat.rpartition(")")[2].split()
    # A process that has died is listed until its parent takes notice.
    return None if fields[0] in ("Z", "X") else fields[19]


def _boot() -> str | None:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return None


@dataclass(frozen=True, slots=True)
class SessionStart:
    """One program that opened the store to write. The defaults describe this process."""

    id: int = field(default_factory=new_id)
    started_utc_ns: int = field(default_factory=time.time_ns)
    host: str = field(default_factory=lambda: who()[0])
    user: str | None = field(default_factory=user_name)
    pid: int = field(default_factory=os.getpid)
    process_started: str | None = field(default_factory=lambda: process_mark(os.getpid()))
    boot: str | None = field(default_factory=_boot)
    version: str = field(default_factory=_own_version)
    kind: str = "run"  # or `station`: somebody works at one outside of a sequence
    station: str | None = None
    parent: int | None = None  # the session that this one belongs to

    def event(self) -> Event:
        """The first event of the session."""
        process = {"host": self.host, "user": self.user, "pid": self.pid}
        place = {"kind": self.kind, "station": self.station}
        return Event("session.started", self.started_utc_ns, {**process, **place})

    def row(self) -> tuple[Any, ...]:
        """The row of the session as it begins."""
        times = (self.started_utc_ns, self.started_utc_ns, None)
        return (
            self.id,
            *times,
            None,
            self.host,
            self.user,
            self.pid,
            self.process_started,
            self.boot,
            self.version,
            self.kind,
            self.station,
            self.parent,
        )


def is_here(boot: str | None, pid: int, process_started: str | None) -> bool:
    """Whether a process of this machine still runs; where that cannot be told apart, its number counts."""
    if boot != _boot():
        return False
    if process_started is not None:
        return process_mark(pid) == process_started
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def is_alive(host: str, boot: str | None, pid: int, process_started: str | None, seen_utc_ns: int) -> bool:
    """Whether the process of a session still runs, as far as can be known from here."""
    if is_this_host(host):
        if boot != _boot():
            return False
        if process_started is not None:
            return process_mark(pid) == process_started
    return time.time_ns() - seen_utc_ns < SILENCE_S * 1e9
