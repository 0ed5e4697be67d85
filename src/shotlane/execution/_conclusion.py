"""Why a run ended as it did, in one sentence for a person."""

from collections.abc import Mapping

from shotlane.execution._parts import Failure, RunParts
from shotlane.execution._result import AttemptFault
from shotlane.records import Outcome

# A shot that ended so was not cut short by whoever stopped the run.
_WHOLE = (Outcome.DONE, Outcome.PASSED, Outcome.FAILED, Outcome.ERRORED, Outcome.SKIPPED)


def cut_short(parts: RunParts, count: int) -> bool:
    """Whether a request to stop counts, with `count` shots to be run.

    One to terminate that comes after the last shot changes nothing; what aborts is told in any case.
    """
    request = parts.control.request
    if request is None:
        return False
    whole = sum(parts.outcomes[outcome] for outcome in _WHOLE) == count
    return not whole or request.outcome is Outcome.ABORTED


def reason(parts: RunParts, count: int, kept: Mapping[Outcome, int]) -> str | None:
    """Why a run of `count` shots that nobody cut short did not end well; None when it did.

    `kept`: shots that an earlier session of the run has done, which are counted with them.
    """
    errored, failed = parts.outcomes[Outcome.ERRORED], parts.outcomes[Outcome.FAILED]
    before, count = kept.get(Outcome.FAILED, 0), count + sum(kept.values())
    if errored:
        why = _why_errored(parts.faults.last, errored, count)
        return f"{parts.silence}; {why}" if parts.silence.lasts else why
    if failed and parts.failure is not None:
        return _why_failed(parts.failure, before + failed, count)
    return f"{before} of its shots failed before it was resumed" if before else None


def _why_errored(last: AttemptFault | None, errored: int, count: int) -> str:
    if last is None:
        return f"{errored} of {count} shots ended with a fault"
    told = f"{last.fault.fault}: {last.fault.message}"
    if errored == 1:
        return f"shot {last.shot} ended with a fault in attempt {last.attempt}: {told}"
    return f"{errored} of {count} shots ended with a fault, shot {last.shot} with {told}"


def _why_failed(last: Failure, failed: int, count: int) -> str:
    ended = ", and the sweep ends with it" if last.ends_sweep else ""
    if failed == 1:
        return f"shot {last.shot} failed: {last.why}{ended}"
    return f"{failed} of {count} shots failed, shot {last.shot} because {last.why}{ended}"
