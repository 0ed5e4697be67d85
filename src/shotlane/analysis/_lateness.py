"""How late what was started began, per attempt and channel: the quantiles of `lateness_view`, from the rows.

A quantile is the least lateness that so many of all starts do not exceed, so it is one that there was.
"""

from collections.abc import Iterable

import polars as pl

from shotlane.analysis import _types as types

STARTED = pl.col("status").is_in(["ok", "late"])
_KEY = ("shot", "attempt", "channel")
COLUMNS = [*_KEY, "lateness_ns"]


def lateness(tallies: pl.DataFrame, readings: Iterable[pl.DataFrame], actions: pl.DataFrame) -> pl.DataFrame:
    """Counts of what was started, and its quantiles; `readings` come in pieces of whole attempts."""
    planned = actions.filter(STARTED, pl.col("kind") == "planned").with_columns(
        # A call counts under its role.
        pl.coalesce("channel", pl.col("command").str.extract(r"^([^.]*)")).alias("channel")
    )
    found = [_quantiles(piece, "readings") for piece in readings] + [_quantiles(planned, "actions")]
    told = tallies.with_columns(started=pl.col("ok") + pl.col("late"))
    told = told.join(pl.concat(found), on=[*_KEY, "what"], how="left", maintain_order="left")
    return told.select([pl.col(name).cast(kind) for name, kind in types.LATENESS.items()])


def _quantiles(rows: pl.DataFrame, what: str) -> pl.DataFrame:
    late, most = pl.col("lateness_ns").sort(), pl.len().cast(pl.Int64)
    quantiles = {"p50_ns": late.get((most + 1) // 2 - 1), "p99_ns": late.get((most * 99 + 99) // 100 - 1)}
    found = rows.group_by(_KEY).agg(**quantiles, max_ns=pl.col("lateness_ns").max())
    return found.with_columns(what=pl.lit(what))
