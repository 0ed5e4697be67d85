"""The Parquet tables of a bag, read as far as they are wanted.

A file is looked at before polars sees it, and rows before anybody uses them: what a stranger made is refused,
and what is damaged is told.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any

import polars as pl

from shotlane.archives._bag import Bag
from shotlane.archives._bagging import PAYLOAD
from shotlane.archives._error import ArchiveError
from shotlane.archives._parquet import check_parquet
from shotlane.archives._sound import check_rows
from shotlane.archives._tables import ACTIONS, ARRAYS, SAMPLES, TABLES, Table

Row = tuple[Any, ...]
_TABLES: Mapping[str, Table] = {**TABLES, "samples": SAMPLES, "actions": ACTIONS, "arrays": ARRAYS}
# What of a file is decoded at once, as it is written; arrays may be large.
_SLICE = 1 << 18
# A table that is wanted whole; samples and actions are read in parts.
_MOST_ROWS = 10_000_000


class BagTables:
    """The tables of a bag by name."""

    def __init__(self, bag: Bag) -> None:
        self._bag = bag
        self._rows_in: dict[str, int] = {}
        self._spans: dict[str, tuple[int, int]] = {}

    def files(self, name: str) -> list[str]:
        """The files of a table in the order of their rows."""
        if name in TABLES:
            return [f"{PAYLOAD}/tables/{name}.parquet"]
        return [one for one in self._bag.sizes if one.startswith(f"{PAYLOAD}/{name}/")]

    def rows_in(self, file: str, name: str) -> int:
        """How many rows a file of a table says that it has."""
        if file not in self._rows_in:
            self.scan(name, [file])
        return self._rows_in[file]

    def span(self, file: str, name: str) -> tuple[int, int]:
        """The least and the greatest key of an attempt in a file; the other way round where there is none."""
        if file not in self._spans:
            key = pl.col("attempt_key")
            ends = self.scan(name, [file]).select(key.min().alias("low"), key.max().alias("high"))
            low, high = self.collected(ends, name).row(0)
            self._spans[file] = (0, -1) if low is None else (low, high)
        return self._spans[file]

    def scan(self, name: str, files: Sequence[str] | None = None) -> pl.LazyFrame:
        """A table, or some files of it; with its columns and no rows where there is no file."""
        files = self.files(name) if files is None else files
        if not files:
            return pl.LazyFrame(schema=_schema(_TABLES[name]))
        sources = self._bag.sources(files)
        each: list[Path | IO[bytes]] = [*sources]
        for file, source in zip(files, each, strict=True):
            if file not in self._rows_in:
                self._rows_in[file] = self._looked_at(file, source, name)
        return pl.scan_parquet(sources, glob=False)

    def collected(self, frame: pl.LazyFrame, name: str) -> pl.DataFrame:
        """Rows of a table, looked at before anybody uses them."""
        try:
            rows = frame.collect()
        # What is damaged inside of a file may make polars give up altogether.
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
            first = str(error).partition("\n")[0]
            told = f"a table of '{self._bag.path}' cannot be read: {first}"
            raise ArchiveError(told, f"shotlane verify {self._bag.path}") from error
        check_rows(rows, sum(self._bag.sizes[file] for file in self.files(name)))
        return rows

    def rows(
        self, name: str, *, channels: Sequence[int] | None = None, attempts: Sequence[int] | None = None
    ) -> list[Row]:
        """Rows as those of the store; of some channels and attempts by key, or of all."""
        found = self.scan(name)
        if channels is not None:
            found = found.filter(pl.col("channel_index").is_in(list(channels)))
        if attempts is not None:
            found = found.filter(pl.col("attempt_key").is_in(list(attempts)))
        return self.collected(found.select(list(_TABLES[name].stored)), name).rows()

    def batches(self, name: str, size: int) -> Iterator[pl.DataFrame]:
        """The same of a whole table as frames, of `size` rows or less."""
        step = size if name == "arrays" else max(size, _SLICE)
        for file in self.files(name):
            found = self.scan(name, [file]).select(list(_TABLES[name].stored))
            for offset in range(0, self.rows_in(file, name), step):
                yield from self.collected(found.slice(offset, step), name).iter_slices(size)

    def _looked_at(self, file: str, source: Path | IO[bytes], name: str) -> int:
        """The rows of a file that may be read. Raises `ArchiveError` for one that may not."""
        place = f"'{file}' of '{self._bag.path}'"
        with ExitStack() as stack:
            opened = stack.enter_context(source.open("rb")) if isinstance(source, Path) else source
            rows = check_parquet(opened, self._bag.sizes[file], place[1:-1])
            opened.seek(0)
        if name in TABLES and rows > _MOST_ROWS:
            raise ArchiveError(f"'{file}' is refused: it holds {rows:,} rows")
        try:
            found = pl.read_parquet_schema(source)
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
            raise ArchiveError(f"{place} cannot be read") from error
        if not isinstance(source, Path):
            source.seek(0)
        for column, kind in _schema(_TABLES[name]).items():
            if found.get(column) != kind:
                raise ArchiveError(f"{place} is damaged: its column '{column}' is no {kind}")
        return rows


def _schema(table: Table) -> dict[str, Any]:
    return {name: column.kind for name, column in table.columns.items()}
