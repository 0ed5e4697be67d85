"""A run of a manager: how it ended was told, and its readings come as an archive when they are asked for."""

import atexit
import shutil
import socket
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shotlane.api._manager_link import ManagerLink, answered
from shotlane.api._run import Run
from shotlane.api._run_server import ANSWER
from shotlane.api._sent import ManagerError
from shotlane.api._told import result_of
from shotlane.sessions import receive

if TYPE_CHECKING:
    from shotlane.analysis import LoadedRun

_ARCHIVE_S = 600.0  # for the manager to write it


@dataclass(frozen=True, slots=True, repr=False)
class RemoteRun(Run):
    """A run that ended at a manager. `result` has how it ended, the shots and what is not safe."""

    link: ManagerLink = field(kw_only=True)
    kept: list[Path] = field(default_factory=list)

    def load(self) -> "LoadedRun":
        """Load the run, from an archive that is fetched once."""
        from shotlane.analysis import load  # late: polars

        if not self.kept:
            folder = tempfile.mkdtemp(prefix="shotlane-")
            # What was loaded reads the file as long as the program lives.
            atexit.register(shutil.rmtree, folder, ignore_errors=True)
            self.kept.append(self.fetch(Path(folder) / f"run-{self.number}.zip"))
        return load(self.kept[0])

    def fetch(self, out: str | Path) -> Path:
        """Keep the archive of the run in a file that ends in .zip. Raises `ManagerError`."""
        out = Path(out)
        if out.exists():  # nor is it taken away when the connection is lost
            raise FileExistsError(f"{out} is there already")
        with self.link.open(archive=self.number) as line:
            line.settimeout(_ARCHIVE_S)
            try:
                _take(line, _announced(answered(line), out), out)
            except FileExistsError:  # somebody else made it meanwhile
                raise
            except (OSError, EOFError, KeyError, TypeError) as error:
                raise ManagerError(f"the archive of run {self.number} did not come: {error}") from None
        return out


def _announced(size: object, out: Path) -> int:
    """The size that an archive is said to have. Raises `TypeError` for none, and `OSError` without room."""
    if not isinstance(size, int):
        raise TypeError("no size was told")
    free = shutil.disk_usage(out.absolute().parent).free
    if size > free:
        raise OSError(f"it has {size:,} bytes, and {free:,} are free at {out}")
    return size


def _take(line: socket.socket, left: int, out: Path) -> None:
    """Write what comes into a new file, which stays only when all of it came, whatever ends it."""
    stream = out.open("xb")
    try:
        with stream:
            while left > 0:
                left -= stream.write(_piece(line)[:left])
    except BaseException:
        out.unlink()
        raise


def _piece(line: socket.socket) -> bytes:
    """Some more of an archive. Raises as `receive` does, and `EOFError` for nothing."""
    found = receive(line, ANSWER)["piece"]
    if not isinstance(found, bytes) or not found:
        raise EOFError("what was sent is no piece of it")
    return found


def run_of(told: Mapping[str, Any], link: ManagerLink) -> RemoteRun:
    """A run as it was told, with those before and after it."""
    return RemoteRun(
        told["number"],
        told["store"],
        result_of(told),
        link.address,
        before=None if told["before"] is None else run_of(told["before"], link),
        after=None if told["after"] is None else run_of(told["after"], link),
        left_out=told["left_out"],
        link=link,
    )
