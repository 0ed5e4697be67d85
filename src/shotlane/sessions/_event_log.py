"""The events of a session as its owner sees them, and those of all sessions of a store."""

import time
from collections.abc import Callable, Collection
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from shotlane.records import Event, LoggedEvent, RecorderError
from shotlane.sessions._wanted import Names, Since, refuse_unknown, wanted

if TYPE_CHECKING:
    from shotlane.store import SessionLog, Subscription


class EventStore:
    """The events of a store, of whatever session."""

    def __init__(self, address: str, roles: Collection[str] | None = None) -> None:
        """`roles`: the instruments that its events may be about; without them any."""
        self.address = address
        self._roles = roles

    def events(
        self, session: int | None = None, *, type: Names = None, role: Names = None, since: Since = None
    ) -> list[LoggedEvent]:
        """What is there, oldest first; of one session and the runs inside it.

        Raises `StoreError`, and `SessionError` for a type, an instrument or an instant that is none.
        """
        from shotlane.store import EventTail  # late: SQLAlchemy

        chosen = wanted(session, type, role, since)
        refuse_unknown(chosen, self.address, self._roles)
        with EventTail(self.address, chosen) as tail:
            return list(tail.read())

    def on_event(
        self,
        callback: Callable[[LoggedEvent], object],
        session: int | None = None,
        *,
        type: Names = None,
        role: Names = None,
        since: Since = None,
    ) -> "Subscription":
        """Call for what is there, then for what comes, until what is returned is called."""
        from shotlane.store import subscribe  # late: SQLAlchemy

        chosen = wanted(session, type, role, since)
        refuse_unknown(chosen, self.address, self._roles)
        return subscribe(self.address, callback, chosen)


class EventLog:
    """The events of one session."""

    def __init__(self, log: "SessionLog", address: str, roles: Collection[str]) -> None:
        self._log = log
        self._store = EventStore(address, roles)

    def append(self, type_: str, **fields: Any) -> int:
        """Store an event of one's own, and return its number; durable on return. Raises `StoreError`."""
        return self.put(Event(type_, time.time_ns(), fields))

    def put(self, event: Event) -> int:
        """Store an event; durable on return. Raises `StoreError`."""
        from shotlane.store import StoreError  # late: SQLAlchemy

        try:
            return self._log.append(event)
        except RecorderError as error:
            raise StoreError(str(error)) from None

    def tell(self, type_: str, **fields: Any) -> None:
        """Note an event; durable within a second. Never raises: the way to the safe state tells too."""
        with suppress(RecorderError):
            self._log.tell(Event(type_, time.time_ns(), fields))

    def events(self, type: Names = None, role: Names = None, since: Since = None) -> list[LoggedEvent]:
        """What happened in this session and in the runs inside it, oldest first. Raises `StoreError`."""
        with suppress(RecorderError):  # of what waits in a spool nothing can be read yet
            self._log.flush()
        return self._store.events(self._log.session, type=type, role=role, since=since)

    def on_event(
        self,
        callback: Callable[[LoggedEvent], object],
        type: Names = None,
        role: Names = None,
        since: Since = None,
    ) -> "Subscription":
        """Call for what happened, then for what happens."""
        with suppress(RecorderError):
            self._log.flush()
        session = self._log.session
        return self._store.on_event(callback, session, type=type, role=role, since=since)
