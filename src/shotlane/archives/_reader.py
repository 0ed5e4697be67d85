"""An archive with the face of a store's reader: what is not asked for is not read."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import polars as pl

from shotlane.archives._bag import Bag, open_bag
from shotlane.archives._bag_tables import BagTables, Row
from shotlane.archives._bagging import PAYLOAD
from shotlane.archives._error import ArchiveError
from shotlane.archives._events import event_rows, lines_of
from shotlane.archives._facts import (
    channels_of,
    facts_in,
    notes_of,
    parameters_of,
    sessions_of,
    writers_of,
)
from shotlane.archives._readings import readings
from shotlane.archives._record import record_of
from shotlane.records import ChannelRecord
from shotlane.store import ParameterRecord, Query, RunRecord, Selection

T = TypeVar("T")
_BATCH = 20_000
_MOST_TEXT = 64 << 20


def open_archive(path: str | Path) -> "BagReader":
    """Open an archive to read its run. Raises `ArchiveError`."""
    bag = open_bag(Path(path))
    try:
        return BagReader(bag)
    except BaseException:
        bag.close()
        raise


class BagReader:
    """Reads the run of an archive; a `RunReader`. Close it, or use it in a `with`."""

    sqlite = False

    def __init__(self, bag: Bag) -> None:
        self.bag = bag
        self.facts = facts_in(bag)
        self._tables = BagTables(bag)

    @property
    def store(self) -> str:
        """Where the archive is."""
        return str(self.bag.path)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the archive. Safe to call twice."""
        self.bag.close()

    def read(self, name: str) -> bytes:
        """A file of the payload. Raises `ArchiveError`."""
        return self.bag.read(f"{PAYLOAD}/{name}")

    def holds(self, name: str) -> bool:
        """Whether the payload has a file."""
        return f"{PAYLOAD}/{name}" in self.bag.sizes

    def run(self, number: int | None = None) -> RunRecord:
        """The run in full. Raises `ArchiveError` when another one is asked for."""
        held = self.facts["run"]
        if number not in (None, held):
            raise ArchiveError(f"'{self.store}' holds run {held}, and not run {number}")
        return record_of(self.facts, self._tables, self.store)

    def channels(self, _: int = 0) -> tuple[ChannelRecord, ...]:
        """The channels by index."""
        return channels_of(self.facts)

    def parameters(self, _: int = 0) -> tuple[ParameterRecord, ...]:
        """The parameters in declared order."""
        return parameters_of(self.facts)

    def documents(self, _: int = 0) -> dict[str, str]:
        """The texts that were run, by name."""
        named = self.facts["documents"]
        return {name: self._text(path) for name, path in named.items()}

    def _text(self, path: str) -> str:
        try:
            return self.bag.read(f"{PAYLOAD}/{path}", _MOST_TEXT).decode("utf-8", "surrogatepass")
        except UnicodeDecodeError as error:
            raise ArchiveError(f"'{path}' of '{self.store}' is no text") from error

    def process(self, _: int = 0) -> str:
        """Who runs it: nobody."""
        return "nobody"

    def sessions(self, _: int = 0) -> list[Row]:
        """Who wrote it."""
        return sessions_of(self.facts)

    def writers(self, _: int = 0) -> list[Row]:
        """The programs of those."""
        return writers_of(self.facts)

    def notes(self, _: int = 0) -> list[Row]:
        """What people added later."""
        return notes_of(self.facts)

    def attachments(self, _: int = 0) -> dict[str, str]:
        """Texts that are the same for many runs, by name."""
        prefix = f"{PAYLOAD}/provenance/"
        names = [name.removeprefix(prefix) for name in self.bag.sizes if name.startswith(prefix)]
        return {name: self._text(f"provenance/{name}") for name in names}

    def shots(self, _: int = 0) -> list[Row]:
        """Rows as those of the store."""
        return self._tables.rows("shots")

    def attempts(self, _: int = 0) -> list[Row]:
        """Rows as those of the store."""
        return self._tables.rows("attempts")

    def results(self, _: int = 0) -> list[Row]:
        """Rows as those of the store."""
        return self._tables.rows("results")

    def polls(self, _: int = 0) -> list[Row]:
        """Rows as those of the store."""
        return self._tables.rows("polls")

    def holds_at_most(self, _: int, readings: int) -> bool:
        """Whether there are no more readings than that, by what the files say of themselves."""
        tables = self._tables
        return sum(tables.rows_in(file, "samples") for file in tables.files("samples")) <= readings

    def tallies(self, _: int = 0) -> list[Row]:
        """Rows as those of the store."""
        return self._tables.rows("tallies")

    def steps(self, _: int = 0, attempts: Sequence[int] | None = None) -> list[Row]:
        """Rows as those of the store; of some attempts by key, or of all."""
        return self._tables.rows("steps", attempts=attempts)

    def actions(self, _: int = 0, attempts: Sequence[int] | None = None) -> list[Row]:
        """Rows as those of the store; of some attempts by key, or of all."""
        return self._tables.rows("actions", attempts=attempts)

    def arrays(
        self, _: int = 0, channels: Sequence[int] | None = None, attempts: Sequence[int] | None = None
    ) -> list[Row]:
        """Rows as those of the store, unpacked."""
        rows = self._tables.rows("arrays", channels=channels, attempts=attempts)
        return [(*head, "none", data) for *head, data in rows]

    def events(self, _: int = 0) -> list[Row]:
        """Rows as those of the store."""
        return list(self.event_stream())

    def event_stream(self) -> Iterator[Row]:
        """The same, one at a time."""
        return event_rows(self.event_lines(), self.store)

    def event_lines(self) -> Iterator[bytes]:
        """Events as they are written, one at a time. Raises `ArchiveError` for what is too long to be one."""
        name = f"{PAYLOAD}/events.jsonl"
        with self.bag.told(name), self.bag.open(name) as file:
            yield from lines_of(file, self.store)

    def stream(self, name: str, size: int = _BATCH) -> Iterator[Row]:
        """The rows of a table as those of the store, `size` of them in memory at a time."""
        for frame in self.batches(name, size):
            yield from frame.rows()

    def batches(self, name: str, size: int) -> Iterator[pl.DataFrame]:
        """The same as frames."""
        return self._tables.batches(name, size)

    def each(self, name: str, columns: list[str]) -> Iterator[pl.DataFrame]:
        """Some columns of a table, one file of it at a time."""
        for file in self._tables.files(name):
            yield self._tables.collected(self._tables.scan(name, [file]).select(columns), name)

    def readings(self, chosen: Selection, columns: Mapping[str, str]) -> Iterator[pl.DataFrame]:
        """Readings in order, a part at a time; `columns` of the files by what they are to be called."""
        return readings(self._tables, chosen, columns)

    def table(
        self,
        query: Query,
        arrow: Callable[[Any], T],
        rows: Callable[[list[Row]], T],
        expected: int | None = None,
    ) -> T:
        """What `arrow` makes of the rows of a query, which can only be that for parameters."""
        called = {"parameter": "parameter_index"}
        columns = [pl.col(called.get(name, name)).alias(name) for name in query.columns]
        return arrow(self._tables.collected(self._tables.scan("parameters").select(columns), "parameters"))

    def part(self, name: str, columns: list[str], attempts: list[int]) -> pl.DataFrame:
        """Some columns of a table of attempts, of those whose keys are given in order."""
        key = pl.col("attempt_key")
        found = self._tables.scan(name).filter(key.is_between(attempts[0], attempts[-1]), key.is_in(attempts))
        return self._tables.collected(found.select(columns), name)
