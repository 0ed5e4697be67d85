"""Bringing a store to the version of this program, in one transaction: killed half-way, it is as it was."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, Engine, func, select, update
from sqlalchemy.exc import SQLAlchemyError

from shotlane.store import _tables as t
from shotlane.store._address import Address, parse_address
from shotlane.store._engine import reader_engine, writer_engine
from shotlane.store._error import StoreError, cause, scrub
from shotlane.store._schema import (
    check_schema,
    drop_views,
    lock_schema,
    make_views,
    schema_version,
)
from shotlane.store._schema_version import SCHEMA_VERSION
from shotlane.store._session import is_alive


@dataclass(frozen=True, slots=True)
class StoreInfo:
    """What a store is. `size_bytes` is None where the server does not tell."""

    store: str
    version: int
    needed: int
    runs: int
    size_bytes: int | None

    @property
    def state(self) -> str:
        """current, stale or newer."""
        if self.version == self.needed:
            return "current"
        return "stale" if self.version < self.needed else "newer"


def store_info(store: str | Path) -> StoreInfo:
    """Look at a store of whatever version; `StoreError` when it is none."""
    address = parse_address(store)
    engine = reader_engine(address)
    with _told(address, "read", engine), engine.connect() as connection:
        version = schema_version(connection, address.shown)
        runs = connection.execute(select(func.count()).select_from(t.run)).scalar_one()
        return StoreInfo(address.shown, version, SCHEMA_VERSION, runs, _size(address, connection))


def _size(address: Address, connection: Connection) -> int | None:
    if not address.sqlite:
        size = connection.exec_driver_sql("SELECT pg_database_size(current_database())").scalar()
        return None if size is None else int(size)
    files = (address.file, address.file.with_name(address.file.name + "-wal"))
    return sum(file.stat().st_size for file in files if file.exists())


def check_store(store: str | Path) -> None:
    """Raise `StoreError`, with the way out, unless the store has the version of this program."""
    address = parse_address(store)
    engine = reader_engine(address)
    with _told(address, "read", engine), engine.connect() as connection:
        check_schema(connection, address.shown)


def upgrade_store(store: str | Path, made_by: str) -> tuple[int, int]:
    """Bring a store to the version of this program; the versions before and after.

    Raises `StoreError` when it is newer, when a program still writes into it, or when a step failed; it is
    then as it was.
    """
    address = parse_address(store)
    if address.sqlite and not address.file.is_file():
        raise StoreError(f"there is no store {address.shown}", "the first run makes it")
    engine = writer_engine(address)
    with _told(address, "upgraded", engine), engine.begin() as connection:
        lock_schema(connection)
        before = schema_version(connection, address.shown)
        if before > SCHEMA_VERSION:
            check_schema(connection, address.shown)
        if before < SCHEMA_VERSION:
            _refuse_while_written(connection, address.shown)
            _climb(connection, before, made_by)
        return before, SCHEMA_VERSION


def _refuse_while_written(connection: Connection, shown: str) -> None:
    c = t.session.c
    seen = func.coalesce(c.seen_utc_ns, c.started_utc_ns)
    query = select(c.host, c.boot, c.pid, c.process_started, seen).where(c.ended_utc_ns.is_(None))
    for row in connection.execute(query):
        if is_alive(*row):
            raise StoreError(
                f"{shown} is written by process {row.pid} of {row.host}", "upgrade it when the run has ended"
            )


def _climb(connection: Connection, before: int, made_by: str) -> None:
    from alembic.migration import MigrationContext  # late: 0.3 s
    from alembic.operations import Operations

    from shotlane.store._migrations import STEPS

    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
    drop_views(connection)
    operations = Operations(MigrationContext.configure(connection))
    for version in range(before + 1, SCHEMA_VERSION + 1):
        STEPS[version](operations)
    make_views(connection)
    row = {"version": SCHEMA_VERSION, "applied_utc_ns": time.time_ns(), "made_by": made_by}
    connection.execute(update(t.schema_version).values(row))


@contextmanager
def _told(address: Address, done: str, engine: Engine) -> Iterator[None]:
    """Tell a driver's error as a `StoreError`, and let go of the engine."""
    try:
        yield
    except (SQLAlchemyError, engine.dialect.loaded_dbapi.Error, OSError) as error:
        why = scrub(cause(error), address.secrets)
        raise StoreError(f"the store {address.shown} cannot be {done}: {why}") from None
    finally:
        engine.dispose()
