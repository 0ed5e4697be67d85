"""Figures of tasks: the interval that comes of the one asked for, and how late its readings begin.

    python -m tests.benchmarks.bench_tasks [SECONDS]

A component reads an instrument that answers at once, after 60 us of Python; a loop of `time.sleep` to the
same targets runs before it. Interval: from the first reading to the last, divided by the ticks between them.
"""

import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any

from tests.acquisition.oven import Oven
from tests.benchmarks.bench_lateness import Line, bare_sleep
from tests.benchmarks.ports import WORK_US

import shotlane
from shotlane.instruments import Reading

RATES_HZ = (100, 1000)


class Busy(Oven):
    """An oven that takes a while to answer."""

    def read(self, names: Sequence[str]) -> Mapping[str, Reading]:
        until = time.perf_counter_ns() + WORK_US * 1000
        while time.perf_counter_ns() < until:
            pass
        return {name: Reading(self.values[name]) for name in names}


def task(rate_hz: int, seconds: float) -> tuple[Line, float]:
    """How late the readings of a task began, and the interval between them in ms."""
    driver: Any = Busy()
    with shotlane.component(driver, "oven") as oven:
        job = oven.submit(sample="temperature", every=1 / rate_hz, duration=seconds)
        job.wait()
    rows = job.samples().drop_nulls("requested_at")
    at_ns, ticks = rows["requested_at"].dt.timestamp("ns"), rows["tick"]
    interval_ms = (at_ns[-1] - at_ns[0]) / (ticks[-1] - ticks[0]) / 1e6
    told = f"{job.status.summary.missed} of {job.status.summary.planned} missed"
    return Line("task", (rows["lateness_s"] * 1e9).to_list(), told), interval_ms


def main(seconds: float) -> None:
    """Print the table."""
    print(f"{'rate':>8} {'what':>12} {'interval':>12} {'p50 us':>9} {'p99 us':>9}")
    for rate_hz in RATES_HZ:
        sleep = bare_sleep(rate_hz, seconds)
        line, interval_ms = task(rate_hz, seconds)
        for row, interval in ((sleep, ""), (line, f"{interval_ms:.4f} ms")):
            p50, p99 = row.quantile(0.5), row.quantile(0.99)
            print(f"{rate_hz:>5} Hz {row.what:>12} {interval:>12} {p50:>9.1f} {p99:>9.1f}  {row.told}")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 5.0)
