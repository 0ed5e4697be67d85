"""Lateness of alicatlib's `record()`, in an environment of its own: `pip install alicatlib`, Python 3.13.

Run with `python tests/benchmarks/peer_alicatlib.py RATE_HZ SECONDS PORTS WORK_US`. As many devices as ports
are polled in each tick, each by so much Python; prints how late every poll began, as JSON in nanoseconds.
`bench_lateness` runs it beside ours when SHOTLANE_ALICAT_PYTHON names that Python.
"""

import asyncio
import json
import sys
import time

import anyio
from alicatlib.streaming import recorder

targets: "list[float]" = []
began: "list[float]" = []
_sleep_until = anyio.sleep_until


async def noted_sleep_until(deadline: float) -> None:
    """Sleep, and remember until when."""
    targets.append(deadline)
    await _sleep_until(deadline)


class Devices:
    """Devices that answer at once, after so much Python."""

    def __init__(self, ports: int, work_us: float) -> None:
        self.ports = ports
        self.work_ns = work_us * 1000

    async def poll(self, names: object = None) -> "dict[str, object]":
        """Poll one after the other, as one bus does; the first poll of each tick is the one that is noted."""
        began.append(time.monotonic())
        for _ in range(self.ports):
            until = time.perf_counter_ns() + self.work_ns
            while time.perf_counter_ns() < until:
                pass
        return {}


async def main(rate_hz: float, seconds: float, ports: int, work_us: float) -> None:
    """Record, and print how late each poll was."""
    anyio.sleep_until = noted_sleep_until
    source = Devices(ports, work_us)
    async with recorder.record(source, rate_hz=rate_hz, duration=seconds) as recording:
        async for _ in recording.stream:
            pass
    # A poll that came without a sleep was late already; count it from its tick on the grid.
    late = []
    for instant in began[1:]:
        behind = [target for target in targets if target <= instant]
        if behind:
            late.append(instant - behind[-1])
        del targets[: max(len(behind) - 1, 0)]
    skipped = round(rate_hz * seconds) - len(began)
    print(json.dumps({"late_ns": [round(value * 1e9) for value in late], "skipped": skipped}))


if __name__ == "__main__":
    first, second, third, fourth = sys.argv[1:5]
    asyncio.run(main(float(first), float(second), int(third), float(fourth)))
