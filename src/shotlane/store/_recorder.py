"""The recorder of a store: takes rows from the runner, makes them durable, and says so truthfully.

Rows travel: deque of an attempt (appended to by port workers) -> batch (what is not committed yet) -> store.
Only the holder of the writing lock moves them. That is the writer thread, on its own timer, or the caller of
`end_shot`: a commit in the caller's thread costs its lock (0.2 us) where a round trip to the writer thread
would cost 40 us. What the caller notes goes through one queue, so that nothing but a commit ever waits.

A row leaves the batch only when its commit returned. After a failure the next commit tries again with all
that waits, so that a store that was locked for a while loses nothing.
"""

import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from shotlane.records import (
    AttemptBuffer,
    AttemptEnd,
    AttemptStart,
    Event,
    Outcome,
    PollRow,
    RecorderError,
    RunEnd,
    RunStart,
    ShotEnd,
    ShotStart,
    worst,
)
from shotlane.store._address import parse_address
from shotlane.store._batch import Batch
from shotlane.store._encode import Row, storable, to_json
from shotlane.store._engine import WAIT_S
from shotlane.store._error import StoreError
from shotlane.store._open import GOOD, OpenAttempt, OpenShot, Parameters
from shotlane.store._session import BEAT_S, SessionStart
from shotlane.store._tables import attempt_id
from shotlane.store._writer import Writer

FLUSH_INTERVAL_S = 0.5
_CLOSE_S = 60.0


def open_recorder(
    store: str | Path,
    *,
    session: SessionStart | None = None,
    flush_interval_s: float = FLUSH_INTERVAL_S,
    wait_s: float = WAIT_S,
) -> "StoreRecorder":
    """Open a store to write, making its file and tables where there are none; starts the writer thread.

    `flush_interval_s`: how often what arrived within a shot is committed. `wait_s`: how long a lock of
    somebody else is waited for. Raises `StoreError`.
    """
    session = session or SessionStart()
    return StoreRecorder(Writer(parse_address(store), session.version, wait_s), session, flush_interval_s)


