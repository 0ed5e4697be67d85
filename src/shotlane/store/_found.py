"""What a reader finds: a run in one line, and a run in full."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from shotlane.records import ChannelRecord, Outcome
from shotlane.store._notes import Note
from shotlane.store._spool import is_left
from shotlane.store._statements import GOOD

RUNNING = "running"
DIED = "terminated (runner died)"
# Whoever ran it may have come to its end: what is known of that is not in the store.
WAITING = "its records wait"


@dataclass(frozen=True, slots=True)
class RunSummary:
    """One run in a list.

    `outcome` is None while the run goes on. A run that has no end and whose runner is gone is `terminated`
    with `died` set: it never counts as a success. `shots_committed` counts the shots that ended, however;
    `outcomes` how they ended. `tags` are those that it has by now. `waiting`: the file on this machine with
    records of it that the store has not got yet.
    """

    number: int
    sequence: str
    station: str
    started_utc_ns: int
    ended_utc_ns: int | None
    outcome: Outcome | None
    died: bool
    shots_planned: int
    shots_committed: int
    tags: tuple[str, ...]
    stamps: tuple[str, ...]
    outcomes: Mapping[Outcome, int] = field(default_factory=dict)
    waiting: Path | None = None

    @property
    def shots_good(self) -> int:
        """How many of its shots ended well."""
        return sum(self.outcomes.get(outcome, 0) for outcome in GOOD)

    @property
    def other_shots(self) -> str:
        """What became of the shots that ended otherwise, the worst first: `3 errored, 1 skipped`."""
        others = [outcome for outcome in reversed(Outcome) if outcome not in GOOD]
        counts = [(self.outcomes.get(outcome, 0), outcome.value) for outcome in others]
        return ", ".join(f"{count:,} {word}" for count, word in counts if count)

    @property
    def state(self) -> str:
        """The outcome in words, also of a run that has none."""
        over = self.died or (self.outcome is None and self.waiting is not None and is_left(self.waiting))
        if over:
            return DIED if self.waiting is None else WAITING
        return RUNNING if self.outcome is None else self.outcome.value


@dataclass(frozen=True, slots=True)
class ParameterRecord:
    """A parameter's column: `type` is number, bool or text; None when no shot gave it a value."""

    name: str
    type: str | None
    unit: str | None


@dataclass(frozen=True, slots=True)
class AttemptFault:
    """Why an attempt ended badly."""

    shot: int
    attempt: int
    outcome: Outcome | None
    fault: str
    message: str
    context: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RunRecord:
    """Everything about a run but its rows.

    `session` and `ordinal` tell it from all runs of all stores. `repeats`: the run that this one repeats, as
    `RunStart` has it. `tags`: those that were recorded. `outcomes` counts its shots by outcome. `tallies`
    sums, per channel and what, over all attempts, the counts in the order of `records.Tally` from `planned`
    on.
    """

    summary: RunSummary
    description: str
    reason: str | None
    plan_digest: str | None
    environment: Mapping[str, Any]
    figures: Mapping[str, Any]  # `RunEnd.summary`
    channels: tuple[ChannelRecord, ...]
    parameters: tuple[ParameterRecord, ...]
    documents: tuple[str, ...]
    outcomes: Mapping[Outcome, int]
    tallies: Mapping[tuple[str, str], tuple[int, ...]]
    faults: tuple[AttemptFault, ...]
    session: int
    ordinal: int
    repeats: Mapping[str, Any] | None
    tags: tuple[str, ...]
    notes: tuple[Note, ...]
