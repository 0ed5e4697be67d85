"""Instruments for benchmarks of timing: as many ports as wanted, each with an instrument that costs 60 us."""

import os
import socket
import threading
import time
import tty
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from tests.execution.fakes import HandPlan, table

from shotlane.execution import Clock, RunResult, execute
from shotlane.instruments import Exchange, Reading
from shotlane.model import Attribute, Channel, ScalarValue, ValueType
from shotlane.plan import LanePlan, PortPlan, ReadingRule, SegmentPlan, StepTimes
from shotlane.records import ChannelRecord, Recorder, RunStart, SampleRow

WORK_US = 60
S = 1_000_000_000


class Wires:
    """Two peers that echo a line: one on loopback TCP, one behind a pseudo-terminal."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        self._client = socket.create_connection(self._listener.getsockname())
        self._client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._peer, _ = self._listener.accept()
        self._peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self) -> Self:
        # Not in this process: the peers would take the interpreter from the ports.
        self._child = os.fork()
        if not self._child:
            _echo(lambda: self._peer.recv(64), self._peer.sendall)
            _echo(lambda: os.read(self._master, 64), lambda data: os.write(self._master, data))
            threading.Event().wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.kill(self._child, 9)
        os.waitpid(self._child, 0)
        for one in (self._client, self._peer, self._listener):
            one.close()
        os.close(self._master)
        os.close(self._slave)

    def ask(self, port: int) -> None:
        """Send a line and wait for it to come back."""
        if port % 2:
            os.write(self._slave, b"?TEMP\r\n")
            os.read(self._slave, 64)
        else:
            self._client.sendall(b"?TEMP\r\n")
            self._client.recv(64)


def _echo(receive: Callable[[], bytes], send: Callable[[bytes], Any]) -> None:
    def serve() -> None:
        while data := receive():
            send(data)

    threading.Thread(target=serve, daemon=True).start()


@dataclass
class PortPool:
    """Instruments that answer at once, after so much Python, or over a wire."""

    roles: Sequence[str]
    wires: Wires | None
    clock: Clock | None = None
    late_ns: list[int] = field(default_factory=list)

    @property
    def roles_opened(self) -> tuple[str, ...]:
        return tuple(self.roles)

    def port_of(self, role: str) -> str:
        return role

    def lock_of(self, port: str) -> AbstractContextManager[Any]:
        return nullcontext()

    def open(self, roles: Sequence[str]) -> None: ...

    def begin_attempt(self, shot: int, attempt: int) -> None: ...

    def in_doubt(self, port: str) -> bool:
        return False

    def settle(self, port: str) -> None: ...

    def mask(self, value: Any) -> Any:
        return value

    def read(self, role: str, names: Sequence[str]) -> Exchange:
        now = time.perf_counter_ns
        requested = now()
        if self.wires is not None:
            self.wires.ask(int(role[1:]))
        else:
            until = requested + WORK_US * 1000
            while now() < until:
                pass
        return Exchange({name: Reading(1.0) for name in names}, requested, now())

    def write(self, role: str, name: str, value: ScalarValue) -> Exchange:
        now = time.perf_counter_ns()
        return Exchange({}, now, now)

    def call(self, role: str, command: str, arguments: Mapping[str, Any]) -> Exchange:
        raise NotImplementedError

    def write_safe(self, role: str, name: str, value: ScalarValue) -> Exchange:
        return self.write(role, name, value)

    def safe_writes(self) -> Sequence[tuple[str, str, ScalarValue]]:
        return ()

    def make_safe(self, role: str) -> None: ...

    def close(self) -> None: ...


class _Listening:
    """A recorder that hands on everything, and looks at how late each reading was."""

    def __init__(self, recorder: Recorder, late_ns: list[int], beside: Sequence[int] = ()) -> None:
        self._recorder = recorder
        self.threads = (*recorder.threads, *beside)
        self._late_ns = late_ns

    def __getattr__(self, name: str) -> Any:
        return getattr(self._recorder, name)

    def begin_attempt(self, start: Any) -> Any:
        buffer = self._recorder.begin_attempt(start)
        return _Buffer(buffer, _Samples(buffer.samples.append, self._late_ns.append))


class _Samples:
    """Looks at every row on its way."""

    def __init__(self, keep: Callable[[SampleRow], None], late: Callable[[int], None]) -> None:
        self._keep = keep
        self._late = late

    def append(self, row: SampleRow) -> None:
        if row.requested_ns is not None:
            self._late(row.requested_ns - row.target_ns)
        self._keep(row)


class _Buffer:
    """An attempt's buffer whose samples are looked at."""

    def __init__(self, buffer: Any, samples: Any) -> None:
        object.__setattr__(self, "_buffer", buffer)
        object.__setattr__(self, "samples", samples)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._buffer, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._buffer, name, value)


@dataclass
class PortBench:
    """One run over ports."""

    plan: HandPlan
    pool: PortPool
    beside: Sequence[int] = ()  # threads that count as the recorder's

    @property
    def late_ns(self) -> list[int]:
        return self.pool.late_ns

    def execute(self, clock: Clock, recorder: Recorder) -> RunResult:
        channels = tuple(
            ChannelRecord(number, channel.name, "float", None)
            for number, channel in enumerate(self.plan.channels)
        )
        start = RunStart("bench", "bench", 0, len(self.plan), "", channels, {})
        # Only what these plans need of either protocol.
        listening: Any = _Listening(recorder, self.late_ns, self.beside)
        pool: Any = self.pool
        return execute(self.plan, pool, listening, clock, start=start)


def bench(
    rate_hz: int, seconds: float, ports: int, *, turns: bool = True, wires: Wires | None = None
) -> PortBench:
    """Every port reads one channel at the same ticks. `turns`: staggered."""
    roles = tuple(f"p{number}" for number in range(ports))
    channels = tuple(Channel(role, Attribute("x", ValueType.FLOAT), role) for role in roles)
    count, period = round(rate_hz * seconds), S // rate_hz
    duration = count * period
    slices = {
        role: PortPlan(
            role, table(()), (), (ReadingRule(number, 0, period, count, 1, 0, period // 2, count > 1),)
        )
        for number, role in enumerate(roles)
    }
    segment = SegmentPlan(duration, (StepTimes("all", 0, duration),), slices, "")
    lanes = tuple(LanePlan(number, max_missing=1.0, phase_ns=None if turns else 0) for number in range(ports))
    plan = HandPlan([segment], initial=(), lanes=lanes, channels=channels, roles=roles)
    return PortBench(plan, PortPool(roles, wires))
