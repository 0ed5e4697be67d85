"""Where batches wait while the store is away: one file of frames per session, on the disk before it is said.

The first frame says whose records these are. A frame that could not be written whole is cut off again, so
that the next one is found.
"""

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from shotlane.store._address import Address
from shotlane.store._batch import Part
from shotlane.store._frame import HEAD_SIZE, expected, framed, is_whole, pack, unpack
from shotlane.store._session import SessionStart, is_here

_FORM = 1
SUFFIX = ".spool"
LEFT = f".left{SUFFIX}"
FRESH = ".new"
_BINARY = getattr(os, "O_BINARY", 0)


def spool_folder(address: Address, data: Path | None = None) -> Path:
    """Where the spools of a store lie: beside its file; of a server in `data`, else with the user's data."""
    if address.sqlite:
        data = address.file.parent
    elif data is None:
        from platformdirs import user_data_path  # late: of use without a project alone

        data = user_data_path("shotlane")
    return data / "spool"


def is_left(path: Path) -> bool:
    """Whether the session of a spool is over, though its process may live on."""
    return path.name.endswith(LEFT)


class Spool:
    """The file of one session, to append to and to read from; made when it is first needed."""

    def __init__(self, folder: Path, session: SessionStart, store: str) -> None:
        self.path = folder / f"{session.id}{SUFFIX}"
        owner = {"host": session.host, "boot": session.boot, "pid": session.pid}
        owner["process_started"] = session.process_started
        self._first = {"shotlane-spool": _FORM, "session": session.id, "store": store, **owner}
        self._file = -1
        self.start = 0  # of the first frame of records
        self.end = 0
        self.rows = 0

    def append(self, parts: Iterable[Part]) -> None:
        """Write the parts and wait until the disk has them; raises `OSError`, and has none of them."""
        parts = list(parts)
        if self._file < 0:
            self._make()
        self._write(framed(pack(parts)))
        self.rows += sum(len(rows) for _, rows in parts)

    def _make(self) -> None:
        # Under another name until its first frame is whole: a spool says whose it is, or it is none.
        folder, fresh = self.path.parent, self.path.with_suffix(FRESH)
        folder.mkdir(parents=True, exist_ok=True)
        self.end = self.rows = 0
        try:
            self._open(fresh, os.O_CREAT | os.O_TRUNC)
            self._write(framed(json.dumps(self._first).encode()))
            self._close()
            fresh.replace(self.path)
            _sync_folder(folder)
            self._open(self.path)
        except OSError:
            self.remove()
            with suppress(OSError):
                fresh.unlink()
            raise
        self.start = self.end

    def _open(self, path: Path, how: int = 0) -> None:
        self._file = os.open(path, os.O_WRONLY | how | _BINARY, 0o600)

    def _write(self, frame: bytes) -> None:
        view, place = memoryview(frame), self.end
        try:
            os.lseek(self._file, place, os.SEEK_SET)
            while view:
                written = os.write(self._file, view)
                view, place = view[written:], place + written
            os.fsync(self._file)
        except OSError:
            with suppress(OSError):
                os.ftruncate(self._file, self.end)
            raise
        self.end = place

    def frames(self, start: int) -> Iterator[tuple[int, list[Part]]]:
        """The frames from an offset on: where each ends, and its parts."""
        with self.path.open("rb") as file:
            for place, payload in _payloads(file, start, self.end):
                yield place, unpack(payload)

    def remove(self) -> None:
        """Delete the file: everything in it was delivered, or nothing is in it."""
        self._close()
        with suppress(OSError):
            self.path.unlink()
        self.end = self.rows = 0

    def leave(self) -> None:
        """Let go of the file, if there is one; under its new name anybody may deliver it."""
        if self._file >= 0:
            self._close()
            with suppress(OSError):
                self.path = self.path.rename(self.path.with_suffix(LEFT))

    def _close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
        self._file = -1


def _sync_folder(folder: Path) -> None:
    # Without it a new file's name may be lost with the power. Windows cannot, and need not.
    if os.name != "nt":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _payloads(file: BinaryIO, start: int, end: int) -> Iterator[tuple[int, bytes]]:
    """Whole frames from an offset on: where each ends, and its payload."""
    place = start
    while place < end:
        file.seek(place)
        wanted = expected(file.read(HEAD_SIZE))
        if wanted is None or wanted[0] > end - place:
            return
        payload = file.read(wanted[0])
        if not is_whole(payload, *wanted):
            return
        place += HEAD_SIZE + wanted[0]
        yield place, payload


class LeftSpool:
    """A spool that some session left behind. Raises `ValueError` when the file is none."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = path.open("rb")
        self.size = path.stat().st_size
        first = next(_payloads(self._file, 0, self.size), None)
        try:
            told: dict[str, Any] = json.loads(first[1]) if first else {}
        except ValueError:
            told = {}
        if first is None or told.get("shotlane-spool") != _FORM:
            self.close()
            raise ValueError(f"{path} is no spool of shotlane")
        self._start = self.read = first[0]
        self.session = int(told["session"])
        self.store = str(told["store"])
        self.host = str(told["host"])
        self.process = (told["boot"], int(told["pid"]), told["process_started"])

    @property
    def owned(self) -> bool:
        """Whether a process of this machine still writes it."""
        return not is_left(self.path) and is_here(*self.process)

    def batches(self) -> Iterator[list[Part]]:
        """The batches in their order; `read` then is how much of the file was whole."""
        for place, payload in _payloads(self._file, self._start, self.size):
            yield unpack(payload)
            self.read = place

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()
