"""The events of one session, for a process that runs no sequence: each is durable when its number is known.

Whoever appends commits. Those who come while another one commits wait for it, and then one of them commits
for all, so that many threads share one commit. Numbers are dense, and in the order of the commits.
"""

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from shotlane.records import Event, NoRoomError, Outcome, RecorderError
from shotlane.store._address import parse_address
from shotlane.store._batch import Batch
from shotlane.store._encode import Row, event_row
from shotlane.store._error import StoreError
from shotlane.store._outlet import Outlet
from shotlane.store._recover import deliver_left
from shotlane.store._session import BEAT_S, SessionStart
from shotlane.store._spool import Spool, spool_folder
from shotlane.store._sqlite import WAIT_S
from shotlane.store._writer import Writer

_FLUSH_S = 0.5
_JOIN_S = 10.0


def open_log(
    store: str | Path,
    *,
    session: SessionStart | None = None,
    wait_s: float = WAIT_S,
    data: Path | None = None,
) -> "SessionLog":
    """Open a store to keep the events of a session, by default of kind `station`, making what is missing.

    `wait_s`: how long a lock of somebody else is waited for before events go to the spool, which lies beside
    a SQLite file, and in the folder `data` for a server. Raises `StoreError`.
    """
    session = session or SessionStart(kind="station")
    address = parse_address(store)
    writer = Writer(address, session.version, wait_s)
    folder = spool_folder(address, data)
    with suppress(RecorderError):
        # One that cannot be delivered now stays, and is told by `runs` and `show`.
        list(deliver_left(writer, folder))
    log = SessionLog(writer, session, Spool(folder, session, address.shown), wait_s)
    try:
        log.begin()
    except RecorderError as error:
        log.close()
        raise StoreError(str(error)) from None
    return log


class SessionLog:
    """Takes events from any thread. Close it, or use it in a `with`."""

    def __init__(self, writer: Writer, session: SessionStart, spool: Spool, wait_s: float) -> None:
        self._writer = writer
        self._session = session
        self._wait_s = wait_s
        self._writing = threading.Lock()
        self._outlet = Outlet(writer, spool, self._writing)
        self._taking = threading.Lock()
        self._written = threading.Condition()
        self._committing = False
        self._queue: list[tuple[str, Row]] = []
        self._batch = Batch()
        self._taken = 0
        self._durable = 0
        self._begun = self._closed = self._ended = False
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="shotlane-session", daemon=True)

    @property
    def session(self) -> int:
        """Key of this session."""
        return self._session.id

    @property
    def store(self) -> str:
        """Where the events go, as a person may see it."""
        return self._writer.address.shown

    @property
    def spool(self) -> Path | None:
        """The file with events that wait for the store, if there is one."""
        return self._outlet.spool

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close(_outcome_of(kind))

    def begin(self) -> None:
        """Store the session and its first event; called once. Raises `RecorderError`."""
        start = self._session
        self._writer.write([("session", [start.row()])])
        self._begun = True
        self._commit(self._take([start.event()]))
        self._thread.start()

    def append(self, event: Event, *, run: int | None = None) -> int:
        """Store an event and return its number; durable on return.

        Raises `RecorderError` when neither the store nor the spool takes it; it then waits, and is written
        with the next one that can be.
        """
        return self.append_all((event,), run=run)

    def append_all(self, events: Sequence[Event], *, run: int | None = None) -> int:
        """Store events in one commit and return the number of the last; durable on return."""
        number = self._take(events, run)
        self._commit(number)
        return number

    def tell(self, event: Event) -> int:
        """Take an event and return its number at once; durable with the next one stored, or in a second."""
        return self._take((event,))

    def on_no_room(self, call: Callable[[NoRoomError], None]) -> None:
        """Call when neither the store nor the spool takes what was told, in the thread that finds out."""
        self._outlet.on_no_room = call

    def note(self, statement: str, rows: Sequence[Row]) -> None:
        """Take rows for another statement of the writer: durable with the next event, or within a second.

        Raises `RecorderError` after the last event.
        """
        with self._taking:
            if self._ended:
                raise RecorderError("the session has ended")
            self._queue.extend((statement, row) for row in rows)

    def flush(self) -> None:
        """Make all that was taken durable. Raises `RecorderError`."""
        with self._writing:
            self._write()

    def _take(self, events: Sequence[Event], run: int | None = None, *, last: bool = False) -> int:
        with self._taking:
            if self._ended:
                raise RecorderError("the session has ended")
            numbered = enumerate(events, self._taken + 1)
            rows = [("event", event_row(self._session.id, number, event, run)) for number, event in numbered]
            # In this order: whoever is interrupted here leaves a gap, and never gives a number twice.
            self._taken += len(rows)
            self._queue += rows
            self._ended = last
            return self._taken

    def _commit(self, number: int) -> None:
        """Return when the event of that number is durable, by whosever commit."""
        with self._written:
            while self._committing and self._durable < number:
                self._written.wait()
            if self._durable >= number:
                return
            self._committing = True
        try:
            self.flush()
        finally:
            with self._written:
                self._committing = False
                self._written.notify_all()

    def _write(self) -> None:
        with self._taking:
            count, taken = len(self._queue), self._taken
        rows = self._batch.rows
        for statement, row in self._queue[:count]:
            rows.setdefault(statement, []).append(row)
        # Only now: whoever is interrupted here writes some rows twice, which is as good as once.
        del self._queue[:count]
        self._outlet.put(self._batch)
        self._durable = taken

    def _beat(self) -> None:
        """Say that the session lives, and write what was noted."""
        beat = time.monotonic()
        while not self._closing.wait(_FLUSH_S):
            with suppress(RecorderError):  # kept in `statistics`; the next append tries again and tells
                if self._queue:
                    self.flush()
                if time.monotonic() - beat >= BEAT_S:
                    beat = time.monotonic()
                    self._say_seen()

    def _say_seen(self) -> None:
        with self._writing:
            if not self._outlet.away:
                self._writer.write([("beat", [(time.time_ns(), self._session.id)])])

    def close(self, outcome: Outcome | None = None) -> None:
        """End the session, with what came of it; safe to call twice.

        Raises `RecorderError`, also when some of what it was told could not be stored.
        """
        if self._closed:
            return
        self._closed = True
        self._closing.set()
        try:
            if self._begun:
                self._end(None if outcome is None else outcome.value)
        finally:
            self._outlet.close(self._wait_s * 2)
        if self._outlet.refused is not None:
            raise RecorderError(self._outlet.refused)

    def _end(self, outcome: str | None) -> None:
        if self._thread.is_alive():
            self._thread.join(_JOIN_S)
        now = time.time_ns()
        self.note("end_session", [(now, outcome, self._session.id)])
        self._commit(self._take([Event("session.ended", now, {"outcome": outcome})], last=True))

    def statistics(self) -> dict[str, Any]:
        """Counts of rows taken, written and waiting, and of commits."""
        waiting = len(self._queue) + len(self._batch)
        found = self._outlet.statistics()
        return {"taken": found["written"] + waiting, "waiting": waiting, **found}


def _outcome_of(kind: type[BaseException] | None) -> Outcome:
    """How a session ended whose block was left so."""
    if kind is None:
        return Outcome.DONE
    return Outcome.TERMINATED if issubclass(kind, KeyboardInterrupt | SystemExit) else Outcome.ERRORED
