"""Plans made by hand, and a pool that does what a test tells it."""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from shotlane.execution import Asker, Clock, Control, Progress, RunResult, VirtualClock, execute
from shotlane.expression import parse
from shotlane.instruments import Exchange, InstrumentError, PoolError, ProgramTable, Reading
from shotlane.model import Attribute, Channel, Command, ScalarValue, ValueType
from shotlane.plan import (
    PLAN_FORMAT,
    ActionTable,
    AskEnding,
    Ending,
    Figure,
    Formula,
    InitialValue,
    InterlockPlan,
    LanePlan,
    PlannedCall,
    Points,
    PortPlan,
    ReadingRule,
    ResultPlan,
    RetryPolicy,
    SegmentPlan,
    ShotPlan,
    StepTimes,
    UntilEnding,
)
from shotlane.records import ActionKind, ChannelRecord, Outcome, RunStart
from shotlane.testing import MemoryRecorder, RecordedAttempt

MS = 1_000_000
S = 1_000_000_000
STOP = (Outcome.TERMINATED, "stopped by Ctrl-C")

# role -> port; every role has a readable `x`, a readable `y` and a writable `u` that is 0 when safe.
PORTS = {"a": "P", "b": "P", "c": "Q"}
NAMES = [f"{role}.{name}" for role in PORTS for name in ("x", "y", "u")]


def channel(name: str) -> Channel:
    role, attribute = name.split(".")
    return Channel(role, Attribute(attribute, ValueType.FLOAT, writable=attribute == "u"), PORTS[role])


CHANNELS = tuple(channel(name) for name in NAMES)


def index(name: str) -> int:
    return NAMES.index(name)


@dataclass
class Set:
    """One row of an action table."""

    name: str
    at_ms: float
    value: float = 1.0
    rank: int = 1
    order: int = 0
    periodic: bool = False


def rule(
    name: str,
    start_ms: float = 0,
    period_ms: float = 10,
    count: int = 1,
    *,
    rank: int = 1,
    order: int = 0,
    tolerance_ms: float = 5,
    periodic: bool | None = None,
) -> ReadingRule:
    single = count == 1 if periodic is None else not periodic
    return ReadingRule(
        index(name),
        round(start_ms * MS),
        0 if count == 1 else round(period_ms * MS),
        count,
        rank,
        order,
        round(tolerance_ms * MS),
        not single,
    )


def call(role: str, at_ms: float = 0, *, rank: int = 1, order: int = 0, **arguments: Any) -> PlannedCall:
    return PlannedCall(round(at_ms * MS), rank, order, role, Command("tare"), arguments)


def table(sets: Iterable[Set]) -> ActionTable:
    rows = sorted(sets, key=lambda item: (item.at_ms, item.rank, item.order))
    return ActionTable(
        np.array([round(row.at_ms * MS) for row in rows], dtype=np.int64),
        np.array([row.rank for row in rows], dtype=np.int8),
        np.array([row.order for row in rows], dtype=np.int32),
        np.array([index(row.name) for row in rows], dtype=np.int32),
        np.array([row.value for row in rows], dtype=np.float64),
        np.array([row.periodic for row in rows], dtype=np.bool_),
    )


def formula(text: str, *figures: Figure) -> Formula:
    """A formula over figures, which are named f0, f1, ... in its text."""
    names = tuple(f"f{number}" for number in range(len(figures)))
    return Formula(text, parse(text, names=names), figures, names)


def above(name: str, limit: float, window_ms: float | None = None, function: str = "value") -> Formula:
    """The condition that a channel is above a limit."""
    window_ns = None if window_ms is None else round(window_ms * MS)
    return formula(f"f0 > {limit}", Figure(function, index(name), window_ns))


def until(
    condition: Formula, hold_ms: float = 0, timeout_ms: float | None = None, on_timeout: str = "fail"
) -> UntilEnding:
    timeout_ns = None if timeout_ms is None else round(timeout_ms * MS)
    return UntilEnding(condition, round(hold_ms * MS), timeout_ns, on_timeout)


def ask(text: str = "put the sample in", timeout_ms: float | None = None) -> AskEnding:
    return AskEnding(text, None if timeout_ms is None else round(timeout_ms * MS))


def interlock(
    condition: Formula,
    *,
    name: str = "station.hot",
    hold_ms: float = 0,
    blind_ms: float = 5000,
    poll_ms: float = 1000,
) -> InterlockPlan:
    polls = dict.fromkeys(condition.channels, round(poll_ms * MS))
    return InterlockPlan(name, condition, round(hold_ms * MS), round(blind_ms * MS), polls)


def segment(
    *parts: Set | ReadingRule | PlannedCall,
    duration_ms: float = 100,
    step: str | None = None,
    ending: Ending | None = None,
) -> SegmentPlan:
    ports: dict[str, PortPlan] = {}
    for port in dict.fromkeys(PORTS.values()):
        sets = [item for item in parts if isinstance(item, Set) and CHANNELS[index(item.name)].port == port]
        calls = [item for item in parts if isinstance(item, PlannedCall) and PORTS[item.role] == port]
        rules = [
            item for item in parts if isinstance(item, ReadingRule) and CHANNELS[item.channel].port == port
        ]
        if sets or calls or rules:
            ports[port] = PortPlan(port, table(sets), tuple(calls), tuple(rules))
    duration_ns = round(duration_ms * MS)
    steps = () if step is None else (StepTimes(step, 0, duration_ns),)
    return SegmentPlan(duration_ns, steps, ports, "segment", ending)


