"""One shot: its attempts, what is done between them, and whether the run goes on.

A fault of the classes in `retry.on` is tried again, from the set-up on, because instruments forget; so is a
verdict that did not hold where `verdict` is named. The safe state is reached inside the attempt that makes it
necessary, before that attempt is closed.
"""

from collections.abc import Callable
from enum import Enum, auto
from functools import partial
from typing import NamedTuple

from shotlane.execution._attempt import Attempt
from shotlane.execution._count import summed
from shotlane.execution._fault import RESULT, STORAGE, VERDICT
from shotlane.execution._last_try import reach_last
from shotlane.execution._optimized import ask, tell
from shotlane.execution._parts import Failure, RunParts
from shotlane.execution._pause import Pauses, take
from shotlane.execution._progress import Phase
from shotlane.execution._result import AttemptFault, Happening
from shotlane.execution._retries import announce_retry, may_retry, wait_for_retry
from shotlane.execution._room import commit
from shotlane.execution._safe_state import BOUND_S
from shotlane.execution._upcoming import Upcoming
from shotlane.execution._verdict import tell_verdicts, why_failed
from shotlane.execution._vigil import may_wait, wait_for
from shotlane.plan import ShotPlan
from shotlane.records import Fault, Outcome, ShotEnd, ShotStart, worst


class _Then(Enum):
    """What comes after an attempt."""

    RETRY = auto()
    PAUSE = auto()
    WAIT = auto()
    AWAIT = auto()
    NEXT_SHOT = auto()
    END_RUN = auto()


class ShotResult(NamedTuple):
    """How a shot ended, and whether the run ends with it."""

    outcome: Outcome
    attempts: int
    ends_run: bool


def run_shot(
    parts: RunParts, upcoming: Upcoming, shot: ShotPlan, pauses: Pauses, *, last: bool
) -> ShotResult:
    """Run a shot with its retries, bracketed by its records."""
    _show(parts, shot)
    parts.journal.begin_shot(ShotStart(shot.number, shot.parameters, shot.digest))
    result = ShotResult(Outcome.ERRORED, 0, True)
    try:
        while True:
            number = result.attempts + 1
            result = result._replace(attempts=number)
            attempt = upcoming.attempt(shot, number)
            outcome, then = _run_attempt(parts, attempt, number, last)
            if then is _Then.AWAIT:
                then = _wait_for(parts, attempt, _following(last))
            result = ShotResult(outcome, number, then is _Then.END_RUN)
            if then is _Then.RETRY:
                again = wait_for_retry(parts, number)
            elif then is _Then.PAUSE:
                again = pauses.after_fault(_reason(parts))
            elif then is _Then.WAIT:
                commit(parts, parts.journal.flush)
                again = _may_go_on(parts, pauses)
            elif then is _Then.AWAIT:
                again = _may_go_on(parts, pauses)
            else:
                return result
            if not again:
                result = _left(parts, result, last)
                return result
    finally:
        _end(parts, shot.number, result, None if result.ends_run else upcoming.begin)


def _may_go_on(parts: RunParts, pauses: Pauses) -> bool:
    """After a wait of the run's own, pause if somebody wants it; False when asked to skip or to stop."""
    if not parts.control.interrupts:
        pauses.wait_if_asked()
    return not parts.control.interrupts


def next_shot(parts: RunParts, upcoming: Upcoming, number: int) -> ShotPlan | None:
    """The shot with a number; None where an optimiser asked for a point that is not allowed."""
    if parts.optimizer is None:
        return upcoming.shot(number)
    asked = ask(parts, parts.optimizer, number)
    if asked.shot is None:
        parts.results = ()
        parts.journal.begin_shot(ShotStart(number, asked.parameters, ""))
        parts.journal.tell("shot.skipped", reason=asked.reason)
        _end(parts, number, ShotResult(Outcome.SKIPPED, 0, False))
    return asked.shot


def skip_shot(parts: RunParts, shot: ShotPlan) -> None:
    """Leave a shot out that was not begun, because somebody asked for it."""
    _show(parts, shot)
    parts.journal.begin_shot(ShotStart(shot.number, shot.parameters, shot.digest))
    _take_skip(parts)
    _end(parts, shot.number, ShotResult(Outcome.SKIPPED, 0, False))


