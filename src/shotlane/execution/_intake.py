"""Where the readings of an attempt go beside its rows: results keep them, conditions are told of them.

All of it runs on the threads of the ports, so it is an append or a put, and nothing for other channels.
"""

from collections.abc import Callable, Mapping

from shotlane.execution._observation import Observation
from shotlane.execution._parts import RunParts
from shotlane.plan import ShotPlan, UntilEnding
from shotlane.records import SampleRow, Status
from shotlane.results import History, Readings, needed_channels

Taker = Callable[[SampleRow], None]


class Intake:
    """Takes the readings of one attempt. `history`: those that its open-ended steps look back on."""

    def __init__(self, parts: RunParts, shot: ShotPlan) -> None:
        channels = parts.plan.channels
        conditions = [
            segment.ending.condition for segment in shot.segments if isinstance(segment.ending, UntilEnding)
        ]
        figures = [figure for condition in conditions for figure in condition.figures]
        self._parts = parts
        self._origin_ns = 0
        # Not what the lookout has in force: that may still be the interlocks of the shot before.
        conditions += [interlock.condition for interlock in shot.interlocks]
        self._watched = frozenset(channel for condition in conditions for channel in condition.channels)
        self.history = History(figures, channels) if figures else None
        self.kept = {index: Readings(channels[index]) for index in needed_channels(shot.results, channels)}

    @property
    def takers(self) -> Mapping[int, Taker]:
        """Who takes the readings of a channel."""
        return {index: self._taker(index) for index in self._watched | self.kept.keys()}

    def _taker(self, index: int) -> Taker:
        kept = self.kept.get(index)
        if index not in self._watched:
            assert kept is not None
            return kept.add
        if kept is None:
            return self._tell
        return _both(kept.add, self._tell)

    def begin(self, origin_ns: int) -> None:
        """Fix the origin that rows count from, and have them looked at from now on."""
        self._origin_ns = origin_ns
        self._parts.lookout.begin_attempt(self.history)
        if self.history is not None:
            self._parts.drive.look_out()

    def end(self) -> None:
        """Have every reading looked at that was made."""
        if self._watched:
            self._parts.drive.catch_up()
        self._parts.lookout.begin_attempt(None)

    def _tell(self, row: SampleRow) -> None:
        """Tell the conditions of a reading that was tried."""
        if row.status is Status.MISSED:
            return
        at_ns = row.received_ns if row.received_ns is not None else row.requested_ns
        at_ns = self._parts.clock.now_ns() if at_ns is None else self._origin_ns + at_ns
        self._parts.drive.observe(Observation(row.channel, at_ns, row.value))


def _both(first: Taker, second: Taker) -> Taker:
    def take(row: SampleRow) -> None:
        first(row)
        second(row)

    return take
