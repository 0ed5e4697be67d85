"""From the reader's rows to frames with names and instants. Every function keeps the schema in its name."""

from collections.abc import Sequence
from enum import IntEnum
from typing import Any

import polars as pl

from shotlane.analysis import _types as types
from shotlane.records import ActionKind, ChannelRecord, Outcome, Status
from shotlane.store import GOOD, KEY, Query, RunReader, StreamError, unpacked_key

Shots = int | Sequence[int] | None
_GOOD = [outcome.value for outcome in GOOD]
# The fault of an attempt that was judged, and whose result had no value; others ended it before its time.
_RESULT = "result"


def table(reader: RunReader, query: Query, kinds: types.Schema, expected: int | None = None) -> pl.DataFrame:
    """Rows of a query with the types that are declared, whatever the way they come."""
    skip = 1 if reader.sqlite else 0

    def arrow(stream: Any) -> pl.DataFrame:
        try:
            found = _unpacked(pl.DataFrame(stream).slice(skip), query)
        except (pl.exceptions.ComputeError, pl.exceptions.PanicException) as error:  # the older ones panic
            raise StreamError(str(error)) from error
        return found.select(pl.col(name).cast(kind) for name, kind in kinds.items())

    return reader.table(query, arrow, lambda rows: types.frame(rows, kinds), expected)


def _unpacked(found: pl.DataFrame, query: Query) -> pl.DataFrame:
    if query.packed is None or "key" not in found.columns:
        return found
    parts = unpacked_key(found["key"].to_numpy(), query.packed.first)
    return found.with_columns(pl.Series(name, part) for name, part in zip(KEY, parts, strict=True))


def instant(name: str) -> pl.Expr:
    """A column of UTC nanoseconds as an instant."""
    return pl.col(name).cast(pl.Datetime("ns")).dt.replace_time_zone("UTC")


def seconds(nanoseconds: pl.Expr) -> pl.Expr:
    """Whole nanoseconds as seconds, correctly rounded: 30 ms are 0.03."""
    # Polars divides by a constant as a product with its inverse, which gives 0.030000000000000002.
    return nanoseconds / (nanoseconds * 0 + 1e9)


def named(column: str, words: type[IntEnum], kind: pl.DataType | type[pl.DataType]) -> pl.Expr:
    """Numbers of an enumeration as its names."""
    names = [word.name.lower() for word in words]
    return pl.col(column).replace_strict(list(words), names, return_dtype=kind)


WHICH = ("whole", "good", "last", "all")


def attempts(reader: RunReader, run: int, which: str = "all") -> pl.DataFrame:
    """Attempts with their key `id`; see `well`."""
    found = types.frame(reader.attempts(run), types.ATTEMPT_ROWS)
    return well(found.with_columns(pl.lit(run, pl.Int64).alias("run")), which)


def check_which(which: str) -> None:
    """Refuse what is no choice of attempts."""
    if which not in WHICH:
        raise ValueError(f"attempts is 'whole', 'good', 'last' or 'all', not {which!r}")


def well(attempts: pl.DataFrame, which: str) -> pl.DataFrame:
    """Those that decided their shot (last); that also went to their planned end (whole); and well (good)."""
    check_which(which)
    if which == "all":
        return attempts
    good, last = pl.col("outcome").is_in(_GOOD), pl.col("attempt") == pl.col("attempt").max().over("shot")
    if which == "good":
        return attempts.filter(good)
    unfaulted = pl.col("fault").is_null() | (pl.col("fault") == _RESULT)
    judged = (pl.col("outcome") == Outcome.FAILED.value) & unfaulted
    return attempts.filter(last & (good | judged) if which == "whole" else last)


def attempts_frame(reader: RunReader, run: int) -> pl.DataFrame:
    """One row per attempt."""
    instants = [instant(name) for name in ("began", "origin", "ended")]
    found = attempts(reader, run).with_columns(pl.col("outcome").cast(types.OutcomeType), *instants)
    return _shaped(found, types.ATTEMPTS)


