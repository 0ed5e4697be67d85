"""The books of one attempt: its rows, and a count of every planned thing.

Each port writes only to its own channels and roles, so nothing is locked: `deque.append` and the numbering
are atomic. Times of rows count from the origin, which is known only when every port has been set up; rows
from before it are held until then. When set-up never ends, they count from the attempt's beginning.
"""

from collections.abc import Sequence
from itertools import count

import numpy as np

from shotlane.execution._count import Count
from shotlane.execution._due import Due
from shotlane.execution._fault import Stamps
from shotlane.model import Channel
from shotlane.plan import PortPlan, ShotPlan
from shotlane.records import ActionKind, ActionRow, AttemptBuffer, SampleRow, Status, Tally


class Ledger:
    """Rows and counts of an attempt. `next_number` numbers its actions in the order they are made."""

    def __init__(self, buffer: AttemptBuffer, shot: ShotPlan, channels: Sequence[Channel]) -> None:
        self._buffer = buffer
        self._shot = shot
        self._channels = channels
        self._held: list[ActionRow] = []
        self._zero_ns: int | None = None
        self.next_number = count().__next__
        self.readings: dict[int, Count] = {}
        self.sets: dict[int, Count] = {}
        self.calls: dict[str, Count] = {}
        for segment in shot.segments:
            for port in segment.ports.values():
                self._plan(port)

    def _plan(self, port: PortPlan) -> None:
        """Count what a port has to do in a segment."""
        for rule in port.readings:
            self.readings.setdefault(rule.channel, Count(0)).planned += rule.count
        for channel, number in enumerate(np.bincount(port.actions.channel).tolist()):
            if number:
                self.sets.setdefault(channel, Count(0)).planned += number
        for call in port.calls:
            self.calls.setdefault(call.role, Count(0)).planned += 1

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
        self._buffer.samples.append(row)
        self.readings[due.subject].by_status[status] += 1

    def planned_action(self, row: ActionRow, role: str) -> None:
        """Note what became of a planned set or call; times of the row from the origin."""
        self._buffer.actions.append(row)
        counts = self.calls[role] if row.channel is None else self.sets[row.channel]
        counts.by_status[row.status] += 1

    def other_action(self, row: ActionRow) -> None:
        """Note a set of the set-up or of the safe state; times of the row on the clock."""
        if self._zero_ns is None:
            self._held.append(row)
        else:
            self._buffer.actions.append(_shifted(row, self._zero_ns))

    def count_from(self, zero_ns: int) -> None:
        """Fix what times of rows count from, once, and let go what was held."""
        if self._zero_ns is None:
            self._zero_ns = zero_ns
            for row in sorted(self._held):
                self._buffer.actions.append(_shifted(row, zero_ns))
            self._held.clear()

    def discarding(self) -> "Ledger":
        """A ledger of the same shot that nobody will read."""
        return Ledger(AttemptBuffer(), self._shot, self._channels)

    def tallies(self) -> tuple[Tally, ...]:
        """The counts, channels in the order of the lanes, then roles."""
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
