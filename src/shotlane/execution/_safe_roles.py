"""The safe state of some instruments of a pool where no run is: reached as a run reaches it."""

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any, cast

from shotlane.execution._journal import Journal
from shotlane.execution._pool import InstrumentPool
from shotlane.execution._safe_state import SafeState
from shotlane.execution._system_clock import SystemClock
from shotlane.model import ScalarValue
from shotlane.records import Event, Recorder

if TYPE_CHECKING:
    from shotlane.instruments import Pool


class _SomeRoles:
    """A pool of which only some roles are seen."""

    def __init__(self, pool: "Pool", roles: Collection[str]) -> None:
        self._pool = pool
        self._roles = roles

    @property
    def roles_opened(self) -> tuple[str, ...]:
        return tuple(role for role in self._pool.roles_opened if role in self._roles)

    def safe_writes(self) -> list[tuple[str, str, ScalarValue]]:
        return [write for write in self._pool.safe_writes() if write[0] in self._roles]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._pool, name)


class _Teller:
    """A recorder of events alone."""

    def __init__(self, event: Callable[[Event], None]) -> None:
        self.event = event


def safe_roles(pool: "Pool", roles: Collection[str], tell: Callable[[Event], None]) -> SafeState:
    """What makes these safe, as often as is asked; `tell` gets the events of it."""
    clock = SystemClock()
    journal = Journal(cast("Recorder", _Teller(tell)), clock)
    return SafeState(cast("InstrumentPool", _SomeRoles(pool, roles)), clock, journal, {})
