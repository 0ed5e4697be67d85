"""An archive with the face of a store's reader: what is not asked for is not read."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self, TypeVar

import polars as pl

from shotlane.archives._bag import Bag, open_bag
from shotlane.archives._bagging import PAYLOAD
from shotlane.archives._error import ArchiveError
from shotlane.archives._events import event_rows
from shotlane.archives._facts import (
    FORMAT,
    Facts,
    channels_of,
    notes_of,
    parameters_of,
    sessions_of,
    summary_of,
    writers_of,
)
from shotlane.archives._parquet import check_parquet
from shotlane.archives._sound import check_facts, check_rows
from shotlane.archives._tables import ACTIONS, ARRAYS, SAMPLES, TABLES, Table
from shotlane.records import ChannelRecord, Outcome
from shotlane.store import (
    AttemptFault,
    ParameterRecord,
    Query,
    RunRecord,
    RunSummary,
    Selection,
    notes_of_rows,
)

T = TypeVar("T")
Row = tuple[Any, ...]
_TABLES = {**TABLES, "samples": SAMPLES, "actions": ACTIONS, "arrays": ARRAYS}
# Columns of the store by what they are called in a file.
_CALLED = {
    "sample": {"attempt": "attempt_key", "channel": "channel_index", "status": "status_number"},
    "sample_text": {"attempt": "attempt_key", "channel": "channel_index"},
    "shot_parameter": {"parameter": "parameter_index"},
}
_BATCH = 20_000
# What of a file is decoded at once, as it is written; arrays may be large.
_SLICE = 1 << 18
_MOST_FACTS = 32 << 20
_MOST_TEXT = 64 << 20
# A table that is wanted whole; samples and actions are read in parts.
_MOST_ROWS = 10_000_000
_COUNTS = ("planned", "ok", "late", "failed", "missed", "dropped", "unreached")


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
        self.facts = _facts(bag)
        self._rows_of: dict[str, int] = {}
        self._spans: dict[str, tuple[int, int]] = {}

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
        facts, summary = self.facts, self._summary()
        if number not in (None, summary.number):
            raise ArchiveError(f"'{self.store}' holds run {summary.number}, and not run {number}")
        return RunRecord(
            summary=summary,
            description=facts["description"],
            reason=facts["reason"],
            plan_digest=facts["plan_digest"],
            environment=facts["environment"],
            figures=facts["figures"],
            channels=self.channels(),
            parameters=self.parameters(),
            documents=tuple(facts["documents"]),
            outcomes=summary.outcomes,
            tallies=self._tally_sums(),
            faults=self._faults(),
            session=facts["session"],
            ordinal=facts["ordinal"],
            repeats=facts["repeats"],
            tags=tuple(facts["tags"]),
            notes=notes_of_rows(self.notes()),
        )

    def _summary(self) -> RunSummary:
        return replace(summary_of(self.facts), outcomes=self._outcomes())

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
        return self._rows("shots")

    def attempts(self, _: int = 0) -> list[Row]:
        """Rows as those of the store."""
        return self._rows("attempts")

    def results(self, _: int = 0) -> list[Row]:
        """Rows as those of the store."""
        return self._rows("results")

    def polls(self, _: int = 0) -> list[Row]:
        """Rows as those of the store."""
        return self._rows("polls")

    def holds_at_most(self, _: int, readings: int) -> bool:
        """Whether there are no more readings than that, by what the files say of themselves."""
        return sum(map(self._rows_in, self._files("samples"))) <= readings

    def _rows_in(self, file: str) -> int:
        if file not in self._rows_of:
            self._scanned("samples", [file])
        return self._rows_of[file]

    def tallies(self, _: int = 0) -> list[Row]:
        """Rows as those of the store."""
        return self._rows("tallies")

    def steps(self, _: int = 0, attempts: Sequence[int] | None = None) -> list[Row]:
        """Rows as those of the store; of some attempts by key, or of all."""
        return self._rows("steps", attempts=attempts)

    def actions(self, _: int = 0, attempts: Sequence[int] | None = None) -> list[Row]:
        """Rows as those of the store; of some attempts by key, or of all."""
        return self._rows("actions", attempts=attempts)

    def arrays(
        self, _: int = 0, channels: Sequence[int] | None = None, attempts: Sequence[int] | None = None
    ) -> list[Row]:
        """Rows as those of the store, unpacked."""
        rows = self._rows("arrays", channels=channels, attempts=attempts)
        return [(*head, "none", data) for *head, data in rows]

    def events(self, _: int = 0) -> list[Row]:
        """Rows as those of the store."""
        return list(self.event_stream())

    def event_stream(self) -> Iterator[Row]:
        """The same, one at a time."""
        name = f"{PAYLOAD}/events.jsonl"
        with self.bag.told(name), self.bag.open(name) as file:
            yield from event_rows(file, self.store)

    def stream(self, name: str, size: int = _BATCH) -> Iterator[Row]:
        """The rows of a table as those of the store, `size` of them in memory at a time."""
        for frame in self.batches(name, size):
            yield from frame.rows()

    def batches(self, name: str, size: int) -> Iterator[pl.DataFrame]:
        """The same as frames."""
        step = size if name == "arrays" else max(size, _SLICE)
        for file in self._files(name):
            found = self._scanned(name, [file]).select(list(_TABLES[name].stored))
            for offset in range(0, self._rows_of[file], step):
                yield from self._collected(found.slice(offset, step), name).iter_slices(size)

    def each(self, name: str, columns: list[str]) -> Iterator[pl.DataFrame]:
        """Some columns of a table, one file of it at a time."""
        for file in self._files(name):
            yield self._collected(self._scanned(name, [file]).select(columns), name)

    def table(
        self,
        query: Query,
        arrow: Callable[[Any], T],
        rows: Callable[[list[Row]], T],
        expected: int | None = None,
    ) -> T:
        """What `arrow` makes of the rows of a query."""
        called = _CALLED[query.table]
        name = "parameters" if query.table == "shot_parameter" else "samples"
        found = self._scanned(name, self._files_with(name, query.chosen))
        if query.table == "sample_text":
            found = found.filter(pl.col("text").is_not_null() | pl.col("raw").is_not_null())
        if query.chosen is not None:
            found = found.filter(*_conditions(query.chosen))
        columns = [pl.col(called.get(name, name)).alias(name) for name in query.columns]
        return arrow(self._collected(found.select(columns), name))

    def part(self, name: str, columns: list[str], attempts: list[int]) -> pl.DataFrame:
        """Some columns of a table of attempts, of those whose keys are given in order."""
        key = pl.col("attempt_key")
        found = self._scan(name).filter(key.is_between(attempts[0], attempts[-1]), key.is_in(attempts))
        return self._collected(found.select(columns), name)

    def _rows(
        self, name: str, *, channels: Sequence[int] | None = None, attempts: Sequence[int] | None = None
    ) -> list[Row]:
        found = self._scan(name)
        if channels is not None:
            found = found.filter(pl.col("channel_index").is_in(list(channels)))
        if attempts is not None:
            found = found.filter(pl.col("attempt_key").is_in(list(attempts)))
        return self._collected(found.select(list(_TABLES[name].stored)), name).rows()

    def _collected(self, frame: pl.LazyFrame, name: str) -> pl.DataFrame:
        """Rows of a table, looked at before anybody uses them."""
        try:
            rows = frame.collect()
        # What is damaged inside of a file may make polars give up altogether.
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
            first = str(error).partition("\n")[0]
            told = f"a table of '{self.store}' cannot be read: {first}"
            raise ArchiveError(told, f"shotlane verify {self.store}") from error
        check_rows(rows, sum(self.bag.sizes[file] for file in self._files(name)))
        return rows

    def _scan(self, name: str) -> pl.LazyFrame:
        """A table as its files have it; with its columns and no rows where there is no file."""
        return self._scanned(name, self._files(name))

    def _scanned(self, name: str, files: list[str]) -> pl.LazyFrame:
        if not files:
            return pl.LazyFrame(schema=_schema(_TABLES[name]))
        sources = self.bag.sources(files)
        each: list[Path | IO[bytes]] = [*sources]
        for file, source in zip(files, each, strict=True):
            if file not in self._rows_of:
                self._rows_of[file] = self._looked_at(file, source, name)
        return pl.scan_parquet(sources, glob=False)

    def _looked_at(self, file: str, source: Path | IO[bytes], name: str) -> int:
        """The rows of a file that may be read. Raises `ArchiveError` for one that may not."""
        with ExitStack() as stack:
            opened = stack.enter_context(source.open("rb")) if isinstance(source, Path) else source
            rows = check_parquet(opened, self.bag.sizes[file], f"{file}' of '{self.store}")
            opened.seek(0)
        if name in TABLES and rows > _MOST_ROWS:
            raise ArchiveError(f"'{file}' is refused: it holds {rows:,} rows")
        try:
            found = pl.read_parquet_schema(source)
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
            raise ArchiveError(f"'{file}' of '{self.store}' cannot be read") from error
        if not isinstance(source, Path):
            source.seek(0)
        for column, kind in _schema(_TABLES[name]).items():
            if found.get(column) != kind:
                raise ArchiveError(
                    f"'{file}' of '{self.store}' is damaged: its column '{column}' is no {kind}"
                )
        return rows

    def _files_with(self, name: str, chosen: Selection | None) -> list[str]:
        """Those files of a table that may hold readings of the attempts that are asked for."""
        files = self._files(name)
        if chosen is None or len(files) < 2:
            return files
        first, last = chosen.attempts[0], chosen.attempts[-1]
        spans = {file: self._span(name, file) for file in files}
        return [file for file, (low, high) in spans.items() if low <= last and high >= first]

    def _span(self, name: str, file: str) -> tuple[int, int]:
        """The first and the last attempt in a file."""
        if file not in self._spans:
            key = pl.col("attempt_key")
            ends = self._scanned(name, [file]).select(key.min().alias("low"), key.max().alias("high"))
            low, high = self._collected(ends, name).row(0)
            self._spans[file] = (0, -1) if low is None else (low, high)
        return self._spans[file]

    def _files(self, name: str) -> list[str]:
        if name in TABLES:
            return [f"{PAYLOAD}/tables/{name}.parquet"]
        return [one for one in self.bag.sizes if one.startswith(f"{PAYLOAD}/{name}/")]

    def _outcomes(self) -> dict[Outcome, int]:
        ended = [row[1] for row in self.shots() if row[1] is not None]
        return {outcome: ended.count(outcome.value) for outcome in Outcome if outcome.value in ended}

    def _tally_sums(self) -> dict[tuple[str, str], tuple[int, ...]]:
        sums = self._scan("tallies").group_by("channel", "what").agg(pl.col(_COUNTS).sum())
        rows = self._collected(sums.sort("channel", "what"), "tallies").rows()
        return {(channel, what): tuple(counts) for channel, what, *counts in rows}

    def _faults(self) -> tuple[AttemptFault, ...]:
        rows = [row for row in self.attempts() if row[7] is not None]
        return tuple(
            AttemptFault(
                shot,
                attempt,
                None if outcome is None else Outcome(outcome),
                fault,
                message or "",
                self._context(context),
            )
            for _, shot, attempt, outcome, *_, fault, message, context in rows
        )

    def _context(self, text: str | None) -> dict[str, Any]:
        try:
            found = json.loads(text or "{}")
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            raise ArchiveError(f"'{self.store}' is damaged: what is known of a fault is no JSON object")
        return found


def _facts(bag: Bag) -> Facts:
    try:
        facts = json.loads(bag.read(f"{PAYLOAD}/run.json", _MOST_FACTS))
        made_by = facts["archive"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ArchiveError(f"'{bag.path}' is no archive of shotlane: its run.json is damaged") from error
    if made_by != FORMAT:
        told = f"'{bag.path}' is an archive of format {made_by}, and this version reads format {FORMAT}"
        raise ArchiveError(told, "use the version of shotlane that made it")
    check_facts(facts, str(bag.path))
    found: Facts = facts
    return found


def _schema(table: Table) -> dict[str, Any]:
    return {name: column.kind for name, column in table.columns.items()}


def _conditions(chosen: Selection) -> list[pl.Expr]:
    """What a selection asks for; bounds that would need other tables are left to who asks."""
    key = pl.col("attempt_key")
    keys = list(chosen.attempts)
    found = [key >= keys[0], key <= keys[-1]]
    if not chosen.gapless:
        found.append(key.is_in(keys))
    if chosen.channels is not None:
        found.append(pl.col("channel_index").is_in(list(chosen.channels)))
    if chosen.statuses is not None:
        found.append(pl.col("status_number").is_in(list(chosen.statuses)))
    for name, (low, high) in chosen.bounds.items():
        if name in SAMPLES.stored:
            found += [] if low is None else [pl.col(name) >= low]
            found += [] if high is None else [pl.col(name) <= high]
    return found
