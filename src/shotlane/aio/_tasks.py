"""Components that do tasks.

Who waits for a task and is cancelled waits no more; who leaves a component by a cancellation ends its tasks.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import anyio

from shotlane import acquisition, api
from shotlane.acquisition import JobStatus, Task
from shotlane.aio._job import in_thread, shielded
from shotlane.aio._sinks import Sink
from shotlane.aio._twin import Late, Twin, late, method
from shotlane.api import tell_of_signals
from shotlane.instruments import InstrumentError, ProgramTable
from shotlane.model import Attribute, ScalarValue
from shotlane.records import Outcome

# How long the end of a job may go unseen.
_LOOK_S = 0.02


class Job(Twin[acquisition.Job]):
    """A task that was submitted."""

    stop = method(acquisition.Job.stop)
    data = method(acquisition.Job.data)
    samples = method(acquisition.Job.samples)

    async def wait(self, timeout: float | None = None) -> Outcome | None:
        """Wait for its end; how it ended, or None when it has not within `timeout` seconds."""
        with anyio.move_on_after(timeout):
            while self.blocking.outcome is None:
                await anyio.sleep(_LOOK_S)
        return self.blocking.outcome

    @property
    def number(self) -> int:
        """Counts the tasks of its component from 1."""
        return self.blocking.number

    @property
    def task(self) -> Task:
        """What it does."""
        return self.blocking.task

    @property
    def status(self) -> JobStatus:
        """Where it stands."""
        return self.blocking.status

    @property
    def outcome(self) -> Outcome | None:
        """How it ended; None before."""
        return self.blocking.outcome

    @property
    def units(self) -> dict[str, str | None]:
        """The unit of each column of `data`."""
        return self.blocking.units


@dataclass(frozen=True, slots=True)
class ComponentStatus:
    """A component at a glance."""

    name: str
    running: Job | None
    queued: tuple[Job, ...]
    can_submit: bool
    values: Mapping[str, Any]
    faults: Mapping[str, InstrumentError]


class Component(Late[acquisition.Component]):
    """One instrument that does tasks, one after the other. Made by `component`."""

    reset = method(acquisition.Component.reset)
    read = method(acquisition.Component.read)
    write = method(acquisition.Component.write)
    stop = method(acquisition.Component.stop)
    data = method(acquisition.Component.data)

    async def __aenter__(self) -> Self:
        return await self.open()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Wait for what was submitted; an exception and a cancellation stop it."""
        leave = partial(self.blocking.__exit__, kind, error, trace)
        if kind is None:
            try:
                while self.blocking.busy:
                    await anyio.sleep(_LOOK_S)
            except BaseException as cancelled:
                leave = partial(self.blocking.__exit__, type(cancelled), cancelled, None)
                await shielded(leave, ending=partial(tell_of_signals, "task"))
                raise
        await shielded(leave, ending=partial(tell_of_signals, "task"))

    async def open(self) -> Self:
        """Lock and open the instrument; `async with` does so."""
        await in_thread(lambda: self.blocking.open(), undo=lambda _: self.blocking.close())
        return self

    async def close(self) -> None:
        """Stop what runs, forget what waits, leave the instrument safe and closed. Safe to call twice."""
        await shielded(lambda: self.blocking.close(), ending=partial(tell_of_signals, "task"))

    async def submit(
        self,
        task: Task | None = None,
        *,
        set: Mapping[str, ScalarValue] | None = None,
        sample: str | Iterable[str] | None = None,
        every: float | str | None = None,
        duration: float | str | None = None,
        program: ProgramTable | None = None,
        name: str = "",
        to: str | Path | acquisition.Sink | Sink[Any] | None = None,
    ) -> Job:
        """Have a task done, given as such or by its parts, when those before it have ended.

        As the method of `shotlane.Component`.
        """
        submit = partial(
            self.blocking.submit,
            task,
            set=set,
            sample=sample,
            every=every,
            duration=duration,
            program=program,
            name=name,
            to=to.blocking if isinstance(to, Twin) else to,
        )
        return Job(await in_thread(submit))

    async def status(self) -> ComponentStatus:
        """What runs, what waits, whether another task is taken, and what the instrument says of itself."""
        now = await in_thread(self.blocking.status)
        running = None if now.running is None else Job(now.running)
        queued = tuple(map(Job, now.queued))
        return ComponentStatus(now.name, running, queued, now.can_submit, now.values, now.faults)

    @property
    def busy(self) -> bool:
        """Whether a task runs or waits."""
        return self.blocking.busy

    @property
    def name(self) -> str:
        """Its instrument."""
        return self.blocking.name

    @property
    def attributes(self) -> Mapping[str, Attribute]:
        """What can be read and set, with units and limits."""
        return self.blocking.attributes

    @property
    def can_submit(self) -> bool:
        """Whether another task is taken now."""
        return self.blocking.can_submit


component = late(api.component, Component)
