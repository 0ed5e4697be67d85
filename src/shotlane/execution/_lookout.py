"""Where readings are looked at as they come: they end open-ended steps and trip interlocks.

It is called off the timing threads, from whatever thread hands readings on; a lock keeps the order. A bug in
here must not leave an interlock unwatched, so it aborts the run.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from shotlane.execution._clock import Clock
from shotlane.execution._control import Control
from shotlane.execution._ending import Ending
from shotlane.execution._interlocks import Interlocks, Trip
from shotlane.execution._journal import Journal
from shotlane.execution._observation import Observation
from shotlane.model import Channel
from shotlane.plan import InterlockPlan
from shotlane.records import Outcome
from shotlane.results import History


class Lookout:
    """The ending of the open step under way, and the interlocks in force."""

    def __init__(self, channels: Sequence[Channel], clock: Clock, control: Control, journal: Journal) -> None:
        self._clock = clock
        self._control = control
        self._journal = journal
        self._lock = threading.RLock()
        self._interlocks = Interlocks(channels, self._trip)
        self._told: set[str] = set()
        self._history: History | None = None
        self._ending: Ending | None = None

    @property
    def channels(self) -> frozenset[int]:
        """Channels of the interlocks."""
        return self._interlocks.channels

    @property
    def tripped(self) -> bool:
        """Whether one has stopped the run, or what watches them did."""
        return self._interlocks.tripped

    @property
    def polls(self) -> dict[int, int]:
        """Channels to be read while no lane does, with their periods."""
        return dict(self._interlocks.polls)

    def tried_ns(self, channel: int) -> int | None:
        """When a channel was last read."""
        return self._interlocks.tried_ns.get(channel)

    def use(self, interlocks: Sequence[InterlockPlan]) -> None:
        """Put the interlocks of a shot in force; they stay so until the next one's are."""
        if not interlocks and not self._interlocks.channels:
            return
        with self._guarded():
            self._interlocks.use(interlocks, self._clock.now_ns())
        for plan in interlocks:
            if plan.name not in self._told:
                self._told.add(plan.name)
                self._journal.tell("interlock.watched", name=plan.name, condition=plan.condition.text)

    def begin_attempt(self, history: History | None) -> None:
        """Collect readings for the open steps of an attempt, from now on."""
        with self._lock:
            self._history, self._ending = history, None

    def wait_for(self, ending: Ending | None) -> None:
        """Look out for the end of an open step; None: for no other."""
        with self._lock:
            self._ending = ending

    def take(self, observation: Observation) -> None:
        """Look at a reading."""
        with self._guarded():
            self._interlocks.take(observation)
            if self._history is not None:
                self._history.add(*observation)
            if self._ending is not None:
                self._ending.take(observation)

    def look(self, now_ns: int) -> None:
        """Look at the time."""
        with self._guarded():
            self._interlocks.look(now_ns)
            if self._ending is not None:
                self._ending.look(now_ns)

    @property
    def due_ns(self) -> int | None:
        """When to look at the time, if no reading comes before."""
        if self._ending is None and not self._interlocks.channels:
            return None
        with self._lock:
            ending = self._ending
            dues = [self._interlocks.due_ns]
            if ending is not None and not ending.over:
                dues.append(ending.deadline_ns)
        return min((due_ns for due_ns in dues if due_ns is not None), default=None)

    def _trip(self, trip: Trip) -> None:
        self._journal.tell(
            "interlock.tripped", name=trip.name, message=trip.message, values=dict(trip.values)
        )
        self._control.stop(Outcome.ABORTED, trip.message)

    def lose(self, what: str, error: Exception) -> None:
        """Abort because of a bug in what watches. Any thread."""
        message = f"{what}: {type(error).__name__}: {error}"
        self._journal.tell("worker.crashed", port="conditions", message=message)
        self._interlocks.tripped = True
        self._control.stop(Outcome.ABORTED, message)

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        with self._lock:
            try:
                yield
            except Exception as error:  # noqa: BLE001  whatever it is, nobody would be watching any more
                self.lose("conditions could not be looked at", error)
