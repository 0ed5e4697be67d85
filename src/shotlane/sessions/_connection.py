"""A station at which somebody works: its instruments, what happens at it, and what is observed there.

A connection is used once: it is started, and stopped, by a `with` block or by hand. Everything may be called
from any thread; each port serves one at a time.
"""

import os
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from threading import RLock
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from shotlane.instruments import ResolvedStation
from shotlane.records import LoggedEvent, Outcome, file_name
from shotlane.sessions._channel_store import ChannelStore
from shotlane.sessions._ending import at_end, forget, undisturbed, what_ended
from shotlane.sessions._error import SessionError
from shotlane.sessions._event_log import EventLog, EventStore
from shotlane.sessions._handle import Handle
from shotlane.sessions._open_session import OpenSession
from shotlane.sessions._outcome import known_outcome, outcome_of
from shotlane.sessions._wanted import Names, Since
from shotlane.sessions._wiring import EndedRun, Wiring

if TYPE_CHECKING:
    from shotlane.acquisition import Recording


_LOOK_S = 0.1


class StationConnection:
    """A session at a station; `shotlane.connect` makes one. Enter it, or call `start` and `stop`.

    `safe`: instruments are made safe when they are let go of. `keep_reads`: every value that is read is kept
    as a sample of the channel `role.attribute`.
    """

    def __init__(
        self,
        config: ResolvedStation,
        wiring: Wiring,
        *,
        mock: bool = False,
        safe: bool = True,
        keep_reads: bool = True,
    ) -> None:
        self._config = config
        self._wiring = wiring
        self._mock = mock
        self._safe = safe
        self._keep_reads = keep_reads
        self._pid = os.getpid()
        self._session: int | None = None
        self._open: OpenSession | None = None
        self._ended = False
        self._turn = RLock()  # starts, stops and serves one after the other
        self._meetings: set[str] = set()

    def __repr__(self) -> str:
        state = (
            "ended" if self._ended else "not started" if self._open is None else f"session {self._session}"
        )
        return f"<station {self._config.name}, {state}>"

    @property
    def session_id(self) -> int:
        """The key of this session in its store. Raises `SessionError` before `start`."""
        if self._session is None:
            self._now()
        assert self._session is not None
        return self._session

    @property
    def config(self) -> ResolvedStation:
        """The station, with all numbers decided."""
        return self._config

    @property
    def mock(self) -> bool:
        """Whether all instruments are simulated."""
        return self._mock

    @property
    def instruments(self) -> dict[str, Handle]:
        """The instruments that are open, by role."""
        return {} if self._open is None else dict(self._open.instruments.handles)

    @property
    def event_log(self) -> EventLog | None:
        """The events of this session; None unless it goes on."""
        return None if self._open is None else self._open.events

    @property
    def event_store(self) -> EventStore | None:
        """The events of all sessions of the store; None unless this one goes on."""
        return None if self._open is None else EventStore(self._wiring.store)

    @property
    def channel_store(self) -> ChannelStore | None:
        """What this session observes; None unless it goes on."""
        return None if self._open is None else self._open.channels

    @property
    def instrument_server_address(self) -> str | None:
        """Where other processes reach the instruments, None without a server."""
        server = None if self._open is None else self._open.server
        return None if server is None else server.address

    @property
    def instrument_server_token_file(self) -> Path | None:
        """The file of the token that its clients must have, None without a server."""
        server = None if self._open is None else self._open.server
        return None if server is None else server.token_file

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._stop(None if error is None else outcome_of(error))
        except Exception as failure:
            if error is None:
                raise
            # What ended the block is the cause; this is told beside it.
            error.add_note(str(failure))

    def start(self) -> None:
        """Begin the session: its record in the store, durable on return. Nothing is opened yet.

        Raises `StoreError` when nothing could be recorded, `SessionError` when it was started before.
        """
        with self._turn:
            self._start()

    def _start(self) -> None:
        from shotlane.store import SessionStart, open_log  # late: SQLAlchemy

        if self._ended or self._open is not None:
            state = "has ended" if self._ended else "goes on already"
            raise SessionError(f"this session at '{self._config.name}' {state}", "connect again for another")
        self._wiring.make_room()
        start = SessionStart(kind="station", station=self._config.name)
        log = open_log(self._wiring.store, session=start, data=self._wiring.data)
        try:
            self._open = OpenSession(log, self._config, self._wiring, keep_reads=self._keep_reads)
        except BaseException:
            log.close(Outcome.ERRORED)
            raise
        self._session = log.session
        at_end(log.session, self._stop_at_end)

    def stop(self, outcome: str | Outcome | None = None) -> None:
        """End the session: instruments are made safe, closed and unlocked, and everything is durable.

        `outcome`: how it ended; without one done, or the worst of the runs inside. Does nothing the second
        time. Raises `NotSafeError` when an instrument could not be made safe, and `StoreError`.
        """
        self._stop(None if outcome is None else known_outcome(outcome))

    def instrument(self, role: str, timeout: float = 0.0) -> Handle:
        """Lock and open an instrument of the station; the same handle when it is open already.

        Raises `InUseError` with who holds it when that one does not let go within `timeout` s,
        `InstrumentError` when it does not open.
        """
        _check_patience(timeout)
        return self._now().instruments.open(role, timeout)

    def release(self, role: str, *, safe: bool | None = None) -> None:
        """Make an instrument safe, close it, and let others have it; `safe=False` leaves it as it is."""
        self._now().instruments.release(role, safe=self._safe if safe is None else safe)

    def configure(self, role: str, method: str, **parameters: Any) -> Any:
        """Run a command, or set an attribute to `value`, and leave an event that says so, durable on return.

        For what a person does by hand. Opens the instrument if it is not open. Returns what a command
        answers; a command that can do harm needs `confirm=True`.
        """
        now = self._now()
        self.instrument(role)
        gate, result = now.instruments.gate, None
        if gate.knows(role, method) == "command":
            confirm = bool(parameters.pop("confirm", False))
            result = gate.call(role, method, (), parameters, confirm=confirm)
        elif set(parameters) != {"value"}:
            raise SessionError(
                f"{role}.{method} is set to one value", f"write configure({role!r}, {method!r}, value=...)"
            )
        else:
            gate.write(role, method, parameters["value"])
        now.events.append(
            "instrument.configured", role=role, method=method, parameters=parameters, result=result
        )
        return result

    def observe(
        self, key: str, value: Any, unit: str | None = None, sample_interval: float | None = None
    ) -> str:
        """Keep a value of this moment under a key; returns its `channel://` URI.

        Several values are samples that lie `sample_interval` s apart, the last one of this moment. They are
        durable within a second, and at the end of the session. A text such as "21 degC" is kept as a number
        with its unit. `shotlane.channel(uri)` gives them back.
        """
        return self._now().channels.observe(key, value, unit, sample_interval)

    def channel(self, channel: str) -> Any:
        """The samples of a channel of this session by its key, or of any by its URI, as a frame."""
        return self._now().channels.read(channel)

    def events(self, type: Names = None, role: Names = None, since: Since = None) -> list[LoggedEvent]:
        """What happened in this session, and in the runs inside it, oldest first.

        `type` is one type, all below it (`instrument` or `instrument.*`), or several; `role` one
        instrument or several; `since` an instant, or nanoseconds of Unix time. Raises `SessionError` for a
        type or an instrument that is neither known nor in any event.
        """
        return self._now().events.events(type, role, since)

    def on_event(
        self,
        callback: Callable[[LoggedEvent], object],
        type: Names = None,
        role: Names = None,
        since: Since = None,
    ) -> Callable[[], None]:
        """Call for every event that `events` gives, then for each that comes, in a thread of its own.

        Returns what ends it; the end of the session ends it too.
        """
        return self._now().events.on_event(callback, type, role, since)

    def sync(self, name: str, timeout: float | None = None, parties: int = 2) -> None:
        """Wait until so many sessions of the store are at the meeting point of this name.

        Raises `TimeoutError` after `timeout` s, which says who is there and who is not; whose process has
        died does not count.
        """
        from shotlane.sessions._sync import sync  # late: SQLAlchemy

        now = self._now()
        if timeout is not None:
            _check_patience(timeout)
        if name in self._meetings:
            raise SessionError(f"this session waits at '{name}' already")
        self._meetings.add(name)
        try:
            sync(now.events, self._wiring.store, self.session_id, name, parties, timeout, self._gives_up)
        finally:
            self._meetings.discard(name)

    def _gives_up(self) -> bool:
        """Whether who waits shall not wait any longer."""
        from shotlane.execution import unwanted_here  # late: it needs what runs sequences

        return self._ended or unwanted_here()

    def start_instrument_server(
        self,
        roles: str | Iterable[str] | None = None,
        *,
        address: str | None = None,
        token_file: str | Path | None = None,
        certificate: str | Path | None = None,
        key: str | Path | None = None,
        rest: bool = False,
    ) -> str:
        """Let other processes use instruments of this session; returns the address to connect to.

        `roles`: only this one or these, which are opened; without it all that are open now. `address`: `unix`
        (default where there is such a thing), `tcp` on the loopback, or `HOST:PORT` for other machines, with
        TLS; the rest of the arguments is for that. Who connects must have the token, which is in a file that
        only this user can read. `certificate` and `key`: PEM files, else one that is made once. `rest`: an
        instrument is made safe when its last client has gone. `shotlane.remote_instrument` is the other end.
        """
        from shotlane.sessions._doors import Door, Listening  # late: few sessions need it
        from shotlane.sessions._server import InstrumentServer
        from shotlane.sessions._tokens import MANAGER

        now = self._now()
        wanted = list(now.instruments.handles if roles is None else roles)
        if isinstance(roles, str):
            wanted = [roles]
        with self._turn:
            if now.server is not None:
                raise SessionError(f"the instrument server runs already, at {now.server.address}")
            listening = Listening(address, _path(token_file), _path(certificate), _path(key))
            lasts = rest or not listening.is_local
            name = file_name(self._config.name, MANAGER) if lasts else f"session-{self.session_id}"
            door = Door(name, listening)  # first: what is wrong with it is told before anything is opened
            try:
                for role in wanted:
                    self.instrument(role)
                now = self._now()
            except BaseException:
                door.close()
                raise
            now.server = InstrumentServer(now.instruments, wanted, now.events, door, rest=rest)
            return door.address

    def run(
        self, sequence: str | Path, parameters: Mapping[str, object] | None = None, **options: Any
    ) -> EndedRun:
        """Run a sequence inside this session, and return when it has ended.

        Options as for `shotlane.run`, but for `station`, `store` and `mock`, which the session has decided:
        another one than its own raises `SessionError`. It uses the locks of this session, and has the
        instruments that it needs to itself meanwhile; they are opened again afterwards. Its events are seen
        in those of this session.
        """
        now = self._now()
        prepared = self._wiring.prepare(sequence, parameters, **options)
        with now.instruments.lent(prepared.roles):
            run = prepared.start(self.session_id, now.instruments.locks)
        now.outcomes.append(run.outcome)
        return run

    def record(self, channels: str | Iterable[str] | None = None, **options: Any) -> "Recording":
        """Record channels of this session's instruments, which are opened; as `shotlane.record` does."""
        from shotlane.acquisition import chosen, definition_channels  # late: few sessions need it

        now = self._now()
        definitions: Mapping[str, Any] = self._config.definitions
        available = [one for item in definitions.values() for one in definition_channels(item)]
        found = chosen(available, channels, None)
        for role in dict.fromkeys(one.device for one in found):
            self.instrument(role)
        recording: Recording = self._wiring.record(
            now.instruments.pool, [one.name for one in found], **options
        )
        return recording

    def _now(self) -> OpenSession:
        """What is open. Raises `SessionError` when nothing is."""
        if self._open is not None and os.getpid() == self._pid:
            return self._open
        name = self._config.name
        if self._ended:
            raise SessionError(f"this session at '{name}' has ended", "connect again")
        if self._open is not None:
            raise SessionError(f"this session at '{name}' belongs to process {self._pid}", "connect here too")
        raise SessionError(
            f"this session at '{name}' has not begun", "use it in a `with` block, or start() it"
        )

    def _stop_at_end(self) -> None:
        """Called when the main thread has ended."""
        now = self._open if self._pid == os.getpid() else None
        while now is not None and now.instruments.running:
            time.sleep(_LOOK_S)  # it makes its own instruments safe
        self._stop(outcome_of(what_ended()))

    def _stop(self, outcome: Outcome | None) -> None:
        if self._pid != os.getpid():
            return
        # Whoever comes second returns when all is safe and closed too.
        with undisturbed(), self._turn:
            now = self._open
            if now is None or self._ended:
                return
            now.instruments.seal()
            self._ended = True
            try:
                now.close(outcome, safe=self._safe)
            finally:
                self._open = None
                forget(now.log.session)


def _path(given: str | Path | None) -> Path | None:
    return None if given is None else Path(given).expanduser()


def _check_patience(timeout: float) -> None:
    """Raises `SessionError` for what is no time to wait; not-a-number is neither more nor less than any."""
    if not timeout >= 0:
        raise SessionError(f"timeout={timeout:g} is no time to wait", "give seconds, 0 or more")
