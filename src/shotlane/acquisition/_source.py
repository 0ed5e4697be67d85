"""What can be recorded: the protocol of a source, and how channels are chosen from what it has.

A source is asked from one thread at a time. What it raises is a failed reading, never the end of a recording;
only a lost connection may be, where the caller wants no reconnection.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, runtime_checkable

from shotlane.acquisition._sample import MeasuredChannel
from shotlane.diagnostics import did_you_mean


class UnknownChannelError(ValueError):
    """A channel or an instrument that the source does not have; says which is nearest."""


class Polled(NamedTuple):
    """A value with stamps of its own, on `time.perf_counter_ns`; `fault` says why there is no value."""

    value: Any
    requested_ns: int | None = None
    received_ns: int | None = None
    raw: str | None = None
    fault: str | None = None


@runtime_checkable
class PollSource(Protocol):
    """Anything that can be asked for values at ticks."""

    def channels(self) -> Sequence[MeasuredChannel]:
        """What it can be asked for."""

    def poll(self, names: Sequence[str]) -> Mapping[str, Any]:
        """Values by channel: plain ones, `Polled`, or an exception in place of one that failed.

        Plain values are stamped around the call. Raises `ConnectionError` when the connection is lost.
        """


class Read(NamedTuple):
    """What one line says of one channel at a tick."""

    channel: MeasuredChannel
    value: Any
    requested_ns: int | None
    received_ns: int | None
    raw: str | None = None
    fault: str | None = None


class Line(Protocol):
    """Channels that share a wire, and are read one after the other by a thread of their own."""

    @property
    def channels(self) -> Sequence[MeasuredChannel]:
        """What it reads, in order."""

    @property
    def disconnects(self) -> int:
        """How often its connection was lost."""

    def read(self) -> list[Read]:
        """Read all of them once. What it raises ends the recording."""


def chosen(
    available: Sequence[MeasuredChannel],
    wanted: str | Iterable[str] | None,
    names: str | Iterable[str] | None,
    instances: Iterable[int] | None = None,
) -> list[MeasuredChannel]:
    """Channels by name, all of `names` without one. Raises `UnknownChannelError`.

    An instrument means all of its channels, a quantity alone that of every instrument. `names`: only these
    instruments; `instances`: of several equal quantities only these.
    """
    if names is not None:
        names = {names} if isinstance(names, str) else set(names)
    wanted_instances = None if instances is None else set(instances)
    devices = {channel.device for channel in available}
    among = [
        channel
        for channel in available
        if (names is None or channel.device in names)
        and (wanted_instances is None or channel.instance in wanted_instances)
    ]
    for name in names or ():
        if name not in devices:
            raise UnknownChannelError(f"there is no instrument '{name}'; {did_you_mean(name, devices)}")
    if wanted is None:
        found = {channel.name: channel for channel in among}
    else:
        asked = [wanted] if isinstance(wanted, str) else list(wanted)
        found = {channel.name: channel for name in asked for channel in _meant(name, among)}
    if not found:
        raise ValueError("no channel is named")
    return list(found.values())


def _meant(name: str, among: Sequence[MeasuredChannel]) -> list[MeasuredChannel]:
    for kind in ("name", "device", "parameter"):
        found = [channel for channel in among if getattr(channel, kind) == name]
        if found:
            return found
    known = {channel.name for channel in among} | {channel.device for channel in among if channel.device}
    raise UnknownChannelError(f"there is no channel '{name}'; {did_you_mean(name, known)}")
