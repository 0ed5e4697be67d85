"""Delivering what sessions left in their spools, once: keys are the runner's, so twice is as good as once.

A spool belongs to the store that knows its session. One whose session still runs is its own to deliver; one
of another machine is delivered there, since nobody here can see whether it still runs.
"""

import socket
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from shotlane.records import RecorderError
from shotlane.store._address import Address, parse_address
from shotlane.store._error import StoreError
from shotlane.store._spool import FRESH, SUFFIX, LeftSpool, is_left, spool_folder
from shotlane.store._writer import Writer

# Delivered but for rows that no store can take: kept for a person to see, and not tried again.
REFUSED = ".refused"
_STALE_S = 60.0
# For a lock, by who only wants to read.
_PATIENCE_S = 1.0


@dataclass(frozen=True, slots=True)
class Recovered:
    """What became of one spool. `rows` were delivered; `left` says why the file is still there.

    `unreadable`: bytes at its end that are no whole frame, which nobody was told to be durable.
    """

    path: Path
    rows: int
    left: str | None = None
    unreadable: int = 0


def spools(store: str | Path, data: Path | None = None) -> tuple[Path, ...]:
    """The spools that wait in the folder of a store; for a server in `data`, maybe those of other stores."""
    return _files(spool_folder(parse_address(store), data))


@dataclass(frozen=True, slots=True)
class Waits:
    """Records of a session that are not in its store yet: their file, and why they still wait there."""

    path: Path
    why: str

    @property
    def left(self) -> bool:
        """Whether its session is over."""
        return is_left(self.path)


def _files(folder: Path) -> tuple[Path, ...]:
    return tuple(sorted(folder.glob(f"*{SUFFIX}"))) if folder.is_dir() else ()


def recover(
    store: str | Path, data: Path | None = None, *, into: str | Path | None = None
) -> tuple[Recovered, ...]:
    """Deliver all spools that belong to a store. Raises `StoreError` when it is away.

    `into`: where that store is now; what waits for it lies where it was.
    """
    address = parse_address(store)
    lost = stranded(store) if into is None else ()
    if lost and not address.file.is_file():
        return lost
    writer = Writer(address if into is None else parse_address(into), None)
    try:
        return tuple(deliver_left(writer, spool_folder(address, data)))
    except RecorderError as error:
        raise StoreError(str(error)) from None
    finally:
        writer.close()


def stranded(store: str | Path) -> tuple[Recovered, ...]:
    """The spools of a SQLite file that was removed or replaced as it was written; never raises.

    They say that they are its own, and it knows nothing of their sessions.
    """
    with suppress(StoreError, RecorderError, OSError):
        address = parse_address(store)
        own = _files(spool_folder(address)) if address.sqlite else ()
        own = tuple(path for path in own if _is_of(path, address))
        if own and address.file.is_file():
            with closing(Writer(address, None, _PATIENCE_S)) as writer:
                own = tuple(path for path in own if not _knows(writer, _session_of(path)))
        return tuple(Recovered(path, 0, _replaced(address.shown)) for path in own)
    return ()


def _is_of(path: Path, address: Address) -> bool:
    with suppress(OSError, ValueError), closing(LeftSpool(path)) as spool:
        return spool.store == address.shown
    return False


def _knows(writer: Writer, session: int | None) -> bool:
    with writer.look() as cursor:
        cursor.execute(f"SELECT count(*) FROM session WHERE id = {writer.mark}", (session,))
        return bool(cursor.fetchone()[0])


def _replaced(store: str) -> str:
    """What is to be done when only the file that is gone can take the records: it has their run."""
    return (
        f"the file {store} was removed or replaced while a run wrote it, and only that one can take them:"
        " put it back (what is called like it, with -wal at the end, belongs to it), or say where it is now,"
        " `shotlane db recover --into FILE`"
    )


def bring_in(store: str | Path, *data: Path | None) -> dict[int, Waits]:
    """Deliver what waits for a store before somebody reads it; what still waits, by session. Never raises.

    That is what a program that still runs has in its spool, or what the store does not take now; of a
    server's folders of `data` maybe that of other stores.
    """
    try:
        address = parse_address(store)
    except StoreError:
        return {}
    found: dict[int, Waits] = {}
    for folder in dict.fromkeys(spool_folder(address, one) for one in data or (None,)):
        if _files(folder):
            found |= _brought_in(address, folder)
    return found


def _brought_in(address: Address, folder: Path) -> dict[int, Waits]:
    left: dict[Path, str | None] = {}
    why = "they came at this moment"
    try:
        with closing(Writer(address, None, _PATIENCE_S)) as writer:
            for one in deliver_left(writer, folder):
                left[one.path] = one.left
    except (StoreError, RecorderError, OSError) as error:
        why = str(error)
    waiting = {path: _session_of(path) for path in _files(folder)}
    return {
        session: Waits(path, left.get(path) or why)
        for path, session in waiting.items()
        if session is not None
    }


def _session_of(path: Path) -> int | None:
    """Whose records a file holds; its name says it where it cannot be read, as another user's."""
    with suppress(OSError, ValueError), closing(LeftSpool(path)) as spool:
        return spool.session
    name = path.name.partition(".")[0]
    return int(name) if name.isdecimal() else None


def deliver_left(writer: Writer, folder: Path) -> Iterator[Recovered]:
    """Deliver every spool in a folder that belongs to the store and to no running session."""
    _tidy(folder)
    for path in _files(folder):
        # Another program may have delivered it meanwhile.
        with suppress(FileNotFoundError):
            yield _deliver(writer, path)


def _tidy(folder: Path) -> None:
    """Remove what was killed before it was a spool; nothing was said to be in it."""
    for path in folder.glob(f"*{FRESH}"):
        with suppress(OSError):
            if time.time() - path.stat().st_mtime > _STALE_S:
                path.unlink()


def _deliver(writer: Writer, path: Path) -> Recovered:
    try:
        spool = LeftSpool(path)
    except FileNotFoundError:
        raise
    except OSError as error:  # as that of another user
        return Recovered(path, 0, f"it cannot be read: {error.strerror}")
    except ValueError as error:
        return Recovered(path, 0, str(error))
    try:
        left = _why_not(writer, spool)
        if left is not None:
            return Recovered(path, 0, left)
        rows, refused = 0, list[str]()
        for parts in spool.batches():
            refused += writer.write_storable(parts)
            rows += sum(len(part) for _, part in parts)
    finally:
        spool.close()
    if refused:
        kept = path.replace(path.with_suffix(REFUSED))
        return Recovered(
            kept, rows - len(refused), f"{len(refused):,} rows of it no store can take: {refused[0]}"
        )
    path.unlink(missing_ok=True)
    return Recovered(path, rows, None, spool.size - spool.read)


def _why_not(writer: Writer, spool: LeftSpool) -> str | None:
    """Why a spool stays where it is."""
    if spool.host != socket.gethostname():
        return f"it is of {spool.host}: deliver it there"
    if spool.owned:
        return f"process {spool.process[1]} still writes it"
    if _knows(writer, spool.session):
        return None
    if writer.address.sqlite and spool.store == writer.address.shown:
        return _replaced(spool.store)
    return f"it belongs to another store: {spool.store}"
