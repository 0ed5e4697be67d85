"""The readings of a run from an archive, a part of a file at a time.

Its files hold the words beside the keys, in the order that is wanted: nothing is joined, nothing sorted, and
of most columns there is nothing to do but to read them.
"""

from collections.abc import Iterator

import polars as pl

from shotlane.analysis import _types as types
from shotlane.analysis._sample_rows import SampleRows
from shotlane.analysis._sample_source import SampleSource, WantedSamples
from shotlane.archives import BagReader

# Columns of the files by what `SampleRows` calls them.
_CALLED = {
    "@shot": "shot",
    "@attempt": "attempt",
    "@channel": "channel",
    "attempt": "attempt_key",
    "channel": "channel_index",
    "status": "status_number",
}
_BEGAN = ("target_ns", "requested_ns")
# What each column is made of; the others are parameters, which an attempt has.
_NEEDS = {
    "run": (),
    **{name: (f"@{name}",) for name in ("shot", "attempt", "channel")},
    **{name: (name,) for name in ("tick", "status", "target_ns", "requested_ns", "received_ns", "raw")},
    "step": ("attempt", "target_ns"),
    "t": _BEGAN,
    "time": ("attempt", *_BEGAN),
    "lateness_ns": _BEGAN,
    **dict.fromkeys(("value", "text"), ("channel", "value", "text")),
}


class BagSource(SampleSource):
    """One pass over a scan of an archive."""

    def __init__(self, wanted: WantedSamples, reader: BagReader, conditions: list[pl.Expr]) -> None:
        super().__init__(wanted, reader, conditions)
        self._bag = reader

    def pieces(self, columns: set[str]) -> Iterator[pl.DataFrame]:
        """Frames with at least these columns."""
        if not (self._attempts.height and self._names.height and self._states):
            return
        steps = types.frame(self._bag.steps() if "step" in columns else [], types.STEP_ROWS)
        chosen = self._selection(self._attempts["@id"].to_list())
        needed = dict.fromkeys(part for name in columns for part in _NEEDS.get(name, ("attempt",)))
        asked = {name: _CALLED.get(name, name) for name in needed or ("tick",)}
        own = [pl.lit(self._wanted.run, pl.Int64).alias("@run")] if "run" in columns else []
        for rows in self._bag.readings(chosen, asked):
            told = rows.with_columns(own)
            yield SampleRows(told, self._attempts, self._wanted.channels, steps).frame(columns)
