"""A run as it goes on, seen from another process: what its store has by now, beside what its plan says.

Only the store is looked at, so watching costs the run nothing. What the run does reaches its store every half
second or so; where a shot stands is told between two looks by the clock.
"""

import time
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from shotlane.api._past import ResumeError, present_in
from shotlane.api._recompile import compile_texts
from shotlane.api._watch_steps import Steps, Walk
from shotlane.diagnostics import Report
from shotlane.plan import CompiledPlan, Value
from shotlane.project import Project
from shotlane.records import ChannelRecord, LoggedEvent, Outcome, Status
from shotlane.store import EventFilter, EventTail, RunSummary, open_reader

_HISTORY = 240
_LATENESSES = 2_000
_FAULTS = 5
_JUDGE_S = 1.0
_DONE = (Status.OK, Status.LATE)


@dataclass(slots=True)
class LiveLane:
    """A channel in the shot that goes on. `values`: what was set or read, oldest first; None for no value."""

    channel: ChannelRecord
    sets: bool = False
    values: deque[float | None] = field(default_factory=lambda: deque(maxlen=_HISTORY))
    text: str | None = None
    late_ns: deque[int] = field(default_factory=lambda: deque(maxlen=_LATENESSES))
    statuses: Counter[Status] = field(default_factory=Counter)
    tick: int = -1
    number: int = -1

    @property
    def p99_ns(self) -> float | None:
        """Lateness that one reading in a hundred exceeds; None without any."""
        ordered = sorted(self.late_ns)
        return None if not ordered else float(ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)])


@dataclass(slots=True)
class LiveFault:
    """A fault, and whether the shot was tried again."""

    shot: int | None
    attempt: int | None
    told: str


