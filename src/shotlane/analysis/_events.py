"""What happened, from the store: past events, and those that other processes write meanwhile.

Imports SQLAlchemy, and no polars.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from shotlane.analysis._place import store_or_default
from shotlane.analysis._which_runs import Moment, instant_of
from shotlane.records import LoggedEvent
from shotlane.store import EventFilter, EventTail, Subscription, subscribe

Names = str | Sequence[str] | None


class EventStream:
    """Events, one after the other. It lets go of the store when it has ended, or is closed."""

    def __init__(self, tail: EventTail, *, follow: bool) -> None:
        self._tail = tail
        self._events = tail.follow() if follow else tail.read()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> LoggedEvent:
        try:
            return next(self._events)
        except BaseException:
            self._tail.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def on_trouble(self, call: Callable[[str], object]) -> None:
        """Call when the store is lost, and why; it is waited for."""
        self._tail.on_trouble = call

    def stop(self) -> None:
        """Let it end soon, from any thread."""
        self._tail.stop()

    def close(self) -> None:
        """Let go of the store. Safe to call twice."""
        self._events.close()
        self._tail.close()


def wanted_events(
    run: int | None, session: int | None, type: Names, role: Names, since: Moment | None
) -> EventFilter:
    """The conditions as a person writes them. Raises `ValueError` for a time that cannot be understood."""
    since_utc_ns = None if since is None else instant_of(since)
    return EventFilter(session, run, _names(type), _names(role), since_utc_ns)


def _names(given: Names) -> tuple[str, ...]:
    return () if given is None else (given,) if isinstance(given, str) else tuple(given)


def events(store: str | Path | None, wanted: EventFilter, *, follow: bool) -> EventStream:
    """See `analysis.events`."""
    return EventStream(EventTail(store_or_default(store), wanted), follow=follow)


def on_event(
    store: str | Path | None, callback: Callable[[LoggedEvent], object], wanted: EventFilter
) -> Subscription:
    """See `analysis.on_event`."""
    return subscribe(store_or_default(store), callback, wanted)
