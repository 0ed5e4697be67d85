"""Reads what interlocks hang on while no lane does: one generator of waits and exchanges per port.

A channel is polled only when no reading of it was tried within its period. Its own polls count from their
beginning, so that one that takes long is not the pace of the next, but half a period is left to the port's
own work. Where that is due before a poll would be through, the poll waits for it, but not longer than another
period.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from shotlane.execution._clock import Clock
from shotlane.execution._control import Control
from shotlane.execution._journal import Journal
from shotlane.execution._lookout import Lookout
from shotlane.execution._observation import Observation
from shotlane.execution._poll import Polls
from shotlane.execution._pool import InstrumentPool
from shotlane.model import Channel, reading_cost_ns

# How often one without anything to poll looks whether that has changed.
_IDLE_NS = 1_000_000_000
# A poll after the port's own work gives that so long to get hold of the port.
_AFTER_NS = 1_000_000
# Others of the same instrument that are due within this part of their period are read along.
_ALONG = 4


@dataclass(frozen=True, slots=True)
class Watching:
    """What sentinels need.

    `observe` hands a reading on; `next_ns`: when a port's own work is due, where that is known.
    """

    channels: Sequence[Channel]
    pool: InstrumentPool
    clock: Clock
    control: Control
    journal: Journal
    lookout: Lookout
    observe: Callable[[Observation], None]
    next_ns: Callable[[str], int | None]


class Sentinel:
    """Polls the channels of one port."""

    def __init__(self, port: str, watching: Watching) -> None:
        self._port = port
        self._parts = watching
        self._reader = Polls(watching.channels, watching.pool, watching.clock, watching.journal)
        self._polled_ns: dict[int, int] = {}
        self._through_ns: dict[int, int] = {}
        self._begun_ns = watching.clock.now_ns()
        # As they were at the last look: another shot, or the end, may change them at any instant.
        self._polls: Mapping[int, int] = {}

    def rounds(self) -> Iterator[int]:
        """Wait and poll, for ever; no exchange is begun when the run is asked to stop."""
        clock = self._parts.clock
        while True:
            now_ns, self._polls = clock.now_ns(), self._parts.lookout.polls
            yield max(min(self._due_ns().values(), default=now_ns + _IDLE_NS), now_ns)
            overdue = self._overdue()
            free_ns = self._free_ns(overdue[0]) if overdue else None
            if free_ns is not None:
                yield free_ns
                overdue = self._overdue()
            if overdue:
                self._poll_unless_stopped(self._along(overdue[0]))

    def _poll_unless_stopped(self, indices: Sequence[int]) -> None:
        """Wait for the port, and poll if nobody stopped the run until then."""
        pool = self._parts.pool
        with pool.lock_of(pool.port_of(self._parts.channels[indices[0]].role)):
            # One that is left out counts as well: what stays overdue would never let the time pass.
            self._polled_ns.update(dict.fromkeys(indices, self._parts.clock.now_ns()))
            if self._parts.control.request is None:
                self._poll(indices)

    def _overdue(self) -> list[int]:
        """Channels that are to be polled now."""
        now_ns, self._polls = self._parts.clock.now_ns(), self._parts.lookout.polls
        return [channel for channel, due_ns in self._due_ns().items() if due_ns <= now_ns]

    def _due_ns(self) -> dict[int, int]:
        """When each channel of the port is to be polled, unless a lane reads it before."""
        lookout, found = self._parts.lookout, dict[int, int]()
        for channel, period_ns in self._polls.items():
            if self._parts.channels[channel].port == self._port:
                found[channel] = max(self._own_due_ns(channel, period_ns), self._begun_ns)
                tried_ns = lookout.tried_ns(channel)
                if tried_ns is not None and tried_ns != self._through_ns.get(channel):
                    found[channel] = max(found[channel], tried_ns + period_ns)
        return found

    def _own_due_ns(self, channel: int, period_ns: int) -> int:
        """When a channel is to be polled, by its last poll."""
        if channel not in self._polled_ns:
            return 0
        through_ns = self._through_ns.get(channel, 0)
        return max(self._polled_ns[channel] + period_ns, through_ns + period_ns // 2)

    def _free_ns(self, channel: int) -> int | None:
        """When to poll instead, where the port is about to work; None for now."""
        next_ns, now_ns = self._parts.next_ns(self._port), self._parts.clock.now_ns()
        cost_ns = reading_cost_ns([self._parts.channels[channel]])
        latest_ns = self._due_ns()[channel] + self._polls[channel]
        if next_ns is None or not now_ns < next_ns < now_ns + cost_ns or next_ns > latest_ns:
            return None
        return next_ns + _AFTER_NS

    def _along(self, first: int) -> list[int]:
        """What is read in one exchange with `first`."""
        channels, polls, now_ns = self._parts.channels, self._polls, self._parts.clock.now_ns()
        return [
            channel
            for channel, due_ns in self._due_ns().items()
            if channels[channel].role == channels[first].role
            and (channel == first or due_ns <= now_ns + polls[channel] // _ALONG)
        ]

    def _poll(self, indices: Sequence[int]) -> None:
        """Read some channels of one instrument, and hand on what they gave."""
        for poll in self._reader.read(indices):
            self._through_ns[poll.channel] = poll.at_ns
            self._parts.observe(Observation(poll.channel, poll.at_ns, poll.value))
