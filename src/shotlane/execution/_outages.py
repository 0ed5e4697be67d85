"""Instruments that are waited for: until when, and after which pause each is asked next.

The time for an instrument begins with the first wait, and bounds all that its outage costs: who answers and
is silent again, in the same shot or the next, gets no new time. A shot that ends otherwise ends all outages.
"""

from typing import Final

_FIRST_PAUSE_NS: Final = 1_000_000_000
_LONGEST_PAUSE_NS: Final = 30_000_000_000


class Outages:
    """Of one run, by role."""

    def __init__(self) -> None:
        self._until_ns: dict[str, int] = {}
        self._pause_ns: dict[str, int] = {}

    def __contains__(self, role: object) -> bool:
        return role in self._until_ns

    def begin(self, role: str, until_ns: int) -> None:
        """From now on it is waited for."""
        self._until_ns[role], self._pause_ns[role] = until_ns, _FIRST_PAUSE_NS

    def until_ns(self, role: str) -> int:
        """When the time for it is over; long ago for one that is not waited for."""
        return self._until_ns.get(role, 0)

    def next_pause_ns(self, role: str) -> int:
        """How long to leave it alone, twice as long each time, to a bound."""
        pause_ns = self._pause_ns[role]
        self._pause_ns[role] = min(2 * pause_ns, _LONGEST_PAUSE_NS)
        return pause_ns

    def end(self) -> None:
        """A shot has shown that the run can go on."""
        self._until_ns.clear()
