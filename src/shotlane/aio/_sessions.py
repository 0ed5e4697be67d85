"""Sessions at a station: cancelled, they end as by Ctrl-C, with their instruments safe."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from anyio import get_cancelled_exc_class

from shotlane import api, sessions
from shotlane.aio._events import Subscription, subscribes
from shotlane.aio._job import in_thread, own_limiter, shielded
from shotlane.aio._recording import Recording
from shotlane.aio._runs import Run
from shotlane.aio._twin import Late, Twin, late, method, running, twin
from shotlane.api import tell_of_signals
from shotlane.instruments import ResolvedStation
from shotlane.records import LoggedEvent, Outcome

H_co = TypeVar("H_co", bound=sessions.Handle, covariant=True)


class Handle(Twin[H_co], Generic[H_co]):
    """An open instrument of a session."""

    read = method(sessions.Handle.read)
    write = method(sessions.Handle.write)
    describe = method(sessions.Handle.describe)

    async def call(self, command: str, /, *arguments: Any, confirm: bool = False, **named: Any) -> Any:
        """Run a command, and return what it answers; `confirm` one that can do harm."""
        return await in_thread(lambda: self.blocking.call(command, *arguments, confirm=confirm, **named))

    @property
    def role(self) -> str:
        """What the station calls it."""
        return self.blocking.role


class RemoteInstrument(Handle[sessions.RemoteInstrument]):
    """An instrument of another process's session."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Let go of the connection; the instrument stays as it is. Safe to call twice."""
        await shielded(self.blocking.close)

    @property
    def connected(self) -> bool:
        """Whether its server can still be asked; False after `close`, and when the connection was lost."""
        return self.blocking.connected

    @property
    def address(self) -> str:
        """Where its server is."""
        return self.blocking.address


class EventStore(Twin[sessions.EventStore]):
    """The events of a store, of whatever session."""

    events = method(sessions.EventStore.events)
    on_event = subscribes(sessions.EventStore.on_event)

    @property
    def address(self) -> str:
        """Where it is; it may hold a password."""
        return self.blocking.address


class EventLog(Twin[sessions.EventLog]):
    """The events of one session."""

    put = method(sessions.EventLog.put)
    events = method(sessions.EventLog.events)
    on_event = subscribes(sessions.EventLog.on_event)

    async def append(self, type_: str, **fields: Any) -> int:
        """Store an event of one's own, and return its number; durable on return. Raises `StoreError`."""
        return await in_thread(lambda: self.blocking.append(type_, **fields))

    def tell(self, type_: str, **fields: Any) -> None:
        """Note an event; durable within a second. Never raises."""
        self.blocking.tell(type_, **fields)


class ChannelStore(Twin[sessions.ChannelStore]):
    """The channels of one session."""

    observe = method(sessions.ChannelStore.observe)
    keep = method(sessions.ChannelStore.keep)
    flush = method(sessions.ChannelStore.flush)
    read = method(sessions.ChannelStore.read)

    @property
    def address(self) -> str:
        """Where its store is; it may hold a password."""
        return self.blocking.address

    @property
    def keys(self) -> Sequence[str]:
        """What was observed so far."""
        return self.blocking.keys

    def uri(self, key: str) -> str:
        """The URI of a key."""
        return self.blocking.uri(key)


