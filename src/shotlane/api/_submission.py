"""One sequence on its way: asked for, prepared, running, and how it ended.

    DRAFT -> PREPARING -> RUNNING -> FINISHED | INTERRUPTED | CRASHED

An interrupt is heeded in every state and always leads to a true one: what has not begun never begins, what
runs ends with its instruments safe. A state at the end never changes; running a sequence again is another
submission, and another run.
"""

import threading
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path

from shotlane.api._run import Run
from shotlane.execution import Control, Progress, control_here
from shotlane.records import Outcome

# A signal may come to any thread of the process, and is answered when the main one is awake.
_PIECE_S = 0.1
Begin = Callable[[Control, Progress], Run | None]


class State(StrEnum):
    """Where a submission stands."""

    DRAFT = "draft"  # waits for its turn; nothing was done
    PREPARING = "preparing"  # being checked and compiled, and its instruments opened
    RUNNING = "running"  # it has a number
    FINISHED = "finished"  # all shots were done, whatever their verdicts
    INTERRUPTED = "interrupted"  # by a person, a program or an interlock
    CRASHED = "crashed"  # a fault, or it could not begin

    @property
    def ended(self) -> bool:
        """Whether nothing follows."""
        return self in (State.FINISHED, State.INTERRUPTED, State.CRASHED)


class RunFailedError(Exception):
    """A run that did not end well; `run` is all that there is of it."""

    def __init__(self, run: Run) -> None:
        reason = f": {run.result.reason}" if run.result.reason else ""
        super().__init__(f"run {run.number} {run.outcome.value}{reason}")
        self.run = run


class InterruptedEarlyError(Exception):
    """A submission that was interrupted before it was a run."""


class Submission:
    """A sequence that was handed in. Every method may be called from any thread."""

    def __init__(self, sequence: Path, begin: Begin) -> None:
        self.sequence = sequence
        self.progress = Progress()
        self._run: Run | None = None
        self._error: BaseException | None = None
        self._heard = False  # whether somebody has asked how it ended
        self._begin: Begin | None = begin
        self._control = control_here()
        self._lock = threading.Lock()
        self._begun = False
        self._interrupted = False
        self._ended = threading.Event()

    def __repr__(self) -> str:
        number = "" if self.number is None else f" run {self.number}"
        return f"<{self.sequence.name}{number} {self.state.value}>"

    @property
    def key(self) -> str | None:
        """What a manager on another machine knows it by; None for one of this process."""
        return None

    @property
    def run(self) -> Run | None:
        """The run, once it has ended."""
        self._heard = self._ended.is_set()
        return self._run

    @property
    def error(self) -> BaseException | None:
        """What kept it from running."""
        self._heard = self._ended.is_set()
        return self._error

    @property
    def number(self) -> int | None:
        """Number of the run; None before it has one."""
        return self.progress.run

    @property
    def state(self) -> State:
        """Where it stands."""
        if self._ended.is_set():
            return self._how_it_ended()
        if not self._begun:
            return State.DRAFT
        return State.PREPARING if self.number is None else State.RUNNING

    def _how_it_ended(self) -> State:
        if self._error is not None:
            return State.CRASHED
        if self._run is None or self._run.outcome in (Outcome.ABORTED, Outcome.TERMINATED):
            return State.INTERRUPTED
        return State.CRASHED if self._run.outcome is Outcome.ERRORED else State.FINISHED

    @property
    def unwanted(self) -> bool:
        """Whether somebody wants it to end, or never to begin."""
        return self._control.request is not None

    def interrupt(self, reason: str = "interrupted by a program") -> None:
        """End it, with its instruments safe. Returns at once; `wait` for the end. Harmless after it."""
        with self._lock:
            self._interrupted = True
            self._control.stop(Outcome.ABORTED, reason)
            if not self._begun:
                self._begin = None
                self._ended.set()

    def wait(self, timeout: float | None = None) -> State:
        """Return when it has ended, or after `timeout` seconds; the state then."""
        left_s = float("inf") if timeout is None else timeout
        while not self._ended.wait(min(left_s, _PIECE_S)) and left_s > _PIECE_S:
            left_s -= _PIECE_S
        return self.state

    def result(self, timeout: float | None = None, *, check: bool = True) -> Run:
        """The run, when it has ended; whatever kept it from running is raised.

        `check`: raise `RunFailedError` unless it ended well. Raises `TimeoutError`, `InterruptedEarlyError`.
        """
        if not self.wait(timeout).ended:
            raise TimeoutError(f"{self.sequence.name} is {self.state.value} after {timeout:g} s")
        self._heard = True
        if self._error is not None:
            raise self._error
        if self._run is None:
            raise InterruptedEarlyError(f"{self.sequence.name} was interrupted before it was a run")
        if check and self._run.outcome.exit_status:
            raise RunFailedError(self._run)
        return self._run

    @property
    def unheard(self) -> BaseException | None:
        """What went wrong, while nobody has asked how it ended; None also for what this program ended."""
        if self._heard or not self._ended.is_set():
            return None
        if self._error is not None:
            return self._error
        if self._run is None or self._interrupted or not self._run.outcome.exit_status:
            return None
        return RunFailedError(self._run)

    def carry_out(self) -> None:
        """Do it, in the caller's thread; nothing when it was interrupted before. For who keeps the queue."""
        with self._lock:
            begin, self._begin = self._begin, None  # a queue keeps what has ended, and not its documents
            if self._ended.is_set() or begin is None:
                return
            self._begun = True
        try:
            self._run = begin(self._control, self.progress)
        except BaseException as error:  # noqa: BLE001  raised again by `result`, in the thread that asks
            self._error = error
        finally:
            self._ended.set()
