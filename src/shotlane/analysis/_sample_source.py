"""The readings of a run from the store, in pieces of whole attempts.

So a run larger than the memory can be streamed; what is not asked for is not read.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import cast

import numpy as np
import polars as pl

from shotlane.analysis import _frames as frames
from shotlane.analysis import _push as push
from shotlane.analysis import _shots
from shotlane.analysis import _types as types
from shotlane.analysis._ahead import ahead
from shotlane.analysis._sample_rows import STATUS_WORDS, SampleRows, in_order, with_texts
from shotlane.records import ChannelRecord, Status
from shotlane.store import KEY, RunReader, Selection, samples_of, texts_of

_PIECE_ROWS = 2_500_000
# While a server sends one piece, another is made into a frame.
_AT_ONCE = 2
# Attempts, and how many rows they have, where that is known.
_Share = tuple[pl.DataFrame, int | None]
# What each column is made of, beside the key.
_NEEDS = {
    "step": ("target_ns",),
    "t": ("began_ns",),
    "time": ("began_ns",),
    "value": ("value",),
    "text": ("value",),
    "status": ("status",),
    "target_ns": ("target_ns",),
    "requested_ns": ("requested_ns",),
    "received_ns": ("received_ns",),
    "lateness_ns": ("target_ns", "requested_ns"),
}
# What `began_ns` can be made of.
_BEGAN = frozenset({"target_ns", "requested_ns"})
_WITH_TEXT = frozenset({"value", "text", "raw"})
_ROUNDING_NS = 1_000  # seconds as floats are exact to far less


@dataclass(frozen=True, slots=True)
class WantedSamples:
    """Which readings of a run. `which`: good, last or all attempts; `parameters`: as further columns."""

    run: int
    channels: Sequence[ChannelRecord]
    every_channel: bool
    which: str
    parameters: types.Schema = field(default_factory=dict)


class SampleSource:
    """One pass over a scan: what its conditions leave, and the small tables that rows are named from."""

    def __init__(self, wanted: WantedSamples, reader: RunReader, conditions: list[pl.Expr]) -> None:
        self._wanted = wanted
        self._reader = reader
        every = frames.attempts(reader, wanted.run)
        self._keys = every["id"].to_numpy()
        # What is ours has an @, which no parameter has: conditions are looked up by name.
        good = frames.well(every, wanted.which).select(
            "run", "shot", "attempt", *(pl.col(name).alias(f"@{name}") for name in ("id", "origin", "ended"))
        )
        if wanted.parameters:
            values = _shots.parameter_columns(reader, wanted.run, good.height).select(
                "shot", *wanted.parameters
            )
            good = good.join(values, on="shot", how="left", maintain_order="left")
        self._attempts = push.kept(good.sort("@id"), conditions)
        names = pl.DataFrame(
            [(one.index, one.name) for one in wanted.channels],
            schema={"@index": pl.Int64, "channel": pl.String},
            orient="row",
        )
        self._names = push.kept(names, conditions)
        states = STATUS_WORDS.to_frame("status").with_row_index("@number")
        self._states = push.kept(states, conditions)["@number"].to_list()
        self._bounds = _in_store(push.bounds(conditions))

    def pieces(self, columns: set[str]) -> Iterator[pl.DataFrame]:
        """Frames with at least these columns."""
        if not self._names.height or not self._states:
            return
        for piece in self._made(lambda share: self._piece(*share, columns)):
            if piece.height:
                yield piece

    def _made(self, make: Callable[[_Share], pl.DataFrame]) -> Iterator[pl.DataFrame]:
        # SQLite's driver wants its file for itself.
        shares = self._shares()
        return map(make, shares) if self._reader.sqlite else ahead(make, shares, _AT_ONCE)

    def _shares(self) -> Iterator[_Share]:
        """The attempts in shares of so many rows, by what was counted; one that goes on is by itself."""
        # The counts of ten thousand shots take longer to look at than their readings to be read.
        if self._attempts.height and self._reader.holds_at_most(self._wanted.run, _PIECE_ROWS):
            yield self._attempts, None
            return
        tallies = types.frame(self._reader.tallies(self._wanted.run), types.TALLY_ROWS)
        read = (pl.col("what") == "readings") & pl.col("channel").is_in(self._names["channel"].to_list())
        rows = (pl.col("planned") - pl.col("unreached")).sum().alias("@rows")
        counts = tallies.filter(read).group_by(pl.col("id").alias("@id")).agg(rows)
        known = self._attempts.join(counts, on="@id", how="left", maintain_order="left").select(
            pl.when(pl.col("@ended").is_not_null()).then(pl.col("@rows").fill_null(0))
        )
        begin, total = 0, cast("int | None", 0)
        for at, count in enumerate(known.to_series().to_list()):
            if at > begin and (count is None or total is None or total + count > _PIECE_ROWS):
                yield self._attempts.slice(begin, at - begin), total
                begin, total = at, 0
            total = None if count is None else total + count
        if begin < self._attempts.height:
            yield self._attempts.slice(begin), total

    def _piece(self, attempts: pl.DataFrame, expected: int | None, columns: set[str]) -> pl.DataFrame:
        chosen = self._selection(attempts["@id"].to_list())
        wanted = {*KEY, *(name for column in columns for name in _NEEDS.get(column, ()))}
        if wanted >= _BEGAN:
            wanted.discard("began_ns")
        kinds = {name: kind for name, kind in types.STORED_SAMPLES.items() if name in wanted}
        rows = in_order(frames.table(self._reader, samples_of(chosen, list(kinds)), kinds, expected))
        if columns & _WITH_TEXT:
            rows = with_texts(rows, frames.table(self._reader, texts_of(chosen), types.STORED_TEXTS))
        steps = types.frame(
            self._reader.steps(self._wanted.run) if "step" in columns else [], types.STEP_ROWS
        )
        return SampleRows(rows, attempts, self._wanted.channels, steps).frame(columns)

    def _selection(self, keys: list[int]) -> Selection:
        first, last = np.searchsorted(self._keys, [keys[0], keys[-1]])
        return Selection(
            attempts=keys,
            gapless=bool(last - first + 1 == len(keys)),
            channels=self._names["@index"].to_list() if self._chooses_channels else None,
            statuses=self._states if len(self._states) < len(Status) else None,
            bounds=self._bounds,
        )

    @property
    def _chooses_channels(self) -> bool:
        return not self._wanted.every_channel or self._names.height < len(self._wanted.channels)


def _in_store(bounds: push.Bounds) -> dict[str, tuple[int | None, int | None]]:
    """Bounds of columns as bounds of what the store keeps, never tighter."""
    found = {}
    for name, (low, high) in bounds.items():
        if name == "t":
            floor = None if low is None else int(np.floor(low * 1e9)) - _ROUNDING_NS
            found["began_ns"] = (floor, None if high is None else int(np.ceil(high * 1e9)) + _ROUNDING_NS)
        elif name in ("tick", "target_ns", "requested_ns", "received_ns", "time"):
            key = "began_utc_ns" if name == "time" else name
            found[key] = (_whole(low, -1), _whole(high, 1))
    return found


def _whole(value: float | int | None, slack: int) -> int | None:
    return None if value is None else int(value) + slack
