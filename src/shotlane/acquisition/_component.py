"""A component: one instrument that does the tasks which are submitted to it, one after the other.

A thread of its own does them, and makes the instrument safe at the end of each, however it ended. Whoever
leaves the `with` waits for what was submitted; an exception, `close`, SIGTERM and the end of the program
stop it.
"""

import atexit
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import RLock, Thread
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from shotlane.acquisition._destination import sink_for
from shotlane.acquisition._handle import Handle, status_of, value_of
from shotlane.acquisition._job import Job
from shotlane.acquisition._job_record import JobRecord
from shotlane.acquisition._leaving import as_before, leave_on_signals
from shotlane.acquisition._sink import Sink
from shotlane.acquisition._table import get_ready
from shotlane.acquisition._task import Task, check_task, checked_value
from shotlane.acquisition._task_queue import Entry, TaskQueue
from shotlane.acquisition._work import work
from shotlane.execution import Clock
from shotlane.instruments import InstrumentError, ProgramTable
from shotlane.model import Attribute, ScalarValue
from shotlane.records import Outcome

if TYPE_CHECKING:
    import polars as pl

_LOOK_S = 0.5
# Longer than an exchange with all its repetitions, and a safe state after it.
_LONGEST_END_S = 60.0


@dataclass(frozen=True, slots=True)
class ComponentStatus:
    """A component at a glance.

    `values`: what its instrument has marked as its status, read when this was asked for; `faults`: why of
    some there is none.
    """

    name: str
    running: Job | None
    queued: tuple[Job, ...]
    can_submit: bool
    values: Mapping[str, Any] = field(default_factory=dict)
    faults: Mapping[str, InstrumentError] = field(default_factory=dict)


class Component:
    """Made by `shotlane.component`. Every method may be called from any thread."""

    def __init__(
        self,
        opening: Callable[[ExitStack, Clock], Handle],
        make_clock: Callable[[], Clock],
        *,
        queue: int | None,
    ) -> None:
        self._opening = opening
        self._make_clock = make_clock
        self._tasks = TaskQueue(queue)
        self._opened: Handle | None = None
        self._touched = False  # something was set by hand
        self._by_hand = RLock()  # so that nothing is set between the safe state at the end and the closing
        self._error: Exception | None = None  # of the end
        self._stack = ExitStack()
        self._thread = Thread(target=self._serve, name="component", daemon=True)

    def open(self) -> Self:
        """Lock and open the instrument; `with` does so."""
        if self._opened is not None or self._tasks.closed:
            raise RuntimeError("a component is opened once; make another one")
        get_ready()
        with ExitStack() as opened:
            self._opened = self._opening(opened, self._make_clock())
            self._stack = opened.pop_all()
        self._thread.start()
        atexit.register(self._exit)
        leave_on_signals(self)
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
                self._tasks.wait_for_all()
            except BaseException as interruption:
                self._close(Outcome.TERMINATED, f"ended by {type(interruption).__name__}")
                raise
            self.close()
        else:
            self._close(Outcome.TERMINATED, f"ended by {kind.__name__}")

    def _exit(self) -> None:
        self._close(Outcome.TERMINATED, "the program ended")

    def _close(self, outcome: Outcome, reason: str) -> None:
        atexit.unregister(self._exit)
        try:
            self._end(outcome, reason)
        finally:
            as_before(self)

    def _end(self, outcome: Outcome, reason: str) -> None:
        self._tasks.end_all(outcome, reason, close=True)
        deadline_s = time.monotonic() + _LONGEST_END_S
        while self._thread.is_alive() and time.monotonic() < deadline_s:
            with suppress(KeyboardInterrupt, SystemExit):  # a second signal does not skip the safe state
                self._thread.join(_LOOK_S)
        if self._thread.is_alive():
            raise RuntimeError(f"NOT SAFE: the instrument did not come to an end within {_LONGEST_END_S:g} s")
        error, self._error = self._error, None
        if error is not None:
            raise error

    @property
    def _handle(self) -> Handle:
        if self._opened is None or self._tasks.closed:
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
        return self._opened is not None and not self._tasks.closed and self._tasks.has_room

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
        self._tasks.refuse_full()
        sink = _opened(to)
        record = JobRecord(checked, sink, owns_sink=sink is not to)
        job = Job(record, handle.attributes, self._tasks.end)
        try:
            self._tasks.put(Entry(record, job))
        except RuntimeError:
            record.close_sink()
            raise
        return job

    @property
    def busy(self) -> bool:
        """Whether a task runs or waits."""
        running, queued, _ = self._tasks.now()
        return running is not None or bool(queued)

    def status(self) -> ComponentStatus:
        """What runs, what waits, whether another task is taken, and what the instrument says of itself."""
        handle = self._handle
        read = status_of(handle)
        faults = {name: one.fault for name, one in read.items() if one.fault is not None}
        values = {name: one.value for name, one in read.items() if one.fault is None}
        return ComponentStatus(handle.name, *self._tasks.now(), values, faults)

    def stop(self) -> "pl.DataFrame":
        """Stop the task that runs, wait until the instrument is safe, and take what it measured.

        What waits is done next. With nothing running, what the newest one measured.
        """
        return self._current().stop()

    def data(self, *, clear: bool = False) -> "pl.DataFrame":
        """What the task that runs, else the newest, has measured so far (see `Job.data`)."""
        return self._current().data(clear=clear)

    def _current(self) -> Job:
        found = self._tasks.current
        if found is None:
            raise RuntimeError("no task was submitted yet")
        return found

    def reset(self) -> tuple[str, ...]:
        """Stop what runs, forget what waits, make the instrument safe; what may not be so, with why."""
        handle = self._handle
        self._tasks.end_all(Outcome.ABORTED, f"{handle.name} was reset")
        self._tasks.wait_for_all()
        return self._make_safe()

    def read(self, name: str) -> Any:
        """Read one attribute now. Raises `InstrumentError`, and `ValueError` for an unknown one."""
        return value_of(self._handle, name)

    def write(self, name: str, value: ScalarValue) -> None:
        """Set one attribute now, until the next task ends. Raises as `read` does."""
        checked = checked_value(self._handle, name, value)
        with self._by_hand:
            handle = self._handle
            self._touched = True
            handle.write(name, checked)

    def _make_safe(self) -> tuple[str, ...]:
        with self._by_hand:
            self._touched = True  # unless this comes to a good end, closing does it again
            unsafe = () if self._opened is None else tuple(self._opened.make_safe())
            self._touched = bool(unsafe)
            return unsafe

    def _serve(self) -> None:
        """Do one task after the other. Here too the end is reached, where no Ctrl-C comes."""
        assert self._opened is not None
        while (entry := self._tasks.take()) is not None:
            work(entry.record, self._opened, self._make_clock())
            self._tasks.over()
        try:
            with self._by_hand, self._stack:
                unsafe = self._make_safe() if self._touched else ()
            if unsafe:
                self._error = RuntimeError(f"not made safe: {', '.join(unsafe)}")
        except Exception as error:  # noqa: BLE001  a bug of a driver in closing, raised again by `close`
            self._error = error


def _opened(to: str | Path | Sink | None) -> Sink | None:
    """An open sink as it is, or that of a path or an address, opened."""
    if to is None or isinstance(to, Sink):
        return to
    sink = sink_for(to)
    sink.open()
    return sink
