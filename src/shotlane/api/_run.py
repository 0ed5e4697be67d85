"""A run from a prepared sequence: pool, recorder, clock and signals wired together.

The store is opened before the instruments, so that nothing is moved that could not be recorded.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shotlane.api._environment import environment
from shotlane.api._prepare import Options, Prepared, prepare
from shotlane.api._signals import stop_on_signals
from shotlane.diagnostics import Report
from shotlane.execution import Clock, Control, Progress, RunResult, SystemClock, VirtualClock, execute
from shotlane.instruments import InUseError, RoleNotify, build_pool, lock_instruments
from shotlane.model import KEEP, Channel
from shotlane.plan import Points
from shotlane.records import ChannelRecord, Event, Outcome, Recorder, RecorderError, RunStart

if TYPE_CHECKING:
    import polars as pl

    from shotlane.analysis import LoadedRun
    from shotlane.store import StoreRecorder


@dataclass(frozen=True, slots=True)
class Run:
    """A run that ended. The frames are those of `shotlane.load`."""

    number: int
    store: str  # as a person may see it: without a password
    result: RunResult
    address: str = field(repr=False)

    @property
    def outcome(self) -> Outcome:
        """How it ended."""
        return self.result.outcome

    def load(self) -> "LoadedRun":
        """Load the run from the store."""
        from shotlane.analysis import load  # late: polars

        return load(self.number, self.address)

    def shots(self) -> "pl.DataFrame":
        """One row per shot, with parameters as columns."""
        return self.load().shots()

    def samples(self) -> "pl.DataFrame":
        """All readings of the attempts that ended well."""
        return self.load().samples()


def run(
    sequence: str | Path,
    *,
    station: str | None = None,
    parameters: Mapping[str, object] | None = None,
    mock: bool = False,
    virtual_time: bool = False,
    store: str | None = None,
    seed: int | None = None,
    wait: float = 0.0,
    confirm: bool = False,
) -> Run:
    """Run a sequence and return when it has ended.

    `station` is a name or a file; `parameters` override declared ones, values as in a sequence. `mock`
    replaces every instrument by its simulation. Raises `DocumentError` with every mistake before anything is
    touched; a run that went wrong is told by `Run.outcome`. `wait`: seconds to wait for instruments that
    another process uses, then `InUseError`.
    """
    report = Report()
    overrides = {name: str(value) for name, value in (parameters or {}).items()}
    prepared = prepare(Path(sequence), report, Options(station, overrides, mock, virtual_time, confirm))
    report.raise_if_errors()
    if prepared is None:
        raise AssertionError("a sequence that cannot be prepared has an error in its report")
    return start(prepared, store=store, seed=seed, wait_s=wait)


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
) -> Run:
    """Run what was prepared. Raises `StoreError` when it could not be recorded.

    `signals` keeps the signal handlers when they shall outlive the call.

    Raises `InUseError`, with nothing touched, when another process uses an instrument and does not let go of
    it within `wait_s`; `waiting` is told when that wait begins.
    """
    control, progress = control or Control(), progress or Progress()
    progress.planned_ns = prepared.plan.summary.total_ns
    seed = prepared.sequence.seed if seed is None else seed
    clock = VirtualClock() if prepared.options.virtual_time else SystemClock()
    plan = prepared.plan
    address = store or prepared.project.store_url
    with ExitStack() as stack:
        locks = stack.enter_context(
            lock_instruments(
                prepared.station,
                plan.roles,
                what=partial(_what, plan.sequence, progress),
                wait_s=wait_s,
                waiting=waiting,
            )
        )
        if store is None and prepared.project.store is None:
            _make_folder(prepared.project.data_folder)
        # Before the recorder, so that it is closed in peace.
        (signals or stack).enter_context(stop_on_signals(control))
        recorder = stack.enter_context(_recorder(address))
        tell = _teller(recorder, clock, progress)
        pool = build_pool(
            prepared.station,
            now_ns=clock.now_ns,
            seed=seed,
            notify=tell,
            locks=locks,
            pass_ns=clock.advance if isinstance(clock, VirtualClock) else None,
        )
        described = _describe(prepared, clock, seed)
        result = execute(
            prepared.plan, pool, recorder, clock, start=described, control=control, progress=progress
        )
        return Run(result.run, recorder.store, result, address)


@contextmanager
def _recorder(address: str | Path) -> "Iterator[StoreRecorder]":
    """Record in a store. What fails as it is closed is not told: the end of the run told all that counts."""
    from shotlane.store import open_recorder  # late: SQLAlchemy

    recorder = open_recorder(address)
    try:
        yield recorder
    finally:
        with suppress(RecorderError):
            recorder.close()


def _what(sequence: str, progress: Progress) -> str:
    """What other processes are told that want the same instruments."""
    return f"about to run {sequence}" if progress.run is None else f"run {progress.run} of {sequence}"


def _make_folder(folder: Path) -> None:
    """Make the folder of the data."""
    from shotlane.store import StoreError  # late: SQLAlchemy

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"the folder {folder} cannot be made: {error.strerror}") from error


def _describe(prepared: Prepared, clock: Clock, seed: int) -> RunStart:
    """Everything known before the first shot."""
    plan, options = prepared.plan, prepared.options
    surroundings = environment(prepared.project.folder)
    surroundings |= {"seed": seed, "overrides": dict(options.parameters), "file": prepared.path.name}
    return RunStart(
        sequence=plan.sequence,
        station=plan.station,
        started_utc_ns=clock.utc_ns(),
        shots_planned=len(plan),
        plan_digest=plan.digest,
        channels=_channel_records(prepared),
        parameter_units=plan.points.units,
        parameter_types=_parameter_types(plan.points),
        description=plan.description,
        tags=plan.tags,
        stamps=_stamps(prepared, surroundings),
        documents=prepared.documents,
        environment=surroundings,
    )


def _parameter_types(points: Points) -> dict[str, str]:
    kinds = {"b": "bool", "O": "text", "U": "text"}
    return {name: kinds.get(column.dtype.kind, "number") for name, column in points.columns.items()}


def _stamps(prepared: Prepared, surroundings: Mapping[str, Any]) -> tuple[str, ...]:
    """What a reader of the data must know at first sight."""
    git, options = surroundings["git"], prepared.options
    definitions = prepared.station.definitions
    stamps = {
        "mocked": options.mock,
        "virtual-time": options.virtual_time,
        "dirty": git is not None and git["dirty"],
        "faults": any(definitions[role].faults for role in prepared.plan.roles),
    }
    return tuple(name for name, holds in stamps.items() if holds)


def _channel_records(prepared: Prepared) -> tuple[ChannelRecord, ...]:
    """The channels of the plan, then those that are only written to reach the safe state."""
    used = {channel.name for channel in prepared.plan.channels}
    others = (
        channel
        for channel in prepared.station.table.channels.values()
        if channel.target is None
        and channel.role in prepared.plan.roles
        and channel.name not in used
        and _is_made_safe(channel)
    )
    channels = (*prepared.plan.channels, *others)
    return tuple(
        ChannelRecord(
            index,
            channel.name,
            channel.attribute.type.value,
            channel.attribute.unit.text if channel.attribute.unit else None,
        )
        for index, channel in enumerate(channels)
    )


def _is_made_safe(channel: Channel) -> bool:
    return channel.attribute.writable and channel.attribute.safe not in (None, KEEP)


def _teller(recorder: Recorder, clock: Clock, progress: Progress) -> RoleNotify:
    """What drivers and the pool tell of exchanges becomes events of the attempt that runs."""

    def tell(_role: str, event_type: str, fields: Mapping[str, Any]) -> None:
        shot, attempt = progress.shot or None, progress.attempt or None
        recorder.event(Event(event_type, clock.utc_ns(), fields, shot, attempt))

    return tell
