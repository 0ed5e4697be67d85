"""The runner's side of the guard: a process that makes the instruments safe when this one dies first.

It is started before the first instrument is opened, and told all that it needs over a socket: the texts of
the station, the roles, the store. Secrets it looks up for itself. It learns of the death of the runner from
the end of that socket, whatever the cause. It has the locks of the instruments too, so that nobody else can
open them before it is done. What goes wrong with the guard never stops a run; it is an event.
"""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from shotlane.api._origin import station_texts
from shotlane.instruments import PortLocks

if TYPE_CHECKING:
    # Of runs alone: a session needs a guard too, and no plan layer.
    from shotlane.api._prepare import Prepared
    from shotlane.execution import InstrumentPool

# A sound guard ends in some milliseconds; a stopped one is left to itself.
_END_S = 2.0
Tell = Callable[[str, dict[str, Any]], None]


def wants_guard(prepared: "Prepared") -> bool:
    """Whether anything real is opened that the sequence does not leave unguarded."""
    roles = prepared.station.table.roles
    real = any(roles[role].real for role in prepared.plan.roles)
    return real and prepared.sequence.guard not in (False, "off")


class Guard:
    """A running guard. No method raises; every one returns at once but `release`."""

    def __init__(self, process: "subprocess.Popen[bytes]", line: socket.socket, tell: Tell) -> None:
        self._process = process
        self._line = line
        self._tell = tell
        self._stays = False

    def stay(self, stays: bool) -> None:
        """While it stays it is not released: something may still come open that nobody else makes safe."""
        self._stays = stays

    def say(self, **fields: Any) -> None:
        """Let it know something more."""
        with suppress(OSError):  # a guard that has died is told at the end
            self._line.sendall(_line(fields))

    def dismiss(self) -> None:
        """Send it home without waiting for it: another one has taken over, and `release` is called later."""
        self.say(released=True)

    def release(self) -> None:
        """Send it home: the instruments are safe, or a person was told that they are not."""
        if self._stays or self._line.fileno() < 0:
            return
        lost = self._process.poll() is not None
        self.say(released=True)
        self._line.close()
        if lost:
            self._tell("guard.lost", {"message": f"it ended with status {self._process.returncode}"})
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_END_S)


def start_guard(prepared: "Prepared", locks: PortLocks, store: str, session: int, tell: Tell) -> Guard | None:
    """Start the guard of a run, unless none is wanted or there can be none. Takes some milliseconds."""
    if not wants_guard(prepared):
        return None
    try:
        return start_process(_charge(prepared, store, session), locks, tell)
    except (OSError, ValueError, AttributeError) as error:  # AttributeError: no sockets that pass files
        tell("guard.absent", {"message": f"{type(error).__name__}: {error}"})
        return None


def _charge(prepared: "Prepared", store: str, session: int) -> dict[str, Any]:
    return {
        "station": str(prepared.station_path.resolve()),
        "texts": station_texts(prepared),
        "roles": list(prepared.plan.roles),
        "sequence": prepared.plan.sequence,
        "store": store,
        "session": session,
        # Drivers in Python are found where the runner finds them.
        "path": sys.path,
    }


def start_process(charge: dict[str, Any], locks: PortLocks, tell: Tell) -> Guard:
    """Start a guard with its charge and the locks. Raises `OSError`, `AttributeError` where there is none."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with theirs:
            process = subprocess.Popen(
                # -P: no file of the working folder stands in for a module.
                [sys.executable, "-P", "-m", "shotlane.api._guard_process"],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                # In a pipe, the reader of the runner's output would wait for the guard.
                stderr=None if _is_terminal() else subprocess.DEVNULL,
                start_new_session=True,  # neither Ctrl-C nor a kill of the group is meant for it
            )
        held = locks.descriptors()
        charge["locks"] = [[address, role] for address, (role, _) in held.items()]
        data = _line(charge)
        sent = socket.send_fds(ours, [data], [descriptor for _, descriptor in held.values()])
        ours.sendall(data[sent:])
    except BaseException:
        ours.close()
        raise
    return Guard(process, ours, tell)


def _line(fields: dict[str, Any]) -> bytes:
    return json.dumps(fields).encode() + b"\n"


def _is_terminal() -> bool:
    return sys.stderr is not None and os.isatty(2)


class GuardedPool:
    """A pool whose guard knows when there is something to make safe, and when there is not any more."""

    def __init__(self, pool: "InstrumentPool", guard: Guard, number: Callable[[], int | None]) -> None:
        self._pool = pool
        self._guard = guard
        self._number = number
        self._closed = False
        # Bound once: the timing threads pay nothing for the guard.
        self.read, self.write, self.call = pool.read, pool.write, pool.call

    def open(self, roles: Sequence[str]) -> None:
        """Open all; from here on the guard acts when this process dies."""
        self._guard.say(run=self._number(), opening=True)
        # A driver that hangs in its opening outlives the run, and may die with the process half set up.
        self._guard.stay(True)
        try:
            self._pool.open(roles)
        finally:
            self._guard.stay(False)
            if self._closed:
                self._guard.release()

    def close(self) -> None:
        """Let go of all. The run has made them safe before, so that the guard is not needed."""
        self._closed = True
        self._guard.release()
        self._pool.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._pool, name)
