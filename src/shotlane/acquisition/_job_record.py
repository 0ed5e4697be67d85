"""What is known of a task that was submitted: written by its component, looked at through a `Job`."""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from threading import Event, Lock

from shotlane.acquisition._sample import Sample
from shotlane.acquisition._sink import Sink
from shotlane.acquisition._summary import AcquisitionSummary
from shotlane.acquisition._task import CheckedTask
from shotlane.records import Outcome, Status

# Samples that stay in memory of a task whose samples go into a sink as well.
_NEWEST = 100_000


class JobState(StrEnum):
    """queued: waits for the tasks before it. running: until its instrument is safe again. ended."""

    QUEUED = "queued"
    RUNNING = "running"
    ENDED = "ended"


def _nothing() -> None:
    """Nothing to be stopped."""


class JobRecord:
    """One job. `asked`: that it shall end, how and why; who asks first counts.

    `values` and `faults`: how many readings of each channel gave a value, and its newest fault.
    """

    def __init__(self, checked: CheckedTask, sink: Sink | None, *, owns_sink: bool) -> None:
        self.number = 0  # given as it is queued
        self.checked = checked
        self.sink = sink
        self.owns_sink = owns_sink
        self.state = JobState.QUEUED
        self.halt = Event()
        self.ended = Event()
        self.asked: tuple[Outcome, str] | None = None
        self.outcome: Outcome | None = None
        self.reason: str | None = None
        self.unsafe: tuple[str, ...] = ()
        self.values: Counter[str] = Counter()
        self.faults: dict[str, str] = {}
        nothing_yet = none_of(checked.planned, datetime.now(UTC))
        self.summary: Callable[[], AcquisitionSummary] = lambda: nothing_yet
        self._interrupt: Callable[[], None] = _nothing
        self._lock = Lock()
        self._samples: deque[Sample] = deque(maxlen=None if sink is None else _NEWEST)

    def ask(self, outcome: Outcome, reason: str) -> None:
        """Ask for its end."""
        if self.asked is None:
            self.asked = (outcome, reason)
        self.halt.set()
        self._interrupt()

    def interrupted_by(self, interrupt: Callable[[], None]) -> None:
        """What ends what is under way, from now on."""
        self._interrupt = interrupt
        if self.halt.is_set():  # somebody asked just before
            interrupt()

    def keep(self, samples: Iterable[Sample]) -> None:
        """Take what was measured."""
        with self._lock:
            for sample in samples:
                self._samples.append(sample)
                if sample.status in (Status.OK, Status.LATE):
                    self.values[sample.name] += 1
                else:
                    self.faults[sample.name] = f"{sample.fault}: {sample.raw}"

    def taken(self, *, clear: bool) -> Sequence[Sample]:
        """What is kept; `clear` forgets it."""
        with self._lock:
            found = list(self._samples)
            if clear:
                self._samples.clear()
        return found

    def close_sink(self) -> str | None:
        """Close what was opened for this job; why it could not be."""
        if self.sink is None or not self.owns_sink:
            return None
        try:
            self.sink.close()
        except Exception as error:  # noqa: BLE001  whatever a sink raises, the job ends and says so
            return f"{self.sink.target()} was not closed: {error}"
        return None

    def end(self, outcome: Outcome, reason: str, unsafe: Iterable[str] = ()) -> None:
        """Say how it ended; nothing changes any more."""
        final = self.summary()
        self.summary = lambda: final
        self.outcome, self.reason, self.unsafe = outcome, reason, tuple(unsafe)
        self.state = JobState.ENDED
        self.ended.set()


def none_of(planned: int, at: datetime) -> AcquisitionSummary:
    """The account of what has not begun."""
    return AcquisitionSummary(at, None, planned, 0, 0, 0, 0, 0, planned, 0, 0, None)
