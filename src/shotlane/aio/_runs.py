"""Runs: cancelled, they end as by Ctrl-C, and their task goes on when the instruments are safe."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from shotlane import api
from shotlane.aio._job import in_thread
from shotlane.aio._twin import Twin, method, run_twin
from shotlane.execution import RunResult
from shotlane.records import Outcome

if TYPE_CHECKING:
    from shotlane.aio._analysis import LoadedRun


class Run(Twin[api.Run]):
    """A run that ended; its frames are awaited."""

    shots = method(api.Run.shots)
    attempts = method(api.Run.attempts)
    samples = method(api.Run.samples)
    wide = method(api.Run.wide)
    results = method(api.Run.results)
    actions = method(api.Run.actions)
    steps = method(api.Run.steps)
    events = method(api.Run.events)

    async def load(self) -> "LoadedRun":
        """Load the run from the store."""
        from shotlane.aio._analysis import LoadedRun  # late: polars

        return LoadedRun(await in_thread(self.blocking.load))

    @property
    def number(self) -> int:
        """Number of the run in its store."""
        return self.blocking.number

    @property
    def store(self) -> str:
        """The store, safe to show: without a password."""
        return self.blocking.store

    @property
    def address(self) -> str:
        """The store as it is opened."""
        return self.blocking.address

    @property
    def result(self) -> RunResult:
        """What it came to."""
        return self.blocking.result

    @property
    def outcome(self) -> Outcome:
        """How it ended, and what ran before and after it."""
        return self.blocking.outcome

    @property
    def before(self) -> "Run | None":
        """The run of what comes before it."""
        return None if self.blocking.before is None else Run(self.blocking.before)

    @property
    def after(self) -> "Run | None":
        """The run of what comes after it."""
        return None if self.blocking.after is None else Run(self.blocking.after)

    @property
    def left_out(self) -> str | None:
        """The sequence that was not run, because what comes before it went wrong."""
        return self.blocking.left_out

    @property
    def worn(self) -> Mapping[str, Mapping[str, Any]]:
        """Memories that were written more often than they stand, by channel."""
        return self.blocking.worn


run = run_twin(api.run, Run)
resume = run_twin(api.resume, Run)
