"""What the unique key of samples costs on PostgreSQL. Run as `python -m tests.benchmarks.bench_keys [N]`.

Half a million samples of ten channels by binary COPY from memory, into tables that differ in key and columns,
on a server with fsync that is started here and removed. The machine is shared: the tables take turns, and the
best rate counts. `server ns` is what the server's process computes for a sample, which hardly depends on what
else runs; `ratio` compares that. `in lots`: as a recorder commits them, each lot in the order of the key.
"""

import os
import statistics
import sys
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
from tests.benchmarks.bench_store import CHANNELS, ROWS, own_server, stored

Row = tuple[Any, ...]
# Columns in their order: name, type, and how COPY writes it.
TODAY = (
    *((name, "bigint NOT NULL", ">i8") for name in ("attempt", "channel", "tick", "target_ns")),
    *((name, "bigint", ">i8") for name in ("late_ns", "took_ns")),
    ("value", "double precision", ">f8"),
    ("status", "smallint NOT NULL", ">i2"),
)
_SHORT = {"tick": ("integer NOT NULL", ">i4"), "channel": ("smallint NOT NULL", ">i2")}
# The longest first, so that there are no gaps.
NARROW = tuple(
    sorted(((name, *_SHORT.get(name, rest)) for name, *rest in TODAY), key=lambda one: -int(one[2][2:]))
)
UNIQUE = "ALTER TABLE bare ADD PRIMARY KEY (attempt, channel, tick)"
LOTS = 10
ONE_CHANNEL = "SELECT sum(value) FROM bare WHERE attempt = 1 AND channel = 3"


@dataclass(slots=True)
class Kind:
    """A table, the order and number of the lots that it is written in, and what was measured."""

    name: str
    columns: tuple[tuple[str, str, str], ...] = TODAY
    index: str | None = UNIQUE
    order: tuple[int, ...] = (0, 1, 2)
    lots: int = 1
    rates: list[float] = field(default_factory=list)
    server_ns: list[float] = field(default_factory=list)
    read_ms: list[float] = field(default_factory=list)
    size: float = 0.0

    def data(self, rows: list[Row]) -> list[bytes]:
        """What COPY is given, per lot."""
        size = len(rows) // self.lots
        lots = (rows[start : start + size] for start in range(0, len(rows), size))
        return [self._packed(sorted(lot, key=self._key)) for lot in lots]

    def _key(self, row: Row) -> Row:
        return tuple(row[index] for index in self.order)

    def _packed(self, rows: list[Row]) -> bytes:
        by_name = dict(zip((name for name, *_ in TODAY), zip(*rows, strict=True), strict=True))
        fields = [("fields", ">i2")]
        for name, _, form in self.columns:
            fields += [(f"length of {name}", ">i4"), (name, form)]
        records = np.empty(len(rows), fields)
        records["fields"] = len(self.columns)
        for name, _, form in self.columns:
            records[f"length of {name}"] = np.dtype(form).itemsize
            records[name] = by_name[name]
        return b"PGCOPY\n\xff\r\n\0" + bytes(8) + records.tobytes() + b"\xff\xff"


def kinds() -> tuple[Kind, ...]:
    """The tables, today's first."""
    brin = "CREATE INDEX ON bare USING brin (attempt, channel, tick)"
    by_tick = "ALTER TABLE bare ADD PRIMARY KEY (attempt, tick, channel)"
    return (
        Kind("today's"),
        Kind("today's, in lots", lots=LOTS),
        Kind("without any index, in lots", index=None, lots=LOTS),
        Kind("with a BRIN index, in lots", index=brin, lots=LOTS),
        Kind("short tick and channel, no gaps, in lots", NARROW, lots=LOTS),
        Kind("key with the tick before the channel, in lots", index=by_tick, order=(0, 2, 1), lots=LOTS),
    )


def cpu_s(pid: int) -> float:
    """What a process has computed."""
    times = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[11:13]
    return sum(map(int, times)) / os.sysconf("SC_CLK_TCK")


def write(connection: "psycopg.Connection[Any]", kind: Kind, data: list[bytes]) -> None:
    columns = ", ".join(f"{name} {how}" for name, how, _ in kind.columns)
    connection.execute(f"CREATE TABLE bare ({columns})")
    if kind.index is not None:
        connection.execute(kind.index)
    connection.commit()
    computed, began = cpu_s(connection.info.backend_pid), time.perf_counter()
    for lot in data:
        with (
            closing(connection.cursor()) as cursor,
            cursor.copy("COPY bare FROM STDIN (FORMAT BINARY)") as copy,
        ):
            copy.write(lot)
        connection.commit()
    kind.rates.append(ROWS / (time.perf_counter() - began))
    kind.server_ns.append((cpu_s(connection.info.backend_pid) - computed) / ROWS * 1e9)


def look(connection: "psycopg.Connection[Any]", kind: Kind) -> None:
    kind.size = _one(connection, "SELECT pg_total_relation_size('bare')") / ROWS
    connection.commit()
    connection.autocommit = True
    connection.execute("VACUUM ANALYZE bare")
    connection.autocommit = False
    kind.read_ms.append(_best_ms(lambda: _one(connection, ONE_CHANNEL)))
    connection.execute("DROP TABLE bare")
    connection.commit()


def _one(connection: "psycopg.Connection[Any]", query: str) -> float:
    found = connection.execute(query).fetchone()
    assert found is not None
    return float(found[0])


def _best_ms(call: Callable[[], object]) -> float:
    times = []
    for _ in range(3):
        began = time.perf_counter()
        call()
        times.append((time.perf_counter() - began) * 1e3)
    return min(times)


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    rows = [stored(number) for number in range(ROWS)]
    tables = kinds()
    data = [kind.data(rows) for kind in tables]
    with own_server() as url, psycopg.connect(url) as connection:
        for _ in range(rounds):
            for kind, lots in zip(tables, data, strict=True):
                write(connection, kind, lots)
                look(connection, kind)
    print(f"{ROWS:,} samples, {len(CHANNELS)} channels, {LOTS} lots, best of {rounds}")
    print(f"{'table':<48}{'k/s':>8}{'ratio':>8}{'server ns':>11}{'bytes':>8}{'one channel':>13}")
    for kind in tables:
        ratio = statistics.median(kind.server_ns) / statistics.median(tables[0].server_ns)
        figures = f"{max(kind.rates) / 1e3:>8.0f}{1 / ratio:>8.2f}{statistics.median(kind.server_ns):>11.0f}"
        print(f"{kind.name:<48}{figures}{kind.size:>8.0f}{min(kind.read_ms):>10.1f} ms")


if __name__ == "__main__":
    main()
