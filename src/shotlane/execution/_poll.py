"""A reading outside of any lane: asked for by an interlock, or to see whether an instrument is there."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from shotlane.execution._clock import Clock
from shotlane.execution._fault import CRASHED, Stamps, fault_in, raw_of, stamps_of
from shotlane.execution._journal import Journal
from shotlane.execution._pool import Answer, InstrumentPool
from shotlane.instruments import InstrumentError
from shotlane.model import Channel
from shotlane.records import PollRow, Status


class Poll(NamedTuple):
    """What one channel gave, and when; `fault` its class where it gave nothing."""

    channel: int
    at_ns: int
    value: Any
    fault: str | None = None


class Polls:
    """Reads channels of one instrument in one exchange, and records what they gave. Never raises."""

    def __init__(
        self, channels: Sequence[Channel], pool: InstrumentPool, clock: Clock, journal: Journal
    ) -> None:
        self._channels = channels
        self._pool = pool
        self._clock = clock
        self._journal = journal

    def read(self, indices: Sequence[int]) -> list[Poll]:
        """Read them."""
        channels, begun_ns = self._channels, self._clock.now_ns()
        names = {index: channels[index].attribute.name for index in indices}
        try:
            answer = self._pool.read(channels[indices[0]].role, list(names.values()))
        except InstrumentError as error:
            return [self._failed(index, (begun_ns, None), error) for index in indices]
        except BaseException as error:  # noqa: BLE001  a driver's bug must not end the watch, which then goes blind
            text = self._pool.mask(f"{CRASHED}: {type(error).__name__}: {error}")
            stamps = (begun_ns, self._clock.now_ns())
            return [self._recorded(index, stamps, None, text, fault=CRASHED) for index in indices]
        return [self._taken(index, name, answer) for index, name in names.items()]

    def _taken(self, index: int, name: str, answer: Answer) -> Poll:
        reading = answer.readings[name]
        stamps = answer.earlier.get(name, (answer.requested_ns, answer.received_ns))
        fault = fault_in(reading)
        if fault is not None:
            return self._failed(index, stamps, fault)
        return self._recorded(index, stamps, reading.value, reading.raw)

    def _failed(self, index: int, stamps: Stamps, error: InstrumentError) -> Poll:
        """Record a fault; a request that never left has no receiving time."""
        told = stamps_of(error)
        stamps = stamps if told[0] is None else told
        return self._recorded(index, stamps, None, raw_of(error), fault=error.fault)

    def _recorded(
        self, index: int, stamps: Stamps, value: Any, raw: str | None, *, fault: str | None = None
    ) -> Poll:
        requested_ns, received_ns = stamps
        ahead_ns = self._clock.utc_ns() - self._clock.now_ns()
        assert requested_ns is not None
        received_utc_ns = None if received_ns is None else received_ns + ahead_ns
        status = Status.OK if fault is None else Status.FAILED
        self._journal.poll(PollRow(index, requested_ns + ahead_ns, received_utc_ns, value, status, raw))
        return Poll(index, self._clock.now_ns() if received_ns is None else received_ns, value, fault)
