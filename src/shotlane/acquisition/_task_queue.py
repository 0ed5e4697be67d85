"""The tasks of one component: one runs, others wait, in their order.

What ended before it began has ended too, with a reason.
"""

from collections import deque
from threading import Condition
from typing import NamedTuple

from shotlane.acquisition._job import Job
from shotlane.acquisition._job_record import JobRecord
from shotlane.records import Outcome

# A wait without end hears no Ctrl-C on Windows.
_PIECE_S = 0.5


class QueueFullError(RuntimeError):
    """As many tasks wait as may."""


class Entry(NamedTuple):
    """A task, and what its submitter holds of it."""

    record: JobRecord
    job: Job


class TaskQueue:
    """Taken from by one thread. `most`: how many may wait; None: any number. Raises `ValueError`."""

    def __init__(self, most: int | None) -> None:
        if most is not None and (isinstance(most, bool) or not isinstance(most, int) or most < 0):
            raise ValueError(f"queue is how many tasks may wait, or None for any number, not {most!r}")
        self._most = most
        self._condition = Condition()
        self._waiting: deque[Entry] = deque()
        self._running: Entry | None = None
        self._newest: Job | None = None
        self._count = 0
        self.closed = False

    @property
    def has_room(self) -> bool:
        """Whether another one may wait."""
        # What nobody has taken up yet, with nothing running, begins at once.
        free = 0 if self._running else 1
        return self._most is None or len(self._waiting) < self._most + free

    def refuse_full(self) -> None:
        """Raise `QueueFullError` when there is no room."""
        if not self.has_room:
            raise QueueFullError(f"{self._most} tasks wait already")

    def put(self, entry: Entry) -> None:
        """Let it wait for its turn. Raises `QueueFullError`, and `RuntimeError` when closed."""
        with self._condition:
            if self.closed:
                raise RuntimeError("the component was closed meanwhile")
            self.refuse_full()
            self._count += 1
            entry.record.number = self._count
            self._waiting.append(entry)
            self._newest = entry.job
            self._condition.notify_all()

    def take(self) -> Entry | None:
        """The next one, which runs until `over`; None when closed. Waits for it."""
        with self._condition:
            while not self._waiting and not self.closed:
                self._condition.wait()
            self._running = self._waiting.popleft() if self._waiting else None
            return self._running

    def over(self) -> None:
        """What was taken has ended."""
        with self._condition:
            self._running = None
            self._condition.notify_all()

    def end(self, record: JobRecord, outcome: Outcome, reason: str) -> None:
        """Ask one to end, or take it out."""
        with self._condition:
            for entry in self._waiting:
                if entry.record is record:
                    self._waiting.remove(entry)
                    _skip(record, reason)
                    self._condition.notify_all()
                    return
            record.ask(outcome, reason)

    def end_all(self, outcome: Outcome, reason: str, *, close: bool = False) -> None:
        """Ask what runs to end, and take out what waits."""
        with self._condition:
            self.closed = self.closed or close
            while self._waiting:
                _skip(self._waiting.popleft().record, reason)
            if self._running is not None:
                self._running.record.ask(outcome, reason)
            self._condition.notify_all()

    def wait_for_all(self) -> None:
        """Wait until nothing waits or runs."""
        with self._condition:
            while self._waiting or self._running:
                self._condition.wait(_PIECE_S)

    def now(self) -> tuple[Job | None, tuple[Job, ...], bool]:
        """What runs, what waits, and whether there is room."""
        with self._condition:
            running = None if self._running is None else self._running.job
            return running, tuple(entry.job for entry in self._waiting), self.has_room

    @property
    def current(self) -> Job | None:
        """What runs, else the newest."""
        with self._condition:
            return self._newest if self._running is None else self._running.job


def _skip(record: JobRecord, reason: str) -> None:
    record.close_sink()
    record.end(Outcome.SKIPPED, f"it never began: {reason}")
