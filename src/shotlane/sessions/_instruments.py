"""The instruments of one session: locked and opened one by one, made safe, closed and let go of.

They are opened when they are asked for, and stay open until they are released or the session ends. While a
run goes on inside the session it has those that it needs, with all that share their wires; the session keeps
their locks, and opens them again afterwards.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from threading import RLock
from typing import Any

from shotlane.diagnostics import did_you_mean
from shotlane.instruments import (
    InUseError,
    PoolError,
    PortLocks,
    ResolvedStation,
    build_pool,
    lock_instruments,
    unlock_instruments,
)
from shotlane.sessions._channel_store import ChannelStore
from shotlane.sessions._error import NotSafeError, SessionError
from shotlane.sessions._event_log import EventLog
from shotlane.sessions._gate import Gate
from shotlane.sessions._handle import OwnHandle
from shotlane.sessions._wiring import Keeper


class Instruments:
    """What a session has open. `keeper` looks after them should this process die."""

    def __init__(
        self,
        station: ResolvedStation,
        locks: PortLocks,
        events: EventLog,
        channels: ChannelStore,
        keeper: Keeper | None,
        *,
        keep_reads: bool,
    ) -> None:
        self.locks = locks
        self.handles: dict[str, OwnHandle] = {}
        self._station = station
        self._events = events
        self._keeper = keeper
        self.pool = build_pool(station, now_ns=time.perf_counter_ns, notify=self._notify, locks=locks)
        self.gate = Gate(self.pool, events, channels, self._revive, keep_reads=keep_reads)
        self._make_safe: Callable[..., dict[str, str]] | None = None
        self._turn = RLock()
        self._coming: Counter[str] = Counter()  # roles that somebody is just opening
        self._running = False
        self._lent: frozenset[str] = frozenset()
        self._closed = False

    @property
    def running(self) -> bool:
        """Whether a run goes on inside the session."""
        return self._running

    def open(self, role: str, timeout_s: float) -> OwnHandle:
        """Lock and open one instrument; at once when it is open.

        Raises `InUseError` after `timeout_s`, `InstrumentError` when it does not open, `SessionError`.
        """
        handle = self.handles.get(role)
        if handle is not None and role not in self._lent and not self._closed:
            return handle
        self._check(role)
        with self._turn:
            self._coming[role] += 1
        try:
            self._lock(role, timeout_s)
            with self._turn:
                self._check(role)
                return self.handles.get(role) or self._opened(role)
        finally:
            with self._turn:
                self._coming[role] -= 1
                self._unlock_unused(role)

    def release(self, role: str, *, safe: bool) -> None:
        """Make one instrument safe, close it, let others have it. Raises `SessionError`, `NotSafeError`."""
        with self._turn:
            self._check(role)
            if self.handles.pop(role, None) is None:
                raise SessionError(f"{role} is not open", f"open are: {', '.join(self.handles) or 'none'}")
            self.gate.bar((role,))
            unsafe = self._safe((role,), f"{role} is released") if safe else {}
            try:
                self.pool.close_roles((role,))
            finally:
                self._watch()
                self._unlock_unused(role)
        if unsafe:
            raise NotSafeError(unsafe)

    def rest(self, role: str, reason: str) -> bool:
        """Make an instrument safe that stays open; False when it could not be, which is told in events."""
        with self._turn:
            if self._closed or role in self._lent or role not in self.handles:
                return True
            self.gate.bar((role,))
            try:
                return not self._safe((role,), reason)
            finally:
                self.gate.admit(role)

    @contextmanager
    def lent(self, roles: Sequence[str]) -> Iterator[None]:
        """Let a run of this process have some instruments, and all others on their wires."""
        mine, opened = False, list[str]()
        # All of it in here: Ctrl-C may come at once, and a session that stays lent can never make safe.
        try:
            with self._turn:
                self._check_goes_on()
                if self._running:
                    raise SessionError("a run goes on in this session already")
                mine = self._running = True
                self._lent = frozenset(roles) | self._beside(roles)
                opened += (role for role in self.pool.roles_opened if role in self._lent)
                self.pool.close_roles(opened)
                self._watch()
            yield
        finally:
            if mine:
                self._take_back(opened)

    def _take_back(self, opened: Sequence[str]) -> None:
        with self._turn:
            self._running, self._lent = False, frozenset()
            # Who does not open now, which is an event, is tried again when it is used.
            with suppress(PoolError, InUseError):
                self._open(opened)

    def seal(self) -> None:
        """From here on nothing is opened or lent. Raises `SessionError` while a run goes on."""
        with self._turn:
            if self._running:
                raise SessionError("a run goes on in this session", "let it end, or abort it")
            self._closed = True

    def close(self, reason: str, *, safe: bool) -> dict[str, str]:
        """Make all safe, close them, and let others have them; what is not safe. Safe to call twice."""
        with self._turn:
            self._closed = True
            self.gate.bar(self._station.definitions)
            roles = self.pool.roles_opened
            unsafe = self._safe(roles, reason) if safe and roles else {}
            try:
                self.pool.close()
            finally:
                self.locks.release()
                self.handles.clear()
                if self._keeper is not None:
                    self._keeper.end()
        return unsafe

    def _check(self, role: str) -> None:
        if role not in self._station.definitions:
            help = self._aliases_of(role)
            help = help or did_you_mean(role, self._station.definitions, what="instruments")
            raise SessionError(f"'{self._station.name}' has no instrument '{role}'", help)
        self._check_goes_on()
        if role in self._lent:
            raise SessionError(f"{role} is used by the run that goes on in this session", "wait for its end")

    def _aliases_of(self, group: str) -> str | None:
        """Which channels they are whose aliases begin so, and how one is used; None when there are none."""
        channels = self._station.table.channels.values()
        found = [one for one in channels if one.target and f"{one.name}.".startswith(f"{group}.")]
        if not found:
            return None
        told = ", ".join(f"{one.name} is {one.target}" for one in found)
        return f"{told}; use instrument({found[0].role!r}), which knows {found[0].name!r} too"

    def _check_goes_on(self) -> None:
        if self._closed:
            raise SessionError("the session has ended", "connect again")

    def _lock(self, role: str, timeout_s: float) -> None:
        # Late, since it needs what runs sequences: nobody may open anything.
        from shotlane.execution import unwanted_here

        before = self.locks.addresses
        resource = self._station.definitions[role].resource.text
        try:
            lock_instruments(
                self._station,
                (role,),
                wait_s=timeout_s,
                waiting=lambda error: self._tell_holder("lock.waited", role, error),
                locks=self.locks,
                stopped=lambda: self._closed or unwanted_here(),
            )
        except InUseError as error:
            self._tell_holder("lock.refused", role, error)
            raise
        if self.locks.addresses != before:
            self._events.tell("lock.taken", role=role, resource=resource)

    def _tell_holder(self, type_: str, role: str, error: InUseError) -> None:
        resource = self._station.definitions[role].resource.text
        holder = str(error.holders.get(role) or "another process")
        self._events.tell(type_, role=role, resource=resource, holder=holder)

    def _unlock_unused(self, role: str) -> None:
        """Let go of a lock that nobody needs any more."""
        # Open without a handle is what Ctrl-C came upon just then; it is closed with the session.
        if role in self.handles or role in self.pool.roles_opened:
            return
        before = self.locks.addresses
        coming = (name for name, count in self._coming.items() if count)
        keeping = {*self.handles, *self.pool.roles_opened, *coming}
        unlock_instruments(self._station, (role,), self.locks, keeping=keeping)
        if self.locks.addresses != before:
            resource = self._station.definitions[role].resource.text
            self._events.tell("lock.released", role=role, resource=resource)

    def _safe(self, roles: Sequence[str], reason: str) -> dict[str, str]:
        """Make some instruments safe; what is not."""
        if self._make_safe is None:
            return {}  # nothing was ever open
        return self._make_safe(self.pool, roles, self._events, reason)

    def _opened(self, role: str) -> OwnHandle:
        # Late, since it needs what runs sequences; and before anything is open that must be made safe.
        from shotlane.sessions._safe import make_safe

        self._make_safe = make_safe
        try:
            self._open((role,))
        except PoolError as error:
            raise error.faults[role] from None
        handle = self.handles[role] = OwnHandle(role, self.gate)
        self.gate.admit(role)
        return handle

    def _open(self, roles: Sequence[str]) -> None:
        self._watch(*roles)
        try:
            self.pool.open(roles)
        finally:
            self._watch()

    def _watch(self, *more: str) -> None:
        """Have what is open, and what is about to be, looked after."""
        if self._keeper is not None:
            self._keeper.watch([*self.pool.roles_opened, *more])

    def _beside(self, roles: Sequence[str]) -> frozenset[str]:
        """The real instruments on the wires of some roles."""
        definitions = {name: one for name, one in self._station.definitions.items() if not one.simulated}
        ports = {self.pool.port_of(role) for role in roles if role in definitions}
        return frozenset(role for role in definitions if self.pool.port_of(role) in ports)

    def _revive(self, role: str) -> None:
        """Open again what a run had, and could not be opened after it; refuse what is not to be open."""
        with self._turn:
            self._check(role)
            if role not in self.handles:
                raise SessionError(f"{role} was released", f"station.instrument('{role}') opens it again")
            if role not in self.pool.roles_opened:
                try:
                    self._open((role,))
                except PoolError as error:
                    raise error.faults[role] from None

    def _notify(self, _role: str, type_: str, fields: Mapping[str, Any]) -> None:
        self._events.tell(type_, **fields)
