"""A recorder that keeps everything in lists, and holds its caller to the order of the protocol."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from shotlane.records import (
    ActionRow,
    AttemptBuffer,
    AttemptEnd,
    AttemptStart,
    Event,
    PollRow,
    RecorderError,
    RunEnd,
    RunStart,
    SampleRow,
    ShotEnd,
    ShotStart,
)


@dataclass(slots=True, eq=False)
class RecordedAttempt:
    """One attempt as it was told; `end` is None while it is open."""

    start: AttemptStart
    buffer: AttemptBuffer = field(default_factory=AttemptBuffer)
    end: AttemptEnd | None = None

    @property
    def samples(self) -> list[SampleRow]:
        """Its readings in the order they came."""
        return list(self.buffer.samples)

    @property
    def actions(self) -> list[ActionRow]:
        """Its sets and calls, in the order they were made."""
        return sorted(self.buffer.actions)


@dataclass(slots=True, eq=False)
class RecordedShot:
    """One shot with its attempts."""

    start: ShotStart
    attempts: list[RecordedAttempt] = field(default_factory=list)
    end: ShotEnd | None = None


@dataclass(slots=True, eq=False)
class RecordedRun:
    """One run with its shots."""

    number: int
    start: RunStart
    shots: list[RecordedShot] = field(default_factory=list)
    end: RunEnd | None = None

    @property
    def attempts(self) -> list[RecordedAttempt]:
        """All attempts of all shots."""
        return [attempt for shot in self.shots for attempt in shot.attempts]


class MemoryRecorder:
    """Keeps runs and events. `fail_at`: names of methods that raise `RecorderError` instead."""

    def __init__(self, fail_at: set[str] | None = None) -> None:
        self.runs: list[RecordedRun] = []
        self.events: list[Event] = []
        self.polls: list[PollRow] = []
        self.stamps: list[str] = []
        self.fail_at = set() if fail_at is None else fail_at
        self._lock = threading.Lock()

    @property
    def run(self) -> RecordedRun:
        """The last run."""
        return self.runs[-1]

    def _check(self, method: str, in_order: bool) -> None:
        if method in self.fail_at:
            raise RecorderError(f"{method} fails as asked")
        if not in_order:
            raise AssertionError(f"{method} is out of order")

    @property
    def _shot(self) -> RecordedShot | None:
        """The open shot."""
        shot = self.run.shots[-1] if self.runs and self.run.shots else None
        return shot if shot is not None and shot.end is None else None

    @property
    def _attempt(self) -> RecordedAttempt | None:
        """The open attempt."""
        attempt = self._shot.attempts[-1] if self._shot and self._shot.attempts else None
        return attempt if attempt is not None and attempt.end is None else None

    @property
    def threads(self) -> tuple[int, ...]:
        """It has none."""
        return ()

    def begin_run(self, start: RunStart) -> int:
        """Open a run."""
        self._check("begin_run", not self.runs or self.run.end is not None)
        self.runs.append(RecordedRun(len(self.runs) + 1, start))
        return len(self.runs)

    def begin_shot(self, start: ShotStart) -> None:
        """Open a shot."""
        self._check("begin_shot", self._shot is None)
        self.run.shots.append(RecordedShot(start))

    def begin_attempt(self, start: AttemptStart) -> AttemptBuffer:
        """Open an attempt."""
        shot = self._shot
        self._check("begin_attempt", shot is not None and self._attempt is None)
        assert shot is not None
        shot.attempts.append(RecordedAttempt(start))
        return shot.attempts[-1].buffer

    def end_attempt(self, end: AttemptEnd) -> None:
        """Close the attempt."""
        attempt = self._attempt
        if attempt is not None:
            attempt.end = end
        self._check("end_attempt", attempt is not None)

    def end_shot(self, end: ShotEnd, meanwhile: Callable[[], None] | None = None) -> None:
        """Close the shot."""
        shot = self._shot
        in_order = shot is not None and self._attempt is None
        if shot is not None:
            shot.end = end
        self._check("end_shot", in_order)

    def flush(self) -> None:
        """Everything is kept already."""
        self._check("flush", True)

    def end_run(self, end: RunEnd) -> None:
        """Close the run."""
        self._check("end_run", self._shot is None)
        self.run.end = end

    def stamp(self, *stamps: str) -> None:
        """Keep stamps that came later."""
        self.stamps.extend(stamps)

    def poll(self, row: PollRow) -> None:
        """Keep a reading made for an interlock."""
        with self._lock:
            self.polls.append(row)

    def event(self, event: Event) -> None:
        """Keep an event."""
        self._check("event", True)
        with self._lock:
            self.events.append(event)

    def close(self) -> None:
        """Hold nothing."""

    def statistics(self) -> dict[str, Any]:
        """Counts of what was taken."""
        attempts = [attempt for run in self.runs for attempt in run.attempts]
        return {
            "samples": sum(len(attempt.buffer.samples) for attempt in attempts),
            "actions": sum(len(attempt.buffer.actions) for attempt in attempts),
            "events": len(self.events),
        }
