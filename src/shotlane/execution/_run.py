"""A whole run, from opening the instruments to closing the records, on every way it can end.

Whatever happens between `begin_run` and `end_run`: the instruments that were opened are made safe and closed,
and the run's outcome says what happened. Shots are cut out of the plan between shots, never while one runs:
cutting holds the interpreter, and the timing threads need it. It is done while the one before is committed.
"""

from collections.abc import Sequence
from contextlib import suppress
from functools import partial

from shotlane.execution._account import Account
from shotlane.execution._asker import Asker
from shotlane.execution._bounded import NotEndedError, bounded, unless_stopped
from shotlane.execution._cadence import Cadence
from shotlane.execution._clock import Clock
from shotlane.execution._control import Control
from shotlane.execution._drive import Drive
from shotlane.execution._journal import Journal
from shotlane.execution._last_try import reach_last
from shotlane.execution._lookout import Lookout
from shotlane.execution._parts import RunParts
from shotlane.execution._pause import Pauses
from shotlane.execution._pool import InstrumentPool
from shotlane.execution._progress import Phase, Progress
from shotlane.execution._result import RunResult
from shotlane.execution._room import commit
from shotlane.execution._safe_state import BOUND_S, SafeState
from shotlane.execution._sentinel import Sentinel, Watching
from shotlane.execution._shot import next_shot, run_shot, skip_shot
from shotlane.execution._steering import control_here
from shotlane.execution._thread_drive import ThreadDrive
from shotlane.execution._upcoming import Upcoming
from shotlane.execution._virtual_drive import VirtualDrive
from shotlane.instruments import PoolError
from shotlane.optimize import Optimizer
from shotlane.plan import Plan, ShotPlan
from shotlane.records import Outcome, Recorder, RecorderError, RunEnd, RunStart


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
    control = control or control_here()
    progress = progress or Progress()
    journal = Journal(recorder, clock)
    lookout = Lookout(plan.channels, clock, control, journal)
    drive_type = VirtualDrive if clock.virtual else ThreadDrive
    drive: Drive = drive_type(clock, control, lookout)
    channels = {channel.name: channel.index for channel in start.channels}
    # Where time jumps, this thread drives the polls of the interlocks between two rounds.
    rest = (drive.rest_until,) if isinstance(drive, VirtualDrive) else ()
    safe_state = SafeState(pool, clock, journal, channels, *rest)
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
    """The run in progress."""

    def __init__(self, parts: RunParts, numbers: Sequence[int]) -> None:
        self._parts = parts
        self._numbers = numbers
        self._pauses = Pauses(parts)
        self._upcoming = Upcoming(parts)
        self._account = Account(parts, len(numbers))

    def execute(self, start: RunStart) -> RunResult:
        """Open, run, make safe, close."""
        parts, progress = self._parts, self._parts.progress
        parts.clock.anchor()
        progress.clock, progress.began_ns = parts.clock, parts.clock.now_ns()
        progress.shots = len(parts.plan)
        progress.units, progress.swept = parts.plan.points.units, parts.plan.points.swept
        progress.shots_done = len(parts.plan) - len(self._numbers)
        self._account.kept = start.kept
        number = progress.run = parts.journal.begin_run(start)
        if start.resumes is not None:
            parts.journal.tell("run.resumed", shots=list(self._numbers))
        timing = parts.clock.timing
        parts.journal.tell("timing.mode", mode=timing.mode, reason=timing.reason)
        try:
            self._open()
            self._run_shots()
        except PoolError as error:
            self._account.not_opened(error)
        except RecorderError as error:
            self._account.not_stored(error)
        except KeyboardInterrupt:
            self._account.add(Outcome.TERMINATED, "stopped by Ctrl-C")
        except Exception as error:  # noqa: BLE001  a bug of ours must end in the safe state, with its traceback
            self._account.crashed(error)
        finally:
            self._account.heed_request()
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
        self._account.conclude()

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
        progress.ended_ns_planned += max(shot.duration_ns, self._parts.plan.cadence_ns or 0)
        before = len(self._parts.plan) - len(self._numbers)
        progress.shots_done = before + outcomes[Outcome.DONE] + outcomes[Outcome.PASSED]
        progress.shots_failed = outcomes[Outcome.FAILED]
        progress.shots_errored = outcomes[Outcome.ERRORED]
        progress.shots_skipped = outcomes[Outcome.SKIPPED]

    def _release(self) -> None:
        """Make safe what no attempt has made safe, and close, without waiting for ever."""
        parts = self._parts
        self._upcoming.close()
        parts.drive.end_polls()
        if parts.safe_state.needed:
            parts.progress.phase = Phase.MAKING_SAFE
            request = parts.control.request
            why = self._account.reason or (request.reason if request else "the end of the run")
            parts.drive.end_exchanges()
            reach_last(parts, why)
        try:
            bounded(parts.pool.close, BOUND_S)
        except BaseException as error:  # noqa: BLE001  the records must be closed all the same
            message = parts.pool.mask(f"closing the instruments: {error}")
            parts.journal.tell("worker.crashed", port="run", message=message)

    def _end(self, number: int) -> RunResult:
        """Close the records; a recorder that fails here makes the run errored."""
        request, failure = self._parts.control.request, self._parts.journal.failure
        account = self._account
        if request is not None and request.outcome is Outcome.ABORTED:
            # Who aborts while the instruments are released was told that the run ends so.
            account.heed_request()
        if failure is not None and account.is_milder:
            account.not_stored(failure)
        if self._parts.safe_state.unsafe and account.is_milder:
            account.not_safe()
        result = account.result(number)
        try:
            self._end_run(result)
        except Exception as error:  # noqa: BLE001  the caller must learn how the run ended all the same
            if account.is_milder:
                account.not_stored(error)
            result = account.result(number)
        progress = self._parts.progress
        progress.ended_ns, progress.phase = self._parts.clock.now_ns(), Phase.ENDED
        return result

    def _end_run(self, result: RunResult) -> None:
        summary = result.summary()
        if self._parts.optimizer is not None:
            summary["shots_digest"] = self._parts.optimizer.digest
        end = RunEnd(self._parts.clock.utc_ns(), result.outcome, result.reason, summary)
        commit(self._parts, partial(self._parts.journal.end_run, end))
