"""A whole run, from opening the instruments to closing the records, on every way it can end.

Whatever happens between `begin_run` and `end_run`: the instruments that were opened are made safe and closed,
and the run's outcome says what happened. Shots are cut out of the plan between shots, never while one runs:
cutting holds the interpreter, and the timing threads need it; a cut takes far less than the commit before it.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial

from shotlane.execution._asker import Asker
from shotlane.execution._bounded import NotEndedError, bounded, unless_stopped
from shotlane.execution._cadence import Cadence
from shotlane.execution._clock import Clock
from shotlane.execution._conclusion import cut_short, reason
from shotlane.execution._control import Control
from shotlane.execution._crash import crash_of
from shotlane.execution._drive import Drive
from shotlane.execution._fault import fault_of
from shotlane.execution._journal import Journal
from shotlane.execution._lateness import LatenessSummary
from shotlane.execution._lookout import Lookout
from shotlane.execution._parts import RunParts
from shotlane.execution._pause import Pauses
from shotlane.execution._pool import InstrumentPool
from shotlane.execution._progress import Phase, Progress
from shotlane.execution._result import AttemptFault, RunResult
from shotlane.execution._room import commit
from shotlane.execution._safe_state import BOUND_S, SafeState
from shotlane.execution._sentinel import Sentinel, Watching
from shotlane.execution._shot import next_shot, run_shot, skip_shot
from shotlane.execution._thread_drive import ThreadDrive
from shotlane.execution._upcoming import Upcoming
from shotlane.execution._virtual_drive import VirtualDrive
from shotlane.instruments import PoolError
from shotlane.optimize import Optimizer
from shotlane.plan import Plan, ShotPlan
from shotlane.records import Fault, Outcome, Recorder, RecorderError, RunEnd, RunStart, worst


def execute(
    plan: Plan,
    pool: InstrumentPool,
    recorder: Recorder,
    clock: Clock,
    *,
    start: RunStart,
    control: Control | None = None,
    progress: Progress | None = None,
    shots: Sequence[int] | None = None,
    asker: Asker | None = None,
    attended: bool = False,
    optimizer: Optimizer | None = None,
    store_wait_s: float = 0.0,
) -> RunResult:
    """Run a plan, all shots or those with the given numbers, and leave the instruments safe and closed.

    Exchanges must be stamped on `clock`. `start.channels` lists the plan's channels first, in their order;
    others that have safe values may follow. Raises `RecorderError` when the run cannot even be begun, with
    nothing touched; every later fault is in the result. `asker` reaches a person for steps that ask;
    `attended`: somebody can continue the run after a pause, without which a pause after a fault is an abort.
    `optimizer` says which shots these are, one after the other. `store_wait_s`: how long the run waits, in
    its safe state, for a recorder without room.
    """
    control = control or Control()
    progress = progress or Progress()
    journal = Journal(recorder, clock)
    lookout = Lookout(plan.channels, clock, control, journal)
    drive_type = VirtualDrive if clock.virtual else ThreadDrive
    drive: Drive = drive_type(clock, control, lookout)
    channels = {channel.name: channel.index for channel in start.channels}
    safe_state = SafeState(pool, clock, journal, channels)
    parts = RunParts(
        plan,
        pool,
        clock,
        control,
        drive,
        lookout,
        journal,
        progress,
        safe_state,
        asker,
        attended,
        optimizer,
        store_wait_s,
    )
    try:
        with clock.keeping_time(recorder.threads):
            return _Run(parts, range(1, len(plan) + 1) if shots is None else shots).execute(start)
    finally:
        drive.close()


class _Run:
    """The run in progress: its shots' outcomes, and the sentence that says why it ended."""

    def __init__(self, parts: RunParts, numbers: Sequence[int]) -> None:
        self._parts = parts
        self._numbers = numbers
        self._pauses = Pauses(parts)
        self._upcoming = Upcoming(parts)
        self._own = Outcome.SKIPPED  # what the run itself adds to its shots'
        self._kept: Mapping[Outcome, int] = {}  # shots that an earlier session has done
        self._reason: str | None = None

    def execute(self, start: RunStart) -> RunResult:
        """Open, run, make safe, close."""
        parts, progress = self._parts, self._parts.progress
        parts.clock.anchor()
        progress.clock, progress.began_ns = parts.clock, parts.clock.now_ns()
        progress.shots = len(parts.plan)
        progress.units, progress.swept = parts.plan.points.units, parts.plan.points.swept
        progress.shots_done = len(parts.plan) - len(self._numbers)
        self._kept = start.kept
        number = progress.run = parts.journal.begin_run(start)
        if start.resumes is not None:
            parts.journal.tell("run.resumed", shots=list(self._numbers))
        timing = parts.clock.timing
        parts.journal.tell("timing.mode", mode=timing.mode, reason=timing.reason)
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
            self._heed_request()
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
        parts = self._parts
        cadence = Cadence(parts.plan.cadence_ns, parts.clock, parts.drive, parts.journal)
        watched = False
        for position, number in enumerate(self._numbers, 1):
            if parts.control.request is not None:
                break
            shot = next_shot(parts, self._upcoming, number)
            if shot is None:
                continue
            self._watch(shot, first=not watched)
            watched = True
            if not self._may_begin(cadence, number):
                break
            if parts.control.skipping is not None:
                skip_shot(parts, shot)
                ends_run = False
            else:
                last = position == len(self._numbers)
                self._upcoming.follow(None if last else self._numbers[position])
                ends_run = run_shot(parts, self._upcoming, shot, self._pauses, last=last).ends_run
            self._show_progress(shot)
            if ends_run:
                break
        self._conclude()

    def _watch(self, shot: ShotPlan, *, first: bool) -> None:
        """Put the interlocks of a shot in force; before the first, begin to poll for them."""
        parts = self._parts
        parts.lookout.use(shot.interlocks)
        if first and parts.lookout.channels:
            watching = Watching(
                parts.plan.channels,
                parts.pool,
                parts.clock,
                parts.control,
                parts.journal,
                parts.lookout,
                parts.drive.observe,
                parts.drive.next_ns,
            )
            ports = dict.fromkeys(parts.plan.channels[index].port for index in sorted(parts.lookout.channels))
            parts.drive.begin_polls({port: Sentinel(port, watching).rounds() for port in ports})

    def _may_begin(self, cadence: Cadence, number: int) -> bool:
        """Wait until a shot is due and nobody wants a pause; False when the run is asked to stop."""
        if self._pauses.wait_if_asked():
            cadence.begin_anew()
        if not self._parts.control.interrupts:
            cadence.wait(number)
        if self._pauses.wait_if_asked():
            cadence.begin_anew()
        return self._parts.control.request is None

    def _show_progress(self, shot: ShotPlan) -> None:
        progress, outcomes = self._parts.progress, self._parts.outcomes
        progress.ended_ns_planned += shot.duration_ns
        before = len(self._parts.plan) - len(self._numbers)
        progress.shots_done = before + outcomes[Outcome.DONE] + outcomes[Outcome.PASSED]
        progress.shots_failed = outcomes[Outcome.FAILED]
        progress.shots_errored = outcomes[Outcome.ERRORED]
        progress.shots_skipped = outcomes[Outcome.SKIPPED]

    def _conclude(self) -> None:
        """Say how it went, when nothing unforeseen came between."""
        request, count = self._parts.control.request, len(self._numbers)
        if request is not None and cut_short(self._parts, count):
            self._verdict(request.outcome, request.reason)
        else:
            self._reason = reason(self._parts, count, self._kept)

    def _heed_request(self) -> None:
        """Let a stop count that something unforeseen came after, where it is the worse of the two."""
        request = self._parts.control.request
        if request is None or request.outcome.severity <= self._outcome.severity:
            return
        if cut_short(self._parts, len(self._numbers)):
            self._verdict(request.outcome, request.reason)

    def _verdict(self, outcome: Outcome, reason: str) -> None:
        """Add an outcome of the run itself."""
        self._own = worst([self._own, outcome])
        self._reason = reason

    def _not_opened(self, error: PoolError) -> None:
        """No instrument is used unless all are there."""
        for role, fault in error.faults.items():
            record = fault_of(fault, fault.message, {"role": role})
            self._parts.faults.add(AttemptFault(None, None, record))
        told = _listed([f"{role}: {fault.message}" for role, fault in error.faults.items()])
        self._verdict(Outcome.ERRORED, f"not every instrument could be opened:{told}")

    def _not_stored(self, error: Exception) -> None:
        """What was done may not all be recorded."""
        self._verdict(Outcome.ERRORED, f"the records could not be stored: {error}")

    def _crashed(self, error: Exception) -> None:
        """A bug outside of attempts."""
        crash, mask = crash_of(error, "run"), self._parts.pool.mask
        fault = Fault(crash.fault, mask(crash.message), mask(crash.context))
        self._parts.faults.add(AttemptFault(None, None, fault))
        self._parts.journal.tell("worker.crashed", port="run", message=fault.message)
        self._verdict(Outcome.ERRORED, f"an internal fault ended the run: {fault.message}")

    def _release(self) -> None:
        """Make safe what no attempt has made safe, and close, without waiting for ever."""
        parts = self._parts
        self._upcoming.close()
        parts.drive.end_polls()
        if parts.safe_state.needed:
            parts.progress.phase = Phase.MAKING_SAFE
            request = parts.control.request
            why = self._reason or (request.reason if request else "the end of the run")
            parts.drive.end_exchanges()
            parts.safe_state.reach(why, None, parts.drive.busy | parts.drive.polling)
        try:
            bounded(parts.pool.close, BOUND_S)
        except BaseException as error:  # noqa: BLE001  the records must be closed all the same
            message = parts.pool.mask(f"closing the instruments: {error}")
            parts.journal.tell("worker.crashed", port="run", message=message)

    @property
    def _outcome(self) -> Outcome:
        return worst([self._own, *+self._parts.outcomes, *self._kept])

    @property
    def _is_milder(self) -> bool:
        """Whether a fault of the end is the worst to be told; a sweep that failed does not hide it."""
        return self._reason is None or self._outcome.severity < Outcome.ERRORED.severity

    def _end(self, number: int) -> RunResult:
        """Close the records; a recorder that fails here makes the run errored."""
        request, failure = self._parts.control.request, self._parts.journal.failure
        if request is not None and request.outcome is Outcome.ABORTED:
            # Who aborts while the instruments are released was told that the run ends so.
            self._heed_request()
        if failure is not None and self._is_milder:
            self._not_stored(failure)
        unsafe = self._parts.safe_state.unsafe
        if unsafe and self._is_milder:
            told = _listed([f"{item.role}: {item.message}" for item in unsafe])
            self._verdict(Outcome.ERRORED, f"not every instrument could be made safe:{told}")
        result = self._result(number)
        try:
            self._end_run(result)
        except Exception as error:  # noqa: BLE001  the caller must learn how the run ended all the same
            if self._is_milder:
                self._not_stored(error)
            result = self._result(number)
        progress = self._parts.progress
        progress.ended_ns, progress.phase = self._parts.clock.now_ns(), Phase.ENDED
        return result

    def _end_run(self, result: RunResult) -> None:
        summary = result.summary()
        if self._parts.optimizer is not None:
            summary["shots_digest"] = self._parts.optimizer.digest
        end = RunEnd(self._parts.clock.utc_ns(), result.outcome, result.reason, summary)
        commit(self._parts, partial(self._parts.journal.end_run, end))

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
            outcome=self._outcome,
            reason=self._reason,
            shots_planned=len(self._numbers),
            outcomes=dict(+parts.outcomes),
            attempts=parts.attempts,
            tallies=parts.tallies,
            lateness=lateness,
            faults=parts.faults.items,
            faults_left_out=parts.faults.left_out,
            unsafe=tuple(parts.safe_state.unsafe),
            made_safe=parts.safe_state.written,
            happenings=parts.happenings.items,
        )


def _listed(told: Sequence[str]) -> str:
    """One after the other on one line, several on a line each."""
    return f" {told[0]}" if len(told) == 1 else "".join(f"\n{item}" for item in told)
