"""Lateness of the port workers beside a bare `time.sleep` loop in the same run, and the gap between shots.

    python -m tests.benchmarks.bench_lateness [SECONDS]

Lateness is requested - target, in microseconds; the instrument answers at once. `time.sleep` is a loop with
absolute targets in a thread, with the default timer slack and no spin. The gap between shots is from the end
of one to the origin of the next, with records in memory, so without a commit. Quote p50 and p99: shared
machines stall.
"""

import sys
import threading
import time
from collections.abc import Sequence
from itertools import pairwise

from tests.execution.fakes import CHANNELS, MS, Bench, HandPlan, S, Set, index, rule, segment

from shotlane.execution import RunResult, SystemClock

_PORTS = ("a.x", "c.x")


def _quantiles(late_ns: Sequence[int]) -> tuple[float, float]:
    ordered = sorted(late_ns)
    return ordered[len(ordered) // 2] / 1e3, ordered[int(len(ordered) * 0.99)] / 1e3


def _bare_sleep(rate_hz: int, seconds: float) -> tuple[float, float]:
    """What a loop that sleeps until absolute targets gives."""
    late: list[int] = []

    def loop() -> None:
        origin = time.perf_counter_ns()
        for tick in range(1, round(rate_hz * seconds)):
            target = origin + tick * S // rate_hz
            time.sleep(max(0, target - time.perf_counter_ns()) / 1e9)
            late.append(time.perf_counter_ns() - target)

    thread = threading.Thread(target=loop)
    thread.start()
    thread.join()
    return _quantiles(late)


def _recorded(rate_hz: int, seconds: float, names: Sequence[str]) -> tuple[tuple[float, float], str]:
    """The same through a whole run, one reading of each channel per tick."""
    count = round(rate_hz * seconds)
    rules = [rule(name, 0, 1000 / rate_hz, count, tolerance_ms=500 / rate_hz) for name in names]
    bench = Bench(HandPlan([segment(*rules, duration_ms=seconds * 1000)]), clock=SystemClock())
    result: RunResult = bench.run()
    rows = [row for attempt in bench.attempts for row in attempt.samples]
    late = [row.requested_ns - row.target_ns for row in rows if row.requested_ns is not None]
    tally = result.tallies[0]
    return _quantiles(late), f"ok {tally.ok}, late {tally.late}, missed {tally.missed} of {tally.planned}"


def _gaps(count: int) -> tuple[float, float]:
    """From the end of a shot of 1 ms to the origin of the next, in us."""
    plan = HandPlan([segment(Set("a.u", 0), duration_ms=1)], initial=(("a.u", 0.0),), count=count)
    bench = Bench(plan, clock=SystemClock())
    bench.run()
    origins = [attempt.end.origin_utc_ns for attempt in bench.attempts if attempt.end is not None]
    starts = [origin for origin in origins if origin is not None]
    return _quantiles([later - earlier - MS for earlier, later in pairwise(starts)])


def main(seconds: float) -> None:
    """Print the table."""
    ports = len({CHANNELS[index(name)].port for name in _PORTS})
    print(f"{'rate':>8} {'what':>16} {'p50 us':>9} {'p99 us':>9}")
    for rate_hz in (10, 100, 1000):
        p50, p99 = _bare_sleep(rate_hz, seconds)
        print(f"{rate_hz:>5} Hz {'time.sleep':>16} {p50:>9.1f} {p99:>9.1f}")
        for label, names in (("shotlane 1 port", _PORTS[:1]), (f"shotlane {ports} ports", _PORTS)):
            (p50, p99), told = _recorded(rate_hz, seconds, names)
            print(f"{rate_hz:>5} Hz {label:>16} {p50:>9.1f} {p99:>9.1f}   {told}")
    p50, p99 = _gaps(500)
    print(f"gap between trivial shots, one port, no commit: p50 {p50:.0f} us, p99 {p99:.0f} us")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 5.0)
