"""How an open-ended step ends: what it waits for, and when that was found.

An ending is told every reading of its attempt in the order of their times, and the time when none comes. It
ends once; whoever is first counts.
"""

import threading
from collections.abc import Callable
from enum import StrEnum

from shotlane.execution._observation import Observation
from shotlane.plan import UntilEnding
from shotlane.records import has_value
from shotlane.results import History


class How(StrEnum):
    """What ended an open-ended step."""

    HELD = "held"
    ANSWERED = "answered"
    TIMEOUT = "timeout"


def _nobody() -> None:
    """Tell nobody."""


class Ending:
    """Waits for its end, at the latest until `deadline_ns` (None: for ever). Times on the clock."""

    def __init__(self, begun_ns: int, deadline_ns: int | None) -> None:
        self.begun_ns = begun_ns
        self.deadline_ns = deadline_ns
        self.how: How | None = None
        self.at_ns = 0
        self.when_over: Callable[[], None] = _nobody
        self._lock = threading.Lock()

    @property
    def over(self) -> bool:
        """Whether the end was found."""
        return self.how is not None

    def take(self, observation: Observation) -> None:
        """Look at a reading."""

    def look(self, now_ns: int) -> None:
        """Look at the time."""
        if self.deadline_ns is not None and now_ns >= self.deadline_ns:
            self.end(How.TIMEOUT, self.deadline_ns)

    def end(self, how: How, at_ns: int) -> None:
        """Found, unless it was before. Any thread."""
        with self._lock:
            if self.over:
                return
            self.at_ns = at_ns
            self.how = how
        self.when_over()


class Question(Ending):
    """Ends when a person has answered."""

    def __init__(self, begun_ns: int, deadline_ns: int | None) -> None:
        super().__init__(begun_ns, deadline_ns)
        self.answer: str | None = None

    def answered(self, answer: str, at_ns: int) -> None:
        """Take the answer. Any thread."""
        self.answer = answer
        self.end(How.ANSWERED, max(at_ns, self.begun_ns))


class Hold(Ending):
    """Ends when a condition has held without a break, by the receiving times of readings.

    Only readings of the step itself count as the newest ones, though windows look back over the attempt. A
    reading that fails breaks the hold, and its channel counts again with its next valid reading.
    """

    def __init__(self, plan: UntilEnding, history: History, begun_ns: int, deadline_ns: int) -> None:
        super().__init__(begun_ns, deadline_ns)
        self._plan = plan
        self._history = history
        self._unknown = set(plan.condition.channels)
        self._since_ns: int | None = None

    def take(self, observation: Observation) -> None:
        """Look at a reading that the history knows already."""
        channel, at_ns, value = observation
        if self.over or at_ns < self.begun_ns or channel not in self._plan.condition.channels:
            return
        if self.deadline_ns is not None and at_ns > self.deadline_ns:
            self.look(at_ns)
        elif not has_value(value):
            self._unknown.add(channel)
            self._since_ns = None
        else:
            self._unknown.discard(channel)
            self._judge(at_ns)

    def _judge(self, at_ns: int) -> None:
        if self._unknown or not self._history.holds(self._plan.condition):
            self._since_ns = None
            return
        if self._since_ns is None:
            self._since_ns = at_ns
        if at_ns - self._since_ns >= self._plan.hold_ns:
            self.end(How.HELD, at_ns)
