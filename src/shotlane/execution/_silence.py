"""An instrument that does not answer any more, over shots: leaving them out would use up the whole sweep.

What is counted is shots in a row that end with a fault of one instrument that is declared down. A shot that
ends otherwise shows that the sweep can go on, and begins the count anew.
"""

from typing import Final

from shotlane.execution._pool import InstrumentPool
from shotlane.records import Fault

MOST_SHOTS: Final = 3


class Silence:
    """Counts them. `role`: of whose silence."""

    def __init__(self) -> None:
        self.role: str | None = None
        self.shots = 0
        self._last = 0

    @property
    def lasts(self) -> bool:
        """Whether it is no use to go on with the next shot."""
        return self.shots >= MOST_SHOTS

    def note(self, shot: int, fault: Fault, pool: InstrumentPool) -> None:
        """Note the fault that a shot ended with; one that is tried again after a pause counts once."""
        role = fault.context.get("role")
        if role is None or not pool.is_down(role):
            self.break_off()
        elif (role, shot) != (self.role, self._last):
            self.shots = self.shots + 1 if role == self.role else 1
            self.role, self._last = role, shot

    def break_off(self) -> None:
        """Note a shot that ended otherwise."""
        self.role, self.shots = None, 0

    def __str__(self) -> str:
        return f"{self.role} does not answer, and {self.shots} shots in a row ended with that"
