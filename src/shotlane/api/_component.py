"""`component`: an instrument that does tasks, of a station, a pool, or by its driver alone."""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from shotlane.acquisition import (
    Component,
    Devices,
    DriverHandle,
    Handle,
    PoolHandle,
    UnknownChannelError,
)
from shotlane.api._by_hand import find_by_name
from shotlane.diagnostics import Report, did_you_mean
from shotlane.execution import Clock, SystemClock, TimingMode, VirtualClock, granted_timing
from shotlane.instruments import Driver, Pool, ResolvedStation, build_pool, lock_instruments

Opening = Callable[[ExitStack, Clock], Handle]


def component(
    source: str | Path | Pool | Devices | Driver,
    name: str | None = None,
    *,
    queue: int | None = None,
    mock: bool = False,
    timing: str = "auto",
    clock: Clock | None = None,
) -> Component:
    """An instrument that does the tasks submitted to it; enter it, or `open` and `close` it.

    `source`: a station by name or file, whose instrument `name` is locked and opened (`mock`: simulated), a
    pool or devices, of which it is one, or a driver that is open. `queue`: how many tasks may wait; None: any
    number. Raises `ValueError`, `UnknownChannelError` and `DocumentError` before anything is opened;
    `InUseError` and `PoolError` when it is opened.
    """
    if timing not in list(TimingMode):
        raise ValueError(f"timing is one of {', '.join(TimingMode)}, not {timing!r}")
    granted = granted_timing(TimingMode(timing))
    opening = _opening(source, name, clock, mock=mock)
    # One for each task: a clock remembers the threads that it gave priority.
    return Component(opening, lambda: clock or SystemClock(timing=granted), queue=queue)


def _opening(
    source: str | Path | Pool | Devices | Driver, name: str | None, clock: Clock | None, *, mock: bool
) -> Opening:
    if isinstance(source, str | Path):
        return _of_station(str(source), name, clock, mock=mock)
    if isinstance(source, Devices):
        source = source.pool
    if isinstance(source, Pool):
        pool, role = source, _one_of(name, source.roles_opened)
        return lambda _stack, _clock: PoolHandle(pool, role)
    if isinstance(source, Driver):
        driver = source
        return lambda _stack, _clock: DriverHandle(driver, name or "instrument")
    raise ValueError(
        f"{type(source).__name__} is no component: give a station, a pool, devices, or a driver that is open"
    )


def _one_of(name: str | None, known: tuple[str, ...]) -> str:
    if name is None:
        raise ValueError(f"say which instrument: {', '.join(known)}")
    if name not in known:
        raise UnknownChannelError(f"there is no instrument '{name}'; {did_you_mean(name, known)}")
    return name


def _of_station(source: str, name: str | None, clock: Clock | None, *, mock: bool) -> Opening:
    report = Report()
    station = find_by_name(source, report, mock=mock)
    report.raise_if_errors()
    assert station is not None
    role = _one_of(name, tuple(station.roles))
    if clock is not None and clock.virtual and not station.definitions[role].simulated:
        raise ValueError(f"{role} is real, and virtual time would run away from it")
    return lambda stack, kept: _opened(station, role, stack, kept)


def _opened(station: ResolvedStation, role: str, stack: ExitStack, clock: Clock) -> Handle:
    """Lock and open it alone."""
    locks = stack.enter_context(lock_instruments(station, [role], what=lambda: "tasks"))
    pass_ns = clock.advance if isinstance(clock, VirtualClock) else None
    pool = build_pool(station, now_ns=clock.now_ns, notify=_unheard, locks=locks, pass_ns=pass_ns)
    stack.callback(pool.close)
    pool.open([role])
    return PoolHandle(pool, role)


def _unheard(_role: str, _type: str, _fields: object) -> None:
    """Faults stand in the samples, and in how a task ended."""
