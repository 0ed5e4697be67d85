"""What git knows of the project: the commit, and what differs from it.

A repository that does not answer soon is told as such and holds up no run. Values that are known to be
secret are masked; files whose names say that they hold some are left out.
"""

import re
import signal
import subprocess
import threading
from pathlib import Path
from typing import Any

from shotlane.instruments import mask_known
from shotlane.records import without_passwords

_WAIT_S = 3.0
# Larger differences are somebody else's work; the commit with their beginning says so.
_LARGEST = 256 << 10
_LEFT_OUT = ("*secret*", "*password*", "*credential*", "*token*", ".env*", "*.pem", "*.key", "*.p12")
# A token in the place of a user, which no name is as long as.
_TOKEN = re.compile(r"(?<=://)[^\s/:@]{20,}(?=@)")


class GitSought:
    """The state of a repository, asked for from now on: its commands run while others do something else."""

    def __init__(self, folder: Path) -> None:
        left_out = [f":(top,exclude,icase,glob)**/{name}" for name in _LEFT_OUT]
        plain = ("--no-ext-diff", "--no-textconv", "--no-color")
        self._status = _begun(folder, "status", "--porcelain=v2", "--branch", "--untracked-files=no")
        self._diff = _begun(folder, "diff", "HEAD", *plain, "--", ":(top)", *left_out)
        self._late = threading.Timer(_WAIT_S, self._end)
        self._late.daemon = True
        self._late.start()

    def _end(self) -> None:
        for process in filter(None, (self._status, self._diff)):
            process.kill()

    def found(self) -> tuple[dict[str, Any] | None, str | None]:
        """Commit, branch, and whether tracked files differ; and the difference. None outside a work tree."""
        if self._status is None or self._diff is None:
            self._late.cancel()
            return None, None
        status, ended = _output(self._status)
        # More than that is not read: the command waits to be ended.
        diff, _ = _output(self._diff)
        self._late.cancel()
        if ended == -signal.SIGKILL:
            trouble = f"git did not answer within {_WAIT_S:g} s"
            return {"commit": None, "branch": None, "dirty": None, "trouble": trouble}, None
        if ended != 0:
            return None, None
        told = _read(status)
        if not (told["dirty"] and diff):
            return told, None
        told["diff_cut"] = len(diff) > _LARGEST
        text = diff[:_LARGEST].decode("utf-8", "replace")
        # Of a secret that was cut in two the rest would not be known.
        return told, without_secrets(text.rpartition("\n")[0] if told["diff_cut"] else text)


def without_secrets(text: str) -> str:
    """A text of other programs without what is known to be secret, and without passwords in addresses."""
    return _TOKEN.sub("***", without_passwords(mask_known(text)))


def _read(status: bytes) -> dict[str, Any]:
    lines = status.decode("utf-8", "replace").splitlines()
    head = dict(line[2:].split(" ", 1) for line in lines if line.startswith("# branch."))
    commit = head.get("branch.oid")
    return {
        "commit": None if commit == "(initial)" else commit,
        "branch": head.get("branch.head"),
        "dirty": any(not line.startswith("#") for line in lines),
    }


def _begun(folder: Path, *arguments: str) -> "subprocess.Popen[bytes] | None":
    # Without optional locks: a run writes nothing into a repository.
    command = ["git", "--no-optional-locks", "-C", str(folder), *arguments]
    try:
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    except OSError:
        return None


def _output(process: "subprocess.Popen[bytes]") -> tuple[bytes, int]:
    """What a command says, up to a limit, and how it ended."""
    with process:
        stream = process.stdout
        assert stream is not None
        output = stream.read(_LARGEST + 1)
        if len(output) > _LARGEST:
            process.kill()
            return output, 0
    return output, process.returncode
