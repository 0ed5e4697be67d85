"""The events of a session as its owner sees them, and those of all sessions of a store."""

import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any

from shotlane.records import Event, LoggedEvent, RecorderError

if TYPE_CHECKING:
    from shotlane.store import EventFilter, SessionLog, Subscription

Names = str | Iterable[str] | None
Since = datetime | int | None


class EventStore:
    """The events of a store, of whatever session."""

    def __init__(self, address: str) -> None:
        self.address = address

    def events(
        self, session: int | None = None, *, event_type: Names = None, role: Names = None, since: Since = None
    ) -> list[LoggedEvent]:
        """What is there, oldest first; of one session and the runs inside it. Raises `StoreError`."""
        from shotlane.store import EventTail  # late: SQLAlchemy

        with EventTail(self.address, _filter(session, event_type, role, since)) as tail:
            return list(tail.read())

    def on_event(
        self,
        callback: Callable[[LoggedEvent], object],
        session: int | None = None,
        *,
        event_type: Names = None,
        role: Names = None,
        since: Since = None,
    ) -> "Subscription":
        """Call for what is there, then for what comes, until what is returned is called."""
        from shotlane.store import subscribe  # late: SQLAlchemy

        return subscribe(self.address, callback, _filter(session, event_type, role, since))


class EventLog:
    """The events of one session."""

    def __init__(self, log: "SessionLog", address: str) -> None:
        self._log = log
        self._store = EventStore(address)

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

    def events(self, event_type: Names = None, role: Names = None, since: Since = None) -> list[LoggedEvent]:
        """What happened in this session and in the runs inside it, oldest first. Raises `StoreError`."""
        with suppress(RecorderError):  # of what waits in a spool nothing can be read yet
            self._log.flush()
        return self._store.events(self._log.session, event_type=event_type, role=role, since=since)

    def on_event(
        self,
        callback: Callable[[LoggedEvent], object],
        event_type: Names = None,
        role: Names = None,
        since: Since = None,
    ) -> "Subscription":
        """Call for what happened, then for what happens."""
        with suppress(RecorderError):
            self._log.flush()
        session = self._log.session
        return self._store.on_event(callback, session, event_type=event_type, role=role, since=since)


def _filter(session: int | None, types: Names, roles: Names, since: Since) -> "EventFilter":
    from shotlane.store import EventFilter  # late: SQLAlchemy

    return EventFilter(
        session=session, types=_several(types), roles=_several(roles), since_utc_ns=_instant(since)
    )


def _several(names: Names) -> tuple[str, ...]:
    if names is None:
        return ()
    return (names,) if isinstance(names, str) else tuple(names)


def _instant(since: Since) -> int | None:
    if not isinstance(since, datetime):
        return since
    # Microseconds are all that it holds, and a float of seconds would lose them.
    whole = since.astimezone()
    return int(whole.replace(microsecond=0).timestamp()) * 1_000_000_000 + whole.microsecond * 1_000
