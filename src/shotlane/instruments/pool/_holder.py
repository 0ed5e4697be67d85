"""Who holds an instrument, or waits for it: for messages only, it never decides anything."""

import getpass
import os
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from platformdirs import user_state_path

FOLDER_VARIABLE = "SHOTLANE_LOCKS"


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a lock. `since_s`: seconds of the Unix time. `what`: what it does, e.g. `run 7 of anneal`."""

    pid: int
    since_s: float
    role: str
    station: str
    what: str
    user: str
    host: str

    def __str__(self) -> str:
        since = datetime.fromtimestamp(self.since_s).astimezone()
        today = since.date() == datetime.now().astimezone().date()
        text = (
            f"pid {self.pid} since {since:%H:%M}" if today else f"pid {self.pid} since {since:%Y-%m-%d %H:%M}"
        )
        if self.host != socket.gethostname():
            text += f" on {self.host}"
        return f"{text}, {self.what}" if self.what else text

    @property
    def lives(self) -> bool:
        """Whether it does, as far as that can be seen from here."""
        return self.host != socket.gethostname() or _lives(self.pid)


class InUseError(Exception):
    """Instruments that somebody else uses: by role, who; None where that is not known."""

    def __init__(self, holders: Mapping[str, Holder | None]) -> None:
        self.holders = dict(holders)
        super().__init__(", ".join(f"{role}: {in_use_by(holder)}" for role, holder in holders.items()))


def in_use_by(holder: Holder | None) -> str:
    """'in use by pid 123 since 10:32, run 7 of anneal'."""
    return f"in use by {holder or 'another process'}"


def myself(role: str, station: str, what: str) -> Holder:
    """The process that asks, from now on."""
    return Holder(os.getpid(), time.time(), role, station, what, _user(), socket.gethostname())


def lock_folder() -> Path:
    """Where locks are kept."""
    named = os.environ.get(FOLDER_VARIABLE)
    return Path(named) if named else user_state_path("shotlane") / "locks"


def lock_mode() -> int:
    """Permissions of their files: whoever shares the folder must be able to lock the same file."""
    return 0o666 if FOLDER_VARIABLE in os.environ else 0o644


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # no such user in this container
        return ""


def _lives(pid: int) -> bool:
    if os.name != "posix":
        return True  # on Windows, asking so would end the process
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True  # it lives, and belongs to somebody else
    return True