def lanes(**options: Any) -> tuple[LanePlan, ...]:
    """The same options for every lane."""
    return tuple(LanePlan(number, **options) for number in range(len(NAMES)))


@dataclass
class HandPlan:
    """A plan of equal shots."""

    segments: Sequence[SegmentPlan]
    initial: Sequence[tuple[str, float]] = (("a.u", 5.0), ("c.u", 6.0))
    count: int = 1
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    cadence_ns: int | None = None
    on_fail: str = "continue"
    between: str = "hold"
    results: Sequence[ResultPlan] = ()
    interlocks: Sequence[InterlockPlan] = ()
    lanes: tuple[LanePlan, ...] = lanes()
    on_shot: Callable[[int], None] = lambda number: None
    format: int = PLAN_FORMAT
    sequence: str = "by-hand"
    station: str = "fake"
    description: str = ""
    tags: tuple[str, ...] = ()
    channels: tuple[Channel, ...] = CHANNELS
    roles: tuple[str, ...] = tuple(PORTS)
    texts: tuple[str, ...] = ()
    points: Points = field(default_factory=lambda: Points({}, {}, 1, ()))
    digest: str = "plan"

    def __len__(self) -> int:
        return self.count

    def shot(self, number: int) -> ShotPlan:
        self.on_shot(number)
        initial = tuple(InitialValue(index(name), value) for name, value in self.initial)
        return ShotPlan(
            number,
            {"n": number},
            initial,
            tuple(self.segments),
            f"shot {number}",
            tuple(self.results),
            tuple(self.interlocks),
        )

    def shots(self) -> Iterator[ShotPlan]:
        return (self.shot(number) for number in range(1, self.count + 1))


@dataclass
class Request:
    """One request as the pool got it."""

    operation: str  # read, write, call, make_safe
    role: str
    names: tuple[str, ...]
    value: Any
    at_ns: int

    @property
    def text(self) -> str:
        named = "+".join(f"{self.role}.{name}" for name in self.names)
        return f"{named}={self.value:g}" if self.operation == "write" else f"{self.operation} {named}"


def reading(**values: Any) -> dict[str, Reading]:
    """What an instrument answers, by attribute."""
    return {name: Reading(value) for name, value in values.items()}


def error(fault: str = "timeout", message: str = "no answer") -> InstrumentError:
    return InstrumentError(fault, message)


class FakePool:
    """Answers every read with the number of the request. `act` may raise, wait, or move the clock."""

    def __init__(self, clock: Clock, act: Callable[[Request], Any]) -> None:
        self.clock = clock
        self.act = act
        self.log: list[Request] = []
        self.safe: list[tuple[str, str, ScalarValue]] = [(role, "u", 0.0) for role in PORTS]
        self.refuses: dict[str, InstrumentError] = {}
        self.opened: list[str] = []
        self.down: set[str] = set()
        self.when_opening: Callable[[], None] = lambda: None
        self.closed = False
        self.attempts: list[tuple[int, int]] = []
        self._lock = threading.Lock()
        self._ports = {port: threading.RLock() for port in PORTS.values()}

    @property
    def roles_opened(self) -> tuple[str, ...]:
        return tuple(self.opened)

    def port_of(self, role: str) -> str:
        return PORTS[role]

    def lock_of(self, port: str) -> AbstractContextManager[Any]:
        return self._ports[port]

    def open(self, roles: Sequence[str]) -> None:
        self.when_opening()
        self.opened = [role for role in roles if role not in self.refuses]
        if self.refuses:
            raise PoolError(self.refuses)

    def is_down(self, role: str) -> bool:
        return role in self.down

    def ask_again(self, role: str) -> None:
        assert role in self.opened

    def begin_attempt(self, shot: int, attempt: int) -> None:
        self.attempts.append((shot, attempt))

    def in_doubt(self, port: str) -> bool:
        return False

    def settle(self, port: str) -> None:
        raise AssertionError("nothing is in doubt")

    def read(self, role: str, names: Sequence[str]) -> Exchange:
        return self._exchange("read", role, tuple(names), None)

    def write(self, role: str, name: str, value: ScalarValue) -> Exchange:
        return self._exchange("write", role, (name,), value)

    def call(self, role: str, command: str, arguments: Mapping[str, Any]) -> Exchange:
        return self._exchange("call", role, (command,), dict(arguments))

    def program(self, role: str, table: ProgramTable) -> Exchange:
        return self._exchange("program", role, (), table)

    def arm(self, role: str) -> Exchange:
        return self._exchange("arm", role, (), None)

    def trigger(self, role: str) -> Exchange:
        return self._exchange("trigger", role, (), None)

    def collect(self, role: str) -> Exchange:
        return self._exchange("collect", role, (), None)

    def stop(self, role: str) -> Exchange:
        return self._exchange("stop", role, (), None)

    def mask(self, value: Any) -> Any:
        return value

    def write_safe(self, role: str, name: str, value: ScalarValue) -> Exchange:
        return self.write(role, name, value)

    def safe_writes(self) -> Sequence[tuple[str, str, ScalarValue]]:
        return [write for write in self.safe if write[0] in self.opened]

    def make_safe(self, role: str) -> None:
        self._exchange("make_safe", role, (), None)

    def close(self) -> None:
        self.closed = True

    def _exchange(self, operation: str, role: str, names: tuple[str, ...], value: Any) -> Exchange:
        requested = self.clock.now_ns()
        request = Request(operation, role, names, value, requested)
        with self._lock:
            self.log.append(request)
            number = len(self.log)
        try:
            given = self.act(request)
        except InstrumentError as fault:
            fault.requested_ns, fault.received_ns = requested, self.clock.now_ns()
            raise
        readings = {name: Reading(float(number)) for name in names} if given is None else given
        return Exchange(readings, requested, self.clock.now_ns())

    @property
    def texts(self) -> list[str]:
        """The requests in order, without what the driver does by itself."""
        return [request.text for request in self.log if request.operation != "make_safe"]


