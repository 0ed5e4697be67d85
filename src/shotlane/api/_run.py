"""A run from a prepared sequence: pool, recorder, clock and signals wired together.

The store is opened before the instruments, so that nothing is moved that could not be recorded.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from shotlane.api._consent import Consent
from shotlane.api._environment import SurroundingsSought
from shotlane.api._folder import make_folder
from shotlane.api._guard import GuardedPool, start_guard
from shotlane.api._lock_events import LockEvents
from shotlane.api._part import Part
from shotlane.api._prepare import Prepared
from shotlane.api._ready import optimizer_for
from shotlane.api._recording import recorder_at, teller
from shotlane.api._requests import heed_requests
from shotlane.api._run_start import describe_run
from shotlane.api._signals import stop_on_signals
from shotlane.api._timing import TimingName, clock_for
from shotlane.api._within import Within
from shotlane.execution import (
    Asker,
    Control,
    InstrumentPool,
    Progress,
    RunResult,
    VirtualClock,
    control_here,
    execute,
)
from shotlane.instruments import InUseError, build_pool, lock_instruments
from shotlane.records import Outcome, worst

if TYPE_CHECKING:
    import polars as pl

    from shotlane.analysis import LoadedRun
    from shotlane.instruments import Capture


Names = str | Sequence[str] | None
# Long enough for somebody to make room on a disk.
STORE_WAIT_S = 3600.0


@dataclass(frozen=True, slots=True, repr=False)
class Run:
    """A run that ended. The frames are those of `shotlane.load`; `load` gives all there is of it."""

    number: int
    store: str  # as a person may see it: without a password
    result: RunResult
    address: str = field(repr=False)
    before: "Run | None" = field(default=None, repr=False)
    after: "Run | None" = field(default=None, repr=False)
    left_out: str | None = None  # the sequence that was not run, because what comes before it went wrong
    # By channel, the event `instrument.worn` of memories that were written more often than they stand.
    worn: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, repr=False)

    def __repr__(self) -> str:
        return f"<run {self.number} {self.outcome.value} in {self.store}>"

    @property
    def outcome(self) -> Outcome:
        """How it ended, and what ran before and after it."""
        others = [run.outcome for run in (self.before, self.after) if run is not None]
        return worst([self.result.outcome, *(item for item in others if item.exit_status)])

    def load(self) -> "LoadedRun":
        """Load the run from the store."""
        from shotlane.analysis import load  # late: polars

        return load(self.number, self.address)

    def shots(self) -> "pl.DataFrame":
        """One row per shot, with parameters as columns."""
        return self.load().shots()

    def attempts(self) -> "pl.DataFrame":
        """One row per attempt, with its fault if it had one."""
        return self.load().attempts()

    def samples(
        self, channels: Names = None, *, attempts: str = "whole", parameters: bool = False
    ) -> "pl.DataFrame":
        """Every reading, one row each, of the attempts that decided their shots, as `LoadedRun.samples`."""
        return self.load().samples(channels, attempts=attempts, parameters=parameters)

    def wide(
        self,
        channels: Names = None,
        *,
        every: float | None = None,
        how: str = "nearest",
        attempts: str = "whole",
    ) -> "pl.DataFrame":
        """Channels side by side over the time of the shot, as `LoadedRun.wide`."""
        return self.load().wide(channels, every=every, how=how, attempts=attempts)

    def results(self, *, attempts: str = "last") -> "pl.DataFrame":
        """One row per result with its limits and verdict."""
        return self.load().results(attempts=attempts)

    def actions(self, *, attempts: str = "whole") -> "pl.DataFrame":
        """Every set and call, in the order they were made."""
        return self.load().actions(attempts=attempts)

    def steps(self, *, attempts: str = "whole") -> "pl.DataFrame":
        """When each step of each attempt began and ended, in seconds from t = 0."""
        return self.load().steps(attempts=attempts)

    def events(self) -> "pl.DataFrame":
        """What happened in the run, in order; `fields` is JSON."""
        return self.load().events()


def start(
    prepared: Prepared,
    *,
    store: str | None = None,
    seed: int | None = None,
    control: Control | None = None,
    progress: Progress | None = None,
    wait_s: float = 0.0,
    waiting: Callable[[InUseError], None] | None = None,
    signals: ExitStack | None = None,
    timing: TimingName | None = None,
    part: Part | None = None,
    asker: Asker | None = None,
    store_wait_s: float = STORE_WAIT_S,
    within: Within | None = None,
    capture: "Capture | None" = None,
) -> Run:
    """Run what was prepared. Raises `StoreError` when it could not be recorded.

    `signals` keeps the signal handlers when they shall outlive the call. `timing` as in `run`. `part`: not
    all shots. `asker`: how a person is reached, who may then end a pause too. `store_wait_s`: how long the
    run waits, in its safe state, when neither the store nor the disk has room for its records. `within`: the
    session that it belongs to. `capture` hears what passes on wires.

    Raises `InUseError`, with nothing touched, when another process uses an instrument and does not let go of
    it within `wait_s`; `waiting` is told when that wait begins.
    """
    control, progress = control or control_here(), progress or Progress()
    progress.planned_ns = _planned_ns(prepared, part)
    seed = prepared.sequence.seed if seed is None else seed
    clock = clock_for(prepared, timing)
    plan = prepared.plan
    address = store or prepared.project.store_url
    sought = SurroundingsSought(prepared.project)
    with ExitStack() as stack:
        what = partial(_what, plan.sequence, progress)
        lock_events = LockEvents(prepared.station, waiting)
        locks = lock_instruments(
            prepared.station,
            plan.roles,
            what=what,
            wait_s=wait_s,
            waiting=lock_events.wait,
            stopped=lambda: control.request is not None,
            lender=None if within is None else within.locks,
        )
        stack.enter_context(locks)
        if store is None and prepared.project.store is None:
            make_folder(prepared.project.data_folder)
        # Before the recorder, so that it is closed in peace.
        (signals or stack).enter_context(stop_on_signals(control))
        parent = None if within is None else within.session
        recording = recorder_at(address, prepared.project, control, progress, parent)
        recorder = stack.enter_context(recording)
        worn: dict[str, Mapping[str, Any]] = {}
        tell = teller(recorder, clock, progress, worn)
        pool: InstrumentPool = build_pool(
            prepared.station,
            now_ns=clock.now_ns,
            seed=seed,
            notify=lock_events.before(tell, locks),
            locks=locks,
            pass_ns=clock.advance if isinstance(clock, VirtualClock) else None,
            capture=capture,
        )
        guard = start_guard(prepared, locks, address, recorder.session, partial(tell, ""))
        if guard is not None:
            stack.callback(guard.release)
            pool = cast("InstrumentPool", GuardedPool(pool, guard, lambda: progress.run))
        stack.enter_context(heed_requests(address, control, progress, partial(tell, "")))
        result = execute(
            plan,
            pool,
            recorder,
            clock,
            start=describe_run(prepared, clock, seed, part, sought.found()),
            control=control,
            progress=progress,
            optimizer=optimizer_for(prepared, address, part),
            shots=None if part is None else part.shots,
            asker=asker or (Consent() if clock.virtual else None),
            attended=asker is not None,
            store_wait_s=store_wait_s,
        )
        return Run(result.run, recorder.store, result, address, worn=worn)


def _planned_ns(prepared: Prepared, part: Part | None) -> int:
    """How long it will take, near enough where not all shots are run."""
    total_ns = prepared.plan.summary.total_ns
    return total_ns if part is None else total_ns * len(part.shots) // len(prepared.plan)


def _what(sequence: str, progress: Progress) -> str:
    """What other processes are told that want the same instruments."""
    return f"about to run {sequence}" if progress.run is None else f"run {progress.run} of {sequence}"
