"""Rows of the store as the columns of a frame, each made only when it is wanted.

The rows are sorted, so that those of an attempt lie together: what is known of the attempt is repeated for
them, not joined.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

from shotlane.analysis import _frames as frames
from shotlane.analysis import _types as types
from shotlane.records import ChannelRecord, Status
from shotlane.store import KEY

# By number.
STATUS_WORDS = pl.Series("status", [word.name.lower() for word in Status], types.StatusType)


class SampleRows:
    """Rows of the store, sorted, and the attempts that they belong to; `steps` as the reader gives them.

    A column that stands beside the rows as it is wanted is called with an @ in front; where that is so of all
    that would be known of the attempts, their keys may be missing.
    """

    def __init__(
        self,
        rows: pl.DataFrame,
        attempts: pl.DataFrame,
        channels: Sequence[ChannelRecord],
        steps: pl.DataFrame,
    ) -> None:
        self._rows, self._channels, self._known_steps = rows, channels, steps
        self._attempts = attempts
        if "attempt" in rows.columns:
            self._find_attempts(rows, attempts)

    def _find_attempts(self, rows: pl.DataFrame, attempts: pl.DataFrame) -> None:
        keys = rows["attempt"].to_numpy()
        begins = np.flatnonzero(np.diff(keys, prepend=keys[:1] - 1)) if len(keys) else np.empty(0, np.int64)
        self._keys = keys[begins]
        self._sizes = np.diff(begins, append=len(keys))
        known = attempts["@id"].to_numpy()
        self._place = np.searchsorted(known, self._keys)
        # Of what was read over, the rows of other attempts are left out.
        mine = (self._place < len(known)) & (known[np.minimum(self._place, len(known) - 1)] == self._keys)
        if not mine.all():
            self._rows = rows.filter(pl.Series(np.repeat(mine, self._sizes)))
            self._keys, self._sizes, self._place = self._keys[mine], self._sizes[mine], self._place[mine]
        self._attempts = attempts[self._place] if len(self._place) else attempts.clear()

    def frame(self, columns: set[str]) -> pl.DataFrame:
        """The columns that are wanted, in any order."""
        made = {name: self._rows[f"@{name}"] for name in columns if f"@{name}" in self._rows.columns}
        known = [name for name in self._attempts.columns if name in columns - made.keys()]
        made |= {name: self._repeated(self._attempts[name]) for name in known}
        known_began = "began_ns" in self._rows.columns
        began = pl.col("began_ns") if known_began else pl.coalesce("requested_ns", "target_ns")
        expressions = {
            "tick": pl.col("tick"),
            "t": frames.seconds(began),
            "lateness_ns": pl.col("requested_ns") - pl.col("target_ns"),
            "value": self._value(),
            "text": pl.when(self._is_nan()).then(None).otherwise(pl.col("text")),
            **{name: pl.col(name) for name in ("target_ns", "requested_ns", "received_ns", "raw")},
        }
        made |= self._rows.select(
            **{name: each for name, each in expressions.items() if name in columns}
        ).to_dict()
        if "channel" in columns - made.keys():
            made["channel"] = self._by_channel([one.name for one in self._channels], pl.String).gather(
                self._rows["channel"]
            )
        if "status" in columns:
            made["status"] = STATUS_WORDS.gather(self._rows["status"])
        if "time" in columns:
            origin = self._repeated(self._attempts["@origin"])
            made["time"] = self._rows.select((pl.lit(origin) + began).alias("time")).select(
                frames.instant("time")
            )["time"]
        if "step" in columns:
            made["step"] = self._steps()
        return pl.DataFrame(made) if made else self._rows.select("tick")

    def _repeated(self, each: pl.Series) -> pl.Series:
        return each.gather(np.repeat(np.arange(len(each), dtype=np.uint32), self._sizes))

    def _is_nan(self) -> pl.Expr:
        # NaN is kept as text, since a database has only NULL for it, and NULL means that there was no value.
        numbers = [one.type in ("float", "int") for one in self._channels]
        numeric = pl.lit(self._by_channel(numbers, pl.Boolean)).gather(pl.col("channel"))
        return pl.col("value").is_null() & (pl.col("text") == "nan") & numeric

    def _value(self) -> pl.Expr:
        if "text" not in self._rows.columns or self._rows["text"].null_count() == self._rows.height:
            return pl.col("value")
        return pl.when(self._is_nan()).then(float("nan")).otherwise(pl.col("value"))

    def _steps(self) -> pl.Series:
        """The step that each target falls into; one at the end of the shot is in the last."""
        # Of steps that begin at one instant all but the last have no length.
        starts = self._known_steps.sort("id", "start_ns", "number").unique(
            ["id", "start_ns"], keep="last", maintain_order=True
        )
        names = starts["step"]
        keys, begins = starts["id"].to_numpy(), starts["start_ns"].to_numpy()
        targets = self._rows["target_ns"].to_numpy()
        found = np.full(len(targets), -1, np.int64)
        end = 0
        first = np.searchsorted(keys, self._keys)
        last = np.searchsorted(keys, self._keys, side="right")
        for size, low, high in zip(self._sizes, first, last, strict=True):
            begin, end = end, end + size
            place = np.searchsorted(begins[low:high], targets[begin:end], side="right") - 1
            found[begin:end] = np.where(place < 0, -1, low + place)
        places = pl.Series(found)
        return names.gather(places.set(places < 0, None))

    def _by_channel(self, values: list[Any], kind: type[pl.DataType]) -> pl.Series:
        """A value for every channel, by its index."""
        places = [one.index for one in self._channels]
        listed = [None] * (max(places, default=-1) + 1)
        for place, value in zip(places, values, strict=True):
            listed[place] = value
        return pl.Series(listed, dtype=kind)


def in_order(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows by attempt, channel and tick; a store may give them in any order."""
    if rows.height < 2:
        return rows
    keys = [rows[name].to_numpy() for name in KEY]
    widths = [int(key.max() - key.min()).bit_length() for key in keys]
    if sum(widths) > 63:
        return rows.sort(KEY)
    # As one number: what comes in stretches is sorted several times faster than by three columns.
    one = keys[0] - keys[0].min()
    for key, width in zip(keys[1:], widths[1:], strict=True):
        one = (one << width) | (key - key.min())
    if (one[1:] > one[:-1]).all():
        return rows
    return rows[np.argsort(one, kind="stable")]


def with_texts(rows: pl.DataFrame, texts: pl.DataFrame) -> pl.DataFrame:
    """Rows with the texts that stand beside some of them."""
    if not texts.height:
        return rows.with_columns(text=pl.lit(None, pl.String), raw=pl.lit(None, pl.String))
    return rows.join(texts, on=KEY, how="left", maintain_order="left")
