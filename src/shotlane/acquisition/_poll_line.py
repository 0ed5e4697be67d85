"""A `PollSource` as a line: what it raises becomes failed readings, a lost connection is made again.

After a loss it is left alone for a while, twice as long after each further one; ticks of that time have
failed readings that say so. `factory` makes a new source; without one the old source is asked again.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from shotlane.acquisition._sample import MeasuredChannel
from shotlane.acquisition._source import Polled, PollSource, Read
from shotlane.instruments import Driver, InstrumentError, Reading


@dataclass(frozen=True, slots=True)
class Backoff:
    """How long a lost connection is left alone: at first, and at most."""

    first_s: float = 0.5
    longest_s: float = 30.0

    def __post_init__(self) -> None:
        if not 0 < self.first_s <= self.longest_s:
            raise ValueError("a backoff is above 0, and its first pause no longer than the longest")


class DriverSource:
    """One opened instrument, driven by its driver alone."""

    def __init__(self, driver: Driver, name: str = "instrument") -> None:
        self._driver = driver
        self._name = name

    def channels(self) -> Sequence[MeasuredChannel]:
        """Its attributes that can be read."""
        return [
            MeasuredChannel(name, self._name, name, None if one.unit is None else one.unit.text)
            for name, one in self._driver.attributes().items()
            if one.readable
        ]

    def poll(self, names: Sequence[str]) -> Mapping[str, Any]:
        """One exchange."""
        return self._driver.read(names)


class PollLine:
    """Asks a source for its channels. `now_ns`: of the recording's clock."""

    def __init__(
        self,
        source: PollSource,
        channels: Sequence[MeasuredChannel],
        *,
        now_ns: Callable[[], int],
        reconnect: bool,
        backoff: Backoff,
        factory: Callable[[], PollSource] | None,
    ) -> None:
        self._source = source
        self._now_ns = now_ns
        self._reconnect = reconnect
        self._backoff = backoff
        self._factory = factory
        self._names = [channel.name for channel in channels]
        self._pause_s = backoff.first_s
        self._again_ns: int | None = None
        self.channels = list(channels)
        self.disconnects = 0

    def read(self) -> list[Read]:
        """Ask for all in one call."""
        if self._again_ns is not None and self._now_ns() < self._again_ns:
            return self._failed(None, None, "disconnected", "the connection is lost; it is tried again soon")
        requested_ns = self._now_ns()
        try:
            if self._again_ns is not None and self._factory is not None:
                self._renew(self._factory)
                requested_ns = self._now_ns()
            answer = self._source.poll(self._names)
        except Exception as error:  # noqa: BLE001  what a foreign source raises must not end an acquisition
            return self._raised(error, requested_ns)
        self._again_ns, self._pause_s = None, self._backoff.first_s
        received_ns = self._now_ns()
        return [_read(channel, answer, requested_ns, received_ns) for channel in self.channels]

    def _renew(self, factory: Callable[[], PollSource]) -> None:
        with suppress(Exception):  # it is lost already
            close = getattr(self._source, "close", None)
            if callable(close):
                close()
        self._source = factory()

    def _raised(self, error: Exception, requested_ns: int) -> list[Read]:
        fault = _fault_of(error)
        if fault == "disconnected":
            if not self._reconnect:
                raise error
            self._lose()
        return self._failed(requested_ns, self._now_ns(), fault, _told(error))

    def _lose(self) -> None:
        if self._again_ns is None:
            self.disconnects += 1
        self._again_ns = self._now_ns() + round(self._pause_s * 1e9)
        self._pause_s = min(2 * self._pause_s, self._backoff.longest_s)

    def _failed(
        self, requested_ns: int | None, received_ns: int | None, fault: str, message: str
    ) -> list[Read]:
        return [Read(channel, None, requested_ns, received_ns, message, fault) for channel in self.channels]


def _read(channel: MeasuredChannel, answer: Mapping[str, Any], requested_ns: int, received_ns: int) -> Read:
    """What an answer says of a channel."""
    if channel.name not in answer:
        return Read(channel, None, requested_ns, received_ns, "the source said nothing of it", "garbled")
    value = answer[channel.name]
    if isinstance(value, Polled):
        began = requested_ns if value.requested_ns is None else value.requested_ns
        ended = received_ns if value.received_ns is None else value.received_ns
        return Read(channel, value.value, began, ended, value.raw, value.fault)
    if isinstance(value, Reading):
        if value.fault is None:
            return Read(channel, value.value, requested_ns, received_ns, value.raw)
        value = value.fault
    if isinstance(value, Exception):
        return Read(channel, None, requested_ns, received_ns, _told(value), _fault_of(value))
    return Read(channel, value, requested_ns, received_ns)


def _fault_of(error: Exception) -> str:
    if isinstance(error, InstrumentError):
        return error.fault
    if isinstance(error, ConnectionError | EOFError):
        return "disconnected"
    return "timeout" if isinstance(error, TimeoutError) else "errored"


def _told(error: Exception) -> str:
    return str(error) if isinstance(error, InstrumentError) else f"{type(error).__name__}: {error}"
