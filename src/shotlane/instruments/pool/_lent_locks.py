"""Locks that this process has already, lent to somebody in it: used as one's own, and never let go of."""

from collections.abc import Callable, Mapping

from shotlane.instruments.definition._definition import Resource
from shotlane.instruments.pool._locks import PortLocks


class LentLocks(PortLocks):
    """The locks of a lender, and more of one's own. `what` is what others are told of both meanwhile."""

    def __init__(self, lender: PortLocks, what: Callable[[], str]) -> None:
        super().__init__(lender.station, folder=lender.folder, what=what)
        self._lender = lender

    @property
    def addresses(self) -> tuple[str, ...]:
        """What is held, and what is lent."""
        return tuple(dict.fromkeys((*self._lender.addresses, *super().addresses)))

    def descriptors(self) -> dict[str, tuple[str, int]]:
        """As of any locks, with those that are lent."""
        return self._lender.descriptors() | super().descriptors()

    def describe(self) -> None:
        """Write down anew who holds them all."""
        super().describe()
        for address, role in self._lender.roles.items():
            self._sign(address, role)

    def release(self) -> None:
        """Let go of one's own; the lender has the others as before."""
        super().release()
        self._lender.describe()

    def leave(self, address: str) -> None:
        """Let go of it, also where it was lent: it is another's by now."""
        super().leave(address)
        self._lender.leave(address)

    def _wanted(self, resources: Mapping[str, Resource]) -> dict[str, str]:
        lent = self._lender.addresses
        return {at: role for at, role in super()._wanted(resources).items() if at not in lent}
