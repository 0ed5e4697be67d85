"""One instrument as a component uses it: of a pool, which repeats and reconnects, or its driver alone.

What is handed to `write` was checked before. Nothing of `make_safe` keeps the rest of it from being done.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from threading import RLock
from typing import Any, Protocol

from shotlane.acquisition._poll_line import Backoff, DriverSource, PollLine
from shotlane.acquisition._pool_lines import PoolLine, definition_channels
from shotlane.acquisition._sample import MeasuredChannel
from shotlane.acquisition._source import Line, UnknownChannelError
from shotlane.diagnostics import did_you_mean
from shotlane.execution import Rounds, safe_roles
from shotlane.instruments import Driver, HardwareTimed, InstrumentError, Pool, ProgramTable, Reading
from shotlane.model import Attribute, Keep, ScalarValue

Frames = Mapping[str, Sequence[Reading]]


class Handle(Protocol):
    """Reads, sets and makes safe one instrument; raises `InstrumentError`. Callable from any thread."""

    @property
    def name(self) -> str:
        """As messages and channels name it."""

    @property
    def attributes(self) -> Mapping[str, Attribute]:
        """What can be read and set."""

    @property
    def channels(self) -> Sequence[MeasuredChannel]:
        """What can be read."""

    @property
    def time_step_ns(self) -> int | None:
        """Of an instrument that keeps time itself, else None."""

    def line(
        self, channels: Sequence[MeasuredChannel], now_ns: Callable[[], int], *, reconnect: bool
    ) -> Line:
        """What reads these in a recording."""

    def read(self, names: Sequence[str]) -> Mapping[str, Reading]:
        """Read some in one exchange; a fault of one stands in its reading."""

    def write(self, name: str, value: ScalarValue) -> None:
        """Set one."""

    def start(self, table: ProgramTable) -> None:
        """Load a table and start it, or have it wait for its trigger."""

    def collect(self) -> Frames:
        """What it measured by itself."""

    def make_safe(self) -> list[str]:
        """Write the safe values, and let the driver do the rest; what may not be safe, with why."""


def _safe_steps(
    name: str, writes: Sequence[tuple[str, ScalarValue]], write: Callable[[str, ScalarValue], None]
) -> list[str]:
    unsafe = []
    for attribute, value in writes:
        told = _fault_of(lambda attribute=attribute, value=value: write(attribute, value))  # type: ignore[misc]
        if told is not None:
            unsafe.append(f"{name}.{attribute}: {told}")
    return unsafe


def _fault_of(act: Callable[[], Any]) -> str | None:
    try:
        act()
    except InstrumentError as error:
        return error.message
    except Exception as error:  # noqa: BLE001  a bug of a driver must not keep the rest from being made safe
        return f"{type(error).__name__}: {error}"
    return None


def value_of(handle: Handle, name: str) -> Any:
    """Read one attribute; None when it has no value. Raises `InstrumentError`, `UnknownChannelError`."""
    readable = [one.name for one in handle.attributes.values() if one.readable]
    if name not in readable:
        raise UnknownChannelError(f"{handle.name} has no '{name}' to be read; {did_you_mean(name, readable)}")
    reading = handle.read([name])[name]
    if reading.fault is not None:
        raise reading.fault
    return reading.value


def status_of(handle: Handle) -> Mapping[str, Reading]:
    """What is marked as part of its status; a fault stands in its reading."""
    names = [one.name for one in handle.attributes.values() if one.status and one.readable]
    try:
        return handle.read(names) if names else {}
    except InstrumentError as error:
        return dict.fromkeys(names, Reading(None, None, error))


class PoolHandle:
    """An opened instrument of a pool."""

    def __init__(self, pool: Pool, role: str) -> None:
        self._pool = pool
        self._safe_state = safe_roles(pool, (role,), lambda _event: None)
        self.name = role
        self._definition = pool.definitions[role]
        self.attributes = self._definition.attributes
        self.channels = definition_channels(self._definition)
        self.time_step_ns = self._definition.time_step_ns

    def line(
        self, channels: Sequence[MeasuredChannel], now_ns: Callable[[], int], *, reconnect: bool
    ) -> Line:
        """A line of the pool; `now_ns` is the pool's own."""
        return PoolLine(self._pool, channels, reconnect=reconnect)

    def read(self, names: Sequence[str]) -> Mapping[str, Reading]:
        """Read, repeated where that can be."""
        return self._pool.read(self.name, names).readings

    def write(self, name: str, value: ScalarValue) -> None:
        """Set, repeated where that can be."""
        self._pool.write(self.name, name, value)

    def start(self, table: ProgramTable) -> None:
        """Load, arm, and trigger unless another instrument does."""
        self._pool.program(self.name, table)
        self._pool.arm(self.name)
        if self._definition.triggered_by is None:
            self._pool.trigger(self.name)

    def collect(self) -> Frames:
        """Frames, one per edge."""
        found: Frames = self._pool.collect(self.name).result
        return found

    def make_safe(self) -> list[str]:
        """As declared by the station, then what the driver does."""
        self._safe_state.reach("the end of a task")
        return [f"{item.name}: {item.message}" for item in self._safe_state.unsafe]


