"""What a store holds of a run that shall go on."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shotlane.records import Outcome
from shotlane.store import KEPT, RunReader, RunRecord


class ResumeError(Exception):
    """A run that cannot go on; `help` is the way out."""

    def __init__(self, message: str, help: str | None = None) -> None:
        super().__init__(message if help is None else f"{message}; {help}")
        self.message = message
        self.help = help


class NothingLeftError(ResumeError):
    """Every one of its `shots` is done. `outcome`: how the run ended."""

    def __init__(self, run: int, shots: int, outcome: Outcome) -> None:
        super().__init__(f"run {run} is complete: nothing of its {shots} shots is left to do")
        self.run = run
        self.shots = shots
        self.outcome = outcome


@dataclass(frozen=True, slots=True)
class Past:
    """What a store holds of a run."""

    record: RunRecord
    sessions: tuple[int, ...]  # that wrote it, first to last
    documents: Mapping[str, str]
    outcomes: Mapping[int, Outcome]  # of the shots that are kept
    digests: Mapping[int, str]

    @property
    def number(self) -> int:
        """Of the run."""
        return self.record.summary.number

    @property
    def session(self) -> int:
        """Which has it now; 0 where that was not kept."""
        return self.sessions[-1] if self.sessions else 0

    @property
    def outcome(self) -> Outcome:
        """How the run ended so far."""
        return self.record.summary.outcome or Outcome.SKIPPED

    @property
    def origin(self) -> Mapping[str, Any]:
        """Where its texts came from, as `origin_of` kept it."""
        found: Mapping[str, Any] = self.record.environment["origin"]
        return found

    def left(self, count: int) -> tuple[int, ...]:
        """The shots that are still to be done, of a plan of so many."""
        # What a run that follows another one does not do, that one has done.
        follows = self.record.environment.get("follows")
        wanted = range(1, count + 1) if follows is None else follows["shots"]
        return tuple(number for number in wanted if number not in self.digests and number <= count)


def past_in(reader: RunReader, run: int) -> Past:
    """Read it. Raises `ResumeError` when the run cannot go on, `StoreError` when there is none."""
    past = present_in(reader, run)
    refuse_going_on(reader, past)
    return past


def refuse_going_on(reader: RunReader, past: Past) -> None:
    """Raise `ResumeError` for a run that has not ended."""
    if past.record.summary.outcome is None:
        run = past.number
        raise ResumeError(f"run {run} is going on, in {reader.process(run)}", f"shotlane abort {run}")


def present_in(reader: RunReader, run: int) -> Past:
    """The same of a run that may still go on."""
    # First of all: who goes on with the run in the meantime is found out by it.
    sessions = tuple(int(row[2]) for row in reader.sessions(run))
    record = reader.run(run)
    if "origin" not in record.environment:
        raise ResumeError(f"run {run} was made by a version that did not keep where its files were")
    kept = [row for row in reader.shots(run) if row[1] in KEPT]
    outcomes = {shot: Outcome(outcome) for shot, outcome, *_ in kept}
    digests = {shot: digest for shot, *_, digest in kept}
    return Past(record, sessions, reader.documents(run), outcomes, digests)
