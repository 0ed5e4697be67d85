"""How to record, checked, and the lines of what is open already: a pool, one instrument, or a source.

Every argument is looked at before anything is opened or asked.
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from uuid import uuid4

from shotlane.acquisition._buffer import OverflowPolicy
from shotlane.acquisition._devices import Devices
from shotlane.acquisition._grid import Grid, make_grid
from shotlane.acquisition._poll_line import Backoff, DriverSource, PollLine
from shotlane.acquisition._pool_lines import pool_channels, pool_lines
from shotlane.acquisition._recording import Recording
from shotlane.acquisition._sample import Origin
from shotlane.acquisition._source import Line, PollSource, chosen
from shotlane.execution import Clock, SystemClock, TimingMode, granted_timing
from shotlane.instruments import Driver, Pool


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordOptions:
    """How to record; the arguments of `record`, checked. Raises `ValueError`."""

    rate_hz: float | None = None
    period: float | None = None
    duration: float | None = None
    overflow: OverflowPolicy = OverflowPolicy.BLOCK
    buffer_size: int = 64
    auto_reconnect: bool = True
    backoff: Backoff = field(default_factory=Backoff)
    factory: Callable[[], PollSource] | None = None
    tolerance: float | None = None
    timing: str = "auto"
    clock: Clock | None = None
    run: int | None = None
    shot: int | None = None
    attempt: int | None = None

    def __post_init__(self) -> None:
        _ = self.grid
        if self.overflow not in list(OverflowPolicy):
            raise ValueError(f"overflow is one of {', '.join(OverflowPolicy)}, not {self.overflow!r}")
        if isinstance(self.buffer_size, bool) or not isinstance(self.buffer_size, int):
            raise ValueError(f"buffer_size is a whole number, not {self.buffer_size!r}")  # noqa: TRY004  see above
        if self.buffer_size < 1:
            raise ValueError(f"buffer_size must be at least 1, not {self.buffer_size}")
        if self.tolerance is not None and not self.tolerance > 0:
            raise ValueError(f"tolerance must be above 0, not {self.tolerance:g}")
        if self.timing not in list(TimingMode):
            raise ValueError(f"timing is one of {', '.join(TimingMode)}, not {self.timing!r}")

    @property
    def grid(self) -> Grid:
        """Its ticks."""
        return make_grid(self.rate_hz, self.period, self.duration)

    @property
    def tolerance_ns(self) -> int:
        """From when on a start is late: half a period, where nothing else is said."""
        return self.grid.period_ns // 2 if self.tolerance is None else round(self.tolerance * 1e9)

    def origin(self, utc_offset_ns: int) -> Origin:
        """What all samples share."""
        return Origin(uuid4().hex, utc_offset_ns, self.run, self.shot, self.attempt)


# What a source becomes when its recording is entered; the stack holds what must be closed at the end.
Opening = Callable[[ExitStack, Clock], Sequence[Line]]


def make_recording(opening: Opening, options: RecordOptions) -> Recording:
    """A recording that opens its lines when it is entered. Raises `TimingRefusedError`."""
    clock = options.clock or SystemClock(timing=granted_timing(TimingMode(options.timing)))
    return Recording(
        lambda stack: opening(stack, clock),
        options.grid,
        clock,
        overflow=OverflowPolicy(options.overflow),
        buffer_size=options.buffer_size,
        tolerance_ns=options.tolerance_ns,
        origin=options.origin,
    )


def source_opening(
    source: "Pool | Devices | Driver | PollSource",
    wanted: str | Iterable[str] | None,
    names: str | Iterable[str] | None,
    instances: Iterable[int] | None,
    options: RecordOptions,
) -> Opening:
    """The lines of a source that is open. Raises `ValueError`."""
    if isinstance(source, Devices):
        source = source.pool
    if isinstance(source, Pool):
        if options.factory is not None:
            raise ValueError(
                "a factory is for a source of one's own: a pool opens its instruments again itself"
            )
        pool, found = source, chosen(pool_channels(source), wanted, names, instances)
        return lambda _stack, _clock: pool_lines(pool, found, reconnect=options.auto_reconnect)
    one = _as_source(source)
    of_one = chosen(one.channels(), wanted, names, instances)
    return lambda _stack, clock: [
        PollLine(
            one,
            of_one,
            now_ns=clock.now_ns,
            reconnect=options.auto_reconnect,
            backoff=options.backoff,
            factory=options.factory,
        )
    ]


def _as_source(source: object) -> PollSource:
    if isinstance(source, PollSource):
        return source
    if isinstance(source, Driver):
        return DriverSource(source)
    raise ValueError(
        f"{type(source).__name__} cannot be recorded: give a station, a pool, an instrument, or what has"
        " `channels` and `poll`"
    )
