"""A run that comes from another store, written as a recorder writes it, with the keys of this one.

Every transaction is short, so that a run that goes on meanwhile in the same store is hardly held up, and may
be made twice. Until the last one the run has no outcome and bears the stamp `ARRIVING`: an arrival that was
cut off is seen, and completed by the next of the same run.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from shotlane.records import Outcome, RunStart
from shotlane.store._address import parse_address
from shotlane.store._attempt_keys import attempt_id
from shotlane.store._batch import Part
from shotlane.store._begin import Door, make_run
from shotlane.store._encode import Row, from_json, storable, to_json
from shotlane.store._writer import Writer

ARRIVING = "import-unfinished"


@dataclass(frozen=True, slots=True)
class Arrived:
    """A run as it is there. `sessions`: who wrote it, first to last. `whole`: all of it came."""

    number: int
    sessions: tuple[int, ...]
    whole: bool


@dataclass(frozen=True, slots=True)
class Arriving:
    """A run as it comes, told from all others by `session` and `ordinal`.

    `sessions` and `run_sessions`: the rows of who wrote it; the latter without the number of the run.
    """

    session: int
    ordinal: int
    start: RunStart
    sessions: Sequence[Row]
    run_sessions: Sequence[Row]

    @property
    def identity(self) -> tuple[int, int]:
        """What tells it from all others, in whatever store."""
        return self.session, self.ordinal


class Arrival:
    """Takes one run into a store. Close it, or use it in a `with`. Raises `StoreError`, `RecorderError`."""

    def __init__(self, store: str | Path) -> None:
        self._writer = Writer(parse_address(store), version("shotlane"))

    @property
    def store(self) -> str:
        """Where the run goes, as a person may see it."""
        return self._writer.address.shown

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writer.close()

    def find(self, run: Arriving) -> Arrived | None:
        """The same run, if the store has it, also in an earlier or later state."""
        first = run.run_sessions[0][1]
        with self._writer.look() as cursor:
            door = Door(cursor, self._writer.statements, self._writer.mark)
            found = door.all(
                "SELECT number, stamps FROM run WHERE session = ? AND ordinal = ?", *run.identity
            )
            # A run that was resumed is that of its last session; its beginning stays.
            found += door.all(
                "SELECT r.number, r.stamps FROM run r JOIN run_session s ON s.run = r.number AND s.number = 0"
                " WHERE s.session = ? AND r.started_utc_ns = ? AND (r.session <> ? OR s.session <> ?)",
                *(first, run.start.started_utc_ns, first, run.session),
            )
            if not found:
                return None
            number, stamps = found[0]
            sessions = door.all("SELECT session FROM run_session WHERE run = ? ORDER BY number", number)
        return Arrived(number, tuple(row[0] for row in sessions), ARRIVING not in from_json(stamps, []))

    def begin(self, run: Arriving) -> int:
        """Take what is known of it as a whole; its number in this store."""
        start = replace(run.start, stamps=(*run.start.stamps, ARRIVING))
        with self._writer.transaction() as cursor:
            door = Door(cursor, self._writer.statements, self._writer.mark)
            door.put("session", list(map(_storable, run.sessions)))
            number, _ = make_run(door, run.session, run.ordinal, start)
            door.put("run_session", [(number, *row) for row in run.run_sessions])
        return number

    def put(self, parts: Sequence[Part]) -> None:
        """Take rows, by the table that they belong to, in one transaction."""
        self._writer.write([(name, list(map(_storable, rows))) for name, rows in parts if rows])

    def put_samples(self, rows: Sequence[Row]) -> None:
        """Take rows of samples, which hold no text."""
        self._writer.write([("sample", rows)])

    def finish(self, number: int, run: Arriving, end: "ArrivedEnd") -> None:
        """Say that all of it is there, and how it ended."""
        outcome = None if end.outcome is None else end.outcome.value
        reason = None if end.reason is None else storable(end.reason)
        told = (end.ended_utc_ns, outcome, reason, to_json(end.figures))
        stamps = to_json(list(run.start.stamps))
        rows = [(*told, number, run.session)]
        self._writer.write([("stamps", [(stamps, number, run.session)]), ("end_run", rows)])

    def put_new(self, table: str, rows: Sequence[Row]) -> int:
        """Take rows whose first column is their key; how many of them were not there."""
        mark, keys = self._writer.mark, [row[0] for row in rows]
        if not keys:
            return 0
        with self._writer.look() as cursor:
            cursor.execute(
                f"SELECT count(*) FROM {table} WHERE id IN ({', '.join([mark] * len(keys))})", keys
            )
            there = int(cursor.fetchone()[0])
        self.put([(table, rows)])
        return len(keys) - there


@dataclass(frozen=True, slots=True)
class ArrivedEnd:
    """How a run ended; `outcome` None of one whose process died."""

    ended_utc_ns: int | None
    outcome: Outcome | None
    reason: str | None
    figures: dict[str, Any]


def key_here(number: int, key: int) -> int:
    """The key of an attempt of another store, in a run of this one."""
    return attempt_id(number, key & 0xFFFF_FFFF)


def _storable(row: Row) -> Row:
    return tuple(storable(value) if isinstance(value, str) else value for value in row)
