"""Experiments: a run that is awaited ends with its task, what was submitted goes on without it."""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from contextvars import ContextVar, Token, copy_context
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar, Unpack

import anyio

from shotlane import analysis, api
from shotlane.aio._analysis import Store
from shotlane.aio._job import in_thread, own_limiter, shielded
from shotlane.aio._runs import Run
from shotlane.aio._twin import Entering, Twin, made_as, method, running
from shotlane.api import How, State, tell_of_signals
from shotlane.execution import Progress
from shotlane.project import Project

T = TypeVar("T")
# How long the end of a submission may go unseen.
_LOOK_S = 0.02


class Submission(Twin[api.Submission]):
    """A sequence that was handed in."""

    async def wait(self, timeout: float | None = None) -> State:
        """Return when it has ended, or after `timeout` seconds; the state then."""
        with anyio.move_on_after(timeout):
            while not self.blocking.state.ended:
                await anyio.sleep(_LOOK_S)
        return self.blocking.state

    async def result(self, timeout: float | None = None, *, check: bool = True) -> Run:
        """The run, when it has ended; whatever kept it from running is raised.

        `check`: raise `RunFailedError` unless it ended well. Raises `TimeoutError`, `InterruptedEarlyError`.
        """
        await self.wait(timeout)
        return Run(self.blocking.result(0.0 if timeout is None else timeout, check=check))

    async def carry_out(self) -> None:
        """Do it; nothing when it was interrupted before. For who keeps the queue."""
        await running(self.blocking.carry_out)

    def interrupt(self, reason: str = "interrupted by a program") -> None:
        """End it, with its instruments safe. Returns at once; `wait` for the end. Harmless after it."""
        self.blocking.interrupt(reason)

    @property
    def sequence(self) -> Path:
        """Its file."""
        return self.blocking.sequence

    @property
    def progress(self) -> Progress:
        """How far it is."""
        return self.blocking.progress

    @property
    def run(self) -> Run | None:
        """The run, once it has ended."""
        return None if self.blocking.run is None else Run(self.blocking.run)

    @property
    def error(self) -> BaseException | None:
        """What kept it from running."""
        return self.blocking.error

    @property
    def key(self) -> str | None:
        """What a manager on another machine knows it by; None for one of this process."""
        return self.blocking.key

    @property
    def number(self) -> int | None:
        """Number of the run; None before it has one."""
        return self.blocking.number

    @property
    def state(self) -> State:
        """Where it stands."""
        return self.blocking.state

    @property
    def unwanted(self) -> bool:
        """Whether somebody wants it to end, or never to begin."""
        return self.blocking.unwanted


class _Procedure:
    """Keeps the queue waiting during the block. The turn belongs to one thread, so all its runs are there."""

    def __init__(self, experiment: api.Experiment) -> None:
        self._experiment = experiment
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="procedure")
        self._turn: AbstractContextManager[None] = experiment.procedure()
        self._before: Token[_Procedure | None] | None = None

    def holds(self, experiment: api.Experiment) -> bool:
        """Whether it is the queue of this experiment that waits."""
        return self._experiment is experiment

    def carry_out(self, call: Callable[[], T]) -> T:
        """Call it in the thread that has the turn, as it would be called here."""
        return self._thread.submit(copy_context().run, call).result()

    async def __aenter__(self) -> None:
        await in_thread(partial(self.carry_out, self._turn.__enter__), undo=self._end, limiter=own_limiter())
        self._before = _PROCEDURE.set(self)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._before is not None
        _PROCEDURE.reset(self._before)
        await shielded(self._end)

    def _end(self, *_: object) -> None:
        self.carry_out(lambda: self._turn.__exit__(None, None, None))
        self._thread.shutdown()


_PROCEDURE: ContextVar[_Procedure | None] = ContextVar("the procedure of this task", default=None)


