"""The locks of a run as events.

They are taken before the run has a number, and told when it has one: right before the first thing that is
told of an instrument.
"""

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from shotlane.instruments import InUseError, PortLocks, ResolvedStation, RoleNotify

_Told = tuple[str, str, Mapping[str, Any]]


class LockEvents:
    """What is to be told of the locks of one run. `waiting` is called when the run begins to wait."""

    def __init__(self, station: ResolvedStation, waiting: Callable[[InUseError], None] | None) -> None:
        self._station = station
        self._waiting = waiting
        self._events: deque[_Told] = deque()

    def wait(self, error: InUseError) -> None:
        """Take note of who is waited for."""
        for role, holder in error.holders.items():
            self._note(role, "lock.waited", holder=None if holder is None else str(holder))
        if self._waiting is not None:
            self._waiting(error)

    def before(self, tell: RoleNotify, locks: PortLocks) -> RoleNotify:
        """`tell`, which first tells of the locks. Any thread."""
        for role in locks.roles.values():
            self._note(role, "lock.taken")

        def told(role: str, event_type: str, fields: Mapping[str, Any]) -> None:
            while (event := self._next()) is not None:
                tell(*event)
            tell(role, event_type, fields)

        return told

    def _next(self) -> _Told | None:
        try:
            return self._events.popleft()
        except IndexError:  # none, or another thread was quicker
            return None

    def _note(self, role: str, event_type: str, **more: str | None) -> None:
        resource = self._station.definitions[role].resource.text
        self._events.append((role, event_type, {"role": role, "resource": resource, **more}))
