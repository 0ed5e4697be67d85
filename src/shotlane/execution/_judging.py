"""Working out the results of an attempt, which may call functions of the user's.

Nothing bounds how long such a function takes, and Python cannot end it. So it runs in a thread of its own:
who stops the run, an interlock too, does not wait for it. One that takes long is told by its name, once, so
that nobody has to guess what the run waits for.
"""

import time
from collections.abc import Mapping, Sequence
from functools import partial

from shotlane.execution._bounded import unless_stopped
from shotlane.execution._parts import RunParts
from shotlane.execution._progress import Phase
from shotlane.instruments import mask_known
from shotlane.plan import ResultPlan, ShotPlan
from shotlane.records import StepRecord
from shotlane.results import Judged, Readings, evaluate

SLOW_S = 10.0


def judge(
    parts: RunParts, shot: ShotPlan, kept: Mapping[int, Readings], steps: Sequence[StepRecord]
) -> Judged:
    """The results and verdicts. Raises `NotEndedError` when the run was stopped before they were there."""
    parts.progress.phase = Phase.JUDGING
    watch = _Watch(parts, shot.results)
    work = partial(
        evaluate,
        shot.results,
        kept,
        parts.plan.channels,
        steps,
        parameters=shot.parameters,
        begun=watch.begun,
    )
    if all(result.python is None for result in shot.results):
        return work()
    return _masked(parts, unless_stopped(work, watch.stopped, 0.0))


def _masked(parts: RunParts, judged: Judged) -> Judged:
    """Without secrets in what functions raised: those of the pool, and those that are known without one.

    A simulated pool knows none, and the function may have read what the environment holds.
    """
    mask = parts.pool.mask
    faults = [fault._replace(message=mask(mask_known(fault.message))) for fault in judged.faults]
    return judged._replace(faults=tuple(faults))


class _Watch:
    """Sees how long the result takes that is being worked out."""

    def __init__(self, parts: RunParts, results: Sequence[ResultPlan]) -> None:
        self._parts = parts
        self._python = {result.name: result.python for result in results}
        self._under_way: tuple[str, float] | None = None
        self._told: str | None = None

    def begun(self, result: str) -> None:
        """Called in the thread that works it out."""
        self._under_way = (result, time.monotonic())

    def stopped(self) -> bool:
        """Whether the run is; looked at again and again by who waits."""
        if self._under_way is not None:
            result, since = self._under_way
            if result != self._told and time.monotonic() - since > SLOW_S:
                self._tell(result)
        return self._parts.control.request is not None

    def _tell(self, result: str) -> None:
        self._told = result
        function = self._python[result]
        self._parts.journal.tell("result.slow", result=result, function=function, after_s=SLOW_S)
        self._parts.progress.alarm(
            f"result {result} is not there after {SLOW_S:g} s: {function} has not returned, and nothing"
            " bounds it; Ctrl-C ends the run without it"
        )
