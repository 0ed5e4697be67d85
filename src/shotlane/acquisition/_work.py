"""One task from its first set to the safe state, which is reached on every way out.

What has been set is not trusted over a lost connection: who comes back may have forgotten it, so that ends
the task. One that sets nothing goes on with failed readings.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final
from uuid import uuid4

from shotlane.acquisition._handle import Handle
from shotlane.acquisition._job_record import JobRecord, JobState
from shotlane.acquisition._pipe import Pipe
from shotlane.acquisition._record import make_recording
from shotlane.acquisition._sample import Origin, Sample, judged, utc
from shotlane.acquisition._summary import AcquisitionSummary
from shotlane.acquisition._tapped import Tapped
from shotlane.execution import Clock
from shotlane.instruments import InstrumentError, ProgramTable, Reading
from shotlane.records import Outcome, Status

# As for a lane, where nothing else is said: a tenth of the readings may be lost.
MAX_MISSING: Final = 0.1
_LOOK_S: Final = 0.5


class _EndedError(Exception):
    """The task ends so."""

    def __init__(self, outcome: Outcome, reason: str) -> None:
        super().__init__(reason)
        self.outcome = outcome
        self.reason = reason


def work(record: JobRecord, handle: Handle, clock: Clock) -> None:
    """Do it, make its instrument safe, and say how it ended. Never raises."""
    record.state = JobState.RUNNING
    outcome = Outcome.ERRORED
    try:
        _do(record, handle, clock)
        _judge(record)
        outcome, reason = Outcome.DONE, "its time was over"
    except _EndedError as end:
        outcome, reason = end.outcome, end.reason
    except InstrumentError as error:
        reason = _told(error)
    except BaseException as error:  # noqa: BLE001  a bug of a driver: told, and its instrument made safe
        reason = f"{type(error).__name__}: {error}"
    unsafe = handle.make_safe()
    if unsafe:
        outcome = max(outcome, Outcome.ERRORED, key=lambda one: one.severity)
        reason = f"{reason}; not made safe: {', '.join(unsafe)}"
    unclosed = record.close_sink()
    if unclosed is not None:
        outcome, reason = max(outcome, Outcome.ERRORED, key=lambda one: one.severity), f"{reason}; {unclosed}"
    record.end(outcome, reason, unsafe)


def _told(error: InstrumentError) -> str:
    return f"{error.fault}: {error.message}"


def _do(record: JobRecord, handle: Handle, clock: Clock) -> None:
    checked = record.checked
    for name, value in checked.sets:
        _go_on(record)
        try:
            handle.write(name, value)
        except InstrumentError as error:
            raise _EndedError(Outcome.ERRORED, f"{name} could not be set: {_told(error)}") from error
    _go_on(record)
    if checked.task.program is not None:
        _run_program(record, handle, clock, checked.task.program)
    elif checked.options is None:
        clock.wait_until(clock.now_ns() + round(checked.duration_s * 1e9), record.halt)
    else:
        _sample(record, handle, clock)
    _go_on(record)


def _go_on(record: JobRecord) -> None:
    if record.asked is not None:
        raise _EndedError(*record.asked)


def _sample(record: JobRecord, handle: Handle, clock: Clock) -> None:
    checked = record.checked
    assert checked.options is not None
    line = handle.line(checked.channels, clock.now_ns, reconnect=not checked.sets)
    end_ns = clock.now_ns() + round(checked.duration_s * 1e9)
    recording = make_recording(lambda *_: [line], replace(checked.options, clock=clock))
    with recording:
        record.summary = lambda: recording.summary
        record.interrupted_by(recording.stop)
        tapped = Tapped(recording, record.keep)
        if record.sink is not None:
            piped = Pipe(tapped, record.sink).run()
            if not piped.complete:
                told = f"not everything is in {record.sink.target()}: {piped.last_error}"
                raise _EndedError(Outcome.ERRORED, told)
        while not tapped.over:
            tapped.take(_LOOK_S)
    # What was set holds for the whole of the time, and not to the last tick only.
    clock.wait_until(end_ns, record.halt)


def _run_program(record: JobRecord, handle: Handle, clock: Clock, table: ProgramTable) -> None:
    """Have it done by the instrument, and collect what it measured."""
    handle.start(table)
    started_ns = clock.now_ns()
    clock.wait_until(started_ns + table.duration_ns, record.halt)
    _go_on(record)
    requested_ns = clock.now_ns()
    frames = handle.collect()
    samples = _frames(record, frames, Origin(uuid4().hex, clock.utc_ns() - clock.now_ns()), started_ns)
    received_ns = clock.now_ns()
    samples = [one._replace(requested_ns=requested_ns, received_ns=received_ns) for one in samples]
    if record.sink is not None and samples:
        record.sink.write(samples)
    record.keep(samples)
    final = _account(samples, record.checked.planned)
    record.summary = lambda: final


def _frames(
    record: JobRecord, frames: Mapping[str, Sequence[Reading]], origin: Origin, started_ns: int
) -> list[Sample]:
    found = []
    for channel in record.checked.channels:
        for tick, reading in enumerate(frames.get(channel.parameter, ())):
            value, raw, fault = judged(reading.value, reading.raw, None)
            if reading.fault is not None:
                value, raw, fault = None, reading.fault.message, reading.fault.fault
            status = Status.OK if fault is None else Status.FAILED
            found.append(Sample(channel, origin, tick, started_ns, None, None, value, status, raw, fault))
    return found


def _account(samples: Sequence[Sample], planned: int) -> AcquisitionSummary:
    failed = sum(one.status is Status.FAILED for one in samples)
    first = samples[0] if samples else None
    started = utc(first.target_ns + first.origin.utc_offset_ns) if first else utc(0)
    ended = first.received_at if first else None
    missed = planned - len(samples)
    ok = len(samples) - failed
    return AcquisitionSummary(started, ended, planned, ok, 0, failed, missed, 0, 0, 0, 1, None)


def _judge(record: JobRecord) -> None:
    """Raise where more is lost than may be."""
    channels = record.checked.channels
    if record.checked.task.program is not None or not channels:
        return
    ticks = record.checked.planned // len(channels)
    lost = {channel.name: ticks - record.values[channel.name] for channel in channels}
    much = {name: count for name, count in lost.items() if count > MAX_MISSING * ticks}
    if much:
        parts = [f"{count} of {ticks} readings of {name}" for name, count in much.items()]
        why = next((record.faults[name] for name in much if name in record.faults), "they were missed")
        raise _EndedError(Outcome.ERRORED, f"lost {', '.join(parts)} ({why})")
