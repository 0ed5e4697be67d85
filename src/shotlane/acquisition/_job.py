"""A task that was submitted: where it stands, how it ended and why, and what it measured.

How it ended is told only when its instrument was made safe, or could not be, which is told as well. Nothing
but the whole of its time, with its readings, is `done`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shotlane.acquisition._job_record import JobRecord, JobState
from shotlane.acquisition._summary import AcquisitionSummary
from shotlane.acquisition._table import frame, wide
from shotlane.acquisition._task import Task
from shotlane.model import Attribute
from shotlane.records import Outcome

if TYPE_CHECKING:
    import polars as pl

# A wait without end hears no Ctrl-C on Windows.
_PIECE_S = 0.5


@dataclass(frozen=True, slots=True)
class JobStatus:
    """A job at a glance; `outcome` and `reason` are None until it has ended.

    outcome: done; aborted (stopped on request); terminated (by an exception, or the end of the program);
    errored (a fault, or too many readings lost); skipped (it never began). `summary`: the account of its
    readings. `unsafe`: what may not be in its safe state, with why.
    """

    state: JobState
    outcome: Outcome | None
    reason: str | None
    summary: AcquisitionSummary
    unsafe: tuple[str, ...]


class Job:
    """Made by `Component.submit`. Every method may be called from any thread."""

    def __init__(
        self,
        record: JobRecord,
        attributes: Mapping[str, Attribute],
        stop: Callable[[JobRecord, Outcome, str], None],
    ) -> None:
        self._record = record
        self._attributes = attributes
        self._stop = stop

    def __repr__(self) -> str:
        named = f" {self.task.name!r}" if self.task.name else ""
        return f"<Job {self.number}{named}: {self.outcome or self._record.state}>"

    @property
    def number(self) -> int:
        """Counts the tasks of its component from 1."""
        return self._record.number

    @property
    def task(self) -> Task:
        """What it does."""
        return self._record.checked.task

    @property
    def status(self) -> JobStatus:
        """Where it stands."""
        record = self._record
        # The state first: what has ended by then changes no more.
        state, summary = record.state, record.summary()
        if state is not JobState.ENDED:
            return JobStatus(state, None, None, summary, ())
        return JobStatus(state, record.outcome, record.reason, record.summary(), record.unsafe)

    @property
    def outcome(self) -> Outcome | None:
        """How it ended; None before."""
        return self.status.outcome

    @property
    def units(self) -> dict[str, str | None]:
        """The unit of each column of `data`."""
        return {channel.parameter: channel.unit for channel in self._record.checked.channels}

    def wait(self, timeout: float | None = None) -> Outcome | None:
        """Wait for its end; how it ended, or None when it has not within `timeout` seconds."""
        left_s = float("inf") if timeout is None else timeout
        while not self._record.ended.wait(min(left_s, _PIECE_S)) and left_s > _PIECE_S:
            left_s -= _PIECE_S
        return self.outcome

    def stop(self) -> "pl.DataFrame":
        """End it, wait until its instrument is safe, and take what it measured. Safe to call twice."""
        self._stop(self._record, Outcome.ABORTED, "stopped on request")
        self.wait()
        return self.data()

    def data(self, *, clear: bool = False) -> "pl.DataFrame":
        """A row per tick: `tick`, `target_at`, `elapsed_s`, and a column per attribute, in its unit.

        A reading that failed is null. `clear`: take it, so that the next call gives what came since.
        """
        checked = self._record.checked
        samples = self._record.taken(clear=clear)
        return wide(samples, checked.channels, self._attributes, checked.elapsed_s)

    def samples(self) -> "pl.DataFrame":
        """Every reading with all that is known of it, in the columns of `shotlane.acquisition.SCHEMA`."""
        return frame(self._record.taken(clear=False))
