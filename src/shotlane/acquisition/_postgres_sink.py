"""PostgreSQL: one table with every column, filled by COPY, a transaction per write.

A connection that fails is given up, and the next write makes another. When it is not known whether a write
came through, the next one looks for its first row.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from shotlane.acquisition._postgres_config import PostgresConfig
from shotlane.acquisition._sample import Sample
from shotlane.acquisition._sink import Sink, SinkError
from shotlane.acquisition._table import SCHEMA, frame

if TYPE_CHECKING:
    import psycopg

_TYPES: Final = {
    "whole": "bigint",
    "number": "double precision",
    "text": "text",
    "time": "timestamp with time zone",
}
_COLUMNS: Final = ", ".join(SCHEMA)
_TIME: Final = "%Y-%m-%d %H:%M:%S%.6f+00"


class PostgresSink(Sink):
    """A table of a PostgreSQL server."""

    def __init__(self, config: PostgresConfig) -> None:
        self._config = config
        self._own: psycopg.Connection[Any] | None = None
        self._open = False

    def open(self) -> None:
        """Connect, and look whether the table is there and has the columns."""
        try:
            import psycopg  # late: an extra
        except ModuleNotFoundError as error:
            raise SinkError('PostgreSQL needs pip install "shotlane[postgres]"') from error
        try:
            with self._connection() as connection, connection.transaction():
                self._check_table(connection)
        except psycopg.Error as error:
            self.close()
            raise SinkError(f"{self.target()} cannot be used: {self._told(error)}") from None
        self._open = True

    def _check_table(self, connection: Any) -> None:
        name = self._config.name
        if self._config.create_table:
            columns = ", ".join(f"{column} {_TYPES[kind]}" for column, kind in SCHEMA.items())
            connection.execute(f"CREATE TABLE IF NOT EXISTS {name} ({columns})")
        connection.execute(f"SELECT {_COLUMNS} FROM {name} LIMIT 0")

    @contextmanager
    def _connection(self) -> "Iterator[Any]":
        """A connection; a broken one is given up."""
        if self._config.pool is not None:
            with self._config.pool.connection() as borrowed:
                yield borrowed
            return
        if self._own is None or self._own.closed:
            self._own = self._connected()
        try:
            yield self._own
        except BaseException:
            self._own.close()
            raise

    def _connected(self) -> "psycopg.Connection[Any]":
        import psycopg

        timeout_ms = int(self._config.statement_timeout_s * 1e3)
        settings = f"-c statement_timeout={timeout_ms} -c lock_timeout={timeout_ms}"
        options = dict(self._config.options)
        given = options.pop("options", "")
        connection = psycopg.connect(**options, options=f"{given} {settings}".strip())
        connection.autocommit = True
        return connection

    def write(self, samples: Sequence[Sample], *, again: bool = False) -> None:
        """Add rows in one transaction."""
        if not self._open:
            raise SinkError(f"{self.target()} is not open")
        if not samples:
            return
        with self._connection() as connection, connection.transaction():
            if again and self._is_there(connection, samples[0]):
                return
            with connection.cursor() as cursor:
                self._copy(cursor, samples) if self._config.use_copy else self._insert(cursor, samples)

    def _is_there(self, connection: Any, first: Sample) -> bool:
        query = f"SELECT 1 FROM {self._config.name} WHERE recording = %s AND channel = %s AND tick = %s"
        key = (first.origin.recording, first.name, first.tick)
        return connection.execute(query, key).fetchone() is not None

    def _copy(self, cursor: Any, samples: Sequence[Sample]) -> None:
        data = _without_nul(frame(samples).write_csv(include_header=False, datetime_format=_TIME))
        with cursor.copy(f"COPY {self._config.name} ({_COLUMNS}) FROM STDIN (FORMAT CSV)") as copy:
            copy.write(data)

    def _insert(self, cursor: Any, samples: Sequence[Sample]) -> None:
        marks = ", ".join(["%s"] * len(SCHEMA))
        rows = frame(samples).rows()
        clean = [[_without_nul(one) if isinstance(one, str) else one for one in row] for row in rows]
        cursor.executemany(f"INSERT INTO {self._config.name} ({_COLUMNS}) VALUES ({marks})", clean)

    def _told(self, error: Exception) -> str:
        """What went wrong, without a password in it."""
        text = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        secret = None if self._config.pool is not None else self._config.options.get("password")
        return text.replace(str(secret), "***") if secret else text

    def close(self) -> None:
        """Disconnect; a pool is left to who made it."""
        self._open = False
        if self._own is not None:
            self._own.close()
            self._own = None

    def target(self) -> str:
        """Server, database and table, safe to show."""
        return self._config.target()


def _without_nul(text: str) -> str:
    """PostgreSQL keeps no NUL in a text."""
    return text.replace("\0", "\\x00")
