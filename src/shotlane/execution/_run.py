"""A whole run, from opening the instruments to closing the records, on every way it can end.

Whatever happens between `begin_run` and `end_run`: the instruments that were opened are made safe and closed,
and the run's outcome says what happened. Shots are cut out of the plan between shots, never while one runs:
cutting holds the interpreter, and the timing threads need it; a cut takes far less than the commit before it.
"""

from collections import Counter
from contextlib import AbstractContextManager, nullcontext, suppress

from shotlane.execution._bounded import NotEndedError, bounded, unless_stopped
from shotlane.execution._cadence import Cadence
from shotlane.execution._clock import Clock
from shotlane.execution._control import Control
from shotlane.execution._crash import crash_of
from shotlane.execution._drive import Drive
from shotlane.execution._fault import fault_of
from shotlane.execution._journal import Journal
from shotlane.execution._lateness import LatenessSummary
from shotlane.execution._parts import RunParts
from shotlane.execution._pool import InstrumentPool
from shotlane.execution._progress import Phase, Progress
from shotlane.execution._result import AttemptFault, RunResult
from shotlane.execution._safe_state import BOUND_S, SafeState
from shotlane.execution._shot import run_shot
from shotlane.execution._thread_drive import ThreadDrive
from shotlane.execution._timing import punctual_process
from shotlane.execution._virtual_drive import VirtualDrive
from shotlane.instruments import PoolError
from shotlane.plan import Plan
from shotlane.records import Outcome, Recorder, RecorderError, RunEnd, RunStart, worst


def execute(
    plan: Plan,
    pool: InstrumentPool,
    recorder: Recorder,
    clock: Clock,
    *,
    start: RunStart,
    control: Control | None = None,
    progress: Progress | None = None,
) -> RunResult:
    """Run every shot of a plan, and leave the instruments safe and closed.

    Exchanges must be stamped on `clock`. `start.channels` lists the plan's channels first, in their order;
    others that have safe values may follow. Raises `RecorderError` when the run cannot even be begun, with
    nothing touched; every later fault is in the result.
    """
    control = control or Control()
    progress = progress or Progress()
    drive: Drive = VirtualDrive(clock, control) if clock.virtual else ThreadDrive(clock, control)
    journal = Journal(recorder, clock)
    channels = {channel.name: channel.index for channel in start.channels}
    safe_state = SafeState(pool, clock, journal, channels)
    parts = RunParts(plan, pool, clock, control, drive, journal, progress, safe_state)
    surroundings: AbstractContextManager[None] = nullcontext() if clock.virtual else punctual_process()
    try:
        with surroundings:
            return _Run(parts).execute(start)
    finally:
        drive.close()


