"""One connection that writes transactions, and tells every failure as one sentence.

A transaction that failed has left nothing behind, or everything (its commit's answer was lost); the caller
keeps its rows and may write them again. After a failure the connection is not trusted and made anew.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from shotlane.records import RecorderError
from shotlane.store._address import Address
from shotlane.store._engine import WAIT_S, writer_engine
from shotlane.store._error import StoreError, cause, scrub
from shotlane.store._schema import ensure_schema
from shotlane.store._statements import Statements


class Writer:
    """Writes to one store from one thread at a time."""

    def __init__(self, address: Address, made_by: str, wait_s: float = WAIT_S) -> None:
        self.address = address
        self._engine: Engine = writer_engine(address, wait_s)
        self._errors = (SQLAlchemyError, self._engine.dialect.loaded_dbapi.Error, OSError)
        self._connection: Any = None
        self._file: tuple[int, int] | None = None
        self.statements = Statements("?" if address.sqlite else "%s")
        try:
            with self._engine.begin() as connection:
                ensure_schema(connection, address.shown, made_by)
        except self._errors as error:
            raise StoreError(f"the store {address.shown} cannot be opened: {self._cause(error)}") from None
        if address.sqlite:
            self._file = self._identity()

    @contextmanager
    def transaction(self) -> Iterator[Any]:
        """A cursor of the driver; committed durably at the end, else `RecorderError`."""
        try:
            cursor = self._begin()
            try:
                yield cursor
                self._commit()
            finally:
                cursor.close()
        except self._errors as error:
            self._let_go()
            sentence = f"the records cannot be written to {self.address.shown}: {self._cause(error)}"
            raise RecorderError(sentence) from None
        except BaseException:
            self._let_go()
            raise

    def _begin(self) -> Any:
        if self._connection is None:
            self._connection = self._engine.raw_connection()
        cursor = self._connection.driver_connection.cursor()
        if self.address.sqlite:
            cursor.execute("BEGIN IMMEDIATE")
        return cursor

    def _commit(self) -> None:
        # SQLite would go on writing into a file that nobody can find any more.
        if self._file is not None and self._identity() != self._file:
            raise OSError("its file was removed or replaced while it was written")
        self._connection.driver_connection.commit()

    def _identity(self) -> tuple[int, int] | None:
        with suppress(OSError):
            found = self.address.file.stat()
            return found.st_dev, found.st_ino
        return None

    def _cause(self, error: BaseException) -> str:
        return scrub(cause(error), self.address.secrets)

    def _let_go(self) -> None:
        connection, self._connection = self._connection, None
        if connection is None:
            return
        with suppress(*self._errors):
            connection.driver_connection.rollback()
        with suppress(*self._errors):
            connection.invalidate()

    def close(self) -> None:
        """Let go of the connection; never raises what the driver says of it."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(*self._errors):
                connection.close()
        self._engine.dispose()
