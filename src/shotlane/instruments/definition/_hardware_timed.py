"""What a driver of an instrument that keeps time itself does beside the contract of all drivers.

For each stretch of a shot: `program` with the whole table, `arm`, then `trigger` at its origin for whoever
nothing else triggers, and `collect` when its last edge has come. What was loaded and armed waits for as long
as it must. `write` is for the time between tables.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from shotlane.instruments.definition._contract import Reading


class Edges(NamedTuple):
    """When an attribute is set, in ns from the trigger and in order, and to what, in the attribute's unit."""

    times_ns: NDArray[np.int64]
    values: Sequence[Any]


@dataclass(frozen=True, slots=True)
class ProgramTable:
    """All that an instrument does by itself until `duration_ns` from the trigger; what is set then holds.

    `outputs`: the edges of each attribute that is set, multiples of the time step. `frames`: how many frames
    of each attribute it takes, one at each rising edge of its trigger.
    """

    duration_ns: int
    outputs: Mapping[str, Edges] = field(default_factory=dict)
    frames: Mapping[str, int] = field(default_factory=dict)


@runtime_checkable
class HardwareTimed(Protocol):
    """A driver whose instrument keeps time itself. Its methods raise `InstrumentError`, and never retry."""

    @property
    def time_step_ns(self) -> int:
        """What times of edges are multiples of."""

    def program(self, table: ProgramTable) -> None:
        """Load a table; the one before it is over. Outputs stay as they are."""

    def arm(self) -> None:
        """Be ready for the trigger."""

    def trigger(self) -> None:
        """Start the table now. Never called where another instrument's edges are the trigger."""

    def collect(self) -> Mapping[str, Sequence[Reading]]:
        """The frames of each attribute, in the order of the edges; nothing of outputs.

        Waits for the end of the table, no longer than the timeout. Raises where it did not come.
        """

    def stop(self) -> None:
        """End a table at once, whether armed, running or over; outputs stay as they are."""
