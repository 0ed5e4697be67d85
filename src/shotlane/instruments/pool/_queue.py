"""Who waits for locks, in the order in which they came.

A ticket is a file beside the locks, named by its time. The operating system locks it for as long as its owner
waits, so that the ticket of a process that died holds up nobody. Nobody takes what somebody waits for who
came before: also not who does not want to wait.
"""

import json
import os
import time
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Self

from filelock import FileLock, Timeout

from shotlane.instruments.pool._holder import Holder, lock_mode


class Ticket:
    """A place in the queue, until it is left."""

    def __init__(self, path: Path, names: Collection[str], owner: Holder) -> None:
        self.name = path.name
        self._path = path
        self._lock = FileLock(path.with_suffix(".lock"), thread_local=False, mode=lock_mode())
        self._lock.acquire(blocking=False)
        # Written as a whole, and after it was locked: others find it complete and alive.
        fresh = path.with_suffix(".new")
        fresh.write_text(json.dumps({"names": sorted(names), "owner": asdict(owner)}), encoding="utf-8")
        fresh.replace(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _remove(self._path)
        self._lock.release()


class Queue:
    """The tickets of one folder of locks. `names` are those of the files of locks."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def enter(self, names: Collection[str], owner: Holder) -> Ticket:
        """Begin to wait. Raises `OSError` where the folder takes no file."""
        self._folder.mkdir(parents=True, exist_ok=True)
        return Ticket(self._folder / f"{time.time_ns():020d}-{os.getpid()}.ticket", names, owner)

    def ahead(self, names: Collection[str], mine: Ticket | None) -> dict[str, Holder]:
        """Who waits for some of these and came before, by name."""
        found: dict[str, Holder] = {}
        for path in self._older(mine):
            with suppress(OSError, ValueError, TypeError, KeyError):
                ticket = json.loads(path.read_text(encoding="utf-8"))
                wanted = set(names) & set(ticket["names"])
                if wanted and not _is_left(path):
                    found = dict.fromkeys(wanted, Holder(**ticket["owner"])) | found
        return found

    def _older(self, mine: Ticket | None) -> Iterator[Path]:
        paths = sorted(self._folder.glob("*.ticket")) if self._folder.is_dir() else []
        return (path for path in paths if mine is None or path.name < mine.name)


def _is_left(path: Path) -> bool:
    """Whether nobody holds a ticket any more; then it is thrown away."""
    lock = FileLock(path.with_suffix(".lock"), thread_local=False, mode=lock_mode())
    try:
        lock.acquire(blocking=False)
    except (Timeout, OSError):
        return False
    _remove(path)
    lock.release()
    return True


def _remove(path: Path) -> None:
    for file in (path, path.with_suffix(".lock")):
        with suppress(OSError):
            file.unlink()
