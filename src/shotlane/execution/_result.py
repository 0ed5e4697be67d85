"""What a run came to."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from shotlane.execution._lateness import LatenessSummary
from shotlane.execution._safe_state import Unsafe
from shotlane.records import Fault, Outcome, Tally


class AttemptFault(NamedTuple):
    """A fault and the attempt that it ended; both numbers are None for one outside of attempts."""

    shot: int | None
    attempt: int | None
    fault: Fault


@dataclass(frozen=True, slots=True)
class RunResult:
    """The end of a run. `tallies` are summed over all attempts; `lateness` by channel, calls by role."""

    run: int
    outcome: Outcome
    reason: str | None
    shots_planned: int
    shots_done: int
    shots_errored: int
    attempts: int
    tallies: tuple[Tally, ...]
    lateness: Mapping[str, LatenessSummary]
    faults: tuple[AttemptFault, ...]
    unsafe: tuple[Unsafe, ...]

    def summary(self) -> dict[str, Any]:
        """The same in short, JSON-able, as it is stored with the run."""
        return {
            "shots_planned": self.shots_planned,
            "shots_done": self.shots_done,
            "shots_errored": self.shots_errored,
            "attempts": self.attempts,
            "lateness": {name: asdict(value) for name, value in self.lateness.items()},
            "unsafe": [item._asdict() for item in self.unsafe],
        }