class WatchedRun:
    """What is known of a run; `look` brings it up to date. Close it, or use it in a `with`.

    Raises `StoreError` when there is no such run.
    """

    def __init__(self, store: str | Path, run: int) -> None:
        self._reader = open_reader(store)
        self._tail = EventTail(store, EventFilter(run=run))
        self.number = run
        try:
            self.summary: RunSummary = self._reader.summary(run)
            self.channels = {channel.index: channel for channel in self._reader.channels(run)}
            self.units = {parameter.name: parameter.unit for parameter in self._reader.parameters(run)}
        except BaseException:
            self.close()
            raise
        self.plan: CompiledPlan | None = None
        self.shot: int | None = None
        self.attempt: int | None = None
        self.parameters: Mapping[str, Value] = {}
        self.lanes: dict[int, LiveLane] = {}
        self.faults: deque[LiveFault] = deque(maxlen=_FAULTS)
        self.retries = 0
        self.paused: str | None = None
        self.question: str | None = None
        self._walk = Walk()
        self._attempt_id: int | None = None
        self._change: int | None = None
        self._judged_s = 0.0
        self._began_utc_ns: int | None = None
        self._ended_utc_ns: int | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the store."""
        self._tail.close()
        self._reader.close()

    def read_plan(self) -> None:
        """Compile what is being run, for its steps and parameters; without it there are only readings."""
        try:
            past = present_in(self._reader, self.number)
        except ResumeError:
            return
        prepared = compile_texts(past, Report(), Project(Path.cwd()))
        if prepared is not None and prepared.plan.digest == past.record.plan_digest:
            self.plan = prepared.plan

    @property
    def outcome(self) -> Outcome | None:
        """How it ended; None while it goes on."""
        return self.summary.outcome

    @property
    def elapsed_s(self) -> float:
        """Since the run began."""
        end_ns = self.summary.ended_utc_ns or time.time_ns()
        return max(0.0, (end_ns - self.summary.started_utc_ns) / 1e9)

    def steps(self) -> Steps | None:
        """Where the shot stands in its steps, by the clock; None when that is not known."""
        if self.plan is None or self.shot is None or self.shot > len(self.plan):
            return None
        return self._walk.steps(self.plan.shot(self.shot), self._now_ns())

    def _now_ns(self) -> int | None:
        """Time since t = 0 of the attempt; None before it."""
        if self._walk.origin_utc_ns is None:
            return None
        return (self._ended_utc_ns or time.time_ns()) - self._walk.origin_utc_ns

    def look(self) -> None:
        """Take in what is new in the store. Raises `StoreError`."""
        change = self._reader.change()
        if change is not None and change == self._change:
            # Of a process that was killed nothing is written any more.
            if self.outcome is None and time.monotonic() - self._judged_s >= _JUDGE_S:
                self._judge()
            return
        self._change = change
        self._judge()
        for event in self._tail.read():
            self._take(event)
        self._take_attempt()

    def _judge(self) -> None:
        """How it stands, and whether its process lives."""
        self._judged_s = time.monotonic()
        self.summary = self._reader.summary(self.number)

    def _take(self, event: LoggedEvent) -> None:
        fields: Mapping[str, Any] = event.fields
        if event.type == "segment.ended":
            self._walk.end(event.shot, event.attempt, str(fields["step"]), float(fields["lasted_s"]))
        elif event.type == "attempt.ended" and fields.get("fault"):
            told = f"{fields['fault']}: {fields.get('message')}"
            self.faults.append(LiveFault(event.shot, event.attempt, told))
        elif event.type == "interlock.tripped":
            self.faults.append(
                LiveFault(event.shot, event.attempt, f"interlock {fields['name']}: {fields['message']}")
            )
        elif event.type == "retry.scheduled":
            self.retries += 1
        elif event.type == "run.paused":
            self.paused = str(fields.get("reason") or "")
        elif event.type in ("run.continued", "run.resumed", "attempt.started"):
            self.paused = None
        elif event.type == "question.asked":
            self.question = str(fields["text"])
        elif event.type in ("question.answered", "attempt.ended"):
            self.question = None

    def _take_attempt(self) -> None:
        row = self._reader.newest_attempt(self.number)
        if row is None:
            return
        key, shot, attempt, _, _, origin, ended = row
        if key != self._attempt_id:
            self._attempt_id, self.shot, self.attempt = key, shot, attempt
            self.lanes = {}
            if self.plan is not None and shot <= len(self.plan):
                self.parameters = self.plan.shot(shot).parameters
        self._walk.origin_utc_ns, self._ended_utc_ns = origin, ended
        self._walk.place = (shot, attempt)
        self._take_actions(key)
        for channel in self.channels.values():
            self._take_readings(key, channel)

    def _take_actions(self, attempt: int) -> None:
        last = max((lane.number for lane in self.lanes.values()), default=-1)
        for number, channel, _, value, text, status in reversed(
            self._reader.newest_actions(attempt, last, _HISTORY)
        ):
            lane = self.lanes.setdefault(channel, LiveLane(self.channels[channel], sets=True))
            lane.number = number
            if status in _DONE:
                lane.values.append(value)
                lane.text = text

    def _take_readings(self, attempt: int, channel: ChannelRecord) -> None:
        lane = self.lanes.get(channel.index)
        rows = self._reader.newest_samples(
            attempt, channel.index, -1 if lane is None else lane.tick, _HISTORY
        )
        if not rows:
            return
        if lane is None:
            lane = self.lanes[channel.index] = LiveLane(channel)
        lane.tick = rows[0][0]
        for _, _, late_ns, value, status in reversed(rows):
            lane.statuses[Status(status)] += 1
            if late_ns is not None:
                lane.late_ns.append(late_ns)
            if not lane.sets:
                lane.values.append(value)
        if channel.type in ("text", "option") and not lane.sets:
            lane.text = self._reader.newest_text(attempt, channel.index)


def going(store: str | Path) -> list[int]:
    """Numbers of the runs that go on in a store, newest first."""
    with open_reader(store) as reader:
        return [run.number for run in reader.runs() if run.outcome is None]
