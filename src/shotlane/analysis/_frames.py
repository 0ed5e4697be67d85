"""From the reader's rows to frames with names and instants. Every function keeps the schema in its name."""

from collections.abc import Sequence
from enum import IntEnum

import polars as pl

from shotlane.analysis import _types as types
from shotlane.records import ActionKind, ChannelRecord, Status
from shotlane.store import GOOD, Reader

_GOOD = [outcome.value for outcome in GOOD]


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


def attempts(reader: Reader, run: int, which: str = "all") -> pl.DataFrame:
    """Attempts with their key `id`; `which` is good or all."""
    if which not in ("good", "all"):
        raise ValueError(f"attempts is 'good' or 'all', not {which!r}")
    found = types.frame(reader.attempts(run), types.ATTEMPT_ROWS)
    if which == "good":
        found = found.filter(pl.col("outcome").is_in(_GOOD))
    return found.with_columns(pl.lit(run, pl.Int64).alias("run"))


def attempts_frame(reader: Reader, run: int) -> pl.DataFrame:
    """One row per attempt."""
    instants = [instant(name) for name in ("began", "origin", "ended")]
    found = attempts(reader, run).with_columns(pl.col("outcome").cast(types.OutcomeType), *instants)
    return _shaped(found, types.ATTEMPTS)


def _channels(channels: Sequence[ChannelRecord]) -> pl.DataFrame:
    rows: list[tuple[object, ...]] = [(one.index, one.name, one.type) for one in channels]
    return types.frame(rows, {"index": pl.Int64, "channel": pl.String, "type": pl.String})


def samples(
    reader: Reader, run: int, channels: Sequence[ChannelRecord], which: str, *, chosen: bool
) -> pl.DataFrame:
    """Long frame of the readings of these channels; `chosen`: they are not all channels of the run."""
    indexes = [one.index for one in channels] if chosen else None
    rows = types.frame(reader.samples(run, indexes), types.SAMPLE_ROWS)
    texts = types.frame(reader.sample_texts(run, indexes), types.TEXT_ROWS)
    if texts.height:
        rows = rows.join(texts, on=["id", "index", "tick"], how="left")
    else:
        rows = rows.with_columns(text=pl.lit(None, pl.String), raw=pl.lit(None, pl.String))
    rows = _with_step(rows, types.frame(reader.steps(run), types.STEP_ROWS))
    return _shaped(_placed(rows, attempts(reader, run, which), channels), types.SAMPLES)


def _with_step(rows: pl.DataFrame, steps: pl.DataFrame) -> pl.DataFrame:
    """Each reading with the step that its target falls into; one at the end of the shot is in the last."""
    # Of steps that begin at one instant all but the last have no length.
    begins = steps.sort("id", "start_ns", "number").unique(
        ["id", "start_ns"], keep="last", maintain_order=True
    )
    begins = begins.select("id", "step", pl.col("start_ns").alias("target_ns")).sort("target_ns")
    return rows.sort("target_ns").join_asof(
        begins, on="target_ns", by="id", strategy="backward", check_sortedness=False
    )


def steps(reader: Reader, run: int, which: str) -> pl.DataFrame:
    """When each step began and ended, in seconds from the origin of its attempt."""
    rows = types.frame(reader.steps(run), types.STEP_ROWS)
    place = attempts(reader, run, which).select("id", "run", "shot", "attempt")
    found = rows.join(place, on="id", how="inner").sort("id", "number")
    times = {"start_s": seconds(pl.col("start_ns")), "end_s": seconds(pl.col("end_ns"))}
    return _shaped(found.with_columns(**times), types.STEPS)


def actions(reader: Reader, run: int, channels: Sequence[ChannelRecord], which: str) -> pl.DataFrame:
    """Every set and call, in the order they were made."""
    rows = types.frame(reader.actions(run), types.ACTION_ROWS)
    rows = rows.with_columns(named("kind", ActionKind, types.KindType))
    return _shaped(_placed(rows, attempts(reader, run, which), channels), types.ACTIONS)


def _placed(rows: pl.DataFrame, attempts: pl.DataFrame, channels: Sequence[ChannelRecord]) -> pl.DataFrame:
    """Rows with run, shot, attempt, channel name and times; those of other attempts are left out."""
    place = attempts.select("id", "run", "shot", "attempt", "origin")
    began = pl.coalesce("requested_ns", "target_ns")
    # NaN is kept as text, since a database has only NULL for it, and NULL means that there was no value.
    lost = pl.col("value").is_null() & (pl.col("text") == "nan") & pl.col("type").is_in(["float", "int"])
    return (
        rows.join(place, on="id", how="inner")
        .join(_channels(channels), on="index", how="left")
        .sort(
            "id", *(name for name in ("index", "tick", "number") if _orders(name, rows)), maintain_order=True
        )
        .with_columns(
            t=seconds(began),
            time=(pl.col("origin") + began),
            lateness_ns=pl.col("requested_ns") - pl.col("target_ns"),
            value=pl.when(lost).then(float("nan")).otherwise(pl.col("value")),
            text=pl.when(lost).then(None).otherwise(pl.col("text")),
        )
        .with_columns(instant("time"), named("status", Status, types.StatusType))
    )


def _orders(name: str, rows: pl.DataFrame) -> bool:
    return name in rows.columns and not (name == "index" and "number" in rows.columns)


def tallies(reader: Reader, run: int) -> pl.DataFrame:
    """What became of every planned reading and action: counts per attempt and channel, summing to planned."""
    rows = types.frame(reader.tallies(run), types.TALLY_ROWS)
    place = attempts(reader, run).select("id", "run", "shot", "attempt")
    return _shaped(rows.join(place, on="id", how="inner").sort("id", maintain_order=True), types.TALLIES)


def events(reader: Reader, run: int) -> pl.DataFrame:
    """What happened, in order."""
    rows = types.frame(reader.events(run), types.EVENT_ROWS)
    rows = rows.with_columns(instant("time"), pl.lit(run, pl.Int64).alias("run"))
    return _shaped(rows, types.EVENTS)


def _shaped(found: pl.DataFrame, schema: types.Schema) -> pl.DataFrame:
    return found.select([pl.col(name).cast(kind) for name, kind in schema.items()])