class StoreRecorder:
    """Implements `records.Recorder` over one store."""

    def __init__(self, writer: Writer, session: SessionStart, flush_interval_s: float) -> None:
        self._writer = writer
        self._session = session
        self._writing = threading.Lock()
        self._inbox: deque[Callable[[Batch], None]] = deque()
        self._events: deque[tuple[Event, int | None]] = deque()
        self._batch = Batch()
        self._attempts: deque[OpenAttempt] = deque()
        self._run: int | None = None
        self._runs = 0
        self._ordinal = 0
        self._shot: OpenShot | None = None
        self._parameters = Parameters(0, {}, {})
        self._outcomes: list[Outcome] = []
        self._next_event = 1
        self._written: Counter[str] = Counter()
        self._commits = Counter[str]()
        self._longest_ns = 0
        self._trouble: str | None = None
        self._crash: Exception | None = None
        self._closed = False
        self._closing = threading.Event()
        try:
            self._begin_session()
        except RecorderError as error:
            writer.close()
            raise StoreError(str(error)) from None
        self._thread = threading.Thread(
            target=self._write_on_timer, args=(flush_interval_s,), name="shotlane-writer", daemon=True
        )
        self._thread.start()

    @property
    def store(self) -> str:
        """Where the records go, as a person may see it."""
        return self._writer.address.shown

    @property
    def session(self) -> int:
        """Key of this session."""
        return self._session.id

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _begin_session(self) -> None:
        start = self._session
        row = (start.id, start.started_utc_ns, start.started_utc_ns, None, None, start.host, start.user)
        process = (start.pid, start.process_started, start.boot, start.version)
        fields = {"host": start.host, "user": start.user, "pid": start.pid}
        self._events.append((Event("session.started", start.started_utc_ns, fields), None))
        with self._writer.transaction() as cursor:
            cursor.execute(self._writer.statements.session, (*row, *process))

    def begin_run(self, start: RunStart) -> int:
        """Store the start of a run and return its number. Durable on return."""
        self._check()
        with self._writing:
            self._flush()
            self._attempts.clear()
            number = self._store_run(start)
            self._commits["done"] += 1
        self._runs += 1
        self._ordinal = 0
        self._shot = None
        self._run = number
        return number

    def _store_run(self, start: RunStart) -> int:
        statements = self._writer.statements
        with self._writer.transaction() as cursor:
            cursor.execute(statements.run, _run_row(self._session.id, self._runs + 1, start))
            cursor.execute(statements.run_number, (self._session.id, self._runs + 1))
            number = int(cursor.fetchone()[0])
            self._parameters = Parameters(number, start.parameter_units, start.parameter_types)
            parameters = self._parameters.rows()
            channels = [(number, one.index, one.name, one.type, one.unit) for one in start.channels]
            documents = [(number, name, storable(text)) for name, text in start.documents.items()]
            for statement, rows in (
                (statements.parameter, parameters),
                (statements.channel, channels),
                (statements.document, documents),
            ):
                if rows:
                    cursor.executemany(statement, rows)
        return number

    def begin_shot(self, start: ShotStart) -> None:
        """Note the start of a shot."""
        self._check()
        shot = OpenShot(self._number(), start)
        self._shot = shot
        new, values = self._parameters.take(start)
        key, row = (shot.run, start.shot), shot.row()

        def note(batch: Batch) -> None:
            batch.parameters.extend(new)
            batch.shots[key] = row
            batch.bulk["shot_parameter"].extend(values)

        self._inbox.append(note)

    def begin_attempt(self, start: AttemptStart) -> AttemptBuffer:
        """Open an attempt; rows appended to the buffer from now on belong to it.

        Shot 0 stands for what belongs to no shot. Rows appended after the attempt's end are still taken until
        the next attempt begins or the run ends.
        """
        self._check()
        self._ordinal += 1
        attempt = OpenAttempt(attempt_id(self._number(), self._ordinal), self._number(), start)
        if self._shot is not None and self._shot.began_utc_ns is None:
            self._shot.began_utc_ns = start.began_utc_ns
        self._note_attempt(attempt, attempt.row())
        self._inbox.append(lambda batch: batch.steps(attempt.id, start.steps))
        self._attempts.append(attempt)
        return attempt.buffer

    def end_attempt(self, end: AttemptEnd) -> None:
        """Close the attempt; its buffer is complete."""
        attempt = self._attempts[-1] if self._attempts else None
        if attempt is None or (end.shot, end.attempt) != (attempt.start.shot, attempt.start.attempt):
            raise ValueError(f"attempt {end.attempt} of shot {end.shot} is not open")
        attempt.closed = True
        if self._shot is not None:
            self._shot.ended_utc_ns = end.ended_utc_ns
            if end.outcome in GOOD:
                self._shot.good_attempt = attempt.id
        self._note_attempt(attempt, attempt.row(end))
        self._inbox.append(lambda batch: batch.tallies(attempt.id, end.tallies))

    def _note_attempt(self, attempt: OpenAttempt, row: Row) -> None:
        self._inbox.append(lambda batch: batch.attempts.__setitem__(attempt.id, row))

    def end_shot(self, end: ShotEnd) -> None:
        """Commit the shot. Durable on return, else raises `RecorderError`."""
        shot = self._shot
        if shot is None or shot.start.shot != end.shot:
            raise ValueError(f"shot {end.shot} is not open")
        key, row = (shot.run, end.shot), shot.row(end)
        self._inbox.append(lambda batch: batch.shots.__setitem__(key, row))
        self._shot = None
        self._commit()

    def end_run(self, end: RunEnd) -> None:
        """Close the run. Durable on return."""
        reason = None if end.reason is None else storable(end.reason)
        row = (end.ended_utc_ns, end.outcome.value, reason, to_json(dict(end.summary)), self._number())
        self._inbox.append(lambda batch: batch.run_ends.append(row))
        self._outcomes.append(end.outcome)
        self._check()
        with self._writing:
            self._flush()
            self._attempts.clear()
        self._run = None

    def poll(self, row: PollRow) -> None:
        """Take a reading made for an interlock. Callable from any thread, never blocks on I/O."""
        raise NotImplementedError(row)

    def event(self, event: Event) -> None:
        """Take an event; it gets the next sequence number. Callable from any thread, never blocks on I/O."""
        self._events.append((event, self._run))

    def close(self) -> None:
        """Flush and release everything. Safe to call twice."""
        if self._closed:
            return
        self._closed = True
        self._closing.set()
        self._thread.join(_CLOSE_S)
        try:
            self._end_session()
        finally:
            self._writer.close()

    def _end_session(self) -> None:
        outcome = worst(self._outcomes).value if self._outcomes else None
        now = time.time_ns()
        self._events.append((Event("session.ended", now, {"outcome": outcome}), None))
        with self._writing:
            self._flush()
            with self._writer.transaction() as cursor:
                cursor.execute(self._writer.statements.end_session, (now, outcome, self._session.id))

    def statistics(self) -> dict[str, Any]:
        """Counts of rows taken, written and waiting, and of commits."""
        waiting = len(self._batch) + len(self._inbox) + len(self._events)
        waiting += sum(len(one.buffer.samples) + len(one.buffer.actions) for one in tuple(self._attempts))
        written = sum(self._written.values())
        return {
            "taken": written + waiting,
            "written": written,
            "waiting": waiting,
            "written_by_table": dict(self._written),
            "commits": self._commits["done"],
            "failed_commits": self._commits["failed"],
            "longest_commit_s": self._longest_ns / 1e9,
            "trouble": self._trouble,
        }

    def _number(self) -> int:
        if self._run is None:
            raise ValueError("no run is open")
        return self._run

    def _check(self) -> None:
        if self._closed:
            raise RecorderError("the recorder is closed")
        if self._crash is not None:
            raise RecorderError(f"the writer thread failed: {self._crash}") from self._crash

    def _commit(self) -> None:
        self._check()
        with self._writing:
            self._flush()

    def _flush(self) -> None:
        """Write all that waits in one transaction; the writing lock is held."""
        self._take()
        if not self._batch:
            return
        began = time.perf_counter_ns()
        try:
            with self._writer.transaction() as cursor:
                self._batch.write(cursor, self._writer.statements)
        except RecorderError as error:
            self._commits["failed"] += 1
            self._trouble = str(error)
            raise
        self._longest_ns = max(self._longest_ns, time.perf_counter_ns() - began)
        self._trouble = None
        self._commits["done"] += 1
        self._written.update(self._batch.counts())
        self._batch.clear()

    def _take(self) -> None:
        # What the caller noted comes first: the end of an attempt is then never written before its rows.
        for _ in range(len(self._inbox)):
            self._inbox.popleft()(self._batch)
        for attempt in tuple(self._attempts):
            closed = attempt.closed
            attempt.drain(self._batch)
            if closed and attempt is not self._attempts[-1]:
                self._attempts.remove(attempt)
        for _ in range(len(self._events)):
            event, run = self._events.popleft()
            self._batch.bulk["event"].append(self._event_row(event, run))

    def _event_row(self, event: Event, run: int | None) -> Row:
        number = self._next_event
        self._next_event += 1
        place = (run, event.shot, event.attempt)
        return (self._session.id, number, event.type, event.utc_ns, *place, to_json(dict(event.fields)))

    def _write_on_timer(self, interval_s: float) -> None:
        beat = time.monotonic()
        while not self._closing.wait(interval_s):
            try:
                with self._writing:
                    self._flush()
                    if time.monotonic() - beat >= BEAT_S:
                        beat = time.monotonic()
                        self._beat()
            except RecorderError:
                continue  # kept in `statistics`; the next commit tries again and tells its caller
            except Exception as error:  # noqa: BLE001  (a thread that died unseen would look like a store that keeps up)
                self._crash = error
                return

    def _beat(self) -> None:
        with self._writer.transaction() as cursor:
            cursor.execute(self._writer.statements.beat, (time.time_ns(), self._session.id))


def _run_row(session: int, ordinal: int, start: RunStart) -> Row:
    return (
        session,
        ordinal,
        storable(start.sequence),
        storable(start.station),
        storable(start.description),
        start.started_utc_ns,
        None,
        None,
        None,
        start.shots_planned,
        start.plan_digest,
        to_json(list(start.tags)),
        to_json(list(start.stamps)),
        to_json(dict(start.environment)),
        None,
    )
