"""An archive with the face of a store's reader: what is not asked for is not read."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

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
_SECTIONS = {
    "environment": dict,
    "documents": dict,
    "figures": dict,
    "channels": list,
    "parameters": list,
    "sessions": list,
    "notes": list,
    "description": str,
}
_BATCH = 20_000
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
        try:
            return replace(summary_of(self.facts), outcomes=self._outcomes())
        except (KeyError, TypeError, ValueError) as error:
            raise ArchiveError(f"'{self.store}' is damaged: its run.json lacks {error}") from error

    def channels(self, _: int = 0) -> tuple[ChannelRecord, ...]:
        """The channels by index."""
        return channels_of(self.facts)

    def parameters(self, _: int = 0) -> tuple[ParameterRecord, ...]:
        """The parameters in declared order."""
        return parameters_of(self.facts)

    def documents(self, _: int = 0) -> dict[str, str]:
        """The texts that were run, by name."""
        named = self.facts["documents"]
        return {name: self.read(path).decode("utf-8", "surrogatepass") for name, path in named.items()}

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
        return {name: self.read(f"provenance/{name}").decode("utf-8", "replace") for name in names}

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
        with self.bag.open(f"{PAYLOAD}/events.jsonl") as file:
            yield from event_rows(file)

    def stream(self, name: str, size: int = _BATCH) -> Iterator[Row]:
        """The rows of a table as those of the store, `size` of them in memory at a time."""
        for frame in self.batches(name, size):
            yield from frame.rows()

    def batches(self, name: str, size: int) -> Iterator[pl.DataFrame]:
        """The same as frames."""
        for file in self._files(name):
            found = pl.scan_parquet(self.bag.sources([file]), glob=False)
            rows = self._collected(found.select(pl.len())).item()
            for offset in range(0, rows, size):
                yield self._collected(found.select(list(_TABLES[name].stored)).slice(offset, size))

    def table(
        self,
        query: Query,
        arrow: Callable[[Any], T],
        rows: Callable[[list[Row]], T],
        expected: int | None = None,
    ) -> T:
        """What `arrow` makes of the rows of a query."""
        called = _CALLED[query.table]
        found = self._scan("parameters" if query.table == "shot_parameter" else "samples")
        if query.table == "sample_text":
            found = found.filter(pl.col("text").is_not_null() | pl.col("raw").is_not_null())
        if query.chosen is not None:
            found = found.filter(*_conditions(query.chosen))
        columns = [pl.col(called.get(name, name)).alias(name) for name in query.columns]
        return arrow(self._collected(found.select(columns)))

    def part(self, name: str, columns: list[str], attempts: list[int]) -> pl.DataFrame:
        """Some columns of a table of attempts, of those whose keys are given in order."""
        key = pl.col("attempt_key")
        found = self._scan(name).filter(key.is_between(attempts[0], attempts[-1]), key.is_in(attempts))
        return self._collected(found.select(columns))

    def _rows(
        self, name: str, *, channels: Sequence[int] | None = None, attempts: Sequence[int] | None = None
    ) -> list[Row]:
        found = self._scan(name)
        if channels is not None:
            found = found.filter(pl.col("channel_index").is_in(list(channels)))
        if attempts is not None:
            found = found.filter(pl.col("attempt_key").is_in(list(attempts)))
        return self._collected(found.select(list(_TABLES[name].stored))).rows()

    def _collected(self, frame: pl.LazyFrame) -> pl.DataFrame:
        try:
            return frame.collect()
        except pl.exceptions.PolarsError as error:
            first = str(error).partition("\n")[0]
            told = f"a table of '{self.store}' cannot be read: {first}"
            raise ArchiveError(told, f"shotlane verify {self.store}") from error

    def _scan(self, name: str) -> pl.LazyFrame:
        """A table as its files have it; with its columns and no rows where there is no file."""
        names = self._files(name)
        if not names:
            return pl.LazyFrame(schema=_schema(_TABLES[name]))
        return pl.scan_parquet(self.bag.sources(names), glob=False)

    def _files(self, name: str) -> list[str]:
        if name in TABLES:
            return [f"{PAYLOAD}/tables/{name}.parquet"]
        return [one for one in self.bag.sizes if one.startswith(f"{PAYLOAD}/{name}/")]

    def _outcomes(self) -> dict[Outcome, int]:
        ended = [row[1] for row in self.shots() if row[1] is not None]
        return {outcome: ended.count(outcome.value) for outcome in Outcome if outcome.value in ended}

    def _tally_sums(self) -> dict[tuple[str, str], tuple[int, ...]]:
        sums = self._scan("tallies").group_by("channel", "what").agg(pl.col(_COUNTS).sum())
        rows = self._collected(sums.sort("channel", "what")).rows()
        return {(channel, what): tuple(counts) for channel, what, *counts in rows}

    def _faults(self) -> tuple[AttemptFault, ...]:
        return tuple(
            AttemptFault(
                shot,
                attempt,
                None if outcome is None else Outcome(outcome),
                fault,
                message or "",
                json.loads(context or "{}"),
            )
            for _, shot, attempt, outcome, *_, fault, message, context in self.attempts()
            if fault is not None
        )


def _facts(bag: Bag) -> Facts:
    try:
        facts = json.loads(bag.read(f"{PAYLOAD}/run.json"))
        made_by = facts["archive"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ArchiveError(f"'{bag.path}' is no archive of shotlane: its run.json is damaged") from error
    if made_by != FORMAT:
        told = f"'{bag.path}' is an archive of format {made_by}, and this version reads format {FORMAT}"
        raise ArchiveError(told, "use the version of shotlane that made it")
    for name, kind in _SECTIONS.items():
        if not isinstance(facts.get(name), kind):
            raise ArchiveError(f"'{bag.path}' is damaged: '{name}' of its run.json is not what it should be")
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
