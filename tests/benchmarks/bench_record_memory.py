"""Memory of a long recording at 1 kHz, piped into a sink, on a virtual clock.

    python -m tests.benchmarks.bench_record_memory [HOURS]

A day has 86.4 million ticks, half an hour of computing: shorter runs are extrapolated, and say so. Blocks are
those that Python has allocated, which memory that is returned late does not blur; `resident` is the process.
"""

import gc
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

import shotlane
from shotlane import MeasuredChannel, Sample
from shotlane.acquisition import Pipe, Sink
from shotlane.execution import VirtualClock

RATE_HZ = 1000
PARTS = 12
_CHANNEL = MeasuredChannel("gas.flow", "gas", "flow", "cm**3/min", "serial:///dev/ttyUSB0", "ascii")


class Steady:
    """An instrument that answers at once."""

    def channels(self) -> Sequence[MeasuredChannel]:
        return [_CHANNEL]

    def poll(self, names: Sequence[str]) -> Mapping[str, float]:
        return {"gas.flow": 1.0}


class Counting(Sink):
    """Keeps nothing but how many there were, and looks at the memory now and then."""

    def __init__(self, planned: int) -> None:
        self.written = 0
        self.seen: list[tuple[int, int, int]] = []
        self._step = planned // PARTS

    def open(self) -> None:
        """Nothing to open."""

    def write(self, samples: Sequence[Sample], *, again: bool = False) -> None:
        self.written += len(samples)
        if self.written >= self._step * (len(self.seen) + 1):
            gc.collect()
            blocks, kb = sys.getallocatedblocks(), resident_kb()
            self.seen.append((self.written, blocks, kb))
            hours = self.written / RATE_HZ / 3600
            print(f"{hours:>8.2f} h {blocks:>10} {kb / 1024:>13.1f}", flush=True)

    def close(self) -> None:
        """Nothing to close."""

    def target(self) -> str:
        return "nowhere"


def resident_kb() -> int:
    """Memory of this process, in KiB; 0 where the system does not say."""
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((int(line.split()[1]) for line in lines if line.startswith("VmRSS")), 0)


def growth(seen: Sequence[tuple[int, int, int]], column: int) -> float:
    """Per hour of recording, over all but the first third."""
    part = seen[len(seen) // 3 :]
    hours = [row[0] / RATE_HZ / 3600 for row in part]
    return float(np.polyfit(hours, [row[column] for row in part], 1)[0])


def main(hours: float) -> None:
    planned = round(hours * 3600 * RATE_HZ)
    sink = Counting(planned)
    print(f"{'recorded':>10} {'blocks':>10} {'resident MiB':>13}")
    began = time.perf_counter()
    with shotlane.record(Steady(), rate_hz=RATE_HZ, duration=hours * 3600, clock=VirtualClock()) as recording:
        Pipe(recording, sink, batch_size=1000).run()
    took = time.perf_counter() - began
    per_day = 24 * growth(sink.seen, 2) / 1024
    print(f"{sink.written:,} of {planned:,} samples, {sink.written / took / 1e3:.0f} k ticks/s")
    print(f"growth per 24 h, extrapolated: {per_day:+.1f} MiB, {24 * growth(sink.seen, 1):+,.0f} blocks")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 0.5)
