"""Another try of a shot: whether the run has one left, and what is waited before it."""

from shotlane.execution._attempt import Attempt
from shotlane.execution._fault import VERDICT
from shotlane.execution._parts import RunParts
from shotlane.execution._progress import Phase


def may_retry(parts: RunParts) -> bool:
    """Take one retry from the budget of the run; False when it is spent, which is told once."""
    budget = parts.plan.retry.budget
    if budget is not None and parts.retries >= budget:
        if not parts.budget_told:
            parts.budget_told = True
            parts.journal.tell("retry.exhausted", budget=budget)
        return False
    parts.retries += 1
    return True


def announce_retry(parts: RunParts, attempt: Attempt, number: int) -> None:
    """Tell that attempt `number` is followed by another."""
    fault = attempt.fault
    parts.journal.tell(
        "retry.scheduled",
        fault=fault.fault if fault else VERDICT,
        delay_s=_delay_ns(parts, number) / 1e9,
        next_attempt=number + 1,
    )


def wait_for_retry(parts: RunParts, number: int) -> bool:
    """Wait before the next attempt; False when the run is asked to stop."""
    parts.progress.phase = Phase.RETRYING
    return parts.drive.wait_until(parts.clock.now_ns() + _delay_ns(parts, number))


def _delay_ns(parts: RunParts, number: int) -> int:
    """How long to wait after attempt `number`."""
    retry = parts.plan.retry
    return round(retry.delay_ns * retry.backoff ** (number - 1))
