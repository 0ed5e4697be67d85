"""A meeting point of several sessions: each waits until all are there, wherever their processes run.

Whoever comes last says, in one transaction, that all have met; so no two of them can see it differently. Who
waits in a process that has died does not count, and neither does who gave up.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shotlane.records import RecorderError
from shotlane.store._address import parse_address
from shotlane.store._encode import storable
from shotlane.store._error import StoreError
from shotlane.store._session import is_alive
from shotlane.store._writer import Writer

_FIRST_PAUSE_S = 0.005
_LONGEST_PAUSE_S = 0.05
_WAIT_S = 5.0
_PROCESS = "s.host, s.boot, s.pid, s.process_started, coalesce(s.seen_utc_ns, s.started_utc_ns)"


@dataclass(frozen=True, slots=True)
class Party:
    """A session as others name it. `here`: it waits. `lives`: its process does, and it has not ended."""

    session: int
    station: str | None
    host: str
    pid: int
    here: bool
    lives: bool
    parties: int = 0

    def __str__(self) -> str:
        place = f" at {self.station}" if self.station else ""
        return f"process {self.pid} of {self.host}{place}"


class MissedError(TimeoutError):
    """The others did not come in time. `here` waited, `others` were at work elsewhere, `dead` had come."""

    def __init__(self, name: str, parties: int, found: Sequence[Party]) -> None:
        self.here = [one for one in found if one.here and one.lives]
        self.dead = [one for one in found if one.here and not one.lives]
        self.others = [one for one in found if not one.here and one.lives]
        missing = parties - len(self.here)
        told = [f"at '{name}' {missing} of {parties} parties are missing"]
        told += [f"here: {', '.join(map(str, self.here))}"]
        told += [f"not here: {', '.join(map(str, self.others))}"] if self.others else []
        told += [f"came and died: {', '.join(map(str, self.dead))}"] if self.dead else []
        super().__init__("; ".join(told))


def meet(
    store: str | Path,
    session: int,
    name: str,
    parties: int,
    timeout_s: float | None = None,
    stopped: Callable[[], bool] = bool,
) -> None:
    """Wait until so many sessions are at the meeting point of that name.

    Raises `MissedError` after `timeout_s`, `ValueError` where others meet in another number, `StoreError`
    where the store is away, `InterruptedError` when `stopped` says so.
    """
    point = _Point(store, session, storable(name), parties)
    try:
        point.wait(timeout_s, stopped)
    except RecorderError as error:
        raise StoreError(str(error)) from None
    finally:
        point.close()


class _Point:
    def __init__(self, store: str | Path, session: int, name: str, parties: int) -> None:
        self._writer = Writer(parse_address(store), None, _WAIT_S)
        self._session = session
        self._name = name
        self._parties = parties

    def close(self) -> None:
        self._writer.close()

    def wait(self, timeout_s: float | None, stopped: Callable[[], bool]) -> None:
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        place = self._arrive()
        met, pause = False, _FIRST_PAUSE_S
        try:
            while not (met := self._has_met(place)):
                if stopped():
                    raise InterruptedError("the session was stopped while it waited")
                left = pause if deadline is None else deadline - time.monotonic()
                if left <= 0:
                    break
                time.sleep(min(pause, left))
                pause = min(pause * 2, _LONGEST_PAUSE_S)
        finally:
            if not met:
                with suppress(RecorderError):
                    # They may have met while it gave up.
                    met = self._leave(place)
        if not met:
            raise MissedError(self._name, self._parties, self._present(place))

    def _arrive(self) -> int:
        """Take a place; when it completes the meeting, say so."""
        with self._writer.transaction() as cursor:
            self._alone(cursor)
            # What a wait that was killed off in this session has left.
            self._do(cursor, f"DELETE FROM meeting WHERE {_WAITING} AND session = ?", self._session)
            insert = (
                "INSERT INTO meeting (name, parties, session, at_utc_ns) VALUES (?, ?, ?, ?) RETURNING id"
            )
            cursor.execute(self._text(insert), (self._name, self._parties, self._session, time.time_ns()))
            place = int(cursor.fetchone()[0])
            here = [(number, one) for number, one in self._waiting(cursor) if one.lives]
            other = next((one for _, one in here if one.parties != self._parties), None)
            if other is not None:
                raise ValueError(
                    f"at '{self._name}' {other} waits for a meeting of {other.parties}, and this is one of"
                    f" {self._parties}"
                )
            if len(here) >= self._parties:
                met = [number for number, _ in here][: self._parties]
                marks = ", ".join(map(str, met))
                update = f"UPDATE meeting SET met_utc_ns = ? WHERE id IN ({marks})"
                cursor.execute(self._text(update), (time.time_ns(),))
        return place

    def _alone(self, cursor: Any) -> None:
        """Nobody else comes until the end of the transaction; SQLite has one writer anyway."""
        if not self._writer.address.sqlite:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", (f"meeting {self._name}",))

    def _has_met(self, place: int) -> bool:
        with self._writer.look() as cursor:
            cursor.execute(self._text("SELECT met_utc_ns FROM meeting WHERE id = ?"), (place,))
            found = cursor.fetchone()
        return found is not None and found[0] is not None

    def _leave(self, place: int) -> bool:
        """Give the place up; whether all had met before."""
        with self._writer.transaction() as cursor:
            self._alone(cursor)
            cursor.execute(self._text("SELECT met_utc_ns FROM meeting WHERE id = ?"), (place,))
            found = cursor.fetchone()
            if found is not None and found[0] is not None:
                return True
            cursor.execute(self._text("DELETE FROM meeting WHERE id = ?"), (place,))
        return False

    def _waiting(self, cursor: Any) -> list[tuple[int, Party]]:
        query = (
            f"SELECT m.id, m.parties, s.id, s.station, s.ended_utc_ns, {_PROCESS} FROM meeting m"
            " JOIN session s ON s.id = m.session WHERE m.name = ? AND m.met_utc_ns IS NULL ORDER BY m.id"
        )
        cursor.execute(self._text(query), (self._name,))
        return [(row[0], _party(row[2:], here=True, parties=row[1])) for row in cursor.fetchall()]

    def _present(self, place: int) -> list[Party]:
        """Who waits, this session too, and who works at a station and does not."""
        with self._writer.look() as cursor:
            here = [one for _, one in self._waiting(cursor)]
            query = (
                f"SELECT s.id, s.station, s.ended_utc_ns, {_PROCESS} FROM session s"
                " WHERE s.kind = 'station' AND s.ended_utc_ns IS NULL ORDER BY s.id"
            )
            cursor.execute(query)
            others = [_party(row) for row in cursor.fetchall()]
        known = {one.session for one in here}
        mine = [one for one in others if one.session == self._session]
        away = [one for one in others if one.session not in known and one.session != self._session]
        return [*here, *(_here(one) for one in mine), *away]

    def _do(self, cursor: Any, statement: str, *arguments: Any) -> None:
        cursor.execute(self._text(statement), (self._name, *arguments))

    def _text(self, query: str) -> str:
        return query.replace("?", self._writer.mark)


_WAITING = "name = ? AND met_utc_ns IS NULL"


def _party(row: Sequence[Any], *, here: bool = False, parties: int = 0) -> Party:
    session, station, ended, host, boot, pid, started, seen = row
    lives = ended is None and is_alive(host, boot, pid, started, seen)
    return Party(session, station, host, pid, here, lives, parties)


def _here(party: Party) -> Party:
    return Party(party.session, party.station, party.host, party.pid, True, True)
