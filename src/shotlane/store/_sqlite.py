"""SQLite by its own module: connections of a writer and of a reader, and the version of a file.

A writer: WAL with synchronous FULL, so that a commit is on the disk when it returns; transactions are begun
by us, since the driver's own begin would take the write lock too late and fail instead of waiting.

SQLAlchemy is not imported: it takes longer than all else before the first record of a session.
"""

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from shotlane.store._address import Address, parse_address
from shotlane.store._alone import OPENING
from shotlane.store._drive import network_drive
from shotlane.store._error import StoreError
from shotlane.store._schema_version import only_version

WAIT_S = 5.0
_SWITCH_S = 2.0


def _whole(value: Any) -> int:
    return int(value)


# Targets and ticks may come from the columns of a plan. sqlite3 looks for an adapter only where a type is not
# one of its own, so that this costs ordinary rows nothing.
for _kind in (np.int64, np.int32, np.bool_):
    sqlite3.register_adapter(_kind, _whole)


def check_address(store: str | Path) -> None:
    """Raise `StoreError` where no store can be, as far as that is seen before it is opened."""
    address = parse_address(store)
    if address.sqlite:
        check_place(address)


def check_place(address: Address) -> None:
    """Raise `StoreError` where no store can be."""
    folder = address.file.parent
    if not folder.is_dir():
        raise StoreError(f"the store {address.shown} cannot be made: there is no folder {folder}", "make it")
    if address.file.is_dir():
        raise StoreError(f"the store {address.shown} is a folder", f"write {address.file / 'shotlane.db'}")
    drive = network_drive(folder)
    if drive is not None:
        raise StoreError(
            f"{address.shown} is on a network drive ({drive}), where SQLite would lose or mix up records",
            "keep it on a disk of this machine, or use postgresql://HOST/DATABASE",
        )


def connect_writer(address: Address, wait_s: float = WAIT_S) -> sqlite3.Connection:
    """A connection that writes durably; a lock is waited for at most `wait_s`."""
    with OPENING:
        connection = sqlite3.connect(address.file, timeout=wait_s, check_same_thread=False)
    connection.isolation_level = None
    with _closed_by_a_fault(connection):
        _set_wal(connection)
        for setting in ("synchronous = FULL", "foreign_keys = ON"):
            connection.execute(f"PRAGMA {setting}").close()
    return connection


@contextmanager
def _closed_by_a_fault(connection: sqlite3.Connection) -> Iterator[None]:
    """What cannot be set up, such as a file that is no database, is in nobody's hands who could close it."""
    try:
        yield
    except BaseException:
        connection.close()
        raise


def _set_wal(connection: sqlite3.Connection) -> None:
    """Switch to WAL, again while somebody else does the same: SQLite itself does not wait for that."""
    deadline = time.monotonic() + _SWITCH_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL").close()
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return


def connect_reader(address: Address, wait_s: float = WAIT_S) -> sqlite3.Connection:
    """A connection that cannot write."""
    options: dict[str, Any] = {"timeout": wait_s, "check_same_thread": False, "isolation_level": None}
    with OPENING:
        connection: sqlite3.Connection = sqlite3.connect(reader_uri(address), uri=True, **options)
    with _closed_by_a_fault(connection):
        connection.execute("PRAGMA query_only = ON").close()
    return connection


def reader_uri(address: Address) -> str:
    """URI under which a SQLite file is read."""
    # A file on a medium that cannot be written has nobody who writes it; WAL would want to make files there.
    still = not _writable(address.file.parent) and not _wal(address.file).exists()
    # Not mode=ro: the last connection to close could not tidy up the files of the WAL then.
    return f"{address.file.as_uri()}?{'immutable=1' if still else 'mode=rw'}"


def _wal(file: Path) -> Path:
    return file.with_name(file.name + "-wal")


def _writable(folder: Path) -> bool:
    return os.access(folder, os.W_OK, effective_ids=os.access in os.supports_effective_ids)


def stored_version(connection: sqlite3.Connection, shown: str) -> int | None:
    """The version of the tables of a file; None where there are none. Raises `StoreError`."""
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'schema_version'").fetchall():
        return None
    return only_version(connection.execute("SELECT version FROM schema_version").fetchall(), shown)
