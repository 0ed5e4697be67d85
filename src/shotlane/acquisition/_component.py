"""A component: one instrument that does the tasks which are submitted to it, one after the other.

A thread of its own does them, and makes the instrument safe at the end of each, however it ended. Whoever
leaves the `with` waits for what was submitted; an exception, `close` and the end of the program stop it.
"""

import atexit
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Condition, Thread
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from shotlane.acquisition._destination import sink_for
from shotlane.acquisition._handle import Handle
from shotlane.acquisition._job import Job
from shotlane.acquisition._job_record import JobRecord
from shotlane.acquisition._sink import Sink
from shotlane.acquisition._task import Task, check_task, checked_value
from shotlane.acquisition._work import work
from shotlane.execution import Clock
from shotlane.instruments import ProgramTable
from shotlane.model import Attribute, ScalarValue
from shotlane.records import Outcome

if TYPE_CHECKING:
    import polars as pl

# A wait without end hears no Ctrl-C on Windows.
_PIECE_S = 0.5
# Longer than an exchange with all its repetitions, and a safe state after it.
_LONGEST_END_S = 60.0


class QueueFullError(RuntimeError):
    """As many tasks wait as may."""


@dataclass(frozen=True, slots=True)
class ComponentStatus:
    """A component at a glance."""

    name: str
    running: Job | None
    queued: tuple[Job, ...]
    can_submit: bool


class _Entry(NamedTuple):
    """A task that waits or runs, and what its submitter holds of it."""

    record: JobRecord
    job: Job


