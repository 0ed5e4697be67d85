"""What came of one shot of an optimisation. JSON-able both ways, because events carry it."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any

from shotlane.plan import Value

MEASURED, FAILED, INFEASIBLE, ERRORED = "measured", "failed", "infeasible", "errored"


@dataclass(frozen=True, slots=True)
class Told:
    """Shot `shot` at `values`, in the units of their columns; `digest` of what was executed.

    `how`: measured, with the value of the result; failed (a verdict or an open-ended step, or no value);
    infeasible (the point is not allowed, `reason` says why, and nothing was executed); errored (a fault,
    which says nothing about the point).
    """

    shot: int
    values: Mapping[str, Value]
    how: str
    value: float | None = None
    digest: str = ""
    reason: str | None = None

    def fields(self) -> dict[str, Any]:
        """As an event carries it."""
        return {**asdict(self), "values": dict(self.values)}

    @classmethod
    def of(cls, fields: Mapping[str, Any]) -> "Told":
        """From the fields of an event."""
        return cls(**{name: fields[name] for name in cls.__slots__})


def chain(told: Iterable[Told]) -> str:
    """SHA-256 over the digests of shots in their order; what an optimised run has in place of a plan's."""
    whole = sha256()
    for item in sorted(told, key=lambda item: item.shot):
        whole.update(f"{item.shot}:{item.digest}\n".encode())
    return whole.hexdigest()