class StationConnection(Late[sessions.StationConnection]):
    """A session at a station; `connect` makes one. Enter it, or await `start` and `stop`."""

    release = method(sessions.StationConnection.release)
    observe = method(sessions.StationConnection.observe)
    channel = method(sessions.StationConnection.channel)
    events = method(sessions.StationConnection.events)
    start_instrument_server = method(sessions.StationConnection.start_instrument_server)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, get_cancelled_exc_class()):
            # As Ctrl-C, which is not a fault either.
            error = KeyboardInterrupt()
        leave = partial(self.blocking.__exit__, None if error is None else type(error), error, trace)
        await shielded(leave, ending=partial(tell_of_signals, "session"))

    async def start(self) -> None:
        """Begin the session: its record in the store, durable on return. Nothing is opened yet.

        Raises `DocumentError` with every fault of the station, `StoreError`, `SessionError`.
        """
        await in_thread(lambda: self.blocking.start(), undo=lambda _: self.blocking.stop(Outcome.TERMINATED))

    async def stop(self, outcome: str | Outcome | None = None) -> None:
        """End the session: instruments are made safe, closed and unlocked, and everything is durable.

        `outcome`: how it ended; without one done, or the worst of the runs inside. Does nothing the second
        time. Raises `NotSafeError` when an instrument could not be made safe, and `StoreError`.
        """
        await shielded(lambda: self.blocking.stop(outcome), ending=partial(tell_of_signals, "session"))

    async def instrument(self, role: str, timeout: float = 0.0) -> Handle[sessions.Handle]:
        """Lock and open an instrument of the station; it stays open until it is released."""
        opened = await in_thread(lambda: self.blocking.instrument(role, timeout), limiter=own_limiter())
        return Handle(opened)

    async def configure(self, role: str, method: str, **parameters: Any) -> Any:
        """Run a command, or set an attribute to `value`, and leave an event that says so."""
        return await in_thread(lambda: self.blocking.configure(role, method, **parameters))

    async def on_event(
        self,
        callback: Callable[[LoggedEvent], object],
        type: str | Iterable[str] | None = None,
        role: str | Iterable[str] | None = None,
        since: Any = None,
    ) -> Subscription:
        """Call for every event that `events` gives, then for each that comes, in a thread of its own."""
        subscribe = partial(self.blocking.on_event, callback, type, role, since)
        made = await in_thread(subscribe, undo=lambda unsubscribe: unsubscribe())
        return Subscription(made)  # type: ignore[arg-type]  # declared as what can be called alone

    async def sync(self, name: str, timeout: float | None = None, parties: int = 2) -> None:
        """Wait until so many sessions of the store are at the meeting point of this name."""
        await in_thread(lambda: self.blocking.sync(name, timeout, parties), limiter=own_limiter())

    async def run(
        self, sequence: str | Path, parameters: Mapping[str, object] | None = None, **options: Any
    ) -> Run:
        """Run a sequence inside this session, and return when it has ended; options as for `run`."""
        run: Any = await running(lambda: self.blocking.run(sequence, parameters, **options))
        return Run(run)

    def record(self, channels: str | Iterable[str] | None = None, **options: Any) -> Recording:
        """Record channels of this session's instruments, which are opened; as `record` does."""
        return Recording(lambda: self.blocking.record(channels, **options))

    @property
    def session_id(self) -> int:
        """The key of this session in its store. Raises `SessionError` before it has begun."""
        return self.blocking.session_id

    @property
    def config(self) -> ResolvedStation:
        """The station, with all numbers decided."""
        return self.blocking.config

    @property
    def mock(self) -> bool:
        """Whether all instruments are simulated."""
        return self.blocking.mock

    @property
    def instruments(self) -> Mapping[str, Handle[sessions.Handle]]:
        """The instruments that are open, by role."""
        return {role: Handle(one) for role, one in self.blocking.instruments.items()}

    @property
    def event_log(self) -> EventLog | None:
        """The events of this session; None unless it goes on."""
        return None if self.blocking.event_log is None else EventLog(self.blocking.event_log)

    @property
    def event_store(self) -> EventStore | None:
        """The events of all sessions of the store; None unless this one goes on."""
        return None if self.blocking.event_store is None else EventStore(self.blocking.event_store)

    @property
    def channel_store(self) -> ChannelStore | None:
        """What this session observes; None unless it goes on."""
        return None if self.blocking.channel_store is None else ChannelStore(self.blocking.channel_store)

    @property
    def instrument_server_address(self) -> str | None:
        """Where other processes reach the instruments, None without a server."""
        return self.blocking.instrument_server_address

    @property
    def instrument_server_token_file(self) -> Path | None:
        """The file of the token that its clients must have, None without a server."""
        return self.blocking.instrument_server_token_file


connect = late(api.connect, StationConnection)
channel = twin(sessions.channel)
remote_instrument = twin(sessions.remote_instrument, RemoteInstrument, sessions.RemoteInstrument.close)
