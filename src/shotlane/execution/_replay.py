"""Attempts made again, as a journal tells them: what is sent then, by the same code that sent it.

Nothing is decided again. When open-ended steps ended, by how much ports were staggered, where a port stopped
before its time, and how often safe values were tried is given; every command and every question comes from
the plan, through the agendas, the port workers and the safe state of a run. The clock jumps, so nothing is
late. Readings are whatever the instruments give, and count for nothing.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import takewhile

import numpy as np
from numpy.typing import NDArray

from shotlane.execution._agenda import agenda
from shotlane.execution._attempt import Attempt
from shotlane.execution._control import Control
from shotlane.execution._due import Due, Kind
from shotlane.execution._ending import Ending, How
from shotlane.execution._journal import Journal
from shotlane.execution._lookout import Lookout
from shotlane.execution._open_step import step_name
from shotlane.execution._parts import RunParts
from shotlane.execution._pool import InstrumentPool
from shotlane.execution._progress import Progress
from shotlane.execution._question import Asking
from shotlane.execution._safe_state import SafeState
from shotlane.execution._stagger import recordings
from shotlane.execution._trouble import Trouble
from shotlane.execution._virtual_clock import VirtualClock
from shotlane.execution._virtual_drive import VirtualDrive
from shotlane.execution._written_call import written
from shotlane.plan import Plan, PortPlan, SegmentPlan, ShotPlan
from shotlane.records import NO_VALUE, ActionRow, AttemptBuffer, AttemptStart, Fault, SampleRow, Tally


@dataclass(frozen=True)
class Given:
    """What a journal says of one attempt.

    `whole`: it came to its planned end. `starts_ns`: when its steps began, from the origin. `ends`: how its
    open-ended steps ended, by name, and how long after their beginning that was found. `readings`: rows of
    channel, tick and target. `actions`: channel or command, and target, of what was planned and came up.
    `safe`: how often each safe value was written, by channel or command.
    """

    whole: bool
    starts_ns: Mapping[str, int]
    ends: Mapping[str, tuple[How, int]]
    readings: NDArray[np.int64]
    actions: Counter[tuple[int | str, int]]
    safe: Mapping[int | str, int]

    @cached_property
    def _asked(self) -> frozenset[tuple[int, ...]]:
        """Channel, tick and target of every reading that came up."""
        return frozenset(map(tuple, self.readings.tolist()))

    def target_ns(self, channel: int, tick: int) -> int | None:
        """When one reading was planned; None of one that never came up."""
        rows = self.readings[(self.readings[:, 0] == channel) & (self.readings[:, 1] == tick)]
        return int(rows[0, 2]) if len(rows) else None

    def came_up(self, due: Due) -> bool:
        """Whether something planned was done, or at least left out in its turn."""
        if due.kind is Kind.READ:
            return (due.subject, due.tick, due.target_ns) in self._asked
        return due.kind is Kind.TRIGGER or self.times(due) > 0

    def times(self, due: Due) -> int:
        """How often the same came up at its instant."""
        if due.kind is Kind.READ:
            same = (self.readings[:, 0] == due.subject) & (self.readings[:, 2] == due.target_ns)
            return int(same.sum())
        return self.actions[_subject(due), due.target_ns]


def _subject(due: Due) -> int | str:
    """The channel, or the command of a call."""
    return written(due.value) if due.kind is Kind.CALL else due.subject


@dataclass(frozen=True, slots=True)
class Made:
    """What an attempt did when it was made again. `fault`: what ended it before its time."""

    actions: Sequence[ActionRow]
    samples: Sequence[SampleRow]
    tallies: Sequence[Tally]
    fault: Fault | None


class Replayer:
    """Makes attempts of a plan again. `channels`: indices of the run's channels, by name.

    The pool must be one of simulated instruments, on this clock.
    """

    def __init__(
        self, plan: Plan, pool: InstrumentPool, clock: VirtualClock, channels: Mapping[str, int]
    ) -> None:
        control, journal = Control(), _Silence()
        lookout = Lookout(plan.channels, clock, control, journal)
        drive = VirtualDrive(clock, control, lookout)
        safe_state = SafeState(pool, clock, journal, channels)
        self._parts = RunParts(plan, pool, clock, control, drive, lookout, journal, Progress(), safe_state)

    def make(self, shot: ShotPlan, number: int, given: Given, *, made_safe: bool) -> Made:
        """Make an attempt of a shot again. `made_safe`: the safe state was reached in it."""
        # What is measured is not judged: verdicts are given, and functions of a stranger are not called.
        attempt = _Again(self._parts, replace(shot, results=(), interlocks=()), number, given)
        attempt.begin()
        attempt.execute()
        if made_safe:
            self._parts.safe_state.repeat(attempt.ledger, given.safe)
        end, buffer = attempt.end(), attempt.ledger.buffer
        return Made(buffer.actions, buffer.samples, end.tallies, attempt.trouble.first)


class _Unjudged(Trouble):
    """Takes no reading without a value for a fault: the simulation has others than the instruments had."""

    def fail(self, fault: Fault) -> None:
        if fault.fault != NO_VALUE:
            super().fail(fault)


class _Again(Attempt):
    """An attempt whose decisions are given."""

    _trouble_type = _Unjudged

    def __init__(self, parts: RunParts, shot: ShotPlan, number: int, given: Given) -> None:
        super().__init__(parts, shot, number)
        self._given = given
        # What came at the instant at which a step ended, before what goes on then.
        self._before: Counter[tuple[int, tuple[Kind, int | str]]] = Counter()

    def _next_ns(self, following: SegmentPlan, after_ns: int = 0) -> int:
        begun_ns = self._begun_at(following)
        return super()._next_ns(following, after_ns) if begun_ns is None else begun_ns

    def _begun_at(self, segment: SegmentPlan) -> int | None:
        return self._given.starts_ns.get(segment.steps[0].name) if segment.steps else None

    def _awaited(self, segment: SegmentPlan) -> tuple[Ending, Asking | None]:
        begun_ns = self._origin_ns + self._course.offset_ns
        end = self._given.ends.get(step_name(segment))
        until_ns = begun_ns + segment.duration_ns
        following = self._following(segment)
        following_ns = None if following is None else self._begun_at(following)
        if end is not None and following is not None and following_ns is not None:
            # The first command of what follows goes then, and all of the step came before it.
            until_ns = max(begun_ns + end[1], self._origin_ns + following_ns - following.early_ns)
        return _GivenEnding(begun_ns, until_ns, end, self.trouble.stop), None

    def _following(self, segment: SegmentPlan) -> SegmentPlan | None:
        segments = iter(self.shot.segments)
        return next((next(segments, None) for one in segments if one is segment), None)

    def _agendas(
        self, segment: SegmentPlan, offset_ns: int, first_ticks: dict[int, int]
    ) -> dict[str, Iterator[Due]]:
        agendas = super()._agendas(segment, offset_ns, first_ticks)
        if self._given.whole and segment.ending is None:
            return agendas
        return {port: _as_far_as(self._gate(segment, port), dues) for port, dues in agendas.items()}

    def _gate(self, segment: SegmentPlan, port: str) -> Callable[[Due], bool]:
        """Tells what of a segment came up; what came at the instant it ended may be of what goes on then."""
        following = self._following(segment)
        next_ns = None if following is None else self._begun_at(following)
        if segment.ending is None or next_ns is None:
            return self._given.came_up
        lasting = self._lasting(segment).ports.get(port)
        first = () if lasting is None else agenda(lasting, self._parts.plan.lanes, offset_ns=next_ns)
        at_once = takewhile(lambda due: due.target_ns <= next_ns, first)
        its = Counter((due.kind, _subject(due)) for due in at_once if due.target_ns == next_ns)

        def came_up(due: Due) -> bool:
            if due.target_ns < next_ns:
                return self._given.came_up(due)
            what = (due.kind, _subject(due))
            if self._given.times(due) - self._before[next_ns, what] <= its[what]:
                return False
            self._before[next_ns, what] += 1
            return True

        return came_up

    def _lasting(self, segment: SegmentPlan) -> SegmentPlan:
        """The first segment behind one that did not end as soon as it began."""
        found = self._following(segment)
        while found is not None and found.ending is not None:
            following = self._following(found)
            if following is None or self._begun_at(following) != self._begun_at(found):
                break
            found = following
        assert found is not None
        return found

    def _shifts(self, segment: SegmentPlan) -> Mapping[str, int]:
        return {name: self._shift_ns(port) for name, port in segment.ports.items()}

    def _shift_ns(self, port: PortPlan) -> int:
        """By how much the recordings of a port were late by intent: as much as the first that came up."""
        course = self._course
        for rule in recordings(port, self._parts.plan.lanes):
            own = [other for other in port.readings if other.channel == rule.channel and other.count]
            if rule is min(own, key=lambda other: (other.start_ns, other.rank, other.order)):
                tick = course.first_ticks.get(rule.channel, 0)
                target_ns = self._given.target_ns(rule.channel, tick)
                if target_ns is not None:
                    shift_ns = target_ns - course.offset_ns - rule.start_ns
                    return shift_ns if 0 <= shift_ns < rule.tolerance_ns else 0
        return 0


def _as_far_as(came_up: Callable[[Due], bool], dues: Iterator[Due]) -> Iterator[Due]:
    """What came up of a port. Of one exchange, cut short by a reading that was missed, it may be any part."""
    last_ns = None
    for due in dues:
        if last_ns is not None and due.target_ns > last_ns:
            return
        if came_up(due):
            yield due
        else:
            last_ns = due.target_ns


class _GivenEnding(Ending):
    """Is found at the given instant, by who looks at `until_ns`; one without an end stops the attempt."""

    def __init__(
        self, begun_ns: int, until_ns: int, end: tuple[How, int] | None, stop: Callable[[], None]
    ) -> None:
        super().__init__(begun_ns, until_ns)
        self._end = end
        self._stop = stop

    def look(self, now_ns: int) -> None:
        if self.deadline_ns is None or now_ns < self.deadline_ns:
            return
        if self._end is None:
            self._stop()
        else:
            how, lasted_ns = self._end
            self.end(how, self.begun_ns + lasted_ns)


class _Silence(Journal):
    """Tells nobody; every attempt gets a buffer of its own."""

    def __init__(self) -> None:
        self.failure = None

    def tell(self, type_: str, **fields: object) -> None:
        """Tell nobody."""

    def begin_attempt(self, start: AttemptStart) -> AttemptBuffer:
        return AttemptBuffer()
