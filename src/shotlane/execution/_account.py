"""What a run comes to: the worst of its shots and of what befell the run itself, and one sentence why.

Several things may end a run one after the other, a fault and a stop, or a stop and a store that is full. The
worst counts, and it is the one that is told.
"""

from collections.abc import Mapping, Sequence

from shotlane.execution._conclusion import cut_short, reason
from shotlane.execution._crash import crash_of
from shotlane.execution._fault import fault_of
from shotlane.execution._lateness import LatenessSummary
from shotlane.execution._parts import RunParts
from shotlane.execution._result import AttemptFault, RunResult
from shotlane.instruments import PoolError
from shotlane.records import Fault, Outcome, worst


class Account:
    """Of a run of `count` shots. `kept`: shots that an earlier session of it has done."""

    def __init__(self, parts: RunParts, count: int) -> None:
        self._parts = parts
        self._count = count
        self._own = Outcome.SKIPPED  # what the run itself adds to its shots'
        self.kept: Mapping[Outcome, int] = {}
        self.reason: str | None = None

    @property
    def outcome(self) -> Outcome:
        """The worst of all so far."""
        return worst([self._own, *+self._parts.outcomes, *self.kept])

    @property
    def is_milder(self) -> bool:
        """Whether a fault of the end is the worst to be told; a sweep that failed does not hide it."""
        return self.reason is None or self.outcome.severity < Outcome.ERRORED.severity

    def add(self, outcome: Outcome, reason: str) -> None:
        """Add an outcome of the run itself."""
        self._own = worst([self._own, outcome])
        self.reason = reason

    def conclude(self) -> None:
        """Say how it went, when nothing unforeseen came between."""
        request = self._parts.control.request
        if request is not None and cut_short(self._parts, self._count):
            self.add(request.outcome, request.reason)
        else:
            self.reason = reason(self._parts, self._count, self.kept)

    def heed_request(self) -> None:
        """Let a stop count that something unforeseen came after, where it is the worse of the two."""
        request = self._parts.control.request
        if request is None or request.outcome.severity <= self.outcome.severity:
            return
        if cut_short(self._parts, self._count):
            self.add(request.outcome, request.reason)

    def not_opened(self, error: PoolError) -> None:
        """No instrument is used unless all are there."""
        for role, fault in error.faults.items():
            record = fault_of(fault, fault.message, {"role": role})
            self._parts.faults.add(AttemptFault(None, None, record))
        told = _listed([f"{role}: {fault.message}" for role, fault in error.faults.items()])
        self.add(Outcome.ERRORED, f"not every instrument could be opened:{told}")

    def not_stored(self, error: Exception) -> None:
        """What was done may not all be recorded."""
        self.add(Outcome.ERRORED, f"the records could not be stored: {error}")

    def not_safe(self) -> None:
        """Instruments may have been left as they were."""
        unsafe = self._parts.safe_state.unsafe
        told = _listed(list(dict.fromkeys(f"{item.role}: {item.message}" for item in unsafe)))
        self.add(Outcome.ERRORED, f"not every instrument could be made safe:{told}")

    def crashed(self, error: Exception) -> None:
        """A bug outside of attempts."""
        crash, mask = crash_of(error, "run"), self._parts.pool.mask
        fault = Fault(crash.fault, mask(crash.message), mask(crash.context))
        self._parts.faults.add(AttemptFault(None, None, fault))
        self._parts.journal.tell("worker.crashed", port="run", message=fault.message)
        self.add(Outcome.ERRORED, f"an internal fault ended the run: {fault.message}")

    def result(self, number: int) -> RunResult:
        """All that is told of the run with that number."""
        parts = self._parts
        return RunResult(
            run=number,
            outcome=self.outcome,
            reason=self.reason,
            shots_planned=self._count,
            outcomes=dict(+parts.outcomes),
            attempts=parts.attempts,
            tallies=parts.tallies,
            lateness=self._lateness(),
            faults=parts.faults.items,
            faults_left_out=parts.faults.left_out,
            unsafe=tuple(parts.safe_state.unsafe),
            made_safe=parts.safe_state.written,
            happenings=parts.happenings.items,
        )

    def _lateness(self) -> dict[str, LatenessSummary]:
        summaries: dict[str, LatenessSummary] = {}
        for port in self._parts.lateness.values():
            for name, own in port.by_name.items():
                summary = own.summary()
                if summary is not None:
                    summaries[name] = summary
        return summaries


def _listed(told: Sequence[str]) -> str:
    """One after the other on one line, several on a line each."""
    return f" {told[0]}" if len(told) == 1 else "".join(f"\n{item}" for item in told)
