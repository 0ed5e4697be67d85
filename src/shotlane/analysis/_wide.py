"""Channels side by side on one time axis.

Readings stand at their target when they were on time, so that channels read on the same tick meet exactly;
a late one stands where it was really taken. Readings without a value are left out. The nearest reading is at
most half a step of the axis away: one value never passes for many.
"""

from collections.abc import Mapping
from inspect import signature
from typing import Any, Literal

import polars as pl

from shotlane.analysis._frames import seconds

HOW = ("nearest", "previous", "interpolate")
_BY = ["shot", "attempt"]
# Both sides are sorted here, which polars cannot see within groups; old versions do not ask.
_ASKS = "check_sortedness" in signature(pl.DataFrame.join_asof).parameters
_SORTED: dict[str, Any] = {"check_sortedness": False} if _ASKS else {}


def wide(
    samples: pl.DataFrame,
    types: Mapping[str, str],
    *,
    every_s: float | None,
    how: str,
) -> pl.DataFrame:
    """Long to wide: run, shot, attempt, t (seconds) and one column per channel of `types`, in that order."""
    if how not in HOW:
        raise ValueError(f"how is one of {', '.join(HOW)}, not {how!r}")
    if every_s is not None and every_s <= 0:
        raise ValueError("every is a time above zero")
    on_time = pl.col("status") == "ok"
    readings = samples.filter(pl.col("value").is_not_null() | pl.col("text").is_not_null()).with_columns(
        at=pl.when(on_time).then(pl.col("target_ns")).otherwise(pl.col("requested_ns"))
    )
    every_ns = 0 if every_s is None else max(1, round(every_s * 1e9))
    grid = _steps(readings, every_ns) if every_ns else _instants(readings)
    for name, kind in types.items():
        grid = _beside(grid, readings.filter(pl.col("channel") == name), name, kind, how, every_ns // 2)
    return grid.with_columns(t=seconds(pl.col("at"))).select("run", *_BY, "t", *types)


def _instants(readings: pl.DataFrame) -> pl.DataFrame:
    return readings.select("run", *_BY, "at").unique().sort(*_BY, "at")


def _steps(readings: pl.DataFrame, every_ns: int) -> pl.DataFrame:
    ends = readings.group_by("run", *_BY).agg(pl.col("at").max().alias("end"))
    return (
        ends.with_columns(at=pl.int_ranges(0, pl.col("end") + 1, every_ns))
        .explode("at")
        .drop("end")
        .drop_nulls("at")
        .sort(*_BY, "at")
    )


def _beside(
    grid: pl.DataFrame, readings: pl.DataFrame, name: str, kind: str, how: str, within_ns: int
) -> pl.DataFrame:
    column = "text" if kind in ("text", "option") else "value"
    one = readings.select(*_BY, "at", pl.col(column).alias(name)).drop_nulls(name).sort(*_BY, "at")
    if how == "interpolate" and kind == "float":
        return _interpolated(grid, one, name)
    joined = _asof(grid, one, "nearest", within_ns) if how == "nearest" else _asof(grid, one, "backward")
    target = {"bool": pl.Boolean, "int": pl.Int64}.get(kind)
    return joined if target is None else joined.with_columns(pl.col(name).cast(target, strict=False))


def _asof(
    grid: pl.DataFrame,
    one: pl.DataFrame,
    strategy: Literal["backward", "forward", "nearest"],
    within_ns: int | None = None,
) -> pl.DataFrame:
    return grid.join_asof(one, on="at", by=_BY, strategy=strategy, tolerance=within_ns, **_SORTED)


def _interpolated(grid: pl.DataFrame, one: pl.DataFrame, name: str) -> pl.DataFrame:
    """Straight lines between readings; null before the first and after the last."""
    marked = one.with_columns(mark=pl.col("at"))
    before = _asof(grid, marked, "backward")
    after = _asof(grid.select(*_BY, "at"), marked, "forward")
    left, right = before[name], after[name]
    width = (after["mark"] - before["mark"]).cast(pl.Float64)
    share = (grid["at"] - before["mark"]).cast(pl.Float64)
    lines = pl.DataFrame({"left": left, "right": right, "width": width, "share": share}).select(
        pl.when(pl.col("width") == 0)
        .then(pl.col("left"))
        .otherwise(pl.col("left") + (pl.col("right") - pl.col("left")) * pl.col("share") / pl.col("width"))
        .alias(name)
    )
    return grid.with_columns(lines[name])
