"""Under what circumstances a run was made: versions, machine, code, person. Holds no secret."""

import getpass
import platform
import socket
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

_PACKAGES = ("numpy", "pint", "polars", "pydantic", "pymodbus", "pyserial", "simpleeval", "sqlalchemy")


def _git(folder: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(  # fixed arguments, no shell
            ["git", "-C", str(folder), *arguments], capture_output=True, text=True, timeout=5, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def git_state(folder: Path) -> dict[str, Any] | None:
    """Commit, branch and whether tracked files differ from it; None outside a git work tree."""
    commit = _git(folder, "rev-parse", "HEAD")
    if commit is None:
        return None
    return {
        "commit": commit,
        "branch": _git(folder, "rev-parse", "--abbrev-ref", "HEAD"),
        "dirty": bool(_git(folder, "status", "--porcelain", "--untracked-files=no")),
    }


def _user() -> str | None:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # no such user in this container
        return None


def versions() -> dict[str, str]:
    """Of shotlane, and of the packages that a plan and its numbers may depend on."""
    return {name: version(name) for name in ("shotlane", *_PACKAGES)}


def environment(folder: Path) -> dict[str, Any]:
    """What is recorded with every run, JSON-able."""
    return {
        "shotlane": version("shotlane"),
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
        "platform": platform.platform(),
        "machine": platform.machine(),
        "byte_order": sys.byteorder,
        "packages": {name: version(name) for name in _PACKAGES},
        "git": git_state(folder),
        "host": socket.gethostname(),
        "user": _user(),
    }
