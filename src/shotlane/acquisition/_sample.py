"""Samples: one reading of one channel each, or one that failed, with everything known of where and when.

Instants are integer nanoseconds of the monotonic clock; those in UTC are that plus the offset that was read
once, when the recording began, so that a wall clock which is set meanwhile bends none of them.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, Self

from shotlane.records import NO_VALUE, Status, has_value

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class MeasuredChannel:
    """What is recorded: a quantity of a device. `unit`: of the values, None without one.

    `address`: where the device is; `protocol`: how it is spoken to; `parameter_id`: its number there, such
    as a register, where it has one; `instance` counts equal quantities of a device from 1.
    """

    name: str
    device: str
    parameter: str
    unit: str | None = None
    address: str | None = None
    protocol: str | None = None
    parameter_id: int | None = None
    instance: int = 1

    @classmethod
    def named(cls, name: str, unit: str | None = None) -> Self:
        """A channel of which no more is known; what stands before the last dot is its device."""
        device, _, parameter = name.rpartition(".")
        return cls(name, device, parameter, unit)


@dataclass(frozen=True, slots=True)
class Origin:
    """What all samples of a recording share. `utc_offset_ns`: UTC less the monotonic clock.

    `recording` tells recordings in one file apart. `run`, `shot` and `attempt` as the caller gave them.
    """

    recording: str
    utc_offset_ns: int
    run: int | None = None
    shot: int | None = None
    attempt: int | None = None


def utc(ns: int) -> datetime:
    """An instant in UTC, to the microsecond."""
    return _EPOCH + timedelta(microseconds=ns // 1000)


def judged(value: Any, raw: str | None, fault: str | None) -> tuple[Any, str | None, str | None]:
    """Value, raw text and fault of a reading, which has failed where it was answered without a value."""
    if fault is not None or has_value(value):
        return value, raw, fault
    return None, str(value) if raw is None else raw, NO_VALUE


class Sample(NamedTuple):
    """One reading of a channel at a tick. Stamps are its own, made just before and after its exchange.

    `status`: ok, late (its start was later than the tolerance) or failed; a failed one has no value, and
    `fault` with `raw` says why: what was answered, where `fault` is `no-value`. `raw` of another one is the
    reply where the value would hide something.
    Without an exchange both stamps are None.
    """

    channel: MeasuredChannel
    origin: Origin
    tick: int
    target_ns: int
    requested_ns: int | None
    received_ns: int | None
    value: Any
    status: Status
    raw: str | None = None
    fault: str | None = None

    @property
    def name(self) -> str:
        """The channel, as it was asked for."""
        return self.channel.name

    @property
    def device(self) -> str:
        """Name of the instrument."""
        return self.channel.device

    @property
    def address(self) -> str | None:
        """Where it is."""
        return self.channel.address

    @property
    def protocol(self) -> str | None:
        """How it is spoken to."""
        return self.channel.protocol

    @property
    def parameter(self) -> str:
        """Name of the quantity at the instrument."""
        return self.channel.parameter

    @property
    def parameter_id(self) -> int | None:
        """Number of the quantity at the instrument."""
        return self.channel.parameter_id

    @property
    def instance(self) -> int:
        """Which of several equal quantities, from 1."""
        return self.channel.instance

    @property
    def unit(self) -> str | None:
        """Unit of the value."""
        return self.channel.unit

    @property
    def run(self) -> int | None:
        """Number of the run it belongs to."""
        return self.origin.run

    @property
    def shot(self) -> int | None:
        """Number of the shot it belongs to."""
        return self.origin.shot

    @property
    def attempt(self) -> int | None:
        """Number of the attempt it belongs to."""
        return self.origin.attempt

    @property
    def monotonic_ns(self) -> int | None:
        """When the reply had come, on the monotonic clock."""
        return self.received_ns

    @property
    def target(self) -> datetime:
        """When it was planned, in UTC."""
        return utc(self.target_ns + self.origin.utc_offset_ns)

    @property
    def requested_at(self) -> datetime | None:
        """Just before the exchange, in UTC."""
        return None if self.requested_ns is None else utc(self.requested_ns + self.origin.utc_offset_ns)

    @property
    def received_at(self) -> datetime | None:
        """Just after the exchange, in UTC."""
        return None if self.received_ns is None else utc(self.received_ns + self.origin.utc_offset_ns)

    @property
    def midpoint_at(self) -> datetime | None:
        """Half-way through the exchange: the best guess of when it was measured."""
        if self.requested_ns is None or self.received_ns is None:
            return None
        return utc((self.requested_ns + self.received_ns) // 2 + self.origin.utc_offset_ns)

    @property
    def latency_s(self) -> float | None:
        """How long the exchange took."""
        if self.requested_ns is None or self.received_ns is None:
            return None
        return (self.received_ns - self.requested_ns) / 1e9

    @property
    def lateness_s(self) -> float | None:
        """How long after its target the exchange began."""
        return None if self.requested_ns is None else (self.requested_ns - self.target_ns) / 1e9
