"""Connections as each side needs them. A writer never waits for ever: every wait of a driver has an end.

SQLite: WAL with synchronous FULL, so that a commit is on the disk when it returns; transactions are begun by
us, since the driver's own begin would take the write lock too late and fail instead of waiting.
"""

import os
import sqlite3
import time
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.pool import NullPool

from shotlane.store._address import Address
from shotlane.store._alone import OPENING
from shotlane.store._drive import network_drive
from shotlane.store._error import StoreError

WAIT_S = 5.0
# A transaction that takes so many times the wait for a lock has stalled.
STALL = 6.0
_SWITCH_S = 2.0


def _whole(value: Any) -> int:
    return int(value)


# Targets and ticks may come from the columns of a plan. sqlite3 looks for an adapter only where a type is not
# one of its own, so that this costs ordinary rows nothing.
for _kind in (np.int64, np.int32, np.bool_):
    sqlite3.register_adapter(_kind, _whole)


def writer_engine(address: Address, wait_s: float = WAIT_S) -> Engine:
    """Engine whose connections write durably; a lock is waited for at most `wait_s`."""
    if not address.sqlite:
        return _postgres(address, wait_s)
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
    options = {"timeout": wait_s, "check_same_thread": False}
    engine = create_engine(address.url, poolclass=NullPool, connect_args=options)
    event.listen(engine, "do_connect", _connect_alone)
    event.listen(engine, "connect", _prepare_writer)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    return engine


def _connect_alone(dialect: Any, _: Any, arguments: list[Any], options: dict[str, Any]) -> Any:
    with OPENING:
        return dialect.connect(*arguments, **options)


def _prepare_writer(connection: sqlite3.Connection, _: Any) -> None:
    connection.isolation_level = None
    _set_wal(connection)
    for setting in ("synchronous = FULL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {setting}").close()


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


def reader_engine(address: Address, wait_s: float = WAIT_S) -> Engine:
    """Engine whose connections cannot write and hold no snapshot between statements."""
    if not address.sqlite:
        return _postgres(address, wait_s).execution_options(isolation_level="AUTOCOMMIT")
    if not address.file.is_file():
        raise StoreError(f"there is no store {address.shown}", "the first run makes it")
    uri = reader_uri(address)

    def connect() -> sqlite3.Connection:
        options: dict[str, Any] = {"timeout": wait_s, "check_same_thread": False, "isolation_level": None}
        with OPENING:
            connection: sqlite3.Connection = sqlite3.connect(uri, uri=True, **options)
        connection.execute("PRAGMA query_only = ON").close()
        return connection

    return create_engine("sqlite://", poolclass=NullPool, creator=connect)


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


def _postgres(address: Address, wait_s: float) -> Engine:
    given = address.url.query
    options: dict[str, Any] = {
        "application_name": "shotlane",
        "connect_timeout": max(2, int(wait_s)),
        "options": f"-c lock_timeout={int(wait_s * 1e3)} -c statement_timeout={int(wait_s * STALL * 1e3)}",
        "keepalives_idle": 5,
        "keepalives_interval": 5,
        "tcp_user_timeout": int(wait_s * 3e3),
    }
    wanted = {name: value for name, value in options.items() if name not in given}
    try:
        engine = create_engine(address.url, poolclass=NullPool, connect_args=wanted, hide_parameters=True)
    except ModuleNotFoundError as error:
        raise StoreError(f"no driver for {address.shown}", 'pip install "shotlane[postgres]"') from error
    event.listen(engine, "connect", _prepare_postgres)
    return engine


def _prepare_postgres(connection: Any, _: Any) -> None:
    # A server set up to acknowledge before the disk has it would break what a commit means here.
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('synchronous_commit', 'on', false)"
            " WHERE current_setting('synchronous_commit') = 'off'"
        )
    connection.commit()
