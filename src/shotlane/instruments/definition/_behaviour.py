"""What a simulated instrument does: the checked form of `simulate:`.

Numbers stand in the attribute's unit, differences (noise) too. Every attribute of a definition has one
behaviour; a command without an effect answers and changes nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from shotlane.model import ScalarValue


class Motion(Enum):
    """HELD keeps its value until something sets it; FOLLOWS equals its source; LAGS goes there in time."""

    HELD = "held"
    FOLLOWS = "follows"
    LAGS = "lags"


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How one attribute moves.

    `source` names an attribute of the same instrument, `unless` a boolean one that makes it 0 while it is on.
    `gain` and `offset`: of a source of another instrument, both in the units of the two. `scaled_by`: an
    attribute that the start, as far as it differs from `base`, is multiplied by.
    """

    motion: Motion
    start: Any
    source: str | None = None
    tau_s: float = 0.0
    noise: float = 0.0
    unless: str | None = None
    gain: float | None = None
    offset: float = 0.0
    scaled_by: str | None = None
    base: float = 0.0


@dataclass(frozen=True, slots=True)
class Argument:
    """Stands for the argument of a call, by its name."""

    name: str


@dataclass(frozen=True, slots=True)
class SimulatedWorld:
    """The behaviours of one instrument, and for each command the attributes that it sets."""

    attributes: Mapping[str, Behaviour] = field(default_factory=dict)
    effects: Mapping[str, Mapping[str, ScalarValue | Argument]] = field(default_factory=dict)
