"""Reading events past a place, so that none is skipped and none comes twice.

The events of a session are committed in the order of their numbers, but sessions write at the same time, and
what one has waiting in a spool comes late. So a place is kept per session, and per block of its numbers:
those of a guard, which outlived it, are in a block of their own. Within a block everything up to the highest
number that is there, is there.
"""

import heapq
import json
import time
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from shotlane.records import LoggedEvent
from shotlane.store._address import Address
from shotlane.store._attempt_keys import BLOCK
from shotlane.store._encode import Row
from shotlane.store._engine import reader_engine
from shotlane.store._error import StoreError, cause, scrub
from shotlane.store._event_filter import EventFilter
from shotlane.store._schema import check_schema
from shotlane.store._session import SILENCE_S

# By session and block of numbers: the highest that was read.
Places = dict[tuple[int, int], int]

_CHUNK = 20_000
# Sessions are numbered by the millisecond of their start, and are in the store at most so much later.
_YOUNG = 60_000 << 21
_COLUMNS = "e.number, e.type, e.at_utc_ns, e.run, e.shot, e.attempt, e.fields"


class EventReader:
    """Reads the events of a store that a filter wants, from one thread at a time."""

    def __init__(self, address: Address, wanted: EventFilter, after: Mapping[tuple[int, int], int]) -> None:
        self.address = address
        self.wanted = wanted
        self.places: Places = dict(after)
        self._mark = "?" if address.sqlite else "%s"
        self._engine: Engine = reader_engine(address)
        self.errors = (SQLAlchemyError, self._engine.dialect.loaded_dbapi.Error, OSError)
        self._connection: Connection | None = None
        self._live: set[int] = set()
        self._newest = 0

    def connect(self) -> Any:
        """The driver's connection; made, and the store's version checked, where there is none."""
        if self._connection is None:
            connection = self._engine.connect()
            try:
                check_schema(connection, self.address.shown)
            except BaseException:
                connection.close()
                raise
            self._connection = connection
        return self._connection.connection.driver_connection

    def let_go(self) -> None:
        """Forget a connection that is not trusted any more."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.invalidate()
            connection.close()

    def close(self) -> None:
        """Let go of the store."""
        self.let_go()
        self._engine.dispose()

    def told(self, error: BaseException) -> StoreError:
        """What went wrong, in one sentence."""
        why = scrub(cause(error), self.address.secrets)
        return StoreError(f"the store {self.address.shown} cannot be read: {why}")

    def rows(self, query: str, *arguments: Any) -> list[Row]:
        """The rows of a query, which has `?` for every argument."""
        connection = self.connect()
        cursor = connection.cursor() if self.address.sqlite else connection.cursor(binary=True)
        try:
            cursor.execute(query.replace("?", self._mark), arguments)
            found: list[Row] = cursor.fetchall()
        finally:
            cursor.close()
        return found

    def new(self, *, everywhere: bool = True) -> Iterator[LoggedEvent]:
        """The events past the places, ordered per session, and by time over sessions.

        `everywhere` false: only of sessions that are at work, or new. Places move as events are taken.
        """
        reached = dict(self._reached(everywhere))
        behind = [key for key, last in reached.items() if last > self.places.get(key, 0)]
        streams = [self._stream(key, reached[key]) for key in behind]
        if len(streams) == 1:
            for event in streams[0]:
                self.places[_place(event)] = event.number
                yield event
        else:
            for _, event in heapq.merge(*map(_timed, streams), key=lambda item: item[0]):
                self.places[_place(event)] = event.number
                yield event
        # What is not wanted was passed over.
        for key in behind:
            self.places[key] = max(reached[key], self.places.get(key, 0))

    def _reached(self, everywhere: bool) -> Iterator[tuple[tuple[int, int], int]]:
        """The highest number of every session and block."""
        where, arguments = self.wanted.sessions()
        if not everywhere:
            live = ", ".join(map(str, sorted(self._live))) or "-1"
            where = f"({where}) AND (s.id >= {self._newest - _YOUNG} OR s.id IN ({live}))"
        query = (
            "SELECT s.id, s.ended_utc_ns, coalesce(s.seen_utc_ns, s.started_utc_ns),"
            f" (SELECT max(e.number) FROM event e WHERE e.session = s.id) FROM session s WHERE {where}"
        )
        silent = time.time_ns() - int(3 * SILENCE_S * 1e9)
        for session, ended, seen, last in self.rows(query, *arguments):
            self._newest = max(self._newest, session)
            # One that died without an end, or lives where the clock is wrong, is looked at now and then.
            (self._live.add if ended is None and seen > silent else self._live.discard)(session)
            yield from self._blocks(session, last)

    def _blocks(self, session: int, last: int | None) -> Iterator[tuple[tuple[int, int], int]]:
        while last is not None:
            block = last >> BLOCK
            yield (session, block), last
            if block == 0:
                return
            query = "SELECT max(number) FROM event WHERE session = ? AND number < ?"
            last = self.rows(query, session, block << BLOCK)[0][0]

    def _stream(self, key: tuple[int, int], last: int) -> Iterator[LoggedEvent]:
        """What is wanted of one block, up to a number."""
        session, block = key
        done = self.places.get(key, (block << BLOCK) - 1)
        where, arguments = self.wanted.conditions()
        query = (
            f"SELECT {_COLUMNS} FROM event e WHERE e.session = ? AND e.number > ? AND e.number <= ?"
            f" AND {where} ORDER BY e.number LIMIT {_CHUNK}"
        )
        while True:
            found = self.rows(query, session, done, last, *arguments)
            yield from _events(session, found, self.wanted)
            if len(found) < _CHUNK:
                return
            done = found[-1][0]


def _events(session: int, rows: Iterable[Row], wanted: EventFilter) -> Iterator[LoggedEvent]:
    marks, roles = wanted.marks(), frozenset(wanted.roles)
    for number, type_, at, run, shot, attempt, text in rows:
        if marks and (text is None or not any(mark in text for mark in marks)):
            continue
        fields = json.loads(text) if text else {}
        # The text may have stood in a field of another meaning.
        if not roles or fields.get("role") in roles:
            version = fields.pop("v", 1)
            yield LoggedEvent(type_, at, fields, shot, attempt, session, number, run, version)


def _place(event: LoggedEvent) -> tuple[int, int]:
    return event.session, event.number >> BLOCK


def _timed(events: Iterable[LoggedEvent]) -> Iterator[tuple[tuple[int, int, int], LoggedEvent]]:
    """Events with what they are ordered by: a clock that was set back changes nothing within a session."""
    latest = 0
    for event in events:
        latest = max(latest, event.utc_ns)
        yield (latest, event.session, event.number), event
