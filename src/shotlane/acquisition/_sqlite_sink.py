"""SQLite: two narrow tables, and a view of the name asked for with everything in it.

A write is one transaction. What all samples of a channel share is stored once; times are integers of
nanoseconds in the tables, and ISO 8601 in the view.
"""

import re
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from shotlane.acquisition._rotation import Paths, Rotation
from shotlane.acquisition._sample import MeasuredChannel, Origin, Sample
from shotlane.acquisition._sink import Sink, SinkError, check_folder
from shotlane.acquisition._table import SCHEMA, STATUS_NAMES, channel_row, split_all

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")
_SHARED = list(SCHEMA)[:12]


def identifier(name: str) -> str:
    """A name that is safe in SQL. Raises `ValueError`."""
    if not _IDENTIFIER.fullmatch(name):
        raise ValueError(f"'{name}' is no name for a table: letters, digits and _ only, not first a digit")
    return name


class SqliteSink(Sink):
    """A SQLite file. `synchronous`: FULL keeps every write over a power cut, NORMAL over a crash."""

    def __init__(
        self,
        path: str | Path,
        *,
        table: str = "samples",
        synchronous: str = "FULL",
        busy_timeout_s: float = 5.0,
        rotation: Rotation | None = None,
    ) -> None:
        if synchronous not in ("OFF", "NORMAL", "FULL", "EXTRA"):
            raise ValueError(f"synchronous is OFF, NORMAL, FULL or EXTRA, not {synchronous!r}")
        self._path = Path(path)
        self._table = identifier(table)
        self._synchronous = synchronous
        self._busy_s = busy_timeout_s
        self._rotation = rotation
        self._paths: Paths | None = None
        self._connection: sqlite3.Connection | None = None
        self._channels: dict[tuple[MeasuredChannel, Origin], int] = {}
        self._keys: dict[tuple[int, int], int] = {}
        self._known: list[tuple[MeasuredChannel, Origin]] = []  # kept, so that no id is given twice

    def open(self) -> None:
        """Open the file; tables that are missing are made."""
        check_folder(self._path)
        self._paths = Paths(self._path, self._rotation)
        self._begin()

    def _begin(self) -> None:
        assert self._paths is not None
        path = self._paths.now
        connection = sqlite3.connect(
            path, timeout=self._busy_s, isolation_level=None, check_same_thread=False
        )
        try:
            connection.execute("PRAGMA journal_mode = WAL").close()
            connection.execute(f"PRAGMA synchronous = {self._synchronous}").close()
            for statement in _tables(self._table):
                connection.execute(statement).close()
            names = connection.execute(f"SELECT * FROM {self._table} LIMIT 0").description
        except sqlite3.Error as error:
            connection.close()
            raise SinkError(f"{path} cannot be used: {error}") from error
        if [name for name, *_ in names] != list(SCHEMA):
            connection.close()
            raise SinkError(f"{path} has a '{self._table}' with other columns; give another table")
        self._connection = connection
        self._channels.clear()
        self._keys.clear()
        self._known.clear()

    def write(self, samples: Sequence[Sample], *, again: bool = False) -> None:
        """Add rows in one transaction."""
        if self._connection is None or self._paths is None:
            raise SinkError(f"{self.target()} is not open")
        if self._rotation is not None and self._paths.turn(self._paths.now.stat().st_size):
            self._connection.close()
            self._begin()
        connection = self._connection
        connection.execute("BEGIN IMMEDIATE")
        try:
            self._insert(connection, samples)
            connection.execute("COMMIT")
        except BaseException:
            connection.rollback()
            self._keys.clear()
            self._channels.clear()
            raise

    def _insert(self, connection: sqlite3.Connection, samples: Sequence[Sample]) -> None:
        # Another writer may have added rows since.
        last = int(_one(connection, f"SELECT coalesce(max(id), 0) FROM {self._table}_row"))
        numbers, texts = split_all([sample.value for sample in samples])
        rows, notes = [], []
        for number, sample, value, text in zip(
            range(last + 1, last + 1 + len(samples)), samples, numbers, texts, strict=True
        ):
            channel, origin, tick, target, requested, received, _, status, raw, fault = sample
            key = self._keys.get((id(channel), id(origin))) or self._key(connection, channel, origin)
            took = None if received is None or requested is None else received - requested
            after = None if requested is None else requested - target
            rows.append((number, key, tick, target + origin.utc_offset_ns, after, took, value, int(status)))
            if text is not None or raw is not None or fault is not None:
                notes.append((number, text, fault, raw))
        connection.executemany(f"INSERT INTO {self._table}_row VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
        connection.executemany(f"INSERT INTO {self._table}_note VALUES (?, ?, ?, ?)", notes)

    def _key(self, connection: sqlite3.Connection, channel: MeasuredChannel, origin: Origin) -> int:
        """The number of a channel of a recording in this file."""
        key = self._channels.get((channel, origin))
        if key is None:
            key = 1 + int(_one(connection, f"SELECT coalesce(max(id), 0) FROM {self._table}_channel"))
            row = (key, *channel_row(channel, origin), origin.utc_offset_ns)
            marks = ", ".join("?" * len(row))
            connection.execute(f"INSERT INTO {self._table}_channel VALUES ({marks})", row).close()
            self._channels[channel, origin] = key
        self._keys[id(channel), id(origin)] = key
        self._known.append((channel, origin))
        return key

    def close(self) -> None:
        """Close the file."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def target(self) -> str:
        """The path and the table."""
        return f"{self._path}:{self._table}"

    def files(self) -> Sequence[Path]:
        """The file that is written now."""
        return () if self._paths is None else (self._paths.now,)

    def spool(self) -> Path:
        """Beside the file."""
        return self._path.with_name(f"{self._path.name}.spool")


def _one(connection: sqlite3.Connection, query: str) -> Any:
    return connection.execute(query).fetchone()[0]


def _tables(table: str) -> list[str]:
    """Statements that make what is missing."""
    types = {"whole": "INTEGER", "text": "TEXT"}
    shared = ", ".join(f"{name} {types[SCHEMA[name]]}" for name in _SHARED)
    names = " ".join(f"WHEN {int(status)} THEN '{name}'" for status, name in STATUS_NAMES.items())
    before = "r.target_utc_ns + r.after_ns"
    columns = {
        **{name: f"c.{name}" for name in _SHARED},
        "tick": "r.tick",
        "target_at": _iso("r.target_utc_ns"),
        "requested_at": _iso(before),
        "received_at": _iso(f"{before} + r.took_ns"),
        "midpoint_at": _iso(f"{before} + r.took_ns / 2"),
        "monotonic_ns": f"{before} + r.took_ns - c.utc_offset_ns",
        "latency_s": "r.took_ns / 1e9",
        "lateness_s": "r.after_ns / 1e9",
        "value": "r.value",
        "text": "n.text",
        "status": f"CASE r.status {names} END",
        "fault": "n.fault",
        "raw": "n.raw",
    }
    selected = ", ".join(f"{columns[name]} AS {name}" for name in SCHEMA)
    return [
        f"CREATE TABLE IF NOT EXISTS {table}_channel (id INTEGER PRIMARY KEY, {shared},"
        " utc_offset_ns INTEGER)",
        f"CREATE TABLE IF NOT EXISTS {table}_row (id INTEGER PRIMARY KEY, channel INTEGER, tick INTEGER,"
        " target_utc_ns INTEGER, after_ns INTEGER, took_ns INTEGER, value REAL, status INTEGER)",
        f"CREATE TABLE IF NOT EXISTS {table}_note (id INTEGER PRIMARY KEY, text TEXT, fault TEXT, raw TEXT)",
        f"CREATE VIEW IF NOT EXISTS {table} AS SELECT {selected} FROM {table}_row r"
        f" JOIN {table}_channel c ON c.id = r.channel LEFT JOIN {table}_note n ON n.id = r.id",
    ]


def _iso(ns: str) -> str:
    """An instant in ISO 8601, to the nanosecond."""
    seconds = f"strftime('%Y-%m-%dT%H:%M:%S', ({ns}) / 1000000000, 'unixepoch')"
    return f"{seconds} || printf('.%09dZ', ({ns}) % 1000000000)"
