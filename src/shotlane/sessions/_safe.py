"""The safe state of some instruments of a pool, as a run reaches it."""

from collections.abc import Collection
from typing import Any, cast

from shotlane.execution import InstrumentPool, Journal, SafeState, SystemClock
from shotlane.instruments import Pool
from shotlane.model import ScalarValue
from shotlane.records import Event, Recorder
from shotlane.sessions._event_log import EventLog


class _SomeRoles:
    """A pool of which only some roles are seen."""

    def __init__(self, pool: Pool, roles: Collection[str]) -> None:
        self._pool = pool
        self._roles = roles

    @property
    def roles_opened(self) -> tuple[str, ...]:
        return tuple(role for role in self._pool.roles_opened if role in self._roles)

    def safe_writes(self) -> list[tuple[str, str, ScalarValue]]:
        return [write for write in self._pool.safe_writes() if write[0] in self._roles]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._pool, name)


class _Told:
    """What the safe state tells, as events of the session."""

    def __init__(self, log: EventLog) -> None:
        self._log = log

    def event(self, event: Event) -> None:
        self._log.tell(event.type, **event.fields)


def make_safe(pool: Pool, roles: Collection[str], log: EventLog, reason: str) -> dict[str, str]:
    """Make them safe; what is not, with why, by channel or role. Never raises."""
    clock = SystemClock()
    journal = Journal(cast("Recorder", _Told(log)), clock)
    seen = cast("InstrumentPool", _SomeRoles(pool, roles))
    state = SafeState(seen, clock, journal, {})
    state.reach(reason)
    return {
        item.role if item.attribute is None else f"{item.role}.{item.attribute}": item.message
        for item in state.unsafe
    }
