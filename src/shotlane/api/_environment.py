"""Under what circumstances a run is made: versions, machine, code, person. Holds no secret.

Git and lock files are asked while store and instruments are opened: a large repository needs its time, and
no run should start later for it.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any

from shotlane.api._git import GitSought
from shotlane.api._lockfiles import lock_files
from shotlane.api._machine import installed, machine
from shotlane.project import Project

_PACKAGES = ("numpy", "pint", "polars", "pydantic", "pymodbus", "pyserial", "simpleeval", "sqlalchemy")
DIFF = "git.diff"


def versions() -> dict[str, str]:
    """Of shotlane, and of the packages that a plan and its numbers may depend on."""
    return {name: version(name) for name in ("shotlane", *_PACKAGES)}


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is recorded with a run, JSON-able, and the texts that belong to it by name."""

    environment: Mapping[str, Any] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)


class SurroundingsSought:
    """Surroundings that are looked for in a thread of their own from now on."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._found = Surroundings()
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._look, name="shotlane-surroundings", daemon=True)
        self._thread.start()

    def _look(self) -> None:
        try:
            self._found = surroundings(self._project)
        except Exception as error:  # noqa: BLE001  told to who asks
            self._error = error

    def found(self) -> Surroundings:
        """What was found; waits for it."""
        self._thread.join()
        if self._error is not None:
            raise self._error
        return self._found


def surroundings(project: Project) -> Surroundings:
    """Look for them now."""
    from shotlane.store import who  # late: SQLAlchemy

    sought = GitSought(project.folder)
    locks, texts = lock_files(project.folder)
    host, user = who(anonymous=project.anonymous)
    packages = {"packages": {name: version(name) for name in _PACKAGES}, "installed": installed()}
    here = machine()
    git, diff = sought.found()
    told = {
        "shotlane": version("shotlane"),
        **here,
        **packages,
        "lock_files": locks,
        "git": git,
        "host": host,
        "user": user,
    }
    return Surroundings(told, texts if diff is None else {**texts, DIFF: diff})
