"""The one contract that every driver keeps, and what an exchange gives.

A driver does one exchange per call, never retries by itself and never waits longer than its timeout. It is
used from one thread at a time: its port's lock sees to that.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, runtime_checkable

from shotlane.model import Attribute, Command

# Told by a driver of every wire request that is not itself the reading, set or call it was asked for
# (identity, set-up, a second request of one reading): event type and fields of `records.EVENT_TYPES`.
Notify = Callable[[str, Mapping[str, Any]], None]


@dataclass(frozen=True, slots=True)
class ErrorContext:
    """What is known where a fault arises; filled in further on the way up."""

    resource: str | None = None
    role: str | None = None
    channel: str | None = None
    command: str | None = None
    sent: str | None = None
    received: str | None = None
    elapsed_s: float | None = None


class InstrumentError(Exception):
    """A fault of an instrument or its wire.

    `fault` is timeout, disconnected, garbled (bad checksum, unparsable), refused (busy), rejected (it does
    not take the value or the address), or a driver's own class. It is given where the fault is known.
    """

    def __init__(self, fault: str, message: str, context: ErrorContext | None = None) -> None:
        super().__init__(message)
        self.fault = fault
        self.message = message
        self.context = context or ErrorContext()
        # Stamps of the last try, given by the pool.
        self.requested_ns: int | None = None
        self.received_ns: int | None = None


@dataclass(frozen=True, slots=True)
class Identity:
    """Who answered; None where the device does not say."""

    maker: str | None = None
    model: str | None = None
    serial: str | None = None
    firmware: str | None = None


class Reading(NamedTuple):
    """One value in the attribute's unit.

    `value` None with `raw` set: answered, but there is no value (no sensor); a run counts it as failed, with
    the fault `no-value`, and does not ask again. `fault` set: this one failed
    while others of the same exchange did not.
    """

    value: Any
    raw: str | None = None
    fault: InstrumentError | None = None


@runtime_checkable
class Driver(Protocol):
    """What drives one instrument."""

    def open(self) -> Identity:
        """Connect, send the set-up, say who answered. May be called again after `InstrumentError`."""

    def attributes(self) -> Mapping[str, Attribute]:
        """What can be read and written."""

    def commands(self) -> Mapping[str, Command]:
        """What can be called."""

    def read(self, names: Sequence[str]) -> Mapping[str, Reading]:
        """Read attributes, in one exchange where the wire allows."""

    def write(self, name: str, value: Any) -> None:
        """Set an attribute; the value is in the attribute's unit and within its limits."""

    def call(self, command: str, arguments: Mapping[str, Any]) -> Any:
        """Run a command; returns what it answers, None mostly."""

    def make_safe(self) -> None:
        """Whatever the safe state needs beyond the declared safe values, which the pool writes."""

    def close(self) -> None:
        """Let go of the port. Never raises."""


@runtime_checkable
class Introducing(Protocol):
    """A driver that says who answers before it sets anything."""

    def open_as(self, accept: Callable[[Identity], None]) -> Identity:
        """As `open`; what `accept` raises of somebody else ends it before anything was set."""


@runtime_checkable
class Preparing(Protocol):
    """A driver that may have to speak before an exchange: reconnect, or send its set-up again."""

    def prepare(self) -> None:
        """Called before an exchange is stamped. Raises `InstrumentError` without `context.sent`."""


@runtime_checkable
class Settling(Protocol):
    """A driver whose line may be in doubt: a reply may still come that nobody waits for."""

    @property
    def in_doubt(self) -> bool:
        """Whether the next exchange would take longer because of that."""

    def settle(self) -> None:
        """Listen until there is no doubt any more, about as long as its timeout. Never raises."""


@runtime_checkable
class Yielding(Protocol):
    """A driver that speaks before an exchange, and can do the exchange all the same when that fails."""

    def yielding(self) -> AbstractContextManager[None]:
        """Within it, a set-up that fails keeps no exchange from being tried."""


@runtime_checkable
class ShotAware(Protocol):
    """A driver that wants to know which attempt runs; simulated noise is a function of it."""

    def begin_attempt(self, shot: int, attempt: int) -> None:
        """Called before the set-up of every attempt."""