def _places(reader: RunReader, run: int, which: str, shots: Shots) -> tuple[pl.DataFrame, list[int] | None]:
    """The attempts of some shots, and their keys; no keys for all shots."""
    place = attempts(reader, run, which).select("id", "run", "shot", "attempt", "origin")
    if shots is None:
        return place, None
    place = place.filter(pl.col("shot").is_in([shots] if isinstance(shots, int) else list(shots)))
    return place, place["id"].to_list()


def _channels(channels: Sequence[ChannelRecord]) -> pl.DataFrame:
    rows: list[tuple[object, ...]] = [(one.index, one.name, one.type) for one in channels]
    return types.frame(rows, {"index": pl.Int64, "channel": pl.String, "type": pl.String})


def steps(reader: RunReader, run: int, which: str, shots: Shots) -> pl.DataFrame:
    """When each step began and ended, in seconds from the origin of its attempt."""
    place, keys = _places(reader, run, which, shots)
    rows = types.frame(reader.steps(run, keys), types.STEP_ROWS)
    found = rows.join(place, on="id", how="inner").sort("id", "number")
    times = {"start_s": seconds(pl.col("start_ns")), "end_s": seconds(pl.col("end_ns"))}
    return _shaped(found.with_columns(**times), types.STEPS)


def actions(
    reader: RunReader, run: int, channels: Sequence[ChannelRecord], which: str, shots: Shots
) -> pl.DataFrame:
    """Every set and call, in the order they were made."""
    place, keys = _places(reader, run, which, shots)
    rows = types.frame(reader.actions(run, keys), types.ACTION_ROWS)
    began = pl.coalesce("requested_ns", "target_ns")
    # NaN is kept as text, since a database has only NULL for it, and NULL means that there was no value.
    lost = pl.col("value").is_null() & (pl.col("text") == "nan") & pl.col("type").is_in(["float", "int"])
    found = (
        rows.join(place, on="id", how="inner")
        .join(_channels(channels), on="index", how="left")
        .sort("id", "number")
        .with_columns(
            t=seconds(began),
            time=(pl.col("origin") + began),
            lateness_ns=pl.col("requested_ns") - pl.col("target_ns"),
            value=pl.when(lost).then(float("nan")).otherwise(pl.col("value")),
            text=pl.when(lost).then(None).otherwise(pl.col("text")),
        )
        .with_columns(
            instant("time"),
            named("status", Status, types.StatusType),
            named("kind", ActionKind, types.KindType),
        )
    )
    return _shaped(found, types.ACTIONS)


def polls(reader: RunReader, run: int, channels: Sequence[ChannelRecord]) -> pl.DataFrame:
    """Readings made for an interlock, in order."""
    rows = types.frame(reader.polls(run), types.POLL_ROWS)
    rows = rows.join(_channels(channels), on="index", how="left", maintain_order="left").with_columns(
        instant("requested").alias("time"),
        seconds(pl.col("received") - pl.col("requested")).alias("took_s"),
        named("status", Status, types.StatusType),
    )
    return _shaped(rows, types.POLLS)


def tallies(reader: RunReader, run: int) -> pl.DataFrame:
    """What became of every planned reading and action: counts per attempt and channel, summing to planned."""
    rows = types.frame(reader.tallies(run), types.TALLY_ROWS)
    place = attempts(reader, run).select("id", "run", "shot", "attempt")
    return _shaped(rows.join(place, on="id", how="inner").sort("id", maintain_order=True), types.TALLIES)


def events(reader: RunReader, run: int) -> pl.DataFrame:
    """What happened, in order."""
    rows = types.frame(reader.events(run), types.EVENT_ROWS)
    rows = rows.with_columns(instant("time"), pl.lit(run, pl.Int64).alias("run"))
    return _shaped(rows, types.EVENTS)


def _shaped(found: pl.DataFrame, schema: types.Schema) -> pl.DataFrame:
    return found.select([pl.col(name).cast(kind) for name, kind in schema.items()])
