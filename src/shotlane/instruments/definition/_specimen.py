"""What is known of one specimen of an instrument: who it must be, and what its memory bears."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from shotlane.instruments.definition._contract import Identity
from shotlane.model import Scalar

_PARTS = ("maker", "model", "serial", "firmware")


@dataclass(frozen=True, slots=True)
class Expectation:
    """Who must answer; parts that are None may be anything. `refuse`: nobody else is used."""

    identity: Identity
    refuse: bool = True

    def complaint(self, found: Identity) -> str | None:
        """What is wrong with who answered."""
        for part in _PARTS:
            wanted, said = getattr(self.identity, part), getattr(found, part)
            if wanted is None:
                continue
            if said is None:
                return f"it does not say its {part}, and {wanted} is expected"
            if not fnmatchcase(str(said).strip().casefold(), wanted.strip().casefold()):
                return f"{part} {str(said).strip()} answers, and {wanted} is expected"
        return None


@dataclass(frozen=True, slots=True)
class WearBudget:
    """How many writes in which time; none of it counts while `unless` holds."""

    writes: int
    per_s: float
    unless: Mapping[str, Scalar] = field(default_factory=dict)