def _show(parts: RunParts, shot: ShotPlan) -> None:
    progress = parts.progress
    progress.shot, progress.attempt, progress.parameters = shot.number, 0, shot.parameters
    progress.shot_duration_ns = shot.duration_ns
    parts.results = ()


def _end(parts: RunParts, shot: int, result: ShotResult, meanwhile: Callable[[], None] | None = None) -> None:
    """Commit the shot, and count it as what it came to; one that could not be stored is errored."""
    parts.attempts += result.attempts
    if result.outcome is not Outcome.ERRORED:
        parts.silence.break_off()
        parts.outages.end()
    if result.outcome is Outcome.FAILED:
        parts.failure = parts.failing
    try:
        tell(parts, shot, result.outcome)
        end = ShotEnd(shot, result.outcome, result.attempts)
        commit(parts, partial(_end_shot, parts, end, meanwhile))
    except BaseException:
        parts.outcomes[worst([Outcome.ERRORED, result.outcome])] += 1
        raise
    parts.outcomes[result.outcome] += 1


def _end_shot(parts: RunParts, end: ShotEnd, meanwhile: Callable[[], None] | None) -> None:
    with parts.drive.away(partial(_make_safe_meanwhile, parts)):
        parts.journal.end_shot(end, meanwhile)


def _make_safe_meanwhile(parts: RunParts) -> None:
    """Make safe what holds its values between shots: the run is stopped while the store is waited for."""
    request = parts.control.request
    if parts.safe_state.needed and request is not None:
        parts.drive.end_polls()
        parts.safe_state.reach(request.reason, None, parts.drive.busy | parts.drive.polling)


def _left(parts: RunParts, result: ShotResult, last: bool) -> ShotResult:
    """A shot that is not tried again, because somebody asked to skip it or to stop."""
    request = parts.control.request
    if request is not None:
        # They are safe since the attempt ended, but who says abort means now.
        parts.safe_state.needed |= request.outcome is Outcome.ABORTED
        return ShotResult(worst([result.outcome, request.outcome]), result.attempts, True)
    _take_skip(parts)
    return result._replace(ends_run=last)


def _take_skip(parts: RunParts) -> None:
    wish = parts.control.take_skip()
    if wish is not None:
        take(parts, wish)
    parts.journal.tell("shot.skipped", reason=wish.reason if wish else "")


def _reason(parts: RunParts) -> str:
    """Why a person is needed."""
    last = parts.faults.last
    assert last is not None
    shot, attempt, fault = last
    why = f"shot {shot} ended with a fault in attempt {attempt}: {fault.fault}: {fault.message}"
    return f"{parts.silence}; {why}" if parts.silence.lasts else why


def _run_attempt(parts: RunParts, attempt: Attempt, number: int, last: bool) -> tuple[Outcome, _Then]:
    """Run one attempt, reach the safe state where that is due, and close it."""
    parts.progress.attempt, parts.progress.origin_ns = number, None
    shot = attempt.shot
    attempt.begin()
    parts.safe_state.needed = True
    try:
        attempt.execute()
        attempt.judge()
        tell_verdicts(attempt, parts.journal)
        then = _what_then(parts, attempt, shot.number, number, last)
        if attempt.trouble.over or then is not _Then.NEXT_SHOT or parts.plan.between == "safe":
            _make_safe(parts, attempt, then)
        stuck = parts.drive.settle(BOUND_S)
        if stuck:
            attempt.workers.abandon(stuck)
            then = _Then.END_RUN
        if then is _Then.RETRY:
            announce_retry(parts, attempt, number)
        elif attempt.trouble.skipped:
            _take_skip(parts)
        return attempt.outcome, then
    finally:
        _close(parts, attempt, shot.number, number)


def _what_then(parts: RunParts, attempt: Attempt, shot: int, number: int, last: bool) -> _Then:
    """Decide how the run goes on."""
    following = _following(last)
    if parts.control.request is not None or attempt.trouble.crashed:
        return _Then.END_RUN
    if attempt.outcome is Outcome.ERRORED:
        return _after_fault(parts, attempt, number, following)
    if attempt.outcome is Outcome.FAILED:
        return _after_failure(parts, attempt, shot, number, following)
    return following


