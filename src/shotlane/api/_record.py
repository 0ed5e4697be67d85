"""`record`: samples on time, without a sequence; a station named is opened for it, and closed at the end.

The instruments are locked, as in a run. Nothing is set, and nothing is made safe at the end: a recording only
reads.
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, ExitStack
from functools import partial
from pathlib import Path

from shotlane.acquisition import (
    Backoff,
    Devices,
    Line,
    MeasuredChannel,
    Opening,
    OverflowPolicy,
    PollSource,
    Recording,
    RecordOptions,
    chosen,
    definition_channels,
    make_recording,
    pool_lines,
    source_opening,
)
from shotlane.api._by_hand import find_by_name
from shotlane.diagnostics import Report
from shotlane.execution import Clock, VirtualClock
from shotlane.instruments import Driver, Pool, PortLocks, ResolvedStation, build_pool, lock_instruments

Lock = Callable[[ResolvedStation, Sequence[str]], AbstractContextManager[PortLocks]]


def record(
    source: str | Path | Pool | Devices | Driver | PollSource,
    channels: str | Iterable[str] | None = None,
    *,
    rate_hz: float | None = None,
    period: float | None = None,
    duration: float | None = None,
    names: str | Iterable[str] | None = None,
    instances: Iterable[int] | None = None,
    overflow: OverflowPolicy = OverflowPolicy.BLOCK,
    buffer_size: int = 64,
    auto_reconnect: bool = True,
    backoff: Backoff = Backoff(),  # noqa: B008  it is frozen
    factory: Callable[[], PollSource] | None = None,
    tolerance: float | None = None,
    timing: str = "auto",
    clock: Clock | None = None,
    mock: bool = False,
    run: int | None = None,
    shot: int | None = None,
    attempt: int | None = None,
) -> Recording:
    """Record channels at a rate (Hz) or a period (s); enter it, and iterate for a batch of samples per tick.

    `source`: a station by name or file, whose instruments are opened (`mock`: all simulated), a pool, one
    instrument that is open, or any `PollSource`. `channels`: names, an instrument for all of its channels, or
    a quantity for that of every instrument; without it everything. `names`: only these instruments;
    `instances`: of several equal quantities only these, counted from 1.
    `duration` in s: as many whole periods as it holds; without it until it is stopped. `tolerance` in s: a
    reading that starts later is late; default half a period. `buffer_size`: batches that may wait.
    `run`, `shot` and `attempt` are written into every sample.

    Raises `ValueError` for a bad argument, `UnknownChannelError` and `DocumentError`, before anything is
    opened; `InUseError` and `PoolError` when it is entered.
    """
    options = RecordOptions(
        rate_hz=rate_hz,
        period=period,
        duration=duration,
        overflow=overflow,
        buffer_size=buffer_size,
        auto_reconnect=auto_reconnect,
        backoff=backoff,
        factory=factory,
        tolerance=tolerance,
        timing=timing,
        clock=clock,
        run=run,
        shot=shot,
        attempt=attempt,
    )
    if isinstance(source, str | Path):
        if factory is not None:
            raise ValueError(
                "a factory is for a source of one's own: a station's instruments are opened again so"
            )
        report = Report()
        station = find_by_name(str(source), report, mock=mock)
        report.raise_if_errors()
        assert station is not None
        return record_station(station, channels, options, names=names, instances=instances)
    return make_recording(source_opening(source, channels, names, instances, options), options)


def record_station(
    station: ResolvedStation,
    channels: str | Iterable[str] | None,
    options: RecordOptions,
    *,
    names: str | Iterable[str] | None = None,
    instances: Iterable[int] | None = None,
    lock: Lock | None = None,
) -> Recording:
    """As `record` does, of a station that was found. `lock`: takes its instruments, of the roles given."""
    choose = partial(chosen, wanted=channels, names=names, instances=instances)
    take = lock or partial(lock_instruments, what=lambda: "a recording")
    return make_recording(_station_opening(station, choose, options, take), options)


def _station_opening(
    station: ResolvedStation,
    choose: Callable[[Sequence[MeasuredChannel]], Sequence[MeasuredChannel]],
    options: RecordOptions,
    lock: Lock,
) -> Opening:
    available = [one for item in station.definitions.values() for one in definition_channels(item)]
    found = choose(available)
    real = [one.device for one in found if not station.definitions[one.device].simulated]
    if real and options.clock is not None and options.clock.virtual:
        raise ValueError(f"{real[0]} is real, and virtual time would run away from it")
    return lambda stack, clock: _opened(
        station, found, stack, clock, lock=lock, reconnect=options.auto_reconnect
    )


def _opened(
    station: ResolvedStation,
    channels: Sequence[MeasuredChannel],
    stack: ExitStack,
    clock: Clock,
    *,
    lock: Lock,
    reconnect: bool,
) -> Sequence[Line]:
    """Lock and open the instruments of these channels."""
    roles = list(dict.fromkeys(channel.device for channel in channels))
    locks = stack.enter_context(lock(station, roles))
    pass_ns = clock.advance if isinstance(clock, VirtualClock) else None
    pool = build_pool(station, now_ns=clock.now_ns, notify=_unheard, locks=locks, pass_ns=pass_ns)
    stack.callback(pool.close)
    pool.open(roles)
    return pool_lines(pool, channels, reconnect=reconnect)


def _unheard(_role: str, _type: str, _fields: object) -> None:
    """Faults stand in the samples."""