class DriverHandle:
    """A driver that is open; its exchanges come one after the other."""

    def __init__(self, driver: Driver, name: str) -> None:
        self._driver = driver
        self._lock = RLock()
        self._source = DriverSource(driver, name)
        self._running = self._given_up = False
        self.name = name
        self.attributes = dict(driver.attributes())
        self.channels = self._source.channels()
        self.time_step_ns = driver.time_step_ns if isinstance(driver, HardwareTimed) else None

    def poll(self, names: Sequence[str]) -> Mapping[str, Any]:
        """One exchange."""
        with self._lock:
            return self._source.poll(names)

    def line(
        self, channels: Sequence[MeasuredChannel], now_ns: Callable[[], int], *, reconnect: bool
    ) -> Line:
        """A line of its own."""
        source = _Locked(self)
        return PollLine(source, channels, now_ns=now_ns, reconnect=reconnect, backoff=Backoff(), factory=None)

    def read(self, names: Sequence[str]) -> Mapping[str, Reading]:
        """Read, once."""
        with self._lock:
            return self._driver.read(names)

    def write(self, name: str, value: ScalarValue) -> None:
        """Set, once."""
        with self._lock:
            self._driver.write(name, value)

    def start(self, table: ProgramTable) -> None:
        """Load, arm and trigger."""
        driver = self._timed()
        with self._lock:
            self._running = True
            driver.program(table)
            driver.arm()
            driver.trigger()

    def collect(self) -> Frames:
        """Frames, one per edge."""
        with self._lock:
            found = self._timed().collect()
            self._running = False
            return found

    def _timed(self) -> HardwareTimed:
        assert isinstance(self._driver, HardwareTimed)
        return self._driver

    def make_safe(self) -> list[str]:
        """The safe values of its attributes, then what the driver does; in rounds, as a run does it."""
        rounds = Rounds()
        while unsafe := self._make_safe_once():
            next_ns = rounds.next_ns(time.monotonic_ns(), patient=not self._given_up)
            if next_ns is None:
                break
            time.sleep(max(0, next_ns - time.monotonic_ns()) / 1e9)
        self._given_up = bool(unsafe)
        return unsafe

    def _make_safe_once(self) -> list[str]:
        writes = [
            (one.name, one.safe)
            for one in self.attributes.values()
            if one.writable and one.safe is not None and not isinstance(one.safe, Keep)
        ]
        with self._lock:
            stopped = _fault_of(self._stop)
            unsafe = _safe_steps(self.name, writes, self.write)
            told = _fault_of(self._driver.make_safe)
        return [*unsafe, *(f"{self.name}: {fault}" for fault in (stopped, told) if fault is not None)]

    def _stop(self) -> None:
        if self._running:
            self._timed().stop()
            self._running = False


class _Locked:
    """A driver as a source whose exchanges keep out of each other's way."""

    def __init__(self, handle: DriverHandle) -> None:
        self._handle = handle
        self.poll = handle.poll

    def channels(self) -> Sequence[MeasuredChannel]:
        """What can be read."""
        return self._handle.channels
