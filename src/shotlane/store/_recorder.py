"""The recorder of a store: takes rows from the runner, makes them durable, and says so truthfully.

Rows travel: deque of an attempt (appended to by port workers) -> batch (what is not committed yet) -> store.
Only the holder of the writing lock moves them. That is the writer thread, on its own timer, or the caller of
`end_shot`: a commit in the caller's thread costs its lock (0.2 us) where a round trip to the writer thread
would cost 40 us. What the caller notes goes through one queue, so that nothing but a commit ever waits.

A row leaves the batch only when its commit returned, or when the spool has it (`_outlet`). After a failure of
both the next commit tries again with all that waits.
"""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from shotlane.records import (
    AttemptBuffer,
    AttemptEnd,
    AttemptStart,
    Event,
    NoRoomError,
    Outcome,
    PollRow,
    RecorderError,
    RunEnd,
    RunStart,
    ShotEnd,
    ShotStart,
    worst,
)
from shotlane.store._attempt_keys import attempt_id
from shotlane.store._batch import Batch
from shotlane.store._begin import Door, OpenRun, begin_run
from shotlane.store._encode import storable, to_json
from shotlane.store._error import StoreError
from shotlane.store._flush_timer import FlushTimer
from shotlane.store._intake import Intake
from shotlane.store._open import OpenAttempt, OpenShot
from shotlane.store._outlet import Outlet
from shotlane.store._session import BEAT_S, SessionStart
from shotlane.store._spool import Spool
from shotlane.store._statements import GOOD
from shotlane.store._writer import Writer


