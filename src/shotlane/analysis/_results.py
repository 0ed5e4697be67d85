"""Results and their verdicts: long, and side by side for each shot.

The attempt that decided a shot is its last one: whatever ended well ended the shot.
"""

from collections.abc import Set

import polars as pl

from shotlane.analysis import _frames as frames
from shotlane.analysis import _types as types
from shotlane.store import RunReader

_VERDICTS = pl.Series(types.VerdictType.categories, dtype=types.VerdictType)
_KINDS: dict[str | None, type[pl.DataType]] = {"bool": pl.Boolean, "text": pl.String}


def results(reader: RunReader, run: int, which: str) -> pl.DataFrame:
    """One row per result of an attempt, in the order of the sequence."""
    rows = types.frame(reader.results(run), types.RESULT_ROWS)
    place = frames.attempts(reader, run, which).select("id", "run", "shot", "attempt")
    # NaN is kept as text, since a database has only NULL for it.
    lost = (pl.col("type") == "number") & pl.col("value").is_null() & (pl.col("text") == "nan")
    found = rows.join(place, on="id", how="inner").sort("id", "number")
    found = found.with_columns(
        value=pl.when(lost).then(float("nan")).otherwise(pl.col("value")),
        text=pl.when(lost).then(None).otherwise(pl.col("text")),
    )
    return found.select([pl.col(name).cast(kind) for name, kind in types.RESULTS.items()])


def units(reader: RunReader, run: int) -> dict[str, str | None]:
    """Unit of every result."""
    rows = types.frame(reader.results(run), types.RESULT_ROWS).select("result", "unit")
    return dict(rows.unique("result", keep="last", maintain_order=True).iter_rows())


def by_shot(reader: RunReader, run: int, shots: pl.Series, taken: Set[str]) -> pl.DataFrame:
    """The verdict of each shot, the worst of all, and its results; a name that is `taken` gets another."""
    found = results(reader, run, "last")
    wide = shots.to_frame("shot")
    # Numbered from the best to the worst.
    worst = found.group_by("shot").agg(pl.col("verdict").to_physical().max().alias("rank"))
    rank = wide.join(worst, on="shot", how="left", maintain_order="left")["rank"]
    wide = wide.with_columns(_VERDICTS.gather(rank.cast(pl.UInt32)).alias("verdict"))
    for name in found["result"].unique(maintain_order=True):
        one = _column(found.filter(pl.col("result") == name), column_name(name, taken))
        wide = wide.join(one, on="shot", how="left", maintain_order="left")
    return wide


def column_name(result: str, taken: Set[str]) -> str:
    """Name of a result's column: its own, unless there is one of that name already."""
    return f"result.{result}" if result in taken else result


def _column(found: pl.DataFrame, name: str) -> pl.DataFrame:
    types_seen = [kind for kind in found["type"].unique(maintain_order=True) if kind is not None]
    kind = _KINDS.get(types_seen[0] if len(types_seen) == 1 else None, pl.Float64)
    if len(types_seen) > 1:  # a result that is a number here and a word there is told in words
        kind, value = pl.String, pl.coalesce("text", pl.col("value").cast(pl.String))
    else:
        value = pl.col("text") if kind == pl.String else pl.col("value").cast(kind)
    return found.select("shot", value.alias(name)).unique("shot", keep="last")
