"""A connection that reads a store: few rows as tuples of the driver, many as Arrow."""

from collections.abc import Callable
from types import TracebackType
from typing import Any, Self, TypeVar

from sqlalchemy import ClauseElement, Connection
from sqlalchemy.exc import SQLAlchemyError

from shotlane.store._address import Address
from shotlane.store._bulk import bulk, has_driver
from shotlane.store._encode import Row
from shotlane.store._engine import reader_engine
from shotlane.store._error import StoreError, cause, scrub
from shotlane.store._queries import Query
from shotlane.store._schema import check_schema

T = TypeVar("T")
# Up to here tuples are as quick as Arrow, whose connection must be opened first.
_FEW_ROWS = 5_000


class Reading:
    """A store that is open to be read. Close it, or use it in a `with`."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._engine = reader_engine(address)
        self._errors = (SQLAlchemyError, self._engine.dialect.loaded_dbapi.Error)
        try:
            self._connection: Connection = self._engine.connect()
        except self._errors as error:
            raise self._error("opened", error) from None
        try:
            check_schema(self._connection, address.shown)
        except self._errors as error:
            self.close()
            raise self._error("read", error) from None
        except StoreError:
            self.close()
            raise

    @property
    def store(self) -> str:
        """Where the records are, as a person may see it."""
        return self._address.shown

    @property
    def sqlite(self) -> bool:
        """Whether it is a SQLite file."""
        return self._address.sqlite

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the store. Safe to call twice."""
        self._connection.close()
        self._engine.dispose()

    def table(
        self,
        query: Query,
        arrow: Callable[[Any], T],
        rows: Callable[[list[Row]], T],
        expected: int | None = None,
    ) -> T:
        """What one of the two makes of the rows: `arrow` of a stream of Arrow, `rows` of tuples.

        Many rows come as Arrow where its driver is installed and may be used. On SQLite the first of them is
        a row of constants that belongs to no reading; on PostgreSQL they come `packed`, where the query says
        how. `expected`: about how many there are, where known.
        """
        text = self._text(query.select)
        if not has_driver(self._address) or (expected is not None and expected <= _FEW_ROWS):
            return rows(self._execute(text))
        if expected is None:
            found = self._execute(f"SELECT * FROM ({text}) AS few LIMIT {_FEW_ROWS + 1}")
            if len(found) <= _FEW_ROWS:
                return rows(found)
        taken = self._bulk(text, query, arrow)
        return rows(self._execute(text)) if taken is None else taken

    def _bulk(self, text: str, query: Query, arrow: Callable[[Any], T]) -> T | None:
        if not self._address.sqlite:
            quick = text if query.packed is None else self._text(query.packed.select)
            return bulk(self._address, self._engine, quick, arrow)
        self._connection.close()
        try:
            return bulk(self._address, self._engine, f"{query.first} UNION ALL SELECT * FROM ({text})", arrow)
        finally:
            self._connection = self._engine.connect()

    def _fetch(self, query: ClauseElement) -> list[Row]:
        return self._execute(self._text(query))

    def _text(self, query: ClauseElement) -> str:
        # All arguments are whole numbers and digests of ours, so writing them into the text is safe.
        return str(query.compile(dialect=self._engine.dialect, compile_kwargs={"literal_binds": True}))

    def _execute(self, text: str) -> list[Row]:
        # Past SQLAlchemy's rows: plain tuples of the driver are several times faster.
        driver: Any = self._connection.connection.driver_connection
        try:
            cursor = driver.cursor() if self._address.sqlite else driver.cursor(binary=True)
            try:
                cursor.execute(text)
                rows: list[Row] = cursor.fetchall()
            finally:
                cursor.close()
        except self._errors as error:
            raise self._error("read", error) from None
        return rows

    def _error(self, done: str, error: BaseException) -> StoreError:
        why = scrub(cause(error), self._address.secrets)
        return StoreError(f"the store {self.store} cannot be {done}: {why}")