class StoreRecorder:
    """Implements `records.Recorder` over one store."""

    def __init__(
        self, writer: Writer, session: SessionStart, spool: Spool, flush_interval_s: float, wait_s: float
    ) -> None:
        self._writing = threading.Lock()
        self._outlet = Outlet(writer, spool, self._writing)
        self._writer = writer
        self._session = session
        self._wait_s = wait_s
        self._intake = Intake(session.id)
        self._run: OpenRun | None = None
        self._last_run: OpenRun | None = None
        self._runs = 0
        self._on_outage: Callable[[str], None] | None = None
        self._outlet.on_away, self._outlet.on_back = self._tell_away, self._tell_back
        self._shot: OpenShot | None = None
        self._outcomes: list[Outcome] = []
        self._closed = False
        try:
            self._begin_session()
        except RecorderError as error:
            writer.close()
            raise StoreError(str(error)) from None
        self._beat = time.monotonic()
        self._timer = FlushTimer(self._flush_on_timer, lambda: self._intake.samples, flush_interval_s)

    @property
    def store(self) -> str:
        """Where the records go, as a person may see it."""
        return self._writer.address.shown

    @property
    def threads(self) -> tuple[int, ...]:
        """The writer's."""
        writer = self._timer.thread.native_id
        return () if writer is None else (writer,)

    @property
    def session(self) -> int:
        """Key of this session."""
        return self._session.id

    @property
    def spool(self) -> Path | None:
        """The file with records that wait for the store, if there is one."""
        return self._outlet.spool

    def on_no_room(self, call: Callable[[NoRoomError], None]) -> None:
        """Call when neither the store nor the spool takes records, in the thread that finds out.

        Once as it begins, and once more when so much waits in memory that nothing more may be measured.
        """
        self._outlet.on_no_room = call

    def on_outage(self, call: Callable[[str], None]) -> None:
        """Call with a line for a person when the store goes away, and when it is back. It must not wait."""
        self._on_outage = call

    def _tell_away(self, why: str, spool: Path) -> None:
        self._tell_outage("store.away", {"reason": why, "spool": str(spool)}, f"{why}; they wait in {spool}")

    def _tell_back(self, rows: int) -> None:
        self._tell_outage(
            "store.back", {"rows": rows}, f"the store is back, and got {rows:,} rows that waited"
        )

    def _tell_outage(self, type_: str, fields: dict[str, Any], line: str) -> None:
        if self._closed:  # and nothing more is written
            return
        self.event(Event(type_, time.time_ns(), fields))
        if self._on_outage is not None:
            self._on_outage(line)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _begin_session(self) -> None:
        start = self._session
        self._intake.event(start.event(), None)
        self._writer.write([("session", [start.row()])])

    def begin_run(self, start: RunStart) -> int:
        """Store the start of a run, or that it goes on, and return its number. Durable on return."""
        self._check()
        self._outlet.settle(self._wait_s)
        with self._writing:
            self._flush()
            self._intake.attempts.clear()
            self._check_here()
            with self._writer.transaction() as cursor:
                door = Door(cursor, self._writer.statements, self._writer.mark)
                run = begin_run(door, self._session.id, self._runs + 1, start, self.store)
        self._runs += 1
        self._shot = None
        self._run = self._last_run = run
        return run.number

    def _check_here(self) -> None:
        # Only a store that is there gives a number.
        if self._outlet.away:
            raise RecorderError(self._outlet.trouble or "the store is away")

    def begin_shot(self, start: ShotStart) -> None:
        """Note the start of a shot."""
        self._check()
        run = self._open_run()
        shot = OpenShot(run.number, start)
        self._shot = shot
        new, values = run.parameters.take(start)
        key, row = (shot.run, start.shot), shot.row()
        session = self._session.id

        def note(batch: Batch) -> None:
            rows = batch.rows
            rows["parameter"].extend(new)
            if run.resumed:
                rows["reopen_shot"].append((*key, session))
            batch.shots[key] = row
            rows["shot_parameter"].extend(values)

        self._intake.note(note)

    def begin_attempt(self, start: AttemptStart) -> AttemptBuffer:
        """Open an attempt; rows appended to the buffer from now on belong to it.

        Shot 0 stands for what belongs to no shot. Rows appended after the attempt's end are still taken until
        the next attempt begins or the run ends.
        """
        self._check()
        run = self._open_run()
        run.ordinal += 1
        number = start.attempt + run.shift(start.shot, start.attempt)
        attempt = OpenAttempt(attempt_id(run.number, run.ordinal), run.number, start, number)
        if self._shot is not None and self._shot.began_utc_ns is None:
            self._shot.began_utc_ns = start.began_utc_ns
        row = attempt.row()

        def note(batch: Batch) -> None:
            batch.attempts[attempt.id] = row
            batch.steps(attempt.id, start.steps)

        self._intake.note(note)
        self._intake.attempts.append(attempt)
        return attempt.buffer

    def end_attempt(self, end: AttemptEnd) -> None:
        """Close the attempt; its buffer is complete."""
        attempt = self._intake.attempts[-1] if self._intake.attempts else None
        if attempt is None or (end.shot, end.attempt) != (attempt.start.shot, attempt.start.attempt):
            raise ValueError(f"attempt {end.attempt} of shot {end.shot} is not open")
        attempt.closed = True
        if self._shot is not None:
            self._shot.ended_utc_ns = end.ended_utc_ns
            if end.outcome in GOOD:
                self._shot.good_attempt = attempt.id
        row = attempt.row(end)

        def note(batch: Batch) -> None:
            batch.end_attempt(attempt.id, row, end.tallies, end.results)
            attempt.end_noted = True
            if end.steps:
                batch.steps(attempt.id, end.steps, again=True)

        self._intake.note(note)

    def end_shot(self, end: ShotEnd, meanwhile: Callable[[], None] | None = None) -> None:
        """Commit the shot. Durable on return, else raises `RecorderError`.

        `meanwhile` is called right before the commit itself, which leaves the interpreter to others.
        """
        shot = self._shot
        if shot is None or shot.start.shot != end.shot:
            raise ValueError(f"shot {end.shot} is not open")
        shift = self._open_run().shifts.get(end.shot, 0)
        key, row = (shot.run, end.shot), shot.row(end, shift)
        self._intake.note(lambda batch: batch.shots.__setitem__(key, row))
        self._shot = None
        self._check()
        with self._writing:
            self._flush(meanwhile)

    def flush(self) -> None:
        """Make all that was told durable, else raise `RecorderError`."""
        self._check()
        with self._writing:
            self._flush()

    def end_run(self, end: RunEnd) -> None:
        """Close the run. Durable on return."""
        reason = None if end.reason is None else storable(end.reason)
        ended = (end.ended_utc_ns, end.outcome.value, reason, to_json(dict(end.summary)))
        row = (*ended, self._open_run().number, self._session.id)
        self._intake.note(lambda batch: batch.rows["end_run"].append(row))
        self._outcomes.append(end.outcome)
        self._check()
        with self._writing:
            self._flush()
            self._intake.attempts.clear()
        self._run = None

    def stamp(self, *stamps: str) -> None:
        """Add to what a reader of the run must know at first sight; committed with what comes next."""
        run = self._open_run()
        run.stamps = tuple(dict.fromkeys((*run.stamps, *stamps)))
        row = (to_json(list(run.stamps)), run.number, self._session.id)
        self._intake.note(lambda batch: batch.rows["stamps"].append(row))

    def poll(self, row: PollRow) -> None:
        """Take a reading made for an interlock. Callable from any thread, never blocks on I/O.

        One that comes as the instruments are released belongs to the run that ended.
        """
        if self._last_run is None:
            raise ValueError("no run is open")
        self._intake.poll(row, self._last_run)

    def event(self, event: Event) -> None:
        """Take an event; it gets the next sequence number. Callable from any thread, never blocks on I/O."""
        self._intake.event(event, self._run)

    def close(self) -> None:
        """Flush and release everything. Safe to call twice."""
        if self._closed:
            return
        self._closed = True
        self._timer.close()
        try:
            self._end_session()
        finally:
            self._outlet.close(self._wait_s * 2)

    def _end_session(self) -> None:
        outcome = worst(self._outcomes).value if self._outcomes else None
        now = time.time_ns()
        self._intake.event(Event("session.ended", now, {"outcome": outcome}), None)
        with self._writing:
            self._intake.batch.rows["end_session"].append((now, outcome, self._session.id))
            self._flush()

    def statistics(self) -> dict[str, Any]:
        """Counts of rows taken, written and waiting, and of commits."""
        waiting = self._intake.waiting
        found = self._outlet.statistics()
        return {"taken": found["written"] + waiting, "waiting": waiting, **found}

    def _open_run(self) -> OpenRun:
        if self._run is None:
            raise ValueError("no run is open")
        return self._run

    def _check(self) -> None:
        if self._closed:
            raise RecorderError("the recorder is closed")
        crash = self._timer.crash
        if crash is not None:
            raise RecorderError(f"the writer thread failed: {crash}") from crash

    def _flush(self, meanwhile: Callable[[], None] | None = None) -> None:
        """Make all that waits durable; the writing lock is held."""
        self._outlet.put(self._intake.take(), meanwhile)
        if self._outlet.refused is not None:
            raise RecorderError(self._outlet.refused)

    def _flush_on_timer(self) -> None:
        """Make all that waits durable, and now and then that this session lives."""
        with self._writing:
            self._flush()
            now = time.monotonic()
            if now - self._beat >= BEAT_S and not self._outlet.away:
                self._beat = now
                self._writer.write([("beat", [(time.time_ns(), self._session.id)])])
