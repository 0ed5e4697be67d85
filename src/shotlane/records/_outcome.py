"""How a run, a shot or an attempt ended, worst wins."""

from collections.abc import Iterable
from enum import StrEnum


class Outcome(StrEnum):
    """Ordered from best to worst; the worst of the parts is the outcome of the whole.

    skipped: never tried. done: ended well, nothing was judged. passed: every verdict held. failed: a verdict
    or an open-ended step failed. errored: a fault was left after all retries. terminated: Ctrl-C, SIGTERM, or
    a runner found dead. aborted: an interlock, or abort on request.
    """

    SKIPPED = "skipped"
    DONE = "done"
    PASSED = "passed"
    FAILED = "failed"
    ERRORED = "errored"
    TERMINATED = "terminated"
    ABORTED = "aborted"

    @property
    def severity(self) -> int:
        """Rank, 0 is best."""
        return _SEVERITIES[self]

    @property
    def exit_status(self) -> int:
        """Exit status of the command that ended so."""
        return {"failed": 1, "errored": 3, "terminated": 4, "aborted": 4}.get(self.value, 0)


_SEVERITIES = {outcome: number for number, outcome in enumerate(Outcome)}


def worst(outcomes: Iterable[Outcome]) -> Outcome:
    """The worst of the outcomes; `skipped` of none."""
    return max(outcomes, key=lambda outcome: outcome.severity, default=Outcome.SKIPPED)
