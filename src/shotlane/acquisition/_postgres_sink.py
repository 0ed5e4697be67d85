"""PostgreSQL: one table with every column, filled by COPY, a transaction per write.

A connection that fails is given up, and the next write makes another. When it is not known whether a write
came through, the next one looks for its first row.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from shotlane.acquisition._binary_rows import binary_rows, without_nul
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
# What the binary form of each kind may be read as (pg_type: int8, float8, text and varchar, timestamps).
_CODES: Final = {"whole": (20,), "number": (701,), "text": (25, 1043), "time": (1184,)}
_COLUMNS: Final = ", ".join(SCHEMA)
_TIME: Final = "%Y-%m-%d %H:%M:%S%.6f+00"


class PostgresSink(Sink):
    """A table of a PostgreSQL server."""

    def __init__(self, config: PostgresConfig) -> None:
        self._config = config
        self._own: psycopg.Connection[Any] | None = None
        self._open = False
        self._binary = False  # whether its columns are just of our types

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
        found = connection.execute(f"SELECT {_COLUMNS} FROM {name} LIMIT 0").description
        kinds = zip(SCHEMA.values(), found, strict=True)
        self._binary = all(column.type_code in _CODES[kind] for kind, column in kinds)

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
        form = "BINARY" if self._binary else "CSV"
        with cursor.copy(f"COPY {self._config.name} ({_COLUMNS}) FROM STDIN (FORMAT {form})") as copy:
            for data in binary_rows(samples) if self._binary else _csv_rows(samples):
                copy.write(data)

    def _insert(self, cursor: Any, samples: Sequence[Sample]) -> None:
        marks = ", ".join(["%s"] * len(SCHEMA))
        rows = frame(samples).rows()
        clean = [[without_nul(one) if isinstance(one, str) else one for one in row] for row in rows]
        cursor.executemany(f"INSERT INTO {self._config.name} ({_COLUMNS}) VALUES ({marks})", clean)

    def _told(self, error: Exception) -> str:
        """What went wrong, without a password in it."""
        from shotlane.instruments import Secret  # late: needed when something went wrong

        text = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        secret = None if self._config.pool is not None else self._config.options.get("password")
        return Secret(str(secret)).mask(text) if secret else text

    def close(self) -> None:
        """Disconnect; a pool is left to who made it."""
        self._open = False
        if self._own is not None:
            self._own.close()
            self._own = None

    def target(self) -> str:
        """Server, database and table, safe to show."""
        return self._config.target()


def _csv_rows(samples: Sequence[Sample]) -> Iterator[str]:
    """For columns of other types, which the server converts from text."""
    yield without_nul(frame(samples).write_csv(include_header=False, datetime_format=_TIME))
