"""What the runner tells, on its way into a batch: nobody who tells waits for anything but a queue.

Rows are taken by the holder of the recorder's writing lock alone. What was noted comes first, so that the end
of an attempt is never written before its rows.
"""

from collections import deque
from collections.abc import Callable

from shotlane.records import Event, PollRow
from shotlane.store._batch import Batch
from shotlane.store._begin import OpenRun
from shotlane.store._encode import Row, event_row, poll_row
from shotlane.store._open import OpenAttempt


class Intake:
    """The queues of one session, and the batch that they end in."""

    def __init__(self, session: int) -> None:
        self.batch = Batch()
        self.attempts: deque[OpenAttempt] = deque()
        self._session = session
        self._notes: deque[Callable[[Batch], None]] = deque()
        self._events: deque[tuple[Event, OpenRun | None]] = deque()
        self._polls: deque[tuple[PollRow, OpenRun]] = deque()
        self._next_event = 1

    def note(self, note: Callable[[Batch], None]) -> None:
        """Do something to the batch when its turn comes."""
        self._notes.append(note)

    def event(self, event: Event, run: OpenRun | None) -> None:
        """Take an event."""
        self._events.append((event, run))

    def poll(self, row: PollRow, run: OpenRun) -> None:
        """Take a reading made for an interlock."""
        self._polls.append((row, run))

    @property
    def samples(self) -> int:
        """How many samples came and are not in the batch."""
        return sum(len(one.buffer.samples) for one in tuple(self.attempts))

    @property
    def waiting(self) -> int:
        """How many things wait, in the batch and before it."""
        actions = sum(len(one.buffer.actions) for one in tuple(self.attempts))
        queued = len(self._notes) + len(self._events) + len(self._polls)
        return len(self.batch) + queued + self.samples + actions

    def take(self) -> Batch:
        """Bring everything into the batch."""
        batch, notes, polls, events = self.batch, self._notes, self._polls, self._events
        while notes:
            notes.popleft()(batch)
        for attempt in tuple(self.attempts):
            closed = attempt.closed
            attempt.drain(batch)
            if closed and attempt is not self.attempts[-1]:
                self.attempts.remove(attempt)
        while polls:
            row, run = polls.popleft()
            run.polls += 1
            batch.rows["poll"].append(poll_row(run.number, run.polls, row))
        while events:
            batch.rows["event"].append(self._event_row(*events.popleft()))
        return batch

    def _event_row(self, event: Event, run: OpenRun | None) -> Row:
        number = self._next_event
        self._next_event += 1
        if run is None:
            return event_row(self._session, number, event)
        shift = run.shifts.get(event.shot or 0, 0)
        return event_row(self._session, number, event, run.number, event.attempt and event.attempt + shift)
