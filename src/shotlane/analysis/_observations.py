"""What a session observed under a key, as a frame."""

from pathlib import Path

import polars as pl

from shotlane.analysis import _frames as frames
from shotlane.analysis import _types as types
from shotlane.analysis._place import store_or_default
from shotlane.diagnostics import did_you_mean
from shotlane.store import Reader, StoreError, observations_of, open_reader

_ROWS: types.Schema = {"number": pl.Int64, "at_utc_ns": pl.Int64, "value": pl.Float64, "text": pl.String}


def observations(session: int, key: str, store: str | Path | None = None) -> pl.DataFrame:
    """Columns `time`, `value` (a number, a truth value or a text, the same in all rows) and `unit`."""
    with open_reader(store_or_default(store)) as reader:
        number, kind, unit = _series(reader, session, key)
        found = frames.table(reader, observations_of(session, number), _ROWS)
    return found.select(
        frames.instant("at_utc_ns").alias("time"),
        _value(kind).alias("value"),
        pl.lit(unit, pl.String).alias("unit"),
    )


def _value(kind: str) -> pl.Expr:
    if kind == "text":
        return pl.col("text")
    value = pl.col("value")
    if kind == "bool":
        return value.cast(pl.Boolean)
    # What a number in a database cannot say stands as text: not-a-number, whole numbers beyond 2**53.
    return pl.when(pl.col("text") == "nan").then(float("nan")).otherwise(value)


def _series(reader: Reader, session: int, key: str) -> tuple[int, str, str | None]:
    rows = reader.series(session)
    for _, number, name, kind, unit, *_ in rows:
        if name == key:
            return number, kind, unit
    known = [row[2] for row in rows]
    message = f"session {session} has observed no '{key}' in {reader.store}"
    raise StoreError(
        message, did_you_mean(key, known, what="channels") if known else "it has observed nothing"
    )
