"""One shot: its attempts, what is done between them, and whether the run goes on.

A fault of the classes in `retry.on` is tried again, from the set-up on, because instruments forget. The safe
state is reached inside the attempt that makes it necessary, before that attempt is closed.
"""

from enum import Enum, auto
from typing import NamedTuple

from shotlane.execution._attempt import Attempt
from shotlane.execution._count import summed
from shotlane.execution._parts import RunParts
from shotlane.execution._progress import Phase
from shotlane.execution._result import AttemptFault
from shotlane.execution._safe_state import BOUND_S
from shotlane.plan import ShotPlan
from shotlane.records import Outcome, ShotEnd, ShotStart, worst


class _Then(Enum):
    """What comes after an attempt."""

    RETRY = auto()
    NEXT_SHOT = auto()
    END_RUN = auto()


class ShotResult(NamedTuple):
    """How a shot ended, and whether the run ends with it."""

    outcome: Outcome
    attempts: int
    ends_run: bool


def run_shot(parts: RunParts, shot: ShotPlan, *, last: bool) -> ShotResult:
    """Run a shot with its retries, bracketed by its records."""
    progress = parts.progress
    progress.shot, progress.attempt, progress.parameters = shot.number, 0, shot.parameters
    progress.shot_duration_ns = shot.duration_ns
    parts.journal.begin_shot(ShotStart(shot.number, shot.parameters, shot.digest))
    result = ShotResult(Outcome.ERRORED, 0, True)
    try:
        while True:
            number = result.attempts + 1
            result = result._replace(attempts=number)
            outcome, then = _run_attempt(parts, shot, number, last)
            result = ShotResult(outcome, number, then is _Then.END_RUN)
            if then is not _Then.RETRY:
                return result
            if not _wait_for_retry(parts, number):
                request = parts.control.request
                asked = request.outcome if request else Outcome.TERMINATED
                result = ShotResult(worst([outcome, asked]), number, True)
                return result
    finally:
        parts.journal.end_shot(ShotEnd(shot.number, result.outcome, result.attempts))


def _run_attempt(parts: RunParts, shot: ShotPlan, number: int, last: bool) -> tuple[Outcome, _Then]:
    """Run one attempt, reach the safe state where that is due, and close it."""
    parts.progress.attempt, parts.progress.origin_ns = number, None
    attempt = Attempt(parts, shot, number)
    parts.safe_state.needed = True
    try:
        attempt.execute()
        then = _what_then(parts, attempt, number, last)
        if attempt.fault is not None or then is not _Then.NEXT_SHOT:
            _make_safe(parts, attempt, then)
        stuck = parts.drive.settle(BOUND_S)
        if stuck:
            attempt.abandon(stuck)
            then = _Then.END_RUN
        if then is _Then.RETRY:
            _announce_retry(parts, attempt, number)
        return attempt.outcome, then
    finally:
        _close(parts, attempt, shot.number, number)


def _what_then(parts: RunParts, attempt: Attempt, number: int, last: bool) -> _Then:
    """Decide how the run goes on."""
    retry, fault = parts.plan.retry, attempt.fault
    if parts.control.request is not None or attempt.trouble.crashed:
        return _Then.END_RUN
    if fault is not None:
        if fault.fault in retry.on and number < retry.attempts and _may_retry(parts):
            return _Then.RETRY
        if retry.then != "skip":
            return _Then.END_RUN
    return _Then.END_RUN if last else _Then.NEXT_SHOT


def _may_retry(parts: RunParts) -> bool:
    """Take one retry from the budget of the run; False when it is spent, which is told once."""
    budget = parts.plan.retry.budget
    if budget is not None and parts.retries >= budget:
        if not parts.budget_told:
            parts.budget_told = True
            parts.journal.tell("retry.exhausted", budget=budget)
        return False
    parts.retries += 1
    return True


def _make_safe(parts: RunParts, attempt: Attempt, then: _Then) -> None:
    """Reach the safe state as part of the attempt."""
    parts.progress.phase = Phase.MAKING_SAFE
    request, fault = parts.control.request, attempt.fault
    if request is not None:
        reason = request.reason
    elif fault is not None:
        reason = f"{fault.fault}: {fault.message}"
    else:
        reason = "the end of the run"
    parts.safe_state.reach(reason, attempt.ledger, parts.drive.busy)
    if then is _Then.END_RUN:
        # What could not be made safe just now is not tried again a moment later.
        parts.safe_state.needed = False


def _announce_retry(parts: RunParts, attempt: Attempt, number: int) -> None:
    fault = attempt.fault
    parts.journal.tell(
        "retry.scheduled",
        fault=fault and fault.fault,
        delay_s=_delay_ns(parts, number) / 1e9,
        next_attempt=number + 1,
    )


def _delay_ns(parts: RunParts, number: int) -> int:
    """How long to wait after attempt `number`."""
    retry = parts.plan.retry
    return round(retry.delay_ns * retry.backoff ** (number - 1))


def _wait_for_retry(parts: RunParts, number: int) -> bool:
    """Wait before the next attempt; False when the run is asked to stop."""
    parts.progress.phase = Phase.RETRYING
    return parts.drive.wait_until(parts.clock.now_ns() + _delay_ns(parts, number))


def _close(parts: RunParts, attempt: Attempt, shot: int, number: int) -> None:
    """End the attempt, and keep what the run needs of it."""
    end = attempt.end()
    parts.tallies = summed([*parts.tallies, *end.tallies])
    parts.faults += (AttemptFault(shot, number, fault) for fault in attempt.trouble.faults)
    for fault in attempt.trouble.faults:
        if attempt.trouble.crashed and "port" in fault.context:
            parts.journal.tell("worker.crashed", port=fault.context["port"], message=fault.message)
    parts.journal.end_attempt(end)
