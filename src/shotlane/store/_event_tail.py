"""Following events of a store while other processes write them.

Nothing is skipped and nothing comes twice, whatever happens to the connection: it is made anew, and reading
goes on past the last event that was given.
"""

import threading
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from shotlane.records import LoggedEvent
from shotlane.store._address import parse_address
from shotlane.store._error import StoreError
from shotlane.store._event_filter import EventFilter
from shotlane.store._event_reader import EventReader
from shotlane.store._event_wake import PostgresWake, SqliteWake, Wake
from shotlane.store._session import is_alive

# How often sessions are looked at that are not known to be at work, and whether those followed live.
_SWEEP_S = 10.0
_LOOK_S = 1.0
# So long after the death of a process its guard may still tell what it did.
_GUARD_S = 5.0
_PAUSE_S = 0.1
_LONGEST_PAUSE_S = 2.0


class EventTail:
    """The events of a store that a filter wants, from the first or from a place on; for one thread at a time.

    `after`: the `cursor` of another tail with the same filter. Raises `StoreError` when there is no such
    store, run or session.
    """

    def __init__(
        self,
        store: str | Path,
        wanted: EventFilter | None = None,
        *,
        after: Mapping[tuple[int, int], int] | None = None,
    ) -> None:
        self._reader = EventReader(parse_address(store), wanted or EventFilter(), after or {})
        self._stop = threading.Event()
        self._wake: Wake | None = None
        self._swept = 0.0
        self._owed = False
        self._died: float | None = None
        self._counts = {"events": 0, "reconnected": 0}
        self._trouble: str | None = None
        self.on_trouble: Callable[[str], object] | None = None  # told when the store is lost, and why
        try:
            self._listen()
            self._refuse_nothing()
        except self._reader.errors as error:
            self._reader.close()
            raise self._reader.told(error) from None
        except StoreError:
            self._reader.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def cursor(self) -> Mapping[tuple[int, int], int]:
        """The place after the last event that was given."""
        return dict(self._reader.places)

    def read(self) -> Generator[LoggedEvent, None, None]:
        """What is new by now, ordered per session, and by time over sessions. Raises `StoreError`."""
        try:
            yield from self._new(everywhere=True)
        except self._reader.errors as error:
            self._disconnect()
            raise self._reader.told(error) from None

    def follow(self) -> Generator[LoggedEvent, None, None]:
        """What is there, then what comes, until the run or session that is wanted has ended, or `stop`.

        A store that is gone for a while is waited for.
        """
        pause = _PAUSE_S
        while not self._stop.is_set():
            try:
                self._listen()
                over = self._is_over()
                yield from self._new(everywhere=self._is_sweep_due())
                if over:
                    return
                pause = _PAUSE_S
                self._owed = self._wait() or self._owed
            except self._reader.errors as error:
                self._tell_trouble(str(self._reader.told(error)), first=pause == _PAUSE_S)
                self._disconnect()
                self._stop.wait(pause)
                pause = min(pause * 2, _LONGEST_PAUSE_S)

    def stop(self) -> None:
        """Let `follow` end; from any thread."""
        self._stop.set()

    def close(self) -> None:
        """End, and let go of the store. Safe to call twice."""
        self.stop()
        self._disconnect()
        self._reader.close()

    def statistics(self) -> dict[str, Any]:
        """Counts of events given and of connections made anew; `trouble`: why the last one was lost."""
        return {**self._counts, "trouble": self._trouble}

    def _refuse_nothing(self) -> None:
        """Nobody should wait for what there is not."""
        wanted, shown = self._reader.wanted, self._reader.address.shown
        for table, key, asked in (("run", "number", wanted.run), ("session", "id", wanted.session)):
            if asked is not None and not self._reader.rows(f"SELECT 1 FROM {table} WHERE {key} = ?", asked):
                raise StoreError(f"there is no {table} {asked} in {shown}", "`shotlane runs` lists the runs")

    def _new(self, *, everywhere: bool) -> Generator[LoggedEvent, None, None]:
        if everywhere:
            self._swept, self._owed = time.monotonic(), False
        for event in self._reader.new(everywhere=everywhere):
            self._counts["events"] += 1
            yield event

    def _is_sweep_due(self) -> bool:
        if self._swept == 0.0:
            return True
        return self._owed and time.monotonic() - self._swept >= _SWEEP_S

    def _listen(self) -> None:
        if self._wake is not None:
            return
        connection, address = self._reader.connect(), self._reader.address
        self._wake = SqliteWake(connection, address.file) if address.sqlite else PostgresWake(connection)
        # Whatever was missed meanwhile.
        self._counts["reconnected"] += self._swept > 0
        self._swept = 0.0

    def _tell_trouble(self, why: str, *, first: bool) -> None:
        self._trouble = why
        if first and self.on_trouble is not None:
            self.on_trouble(why)

    def _wait(self) -> bool:
        return self._wake is not None and self._wake.wait(_LOOK_S, self._stop)

    def _disconnect(self) -> None:
        wake, self._wake = self._wake, None
        if wake is not None:
            wake.close()
        with suppress(*self._reader.errors):
            self._reader.let_go()

    def _is_over(self) -> bool:
        """Whether what is followed has ended; asked before reading, so that its last event is read."""
        query = _end_of(self._reader.wanted)
        found = [] if query is None else self._reader.rows(*query)
        if not found:
            return False
        ended, *process = found[0]
        if ended is not None:
            return True
        if is_alive(*process):
            self._died = None
            return False
        self._died = self._died or time.monotonic()
        return time.monotonic() - self._died >= _GUARD_S


def _end_of(wanted: EventFilter) -> tuple[str, int] | None:
    """A query for the end of what is wanted, and for its process; None where there is no end."""
    process = "s.host, s.boot, s.pid, s.process_started, coalesce(s.seen_utc_ns, s.started_utc_ns)"
    if wanted.run is not None:
        ended = "coalesce(r.ended_utc_ns, s.ended_utc_ns)"
        joined = "run r JOIN session s ON s.id = r.session"
        return f"SELECT {ended}, {process} FROM {joined} WHERE r.number = ?", wanted.run
    if wanted.session is not None:
        return f"SELECT s.ended_utc_ns, {process} FROM session s WHERE s.id = ?", wanted.session
    return None
