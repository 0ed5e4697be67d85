"""The queries whose rows are many: which columns and rows of the narrow tables are wanted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import BigInteger, ColumnElement, Integer, Select, SmallInteger, cast, func, select

from shotlane.store import _tables as t

Bounds = tuple[int | None, int | None]

# One value of the type of each column; see `_bulk`.
_FIRST: Mapping[str, str] = {"value": "0.0", "text": "''", "raw": "''"}


@dataclass(frozen=True, slots=True)
class Query:
    """A SELECT of plain columns of one table, by name.

    `table` and `chosen` say the same for a reader that is no database: which rows, None for all of the run.
    `packed` is the same for PostgreSQL, in fewer columns.
    """

    select: Select[Any]
    columns: tuple[str, ...]
    table: str
    chosen: "Selection | None" = None
    packed: "Packed | None" = None

    @property
    def first(self) -> str:
        """A SELECT of one row with a value of the right type in every column."""
        return "SELECT " + ", ".join(f"{_FIRST.get(name, '0')} AS {name}" for name in self.columns)


TICK_BITS, CHANNEL_BITS = 31, 15
_ATTEMPTS = 1 << (63 - TICK_BITS - CHANNEL_BITS)
KEY = ("attempt", "channel", "tick")


@dataclass(frozen=True, slots=True)
class Packed:
    """A SELECT whose first column, `key`, holds attempt less `first`, channel and tick in its bits.

    The server and we need hardly less time for a column than for a row.
    """

    select: Select[Any]
    first: int


@dataclass(frozen=True, slots=True)
class Selection:
    """Which readings of a run: keys of attempts in ascending order; channels and statuses, None for all.

    `gapless`: every attempt of the run between the first and the last is one of them. `bounds`: lowest and
    highest value of a column, both included; `began_ns` is when a reading began, or was due, and
    `began_utc_ns` that instant.
    """

    attempts: Sequence[int]
    gapless: bool
    channels: Sequence[int] | None = None
    statuses: Sequence[int] | None = None
    bounds: Mapping[str, Bounds] = field(default_factory=dict)


# The instants that are kept as differences, NULL where nothing was sent or received.
STAMPS: Mapping[str, ColumnElement[int]] = {
    "requested_ns": t.sample.c.target_ns + t.sample.c.late_ns,
    "received_ns": t.sample.c.target_ns + func.coalesce(t.sample.c.late_ns, 0) + t.sample.c.took_ns,
}
# When a reading began, or was due.
_BEGAN: ColumnElement[int] = t.sample.c.target_ns + func.coalesce(t.sample.c.late_ns, 0)

# So many attempts and channels are looked up one by one; of more, the rows between are read over.
_SEEKS = 2000


def samples_of(chosen: Selection, columns: Sequence[str]) -> Query:
    """Readings by attempt, channel and tick on SQLite, in any order on PostgreSQL.

    Columns are those of the table, and the instants `requested_ns`, `received_ns`, `began_ns`. On PostgreSQL
    a sort, or a walk along the index, would cost more than all the rest.
    """
    s = t.sample.c
    query = select(*(_column(name).label(name) for name in columns)).where(*_places(chosen, s))
    if chosen.statuses is not None:
        query = query.where(s.status.in_(list(chosen.statuses)))
    for name, (low, high) in chosen.bounds.items():
        if name == "began_utc_ns":
            query = query.join(t.attempt, t.attempt.c.id == s.attempt)
        value = _bounded(name)
        query = query if low is None else query.where(value >= low)
        query = query if high is None else query.where(value <= high)
    return Query(query, tuple(columns), "sample", chosen, _packed(query, chosen, columns))


def _packed(query: Select[Any], chosen: Selection, columns: Sequence[str]) -> Packed | None:
    first, last = chosen.attempts[0], chosen.attempts[-1]
    if not set(KEY) <= set(columns) or last - first >= _ATTEMPTS:
        return None
    s = t.sample.c
    # The casts are checked: a number that has no room here is an error there, and rows come the other way.
    channel = cast(cast(s.channel, SmallInteger), BigInteger).op("<<")(TICK_BITS)
    attempt = (s.attempt - first).op("<<")(TICK_BITS + CHANNEL_BITS)
    key = attempt.op("|")(channel).op("|")(cast(s.tick, Integer)).label("key")
    others = (_column(name).label(name) for name in columns if name not in KEY)
    return Packed(query.with_only_columns(key, *others), first)


def _column(name: str) -> ColumnElement[Any]:
    if name == "began_ns":
        return _BEGAN
    return STAMPS[name] if name in STAMPS else t.sample.c[name]


def unpacked_key(key: NDArray[np.int64], first: int) -> tuple[NDArray[np.int64], ...]:
    """Attempt, channel and tick out of the column `key`."""
    channels = key >> TICK_BITS & (1 << CHANNEL_BITS) - 1
    return (key >> TICK_BITS + CHANNEL_BITS) + first, channels, key & (1 << TICK_BITS) - 1


def _bounded(name: str) -> ColumnElement[int]:
    return t.attempt.c.origin_utc_ns + _BEGAN if name == "began_utc_ns" else _column(name)


def texts_of(chosen: Selection) -> Query:
    """What stands beside those readings that are more than a number."""
    x = t.sample_text.c
    columns = ("attempt", "channel", "tick", "text", "raw")
    query = select(*(x[name] for name in columns)).where(*_places(chosen, x))
    return Query(query.order_by(x.attempt, x.channel, x.tick), columns, "sample_text", chosen)


def _places(chosen: Selection, c: Any) -> list[ColumnElement[bool]]:
    keys = list(chosen.attempts)
    few = len(keys) * len(chosen.channels or [0]) <= _SEEKS
    where: list[ColumnElement[bool]] = [c.attempt >= keys[0], c.attempt <= keys[-1]]
    if few and (chosen.channels is not None or not chosen.gapless):
        where = [c.attempt.in_(keys)]
    if chosen.channels is not None:
        where.append(c.channel.in_(list(chosen.channels)))
    return where


def shot_parameters_of(run: int) -> Query:
    """The values of all parameters in all shots of a run."""
    p = t.shot_parameter.c
    columns = ("shot", "parameter", "value", "text")
    query = select(*(p[name] for name in columns)).where(p.run == run)
    return Query(query.order_by(p.shot, p.parameter), columns, "shot_parameter")


def observations_of(session: int, series: int) -> Query:
    """The samples of one series of a session, in their order."""
    o = t.observation.c
    columns = ("number", "at_utc_ns", "value", "text")
    query = select(*(o[name] for name in columns)).where(o.session == session, o.series == series)
    return Query(query.order_by(o.number), columns, "observation")
