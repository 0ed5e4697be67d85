"""The recorder protocol: where execution writes, whatever stands behind it.

Execution calls `begin_*` and `end_*` from one thread, in this order: begin_run, then for every shot
begin_shot, (begin_attempt, end_attempt) one or more times, end_shot; at last end_run. Rows are appended by
port workers to the deques of the open attempt, which the recorder drains in its own thread at least once a
second. `end_shot` returns when everything up to it is durable; so does `end_run`.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from shotlane.records._brackets import (
    AttemptEnd,
    AttemptStart,
    RunEnd,
    RunStart,
    ShotEnd,
    ShotStart,
    StepRecord,
)
from shotlane.records._event import Event
from shotlane.records._rows import ActionRow, PollRow, SampleRow


@dataclass(slots=True, eq=False)
class AttemptBuffer:
    """What one attempt's workers append to.

    `deque.append` is atomic, so no lock is taken on timing threads. `origin_utc_ns` is set as soon as it is
    known, so that an attempt that is killed half-way keeps its times. `steps` takes the place of those of the
    start when an open-ended step has ended, before any row of what follows is appended: a recorder that looks
    at it after it took the rows, and stores them together, never has a row whose step it does not know.
    """

    samples: deque[SampleRow] = field(default_factory=deque)
    actions: deque[ActionRow] = field(default_factory=deque)
    origin_utc_ns: int | None = None
    steps: tuple[StepRecord, ...] = ()


class RecorderError(Exception):
    """The records could not be made durable; nothing may be run on."""


class NoRoomError(RecorderError):
    """Neither the store nor the disk takes records: they wait in memory, and `flush` tries again.

    `full`: there are so many that nothing more may be measured before they are written.
    """

    def __init__(self, message: str, *, full: bool = False) -> None:
        super().__init__(message)
        self.full = full


class Recorder(Protocol):
    """Takes the records of one session."""

    @property
    def threads(self) -> tuple[int, ...]:
        """Native ids of its threads, which compute while shots run."""

    def begin_run(self, start: RunStart) -> int:
        """Store the start of a run and return its number. Durable on return.

        With `start.resumes` the run of that number goes on: it must be in the store, and its shots that ended
        well stay as they are.
        """

    def begin_shot(self, start: ShotStart) -> None:
        """Note the start of a shot."""

    def begin_attempt(self, start: AttemptStart) -> AttemptBuffer:
        """Open an attempt; rows appended to the buffer from now on belong to it."""

    def end_attempt(self, end: AttemptEnd) -> None:
        """Close the attempt; its buffer is complete."""

    def end_shot(self, end: ShotEnd, meanwhile: Callable[[], None] | None = None) -> None:
        """Commit the shot. Durable on return, else raises `RecorderError`.

        After a `NoRoomError` the shot is kept for `flush`.
        `meanwhile` may be called, in this thread, when nothing but the disk or the server is waited for. It
        returns at once, and may be called again where a commit is tried again.
        """

    def flush(self) -> None:
        """Make all that was told durable; raises as `end_shot` does."""

    def end_run(self, end: RunEnd) -> None:
        """Close the run. Durable on return; raises as `end_shot` does."""

    def stamp(self, *stamps: str) -> None:
        """Add to the stamps of the open run what its start did not know; durable with what comes next."""

    def poll(self, row: PollRow) -> None:
        """Take a reading made for an interlock. Callable from any thread, never blocks on I/O."""

    def event(self, event: Event) -> None:
        """Take an event; it gets the next sequence number. Callable from any thread, never blocks on I/O."""

    def close(self) -> None:
        """Flush and release everything. Safe to call twice."""

    def statistics(self) -> dict[str, Any]:
        """Counts of rows taken, written and waiting, and of commits."""
