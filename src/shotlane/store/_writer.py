"""One connection that writes transactions, and tells every failure as one sentence.

A transaction that failed has left nothing behind, or everything (its commit's answer was lost); the caller
keeps its rows and may write them again. After a failure the connection is not trusted and made anew.
"""

import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from itertools import chain
from typing import TYPE_CHECKING, Any

from shotlane.records import RecorderError
from shotlane.store._address import Address
from shotlane.store._batch import Part
from shotlane.store._columns import SORTED, by_key, lots
from shotlane.store._copy import FEWEST, DuplicateError, copy_samples
from shotlane.store._encode import Row
from shotlane.store._error import StoreError, UnstorableError, cause, scrub
from shotlane.store._schema_version import check_version
from shotlane.store._sqlite import WAIT_S, check_place, connect_writer, stored_version
from shotlane.store._statements import TOGETHER, statements
from shotlane.store._watch import STALL, Watch

if TYPE_CHECKING:
    from sqlalchemy import Engine

# Told with the commit to whoever follows events on a server.
CHANNEL = "shotlane_event"
_NOTIFY = f"NOTIFY {CHANNEL}"
# What is said of a value, and stays so whenever it is tried again.
_OF_A_VALUE = (OverflowError, UnicodeEncodeError)


class Writer:
    """Writes to one store from one thread at a time. `made_by` None: no store is made."""

    def __init__(self, address: Address, made_by: str | None, wait_s: float = WAIT_S) -> None:
        self.address = address
        self._sqlite = address.sqlite  # which is looked up, and asked for in every commit
        self.mark = "?" if self._sqlite else "%s"
        self.statements = statements(self.mark)
        if made_by is None and address.sqlite and not address.file.is_file():
            raise StoreError(f"there is no store {address.shown}", "the first run makes it")
        self._wait_s = wait_s
        self._engine: Engine | None = None
        self._errors: tuple[type[Exception], ...] = (sqlite3.Error, OSError)
        self._unstorable: tuple[type[Exception], ...] = (*_OF_A_VALUE, sqlite3.DataError)
        self._connection: Any = None  # of the driver
        if address.sqlite:
            check_place(address)
        else:
            self._reach_server()
        self._careful = False
        self._fewest = SORTED if address.sqlite else FEWEST
        self._path = str(address.file)
        self._watch = nullcontext() if address.sqlite else Watch(self._socket, wait_s * STALL)
        self._file: tuple[int, int] | None = None
        try:
            self._ensure_schema(made_by)
        except self._errors as error:
            raise StoreError(f"the store {address.shown} cannot be opened: {self._cause(error)}") from None
        if address.sqlite:
            self._file = self._identity()

    def _reach_server(self) -> None:
        from sqlalchemy.exc import SQLAlchemyError  # late: a file that is there needs none of it

        from shotlane.store._engine import writer_engine

        self._engine = writer_engine(self.address, self._wait_s)
        driver = self._engine.dialect.loaded_dbapi
        self._errors = (SQLAlchemyError, driver.Error, OSError)
        self._unstorable = (*_OF_A_VALUE, driver.DataError)

    def _ensure_schema(self, made_by: str | None) -> None:
        if self._sqlite and self._is_made():
            return
        from sqlalchemy.exc import DBAPIError  # late, as above

        from shotlane.store._engine import writer_engine
        from shotlane.store._schema import ensure_schema

        engine = self._engine or writer_engine(self.address, self._wait_s)
        try:
            with engine.begin() as connection:
                ensure_schema(connection, self.address.shown, made_by)
        except DBAPIError as error:
            raise (error.orig or error) from None

    def _is_made(self) -> bool:
        """Whether a file has the tables already. Raises `StoreError` for those of another version."""
        connection = connect_writer(self.address, self._wait_s)
        try:
            version = stored_version(connection, self.address.shown)
        finally:
            connection.close()
        if version is not None:
            check_version(version, self.address.shown)
        return version is not None

    @contextmanager
    def transaction(self, meanwhile: Callable[[], None] | None = None) -> Iterator[Any]:
        """A cursor of the driver; committed durably at the end, else `RecorderError`.

        `meanwhile` is called right before the commit.
        """
        with self._told("written to"):
            cursor = self._cursor()
            try:
                with self._watch:
                    if self._sqlite:
                        cursor.execute("BEGIN IMMEDIATE")
                    yield cursor
                    if meanwhile is not None:
                        meanwhile()
                    self._check_file()
                    self._connection.commit()
            finally:
                cursor.close()

    def write(self, parts: Sequence[Part], meanwhile: Callable[[], None] | None = None) -> None:
        """Write rows in one transaction; those that a lost commit left there stay as they are.

        Raises `RecorderError`: `UnstorableError` where trying again is of no use.
        """
        # After a failure nobody knows whether its rows are there.
        careful, self._careful = self._careful, True
        try:
            self._write(parts, meanwhile, careful=careful)
        except DuplicateError:
            self._write(parts, meanwhile, careful=True)
        self._careful = False

    def write_storable(
        self, parts: Sequence[Part], meanwhile: Callable[[], None] | None = None
    ) -> Sequence[str]:
        """As `write`, but for rows that no store can take: what is wrong with each of them."""
        try:
            self.write(parts, meanwhile)
        except UnstorableError:
            refused: list[str] = []
            with self.transaction(meanwhile) as cursor:
                for name, rows in parts:
                    self._put_storable(cursor, name, rows, refused)
                if not self._sqlite:
                    cursor.execute(_NOTIFY)
            return refused
        return ()

    def _put_storable(self, cursor: Any, name: str, rows: Sequence[Row], refused: list[str]) -> None:
        """Write rows in halves, until those that cannot be are left alone."""
        cursor.execute("SAVEPOINT lot")
        try:
            cursor.executemany(self.statements[name], rows)
        except self._unstorable as error:
            cursor.execute("ROLLBACK TO SAVEPOINT lot")
            cursor.execute("RELEASE SAVEPOINT lot")
            if len(rows) == 1:
                refused.append(f"{name}: {self._cause(error)}")
                return
            half = len(rows) // 2
            self._put_storable(cursor, name, rows[:half], refused)
            self._put_storable(cursor, name, rows[half:], refused)
        else:
            cursor.execute("RELEASE SAVEPOINT lot")

    def _write(self, parts: Sequence[Part], meanwhile: Callable[[], None] | None, *, careful: bool) -> None:
        with self.transaction(meanwhile) as cursor:
            for name, rows in parts:
                if name == "sample" and len(rows) >= self._fewest:
                    self._put_samples(cursor, rows, careful)
                elif len(rows) == 1:
                    cursor.execute(self.statements[name], rows[0])
                else:
                    cursor.executemany(self.statements[name], rows)
                if name == "event" and not self._sqlite:
                    cursor.execute(_NOTIFY)

    def _put_samples(self, cursor: Any, rows: Sequence[Row], careful: bool) -> None:
        # In the order of the key the index is half as large.
        ordered = by_key(rows) if len(rows) >= SORTED else rows
        if self._sqlite:
            self._insert_samples(cursor, ordered)
        else:
            copy_samples(cursor, ordered, careful)

    def _insert_samples(self, cursor: Any, rows: Sequence[Row]) -> None:
        # Many in a statement take half the time, and the interpreter changes hands as much more rarely.
        for lot in lots(rows, TOGETHER):
            if len(lot) == TOGETHER:
                cursor.execute(self.statements["samples"], [*chain.from_iterable(lot)])
            else:
                cursor.executemany(self.statements["sample"], lot)

    @contextmanager
    def look(self) -> Iterator[Any]:
        """A cursor of the driver to read with; it leaves no snapshot open."""
        with self._told("read from"):
            cursor = self._cursor()
            try:
                yield cursor
            finally:
                cursor.close()
                if not self._sqlite:
                    self._connection.rollback()

    @contextmanager
    def _told(self, done: str) -> Iterator[None]:
        try:
            yield
        except self._unstorable as error:
            self._let_go()
            raise UnstorableError(f"{self.address.shown} cannot take a value: {self._cause(error)}") from None
        except self._errors as error:
            self._let_go()
            sentence = f"the records cannot be {done} {self.address.shown}: {self._cause(error)}"
            raise RecorderError(sentence) from None
        except BaseException:
            self._let_go()
            raise

    def _cursor(self) -> Any:
        if self._connection is None:
            self._check_file()
            self._connection = self._connected()
        return self._connection.cursor()

    def _connected(self) -> Any:
        if self._engine is None:
            return connect_writer(self.address, self._wait_s)
        pooled = self._engine.raw_connection()
        found = pooled.driver_connection
        pooled.detach()  # the pool would close it with the last who knows it
        return found

    def _socket(self) -> int:
        """The socket of the server's connection."""
        return int(self._connection.fileno())

    def _check_file(self) -> None:
        # SQLite would go on writing into a file that nobody can find any more, or make an empty one.
        if self._file is not None and self._identity() != self._file:
            raise OSError("its file was removed or replaced while it was written")

    def _identity(self) -> tuple[int, int] | None:
        try:
            found = os.stat(self._path)  # noqa: PTH116  a Path would take as long as a small commit's rows
        except OSError:
            return None
        return found.st_dev, found.st_ino

    def _cause(self, error: BaseException) -> str:
        return scrub(cause(error), self.address.secrets)

    def _let_go(self) -> None:
        connection, self._connection = self._connection, None
        if connection is None:
            return
        with suppress(*self._errors):
            connection.rollback()
        with suppress(*self._errors):
            connection.close()

    def close(self) -> None:
        """Let go of the connection; never raises what the driver says of it."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(*self._errors):
                connection.close()
        if isinstance(self._watch, Watch):
            self._watch.close()
