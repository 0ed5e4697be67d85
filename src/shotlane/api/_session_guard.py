"""The guard of a session, as that of a run: a process that makes the instruments safe when this one dies.

A guard knows from its start which instruments it looks after, and has their locks. So a new one takes over
whenever others are open: it is armed in the moment in which the old one is sent home.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from shotlane.api._guard import Guard, start_process
from shotlane.instruments import PortLocks, ResolvedStation
from shotlane.sessions import Keeper


class SessionGuard(Keeper):
    """Keeps a guard for what is open."""

    def __init__(
        self, charge: Mapping[str, Any], station: ResolvedStation, locks: PortLocks, tell: Any
    ) -> None:
        self._charge = dict(charge)
        self._definitions = station.definitions
        self._locks = locks
        self._tell = tell
        self._guard: Guard | None = None
        self._watched: frozenset[str] = frozenset()
        self._dismissed: list[Guard] = []

    def watch(self, roles: Sequence[str]) -> None:
        """Look after the real ones of these, and no others."""
        real = [role for role in self._definitions if role in roles and not self._definitions[role].simulated]
        if frozenset(real) == self._watched:
            return
        fresh = self._start(real) if real else None
        if real and fresh is None:
            return  # the old one, if there is one, is better than none
        self._watched = frozenset(real)
        old, self._guard = self._guard, fresh
        if old is not None:
            old.dismiss()
            self._dismissed.append(old)
        if fresh is not None:
            fresh.say(opening=True)

    def end(self) -> None:
        """Send all of them home."""
        self.watch(())
        while self._dismissed:
            self._dismissed.pop().release()

    def _start(self, roles: Sequence[str]) -> Guard | None:
        try:
            return start_process({**self._charge, "roles": list(roles)}, self._locks, self._tell)
        except (OSError, ValueError, AttributeError) as error:  # AttributeError: no sockets that pass files
            self._tell("guard.absent", {"message": f"{type(error).__name__}: {error}"})
            return None


def session_charge(
    station: Path, texts: Mapping[str, str], store: str, session: int, path: Sequence[str]
) -> dict[str, Any]:
    """What a guard is told beside the roles; `texts` by file, as `given_texts` takes them."""
    where = {"station": str(station.resolve()), "texts": dict(texts), "path": list(path)}
    return {**where, "store": store, "session": session, "sequence": None}
