"""One line of `faults:`: what goes wrong with a simulated instrument, and when."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FaultRule:
    """One line of `faults:`; times count from the opening. `of`: names that it is for; empty for all."""

    kind: str
    at_ns: int | None = None
    request: int | None = None
    probability: float | None = None
    count: int = 1
    for_ns: int | None = None
    by_ns: int = 0
    of: frozenset[str] = frozenset()

    @property
    def switches_off(self) -> bool:
        """Whether the device itself goes off."""
        return self.kind in ("death", "restart")
