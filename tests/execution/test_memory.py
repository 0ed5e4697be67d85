"""Memory does not grow with the length of a shot: rules stay rules, rows are handed on, lateness is a sum."""

import gc
import sys
from collections import deque
from itertools import islice
from typing import Any

from tests.execution.fakes import (
    Bench,
    HandPlan,
    Request,
    above,
    interlock,
    lanes,
    reading,
    rule,
    segment,
    start_of,
    until,
)

from shotlane.execution import VirtualClock, execute
from shotlane.execution._agenda import agenda
from shotlane.records import AttemptBuffer, AttemptStart, SampleRow
from shotlane.testing import MemoryRecorder

LANES = lanes(max_missing=1.0)
# What is kept is several blocks for each tick. All threads of the process count, what others left behind too.
KEPT_PER_TICK = 0.5
RATE_HZ = 1000
SHOT_S = 20
HOUR_S = 3600


class _Counted(deque[SampleRow]):
    """Rows as a store takes them: they are gone at once."""

    taken = 0

    def append(self, row: SampleRow) -> None:
        self.taken += 1


class _Draining(MemoryRecorder):
    """Keeps no row."""

    def begin_attempt(self, start: AttemptStart) -> AttemptBuffer:
        buffer = super().begin_attempt(start)
        self.rows = buffer.samples = _Counted()
        return buffer


class _Scales:
    """Counts what the process holds, now and then."""

    def __init__(self, every: int) -> None:
        self.held: list[int] = []
        self._every = every
        self._calls = 0

    def __call__(self, *_: Any) -> None:
        self._calls += 1
        if self._calls % self._every == 0:
            gc.collect()
            self.held.append(sys.getallocatedblocks())


def test_many_readings_on_two_ports_holds_memory_flat() -> None:
    ticks = SHOT_S * RATE_HZ
    plan = HandPlan(
        [segment(rule("a.x", 0, 1, ticks), rule("c.x", 0, 1, ticks), duration_ms=ticks)], lanes=LANES
    )
    scales, clock, recorder = _Scales(ticks // 5), VirtualClock(utc_ns=0), _Draining()
    bench = Bench(plan, clock=clock)

    def act(request: Request) -> None:
        bench.pool.log.clear()
        scales()

    bench.pool.act = act
    execute(plan, bench.pool, recorder, clock, start=start_of(plan))
    assert recorder.rows.taken == 2 * ticks
    assert max(scales.held) - scales.held[0] < KEPT_PER_TICK * ticks


def test_an_open_step_under_interlocks_holds_memory_flat() -> None:
    ticks = SHOT_S * RATE_HZ
    waits = until(above("a.x", 10, window_ms=200, function="mean"))
    step = segment(
        rule("a.x", 0, 1, 24 * HOUR_S * RATE_HZ), duration_ms=24 * HOUR_S * 1000, step="wait", ending=waits
    )
    locks = [
        interlock(above("a.x", 99, window_ms=50, function="max")),
        interlock(above("c.x", 99), name="other"),
    ]
    plan = HandPlan([step], lanes=LANES, interlocks=locks)
    scales, clock, recorder = _Scales(ticks // 5), VirtualClock(utc_ns=0), _Draining()
    bench = Bench(plan, clock=clock)

    def act(request: Request) -> Any:
        bench.pool.log.clear()
        scales()
        return reading(x=20.0 if request.at_ns > SHOT_S * 1e9 else 0.0)

    bench.pool.act = act
    result = execute(plan, bench.pool, recorder, clock, start=start_of(plan))
    assert (result.shots_done, recorder.rows.taken > ticks) == (1, True)
    assert max(scales.held) - scales.held[0] < KEPT_PER_TICK * ticks


def test_an_hour_at_1_khz_is_one_rule() -> None:
    rules = rule("a.x", 0, 1, HOUR_S * RATE_HZ)
    dues = agenda(segment(rules).ports["P"], LANES)
    first = next(dues)
    before = sys.getallocatedblocks()
    (last,) = deque(islice(dues, 100_000), maxlen=1)
    assert sys.getallocatedblocks() - before < KEPT_PER_TICK * 100_000
    assert (first.tick, last.tick) == (0, 100_000)
