"""What a run came to."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from shotlane.execution._lateness import LatenessSummary
from shotlane.execution._safe_state import Unsafe
from shotlane.records import Fault, Outcome, Tally


class Happening(NamedTuple):
    """What happened to time itself, and the attempt in which it was seen: an event's type and fields."""

    shot: int
    attempt: int
    type: str
    fields: Mapping[str, Any]


class AttemptFault(NamedTuple):
    """A fault and the attempt that it ended; both numbers are None for one outside of attempts."""

    shot: int | None
    attempt: int | None
    fault: Fault


@dataclass(frozen=True, slots=True)
class RunResult:
    """The end of a run. `tallies` are summed over all attempts; `lateness` by channel, calls by role.

    `outcomes` counts the shots that were begun or skipped; `shots_planned` those that were to be run.
    `made_safe`: how many safe values the end of the run wrote, None where no instrument was touched.
    """

    run: int
    outcome: Outcome
    reason: str | None
    shots_planned: int
    outcomes: Mapping[Outcome, int]
    attempts: int
    tallies: tuple[Tally, ...]
    lateness: Mapping[str, LatenessSummary]
    faults: tuple[AttemptFault, ...]
    unsafe: tuple[Unsafe, ...]
    happenings: tuple[Happening, ...] = ()

    made_safe: int | None = None
    faults_left_out: int = 0

    @property
    def shots_done(self) -> int:
        """Shots that ended well: done or passed."""
        return self.outcomes.get(Outcome.DONE, 0) + self.shots_passed

    @property
    def shots_passed(self) -> int:
        """Shots whose every verdict held."""
        return self.outcomes.get(Outcome.PASSED, 0)

    @property
    def shots_failed(self) -> int:
        """Shots of which a verdict, or an open-ended step, failed."""
        return self.outcomes.get(Outcome.FAILED, 0)

    @property
    def shots_errored(self) -> int:
        """Shots that a fault was left of."""
        return self.outcomes.get(Outcome.ERRORED, 0)

    @property
    def shots_skipped(self) -> int:
        """Shots that somebody skipped."""
        return self.outcomes.get(Outcome.SKIPPED, 0)

    @property
    def shots_left(self) -> int:
        """Shots that were never begun."""
        return self.shots_planned - sum(self.outcomes.values())

    def summary(self) -> dict[str, Any]:
        """The same in short, JSON-able, as it is stored with the run."""
        return {
            "shots_planned": self.shots_planned,
            "shots_done": self.shots_done,
            "shots_passed": self.shots_passed,
            "shots_failed": self.shots_failed,
            "shots_errored": self.shots_errored,
            "shots_skipped": self.shots_skipped,
            "attempts": self.attempts,
            "lateness": {name: asdict(value) for name, value in self.lateness.items()},
            "unsafe": [item._asdict() for item in self.unsafe],
            "clock": [item._asdict() for item in self.happenings],
        }