class Component:
    """Made by `shotlane.component`. Every method may be called from any thread."""

    def __init__(
        self,
        opening: Callable[[ExitStack, Clock], Handle],
        make_clock: Callable[[], Clock],
        *,
        queue: int | None,
    ) -> None:
        if queue is not None and (isinstance(queue, bool) or not isinstance(queue, int) or queue < 0):
            raise ValueError(f"queue is how many tasks may wait, or None for any number, not {queue!r}")
        self._opening = opening
        self._make_clock = make_clock
        self._most = queue
        self._condition = Condition()
        self._queue: deque[_Entry] = deque()
        self._running: _Entry | None = None
        self._newest: Job | None = None
        self._count = 0
        self._opened: Handle | None = None
        self._closing = False
        self._touched = False  # something was set by hand
        self._error: Exception | None = None  # of the end
        self._stack = ExitStack()
        self._thread = Thread(target=self._serve, name="component", daemon=True)

    def open(self) -> Self:
        """Lock and open the instrument; `with` does so."""
        if self._opened is not None or self._closing:
            raise RuntimeError("a component is opened once; make another one")
        with ExitStack() as opened:
            self._opened = self._opening(opened, self._make_clock())
            self._stack = opened.pop_all()
        self._thread.start()
        atexit.register(self._exit)
        return self

    def close(self) -> None:
        """Stop what runs, forget what waits, leave the instrument safe and closed. Safe to call twice."""
        self._close(Outcome.ABORTED, "the component was closed")

    def __enter__(self) -> Self:
        return self.open()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            try:
                self._wait_for_all()
            except BaseException as interruption:
                self._close(Outcome.TERMINATED, f"ended by {type(interruption).__name__}")
                raise
            self.close()
        else:
            self._close(Outcome.TERMINATED, f"ended by {kind.__name__}")

    def _wait_for_all(self) -> None:
        with self._condition:
            while self._queue or self._running:
                self._condition.wait(_PIECE_S)

    def _exit(self) -> None:
        self._close(Outcome.TERMINATED, "the program ended")

    def _close(self, outcome: Outcome, reason: str) -> None:
        atexit.unregister(self._exit)
        self._end_all(outcome, reason, closing=True)
        deadline_s = time.monotonic() + _LONGEST_END_S
        while self._thread.is_alive() and time.monotonic() < deadline_s:
            with suppress(KeyboardInterrupt):  # a second Ctrl-C does not skip the safe state
                self._thread.join(_PIECE_S)
        error, self._error = self._error, None
        if error is not None:
            raise error

    def _end_all(self, outcome: Outcome, reason: str, *, closing: bool) -> None:
        with self._condition:
            self._closing = self._closing or closing
            while self._queue:
                _skip(self._queue.popleft().record, reason)
            if self._running is not None:
                self._running.record.ask(outcome, reason)
            self._condition.notify_all()

    @property
    def _handle(self) -> Handle:
        if self._opened is None or self._closing:
            raise RuntimeError("the component is not open; use it in a `with`, or `open()` it")
        return self._opened

    @property
    def name(self) -> str:
        """Its instrument."""
        return self._handle.name

    @property
    def attributes(self) -> Mapping[str, Attribute]:
        """What can be read and set, with units and limits."""
        return self._handle.attributes

    @property
    def can_submit(self) -> bool:
        """Whether another task is taken now."""
        with self._condition:
            return self._opened is not None and not self._closing and self._has_room

    @property
    def _has_room(self) -> bool:
        if self._most is None:
            return True
        # What nobody has taken up yet, with nothing running, begins at once.
        free = 0 if self._running else 1
        return len(self._queue) < self._most + free

    def submit(
        self,
        task: Task | None = None,
        *,
        set: Mapping[str, ScalarValue] | None = None,
        sample: str | Iterable[str] | None = None,
        every: float | str | None = None,
        duration: float | str | None = None,
        program: ProgramTable | None = None,
        name: str = "",
        to: str | Path | Sink | None = None,
    ) -> Job:
        """Have a task done, given as such or by its parts (see `Task`), when those before it have ended.

        `to`: where its samples go too: an open sink, which stays open, or what `sink_for` takes.
        Raises `ValueError` for whatever cannot be done, `QueueFullError`, and what opening a sink raises;
        nothing was sent then.
        """
        parts: dict[str, Any] = {
            "sample": sample,
            "every": every,
            "duration": duration,
            "program": program,
        }
        if task is not None and (set or name or any(part is not None for part in parts.values())):
            raise ValueError("give a task, or its parts, not both")
        wanted = task or Task(set=set or {}, name=name, **parts)
        handle = self._handle
        checked = check_task(wanted, handle)
        with self._condition:
            if not self._has_room:
                raise QueueFullError(f"{self._most} tasks wait for {handle.name} already")
            _ = self._handle  # not closed meanwhile
            sink = to if to is None or isinstance(to, Sink) else sink_for(to)
            if sink is not None and sink is not to:
                sink.open()
            self._count += 1
            record = JobRecord(self._count, checked, sink, owns_sink=sink is not to)
            job = Job(record, handle.attributes, self._stop)
            self._queue.append(_Entry(record, job))
            self._newest = job
            self._condition.notify_all()
            return job

    def status(self) -> ComponentStatus:
        """What runs, what waits, and whether another task is taken."""
        name = self._handle.name
        with self._condition:
            running = None if self._running is None else self._running.job
            return ComponentStatus(name, running, tuple(one.job for one in self._queue), self._has_room)

    def stop(self) -> "pl.DataFrame":
        """Stop the task that runs, wait until the instrument is safe, and take what it measured.

        What waits is done next. With nothing running, what the newest one measured.
        """
        return self._current().stop()

    def data(self, *, clear: bool = False) -> "pl.DataFrame":
        """What the task that runs, else the newest, has measured so far (see `Job.data`)."""
        return self._current().data(clear=clear)

    def _current(self) -> Job:
        with self._condition:
            found = self._newest if self._running is None else self._running.job
        if found is None:
            raise RuntimeError("no task was submitted yet")
        return found

    def reset(self) -> tuple[str, ...]:
        """Stop what runs, forget what waits, make the instrument safe; what may not be so, with why."""
        handle = self._handle
        self._end_all(Outcome.ABORTED, f"{handle.name} was reset", closing=False)
        self._wait_for_all()
        return self._make_safe()

    def read(self, name: str) -> Any:
        """Read one attribute now. Raises `InstrumentError`, and `ValueError` for an unknown one."""
        return self._handle.read(name)

    def write(self, name: str, value: ScalarValue) -> None:
        """Set one attribute now, until the next task ends. Raises as `read` does."""
        checked = checked_value(self._handle, name, value)
        self._touched = True
        self._handle.write(name, checked)

    def _make_safe(self) -> tuple[str, ...]:
        self._touched = False
        return () if self._opened is None else tuple(self._opened.make_safe())

    def _stop(self, record: JobRecord, outcome: Outcome, reason: str) -> None:
        with self._condition:
            for entry in self._queue:
                if entry.record is record:
                    self._queue.remove(entry)
                    _skip(record, reason)
                    self._condition.notify_all()
                    return
            record.ask(outcome, reason)

    def _serve(self) -> None:
        """Do one task after the other. Here too the end is reached, where no Ctrl-C comes."""
        assert self._opened is not None
        while (entry := self._next()) is not None:
            work(entry.record, self._opened, self._make_clock())
            with self._condition:
                self._running = None
                self._condition.notify_all()
        try:
            with self._stack:
                unsafe = self._make_safe() if self._touched else ()
            if unsafe:
                self._error = RuntimeError(f"not made safe: {', '.join(unsafe)}")
        except Exception as error:  # noqa: BLE001  a bug of a driver in closing, raised again by `close`
            self._error = error

    def _next(self) -> _Entry | None:
        with self._condition:
            while not self._queue and not self._closing:
                self._condition.wait()
            if not self._queue:
                return None
            self._running = self._queue.popleft()
            return self._running


def _skip(record: JobRecord, reason: str) -> None:
    record.close_sink()
    record.end(Outcome.SKIPPED, f"it never began: {reason}")