def start_of(plan: HandPlan) -> RunStart:
    channels = tuple(ChannelRecord(number, item.name, "float", None) for number, item in enumerate(CHANNELS))
    return RunStart("by-hand", "fake", 0, len(plan), plan.digest, channels, {})


@dataclass
class Bench:
    """One run and all that it left."""

    plan: HandPlan
    act: Callable[["Bench", Request], Any] = lambda bench, request: None
    clock: Clock = field(default_factory=lambda: VirtualClock(utc_ns=0))
    recorder: MemoryRecorder = field(default_factory=MemoryRecorder)
    control: Control = field(default_factory=Control)
    progress: Progress = field(default_factory=Progress)
    shots: Sequence[int] | None = None
    asker: Asker | None = None
    attended: bool = False
    store_wait_s: float = 0.0

    def __post_init__(self) -> None:
        self.pool = FakePool(self.clock, lambda request: self.act(self, request))

    def run(self) -> RunResult:
        self.result = execute(
            self.plan,
            self.pool,
            self.recorder,
            self.clock,
            start=start_of(self.plan),
            control=self.control,
            progress=self.progress,
            shots=self.shots,
            asker=self.asker,
            attended=self.attended,
            store_wait_s=self.store_wait_s,
        )
        check_books(self)
        return self.result

    def wait(self, ms: float) -> None:
        """Let an exchange take time, in virtual time."""
        assert isinstance(self.clock, VirtualClock)
        self.clock.advance(round(ms * MS))

    @property
    def attempts(self) -> list[RecordedAttempt]:
        return self.recorder.run.attempts

    def events(self, type_: str) -> list[Mapping[str, Any]]:
        return [event.fields for event in self.recorder.events if event.type == type_]


def check_books(bench: Bench) -> None:
    """What holds after every run that could be recorded: all is closed, and every status sum is planned."""
    assert bench.pool.closed
    if bench.recorder.fail_at:
        return
    assert bench.recorder.run.end is not None
    for shot in bench.recorder.run.shots:
        assert shot.end is not None
        for attempt in shot.attempts:
            check_attempt(attempt)


def last_sets(bench: Bench) -> dict[str, Any]:
    """What every attribute was set to last."""
    writes = [request for request in bench.pool.log if request.operation == "write"]
    return {f"{request.role}.{request.names[0]}": request.value for request in writes}


def check_attempt(attempt: RecordedAttempt) -> None:
    """The six counts of every channel sum to planned, and all but the unreached have their rows."""
    assert attempt.end is not None
    planned = [row for row in attempt.actions if row.kind is ActionKind.PLANNED]
    reached = 0
    for tally in attempt.end.tallies:
        assert sum(tally[3:]) == tally.planned, tally
        assert min(tally[3:]) >= 0, tally
        reached += tally.planned - tally.unreached
    assert reached == len(attempt.samples) + len(planned)
    assert [row.number for row in attempt.actions] == list(range(len(attempt.actions)))
    ticks = [(sample.channel, sample.tick) for sample in attempt.samples]
    assert len(ticks) == len(set(ticks))


def rows_on_the_wire(bench: Bench) -> int:
    """How many requests the records tell of; each must have had its own instant on its port."""
    count = 0
    for attempt in bench.attempts:
        count += sum(row.requested_ns is not None for row in attempt.actions)
        asked = [row for row in attempt.samples if (row.requested_ns, row.received_ns) != (None, None)]
        count += len({(CHANNELS[row.channel].port, row.requested_ns, row.received_ns) for row in asked})
    polls = [row for row in bench.recorder.polls if row.received_utc_ns is not None]
    count += len({(CHANNELS[row.channel].port, row.requested_utc_ns, row.received_utc_ns) for row in polls})
    told = [event.fields["exchanges"] for event in bench.recorder.events if "exchanges" in event.fields]
    return count + sum(int(number) for number in told)
