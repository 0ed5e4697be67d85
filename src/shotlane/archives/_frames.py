"""From rows of the store to the tables of an archive, and to Parquet files that are the same every time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Any

import polars as pl

from shotlane.archives._tables import Table
from shotlane.records import ActionKind, Status
from shotlane.store import RunReader

_KEYS = ["attempt_key", "channel_index", "tick"]
_GROUP_ROWS = 1 << 18


@dataclass(frozen=True, slots=True)
class Words:
    """What the keys of a run stand for."""

    attempts: pl.DataFrame
    channels: pl.DataFrame
    parameters: pl.DataFrame

    def tell(self, rows: pl.DataFrame, table: Table) -> pl.DataFrame:
        """The rows with their words in front, in the order in which they come."""
        return self.worded(rows, table).select(list(table.columns))

    def worded(self, rows: pl.DataFrame, table: Table) -> pl.DataFrame:
        """Rows that have at least the keys of a table, with their words behind."""
        if "attempt_key" in table.stored and "shot" in table.words:
            rows = rows.join(self.attempts, on="attempt_key", how="left", maintain_order="left")
        if "channel_index" in table.stored:
            rows = rows.join(self.channels, on="channel_index", how="left", maintain_order="left")
        if "parameter_index" in table.stored:
            rows = rows.join(self.parameters, on="parameter_index", how="left", maintain_order="left")
        if "status_number" in table.stored:
            rows = rows.with_columns(_named("status_number", Status).alias("status"))
        if "kind_number" in table.stored:
            rows = rows.with_columns(_named("kind_number", ActionKind).alias("kind"))
        return rows


def words_of(reader: RunReader, run: int) -> Words:
    """Read them."""
    attempts = [(key, shot, attempt) for key, shot, attempt, *_ in reader.attempts(run)]
    channels = [(one.index, one.name) for one in reader.channels(run)]
    parameters = [(index, one.name) for index, one in enumerate(reader.parameters(run))]
    return Words(
        _frame(attempts, {"attempt_key": pl.Int64, "shot": pl.Int64, "attempt": pl.Int64}),
        _frame(channels, {"channel_index": pl.Int64, "channel": pl.String}),
        _frame(parameters, {"parameter_index": pl.Int64, "parameter": pl.String}),
    )


def _frame(rows: Sequence[tuple[Any, ...]], schema: Mapping[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=dict(schema), orient="row")


def _named(column: str, words: type[IntEnum]) -> pl.Expr:
    names = {int(word): word.name.lower() for word in words}
    return pl.col(column).replace_strict(names, default=None, return_dtype=pl.String)


def stored(rows: Sequence[tuple[Any, ...]], table: Table) -> pl.DataFrame:
    """Rows of the reader as the table's own columns."""
    return _frame(rows, {name: column.kind for name, column in table.stored.items()})


def in_order(rows: pl.DataFrame) -> pl.DataFrame:
    """Readings by attempt, channel and tick; a store may give them in any order."""
    return rows.sort(_KEYS)


def write(frame: pl.DataFrame, path: Path, group_rows: int = _GROUP_ROWS) -> int:
    """Write a table; the number of its rows."""
    path.parent.mkdir(parents=True, exist_ok=True)
    frame.write_parquet(
        path, compression="zstd", compression_level=3, statistics=True, row_group_size=group_rows
    )
    return frame.height
