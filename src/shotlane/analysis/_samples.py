"""Readings as frames, at once or as a source that polars asks for some columns of some rows."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import polars as pl

from shotlane.analysis import _push as push
from shotlane.analysis import _types as types
from shotlane.analysis._bag_source import BagSource
from shotlane.analysis._sample_source import SampleSource, WantedSamples
from shotlane.archives import BagReader
from shotlane.store import RunReader


@dataclass(frozen=True, slots=True)
class SampleScan:
    """Readings of a run that are read when they are asked for."""

    reader: Callable[[], RunReader]
    wanted: WantedSamples

    @property
    def schema(self) -> types.Schema:
        """Every column with its type."""
        return {**types.SAMPLES, **self.wanted.parameters}

    def frame(self, columns: list[str] | None = None) -> pl.DataFrame:
        """All of them, with all columns or with some."""
        return pl.concat(self.pieces(columns, None, None, None))

    def pieces(
        self,
        columns: list[str] | None,
        condition: pl.Expr | None,
        most: int | None,
        _: int | None,
    ) -> Iterator[pl.DataFrame]:
        """What polars asks of a source: some columns, of the rows that a condition keeps, at most so many."""
        asked = list(self.schema) if columns is None else columns
        needed = asked if condition is None else [*asked, *condition.meta.root_names()]
        # Old versions of polars fail where nothing comes at all.
        yield pl.DataFrame(schema={name: self.schema[name] for name in asked})
        with self.reader() as reader:
            for piece in self._source(reader, push.parts(condition)).pieces(set(needed)):
                found = piece if condition is None else piece.filter(condition)
                found = found if most is None else found.head(most)
                yield found.select(asked)
                if most is not None and (most := most - found.height) <= 0:
                    return

    def _source(self, reader: RunReader, conditions: list[pl.Expr]) -> SampleSource:
        if isinstance(reader, BagReader):
            return BagSource(self.wanted, reader, conditions)
        return SampleSource(self.wanted, reader, conditions)
