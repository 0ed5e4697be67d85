"""The account of a recording: what became of every planned reading."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shotlane.execution import LatenessSummary


@dataclass(frozen=True, slots=True)
class AcquisitionSummary:
    """Readings by what became of them; `ok` to `unreached` sum to `planned`, at any moment.

    ok, late (a value, its start later than the tolerance), failed (tried, no value), missed (never tried,
    because the next tick was due), dropped (read, and lost in a full buffer), unreached (the recording ended
    first). Without a duration what is planned grows with time. `finished_at`: None while it goes on.

    `lateness`: of the starts of ticks, without the time that reading takes; None before the first.
    `clock_changes`: what happened to the clocks of the machine: it slept, or its wall clock was set.
    """

    started_at: datetime
    finished_at: datetime | None
    planned: int
    ok: int
    late: int
    failed: int
    missed: int
    dropped: int
    unreached: int
    disconnects: int
    batches: int
    lateness: LatenessSummary | None
    clock_changes: tuple[tuple[str, Mapping[str, Any]], ...] = ()

    @property
    def samples_emitted(self) -> int:
        """Samples that were, or can be, taken: ok, late and failed ones."""
        return self.ok + self.late + self.failed

    @property
    def samples_late(self) -> int:
        """Samples that came late, or never: late, missed and dropped ones."""
        return self.late + self.missed + self.dropped

    @property
    def max_drift_ms(self) -> float:
        """How late the latest tick began, in milliseconds."""
        return self.lateness.max_ns / 1e6 if self.lateness else 0.0
