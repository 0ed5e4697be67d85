"""What an evaluation says: a row per result, why some have no value, and how the attempt is judged."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from shotlane.plan import ResultPlan
from shotlane.records import Outcome, ResultRow

PASSED, FAILED, ERRORED = "passed", "failed", "errored"


class ResultFault(NamedTuple):
    """Why a result has no value, in one sentence for a person."""

    result: str
    message: str


class Judged(NamedTuple):
    """The results of an attempt.

    `outcome`: DONE when nothing was judged, PASSED when every verdict held, else FAILED: a result without a
    value is never passed. `faults`: why verdicts are errored. `stops`: a verdict that did not hold ends the
    sweep.
    """

    rows: tuple[ResultRow, ...]
    outcome: Outcome
    faults: tuple[ResultFault, ...] = ()
    stops: bool = False


def judged(plans: Sequence[ResultPlan], rows: Sequence[ResultRow], faults: Iterable[ResultFault]) -> Judged:
    """Put together what was found."""
    bad = [plan.stops for plan, row in zip(plans, rows, strict=True) if row.verdict in {FAILED, ERRORED}]
    outcome = Outcome.DONE
    if bad:
        outcome = Outcome.FAILED
    elif any(row.verdict for row in rows):
        outcome = Outcome.PASSED
    return Judged(tuple(rows), outcome, tuple(faults), any(bad))