class Experiment(Twin[api.Experiment]):
    """One experiment of a project folder."""

    submit = method(api.Experiment.submit, Submission)
    submitted = method(api.Experiment.submitted, Submission)
    upgrade_database = method(api.Experiment.upgrade_database)

    @made_as(api.Experiment)
    def __init__(self) -> None: ...

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Wait for the queue; after an exception or a cancellation, end it.

        Raises what went wrong with submissions that nobody has asked, as an `ExceptionGroup`.
        """
        if error is None:
            try:
                await self.join()
            except BaseException as cancelled:
                await self._end(cancelled)
                raise
            self.blocking.__exit__(None, None, None)  # the queue is empty
        else:
            await self._end(error)

    async def _end(self, error: BaseException) -> None:
        leave = partial(self.blocking.__exit__, type(error), error, None)
        await shielded(leave, ending=partial(tell_of_signals, "run"))

    async def run(
        self,
        sequence: str | Path,
        parameters: Mapping[str, object] | None = None,
        *,
        check: bool = True,
        **how: Unpack[How],
    ) -> Run:
        """Run a sequence; a cancellation ends it with its instruments safe.

        As the method of `shotlane.Experiment`.
        """
        call = partial(self.blocking.run, sequence, parameters, check=check, **how)
        procedure = _PROCEDURE.get()
        if procedure is not None and procedure.holds(self.blocking):
            call = partial(procedure.carry_out, call)
        return Run(await running(call))

    async def launch_device_server(
        self,
        station: str | Path | None = None,
        roles: str | Iterable[str] | None = None,
        *,
        listen: str | None = None,
        token_file: str | Path | None = None,
        certificate: str | Path | None = None,
        key: str | Path | None = None,
        ready: Callable[[api.DeviceServer], object] | None = None,
    ) -> None:
        """Serve instruments of a station until the task is cancelled, which leaves them safe."""
        await running(
            partial(
                self.blocking.launch_device_server,
                station,
                roles,
                listen=listen,
                token_file=token_file,
                certificate=certificate,
                key=key,
                ready=ready,
            )
        )

    async def join(self) -> None:
        """Return when the queue is empty."""
        while self.blocking.going:
            await anyio.sleep(_LOOK_S)
        await in_thread(self.blocking.join)

    def procedure(self) -> _Procedure:
        """Keep the queue waiting during the `async with`, which runs several sequences as one piece."""
        return _Procedure(self.blocking)

    def storage_session(self) -> Entering[analysis.Store, Store]:
        """The store, to find and load runs, with `async with`. Raises `StoreError` when there is none yet."""
        return Entering(self.blocking.storage_session, Store)

    def interrupt(self, reason: str = "interrupted by a program") -> None:
        """End all that this program handed in. Returns at once."""
        self.blocking.interrupt(reason)

    @property
    def submissions(self) -> tuple[Submission, ...]:
        """What is carried out at the moment, and what waits for its turn."""
        return tuple(map(Submission, self.blocking.submissions))

    @property
    def project(self) -> Project:
        """The folder with its settings."""
        return self.blocking.project

    @property
    def store(self) -> str:
        """Where runs are recorded; it may hold a password."""
        return self.blocking.store

    def configure_storage(self, store: str | None) -> None:
        """Record further runs in another store, a URL; None: that of the project."""
        self.blocking.configure_storage(store)

    def configure_shot_retry(self, retry: Mapping[str, Any] | None) -> None:
        """What happens after a fault, for sequences that do not say; None: what the project says."""
        self.blocking.configure_shot_retry(retry)

    def configure_experiment_manager(
        self, location: str, *, address: str | None = None, token: str | Path | None = None
    ) -> None:
        """Where sequences are carried out: here, or at the manager of an address. Raises `ValueError`."""
        self.blocking.configure_experiment_manager(location, address=address, token=token)

    def register_device_extension(self, name: str, driver: type) -> None:
        """Let stations of this process name a driver class: `driver: NAME`. Raises `ValueError`."""
        self.blocking.register_device_extension(name, driver)

    def register_device_server(self, name: str, address: str, *, token: str | Path | None = None) -> None:
        """Let stations of this process use the instruments of a server: `driver: NAME`."""
        self.blocking.register_device_server(name, address, token=token)

    def register_time_lane_extension(self, name: str, kind: type) -> None:
        """Let sequences of this process use a lane kind: `NAME:` in a lane. Raises `ValueError`."""
        self.blocking.register_time_lane_extension(name, kind)
