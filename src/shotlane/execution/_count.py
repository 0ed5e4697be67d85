"""Counts of statuses over what is planned: they sum to planned, on every way an attempt can end.

Only what became of a planned thing is counted when it happens; unreached is what is left of planned at the
end. So the sum holds by construction, and what was never reached costs nothing. How much an open-ended step
planned is known when it has ended.
"""

from collections.abc import Iterable

from shotlane.records import Status, Tally

# As long as an open-ended step is still to plan more, a part of the few that are known means nothing.
_AT_LEAST = 20


class Count:
    """What became of the planned readings or actions of one channel, or of the calls of one role."""

    __slots__ = ("_open_from", "by_status", "planned", "to_come")

    def __init__(self, planned: int) -> None:
        self.planned = planned
        self.by_status = [0] * len(Status)
        self._open_from: int | None = None
        self.to_come = 0  # open-ended steps that have not ended, and plan more of it

    def add(self, status: Status) -> None:
        """Count one."""
        self.by_status[status] += 1

    @property
    def lost(self) -> int:
        """Those that gave nothing so far."""
        return self.by_status[Status.FAILED] + self.by_status[Status.MISSED]

    def open(self) -> None:
        """Begin an open-ended step."""
        self._open_from = sum(self.by_status)

    def close(self, due: int) -> int:
        """End it, when `due` of it were due; how many it planned."""
        if self._open_from is None:
            return 0
        # What was begun before the end was found belongs to it, though it was due after.
        planned = max(due, sum(self.by_status) - self._open_from)
        self._open_from = None
        self.to_come -= 1
        self.planned += planned
        return planned

    @property
    def expected(self) -> int:
        """What is planned, as far as is known until the last open-ended step has ended."""
        known = self.planned
        if self._open_from is not None:
            known += sum(self.by_status) - self._open_from
        return max(known, _AT_LEAST) if self.to_come else known

    def tally(self, name: str, what: str) -> Tally:
        """The counts at the end of the attempt."""
        ok, late, failed, missed, dropped, _ = self.by_status
        unreached = self.planned - (ok + late + failed + missed + dropped)
        return Tally(name, what, self.planned, ok, late, failed, missed, dropped, unreached)


def summed(tallies: Iterable[Tally]) -> tuple[Tally, ...]:
    """Tallies of the same channel and kind added up, in order of first appearance."""
    totals: dict[tuple[str, str], Tally] = {}
    for tally in tallies:
        key = (tally.channel, tally.what)
        before = totals.get(key)
        if before is None:
            totals[key] = tally
        else:
            numbers = [left + right for left, right in zip(before[2:], tally[2:], strict=True)]
            totals[key] = Tally(*key, *numbers)
    return tuple(totals.values())
