"""The books of one attempt: its rows, and a count of every planned thing.

Each port writes only to its own channels and roles, so nothing is locked: `deque.append` and the numbering
are atomic. Times of rows count from the origin, which is known only when every port has been set up; rows
from before it are held until then. When set-up never ends, they count from the attempt's beginning. What an
open-ended step plans is counted when its end is known.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import count
from typing import TYPE_CHECKING

from shotlane.execution._count import Count
from shotlane.execution._due import Due
from shotlane.execution._fault import Stamps
from shotlane.execution._planned import Planned, planned_of
from shotlane.model import Channel
from shotlane.records import ActionKind, ActionRow, AttemptBuffer, SampleRow, Status, Tally

if TYPE_CHECKING:
    # Of runs alone: who makes a session safe has no plan.
    from shotlane.plan import SegmentPlan, ShotPlan

# Before an attempt is begun nothing is appended.
_NOBODYS = AttemptBuffer()


class Ledger:
    """Rows and counts of an attempt. `next_number` numbers its actions in the order they are made.

    `buffer`: what rows go to, given before there are any. `takers`: who takes the readings of a channel as
    they are made, on the thread of its port.
    """

    def __init__(
        self,
        shot: "ShotPlan",
        channels: Sequence[Channel],
        takers: Mapping[int, Callable[[SampleRow], None]] | None = None,
    ) -> None:
        self.buffer = _NOBODYS
        self._shot = shot
        self._channels = channels
        self._takers = takers or {}
        self._held: list[ActionRow] = []
        self._zero_ns: int | None = None
        self.next_number = count().__next__
        self.readings: dict[int, Count] = {}
        self.sets: dict[int, Count] = {}
        self.calls: dict[str, Count] = {}
        for segment in shot.segments:
            planned = planned_of(segment)
            for counts, number in self._each(planned):
                if segment.ending is None:
                    counts.planned += number
                else:
                    counts.to_come += 1

    def _each(self, planned: Planned) -> list[tuple[Count, int]]:
        """The counts of what a segment plans, with how much that is."""
        readings = [(self.readings.setdefault(key, Count(0)), n) for key, n in planned.readings.items()]
        sets = [(self.sets.setdefault(key, Count(0)), n) for key, n in planned.sets.items()]
        calls = [(self.calls.setdefault(key, Count(0)), n) for key, n in planned.calls.items()]
        return readings + sets + calls

    def open(self, segment: "SegmentPlan") -> None:
        """Begin an open-ended step."""
        for counts, _ in self._each(planned_of(segment)):
            counts.open()

    def close(self, segment: "SegmentPlan", end_ns: int, phases: Mapping[int, int]) -> dict[int, int]:
        """End an open-ended step so long after its beginning; the readings it planned, by channel.

        `phases`: by how much recordings were shifted.
        """
        due = planned_of(segment, end_ns, phases)
        for channel, number in due.sets.items():
            self.sets[channel].close(number)
        for role, number in due.calls.items():
            self.calls[role].close(number)
        return {channel: self.readings[channel].close(number) for channel, number in due.readings.items()}

    def reading(
        self,
        due: Due,
        status: Status,
        requested_ns: int | None = None,
        received_ns: int | None = None,
        value: object = None,
        raw: str | None = None,
    ) -> None:
        """Note what became of a planned reading; stamps from the origin."""
        row = SampleRow(due.subject, due.tick, due.target_ns, requested_ns, received_ns, value, status, raw)
        self.buffer.samples.append(row)
        self.readings[due.subject].by_status[status] += 1
        take = self._takers.get(due.subject)
        if take is not None:
            take(row)

    def planned_action(self, row: ActionRow, role: str) -> None:
        """Note what became of a planned set or call; times of the row from the origin."""
        self.buffer.actions.append(row)
        counts = self.calls[role] if row.channel is None else self.sets[row.channel]
        counts.by_status[row.status] += 1

    def other_action(self, row: ActionRow) -> None:
        """Note a set of the set-up or of the safe state; times of the row on the clock."""
        if self._zero_ns is None:
            self._held.append(row)
        else:
            self.buffer.actions.append(_shifted(row, self._zero_ns))

    def count_from(self, zero_ns: int) -> None:
        """Fix what times of rows count from, once, and let go what was held."""
        if self._zero_ns is None:
            self._zero_ns = zero_ns
            for row in sorted(self._held):
                self.buffer.actions.append(_shifted(row, zero_ns))
            self._held.clear()

    def discarding(self) -> "Ledger":
        """A ledger of the same shot that nobody will read."""
        ledger = Ledger(self._shot, self._channels)
        ledger.buffer = AttemptBuffer()
        return ledger

    def tallies(self) -> tuple[Tally, ...]:
        """The counts, channels in the order of the lanes, then roles; of what was not planned, none."""
        result: list[Tally] = []
        for index, channel in enumerate(self._channels):
            for counts, what in ((self.readings, "readings"), (self.sets, "actions")):
                if index in counts:
                    result.append(counts[index].tally(channel.name, what))
        result += (counts.tally(role, "actions") for role, counts in self.calls.items())
        return tuple(result)


def _shifted(row: ActionRow, zero_ns: int) -> ActionRow:
    """The row with times from the origin."""
    requested, received = row.requested_ns, row.received_ns
    return row._replace(
        target_ns=row.target_ns - zero_ns,
        requested_ns=None if requested is None else requested - zero_ns,
        received_ns=None if received is None else received - zero_ns,
    )


def own_row(
    number: int,
    kind: ActionKind,
    channel: int | None,
    command: str | None,
    begun_ns: int,
    stamps: Stamps,
    value: object,
    raw: str | None,
) -> ActionRow:
    """A row of the set-up or safe state, failed when `raw` says why.

    Nothing planned its time, so it was due when it was asked for.
    """
    requested, received = stamps
    target = begun_ns if requested is None else requested
    status = Status.OK if raw is None else Status.FAILED
    return ActionRow(number, kind, channel, command, target, requested, received, value, status, raw)