def _following(last: bool) -> _Then:
    return _Then.END_RUN if last else _Then.NEXT_SHOT


def _after_fault(parts: RunParts, attempt: Attempt, number: int, following: _Then) -> _Then:
    """An instrument's fault: try again, or do as the policy says."""
    retry, fault = parts.plan.retry, attempt.trouble.first
    assert fault is not None
    if fault.fault == STORAGE:
        return _Then.WAIT
    if fault.fault in retry.on and number < retry.attempts and may_retry(parts):
        return _Then.RETRY
    if may_wait(parts, fault) and may_retry(parts):
        return _Then.AWAIT
    return _given_up(parts, attempt.shot.number, fault, following)


def _wait_for(parts: RunParts, attempt: Attempt, following: _Then) -> _Then:
    """Wait for the instrument that the shot hangs on, as long as there is time for that."""
    fault = attempt.trouble.first
    assert fault is not None
    if wait_for(parts, fault) or parts.control.interrupts:
        return _Then.AWAIT
    return _given_up(parts, attempt.shot.number, fault, following)


def _given_up(parts: RunParts, shot: int, fault: Fault, following: _Then) -> _Then:
    """As the policy says of a shot that is not tried again by itself."""
    retry = parts.plan.retry
    parts.silence.note(shot, fault, parts.pool)
    if retry.then == "skip" and not parts.silence.lasts:
        return following
    return _Then.PAUSE if retry.then != "abort" and parts.attended else _Then.END_RUN


def _after_failure(parts: RunParts, attempt: Attempt, shot: int, number: int, following: _Then) -> _Then:
    """A verdict that did not hold, or a step that came to no good end, which no retry mends."""
    retry, judged = parts.plan.retry, attempt.judged
    classes = {VERDICT, RESULT} if judged.faults else {VERDICT}
    ends_sweep = parts.plan.on_fail == "stop" or judged.stops
    parts.failing = Failure(shot, why_failed(attempt), ends_sweep)
    mends = not attempt.trouble.unmet and classes & retry.on and number < retry.attempts
    if mends and may_retry(parts):
        return _Then.RETRY
    return _Then.END_RUN if ends_sweep else following


def _make_safe(parts: RunParts, attempt: Attempt, then: _Then) -> None:
    """Reach the safe state as part of the attempt; what ends the run begins the release."""
    parts.progress.phase = Phase.MAKING_SAFE
    if then is _Then.END_RUN:
        parts.drive.end_polls()
    request, fault = parts.control.request, attempt.fault
    if request is not None:
        reason = request.reason
    elif fault is not None:
        reason = f"{fault.fault}: {fault.message}"
    elif attempt.trouble.skipped:
        reason = "the shot is skipped"
    elif then is _Then.RETRY:
        reason = "a verdict did not hold, and the shot is tried again"
    else:
        reason = "the end of the run" if then is _Then.END_RUN else "the end of the shot"
    parts.drive.end_exchanges()
    if then is not _Then.END_RUN:
        parts.safe_state.reach(reason, attempt.ledger, parts.drive.busy | parts.drive.polling)
        return
    reach_last(parts, reason, attempt.ledger)
    # What could not be made safe just now is not tried again a moment later.
    parts.safe_state.needed = False


def _close(parts: RunParts, attempt: Attempt, shot: int, number: int) -> None:
    """End the attempt, and keep what the run needs of it."""
    end = attempt.end()
    for type_, fields in parts.clock.happenings():
        parts.happenings.add(Happening(shot, number, type_, fields))
        parts.journal.tell(type_, **fields)
    parts.tallies = summed([*parts.tallies, *end.tallies])
    parts.results = end.results
    faults = attempt.trouble.faults or [fault for fault in [attempt.fault] if fault is not None]
    parts.faults.extend(AttemptFault(shot, number, fault) for fault in faults)
    for fault in attempt.trouble.faults:
        if attempt.trouble.crashed and "port" in fault.context:
            parts.journal.tell("worker.crashed", port=fault.context["port"], message=fault.message)
    parts.journal.end_attempt(end)