class _Run:
    """The run in progress: its shots' outcomes, and the sentence that says why it ended."""

    def __init__(self, parts: RunParts) -> None:
        self._parts = parts
        self._shots: Counter[Outcome] = Counter()
        self._own = Outcome.SKIPPED  # what the run itself adds to its shots'
        self._reason: str | None = None
        self._attempts = 0

    def execute(self, start: RunStart) -> RunResult:
        """Open, run, make safe, close."""
        parts, progress = self._parts, self._parts.progress
        parts.clock.anchor()
        progress.clock, progress.began_ns = parts.clock, parts.clock.now_ns()
        progress.shots = len(parts.plan)
        progress.units, progress.swept = parts.plan.points.units, parts.plan.points.swept
        number = progress.run = parts.journal.begin_run(start)
        try:
            self._open()
            self._run_shots()
        except PoolError as error:
            self._not_opened(error)
        except RecorderError as error:
            self._not_stored(error)
        except KeyboardInterrupt:
            self._verdict(Outcome.TERMINATED, "stopped by Ctrl-C")
        except Exception as error:  # noqa: BLE001  a bug of ours must end in the safe state, with its traceback
            self._crashed(error)
        finally:
            self._release()
        return self._end(number)

    def _open(self) -> None:
        """Open what the plan names, before anything else is touched; nothing when already asked to stop."""
        if self._parts.control.request is not None:
            return
        self._parts.progress.phase = Phase.OPENING
        # From here on instruments may be open, and what `setup:` wrote may not be safe.
        self._parts.safe_state.needed = True
        with suppress(NotEndedError):  # `_run_shots` sees the stop
            unless_stopped(self._open_all, lambda: self._parts.control.request is not None, BOUND_S)

    def _open_all(self) -> None:
        self._parts.pool.open(self._parts.plan.roles)

    def _run_shots(self) -> None:
        """Run shot after shot, until one ends the run or somebody does."""
        parts, count = self._parts, len(self._parts.plan)
        cadence = Cadence(parts.plan.cadence_ns, parts.clock, parts.drive, parts.journal)
        for number in range(1, count + 1):
            if parts.control.request is not None or not cadence.wait(number):
                break
            shot = parts.plan.shot(number)
            result = run_shot(parts, shot, last=number == count)
            parts.progress.ended_ns_planned += shot.duration_ns
            self._attempts += result.attempts
            self._shots[result.outcome] += 1
            parts.progress.shots_done = self._shots[Outcome.DONE]
            parts.progress.shots_errored = self._shots[Outcome.ERRORED]
            if result.ends_run:
                break
        self._conclude(count)

    def _conclude(self, count: int) -> None:
        """Say how it went, when nothing unforeseen came between."""
        request, faults = self._parts.control.request, self._parts.faults
        if request is not None and self._shots[Outcome.DONE] < count:
            self._verdict(request.outcome, request.reason)
        elif self._shots[Outcome.ERRORED]:
            self._reason = _why(faults[-1] if faults else None, self._shots[Outcome.ERRORED], count)

    def _verdict(self, outcome: Outcome, reason: str) -> None:
        """Add an outcome of the run itself."""
        self._own = worst([self._own, outcome])
        self._reason = reason

    def _not_opened(self, error: PoolError) -> None:
        """No instrument is used unless all are there."""
        for role, fault in error.faults.items():
            record = fault_of(fault, fault.message, {"role": role})
            self._parts.faults.append(AttemptFault(None, None, record))
        told = "; ".join(f"{role}: {fault.message}" for role, fault in error.faults.items())
        self._verdict(Outcome.ERRORED, f"not every instrument could be opened: {told}")

    def _not_stored(self, error: Exception) -> None:
        """What was done may not all be recorded."""
        self._verdict(Outcome.ERRORED, f"the records could not be stored: {error}")

    def _crashed(self, error: Exception) -> None:
        """A bug outside of attempts."""
        fault = crash_of(error, "run")
        self._parts.faults.append(AttemptFault(None, None, fault))
        self._parts.journal.tell("worker.crashed", port="run", message=fault.message)
        self._verdict(Outcome.ERRORED, f"an internal fault ended the run: {fault.message}")

    def _release(self) -> None:
        """Make safe what no attempt has made safe, and close, without waiting for ever."""
        parts = self._parts
        if parts.safe_state.needed:
            parts.progress.phase = Phase.MAKING_SAFE
            request = parts.control.request
            reason = self._reason or (request.reason if request else "the end of the run")
            parts.safe_state.reach(reason, None, parts.drive.busy)
        try:
            bounded(parts.pool.close, BOUND_S)
        except Exception as error:  # noqa: BLE001  the records must be closed all the same
            parts.journal.tell("worker.crashed", port="run", message=f"closing the instruments: {error}")

    def _end(self, number: int) -> RunResult:
        """Close the records; a recorder that fails here makes the run errored."""
        failure = self._parts.journal.failure
        if failure is not None and self._reason is None:
            self._not_stored(failure)
        unsafe = self._parts.safe_state.unsafe
        if unsafe and self._reason is None:
            told = "; ".join(f"{item.role}: {item.message}" for item in unsafe)
            self._verdict(Outcome.ERRORED, f"not every instrument could be made safe: {told}")
        result = self._result(number)
        try:
            self._end_run(result)
        except Exception as error:  # noqa: BLE001  the caller must learn how the run ended all the same
            if self._reason is None:
                self._not_stored(error)
            result = self._result(number)
        progress = self._parts.progress
        progress.ended_ns, progress.phase = self._parts.clock.now_ns(), Phase.ENDED
        return result

    def _end_run(self, result: RunResult) -> None:
        end = RunEnd(self._parts.clock.utc_ns(), result.outcome, result.reason, result.summary())
        self._parts.journal.end_run(end)

    def _result(self, number: int) -> RunResult:
        parts = self._parts
        lateness: dict[str, LatenessSummary] = {}
        for port in parts.lateness.values():
            for name, own in port.by_name.items():
                summary = own.summary()
                if summary is not None:
                    lateness[name] = summary
        return RunResult(
            run=number,
            outcome=worst([self._own, *+self._shots]),
            reason=self._reason,
            shots_planned=len(parts.plan),
            shots_done=self._shots[Outcome.DONE],
            shots_errored=self._shots[Outcome.ERRORED],
            attempts=self._attempts,
            tallies=parts.tallies,
            lateness=lateness,
            faults=tuple(parts.faults),
            unsafe=tuple(parts.safe_state.unsafe),
        )


def _why(last: AttemptFault | None, errored: int, count: int) -> str:
    """One sentence about shots that ended with a fault."""
    if last is None:
        return f"{errored} of {count} shots ended with a fault"
    told = f"{last.fault.fault}: {last.fault.message}"
    if errored == 1:
        return f"shot {last.shot} ended with a fault in attempt {last.attempt}: {told}"
    return f"{errored} of {count} shots ended with a fault, shot {last.shot} with {told}"
