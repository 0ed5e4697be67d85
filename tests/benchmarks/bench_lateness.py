"""How late readings start, beside a bare `time.sleep` loop and alicatlib's `record()` in the same run.

    python -m tests.benchmarks.bench_lateness [SECONDS] [idle|writer|flood|stranger|busy] [--wire]

Lateness is requested - target in microseconds. An instrument answers at once, after 60 us of Python; each has
a port, and a thread, of its own, and all are read at the same ticks. Around it: nothing (idle), a thread of
the process that writes 10,000 rows a second into SQLite as a recorder's does, twice a second, while the run
is stored there too (writer), one that writes all the time (flood) and one that the run knows nothing of
besides (stranger), or two busy processes (busy).
`rt`: real-time priority, where it is granted; `turns`: the ports are staggered, as they are by default.
`time.sleep` is a loop with absolute targets in one thread. `--wire` reads over loopback TCP and a
pseudo-terminal instead. Quote p50 and p99: shared machines stall. The ratio is p99 to that of `time.sleep`.
"""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.benchmarks.ports import WORK_US, Wires, bench

from shotlane.execution import SystemClock, TimingMode, granted_timing
from shotlane.store import open_recorder
from shotlane.store._address import parse_address
from shotlane.store._batch import Batch
from shotlane.store._writer import Writer

RATES_HZ = (10, 100, 1000)
PORTS = (1, 4, 8)
S = 1_000_000_000
_PEER = Path(__file__).with_name("peer_alicatlib.py")


@dataclass
class Line:
    """One row of the table."""

    what: str
    late_ns: Sequence[int]
    told: str = ""

    def quantile(self, part: float) -> float:
        ordered = sorted(self.late_ns)
        return ordered[min(int(len(ordered) * part), len(ordered) - 1)] / 1e3 if ordered else float("nan")


def bare_sleep(rate_hz: int, seconds: float) -> Line:
    """What a loop that sleeps until absolute targets gives."""
    late: list[int] = []

    def loop() -> None:
        origin = time.perf_counter_ns()
        for tick in range(1, round(rate_hz * seconds)):
            target = origin + tick * S // rate_hz
            time.sleep(max(0, target - time.perf_counter_ns()) / 1e9)
            late.append(time.perf_counter_ns() - target)
            until = time.perf_counter_ns() + WORK_US * 1000
            while time.perf_counter_ns() < until:
                pass

    thread = threading.Thread(target=loop)
    thread.start()
    thread.join()
    return Line("time.sleep", late)


def alicatlib(rate_hz: int, seconds: float, ports: int) -> Line | None:
    """What alicatlib's recorder gives, where there is one."""
    python = os.environ.get("SHOTLANE_ALICAT_PYTHON")
    if python is None:
        return None
    command = [python, str(_PEER), str(rate_hz), str(seconds), str(ports), str(WORK_US)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    return Line("alicatlib", found["late_ns"], f"{found['skipped']} skipped")


def ours(
    rate_hz: int,
    seconds: float,
    ports: int,
    beside: Sequence[int],
    *,
    realtime: bool,
    turns: bool,
    wires: Wires | None,
) -> Line:
    """The same through a whole run, stored in SQLite."""
    timing = granted_timing(TimingMode.REALTIME if realtime else TimingMode.NORMAL)
    with TemporaryDirectory() as folder, open_recorder(Path(folder) / "bench.db") as recorder:
        run = bench(rate_hz, seconds, ports, turns=turns, wires=wires)
        run.beside = beside
        result = run.execute(SystemClock(timing=timing), recorder)
    sums = {
        name: sum(getattr(tally, name) for tally in result.tallies) for name in ("late", "missed", "failed")
    }
    told = ", ".join(f"{number} {name}" for name, number in sums.items() if number)
    what = f"shotlane{' rt' if realtime else ''}{' turns' if turns and ports > 1 else ''}"
    return Line(what, run.late_ns, told)


@contextmanager
def writing(pause_s: float = 0.5) -> Iterator[Sequence[int]]:
    """A thread that writes samples into SQLite as a recorder does, with pauses; its native id."""
    over = threading.Event()

    def write(writer: Writer) -> None:
        batch, attempts = Batch(), count(1)
        while not over.wait(pause_s):
            attempt = next(attempts)
            batch.rows["sample"] += [(attempt, tick % 10, tick, tick, 9, 9, 0.5, 0) for tick in range(5000)]
            writer.write(batch.parts())
            batch.clear()

    with TemporaryDirectory() as folder:
        writer = Writer(parse_address(Path(folder) / "beside.db"), "bench")
        thread = threading.Thread(target=write, args=(writer,))
        thread.start()
        try:
            yield (thread.native_id or 0,)
        finally:
            over.set()
            thread.join()
            writer.close()


@contextmanager
def flood() -> Iterator[Sequence[int]]:
    """The same, nearly without pauses."""
    with writing(0.005) as writer:
        yield writer


@contextmanager
def stranger() -> Iterator[Sequence[int]]:
    """The same, and nobody is told."""
    with flood():
        yield ()


@contextmanager
def busy() -> Iterator[Sequence[int]]:
    """Two processes that compute."""
    processes = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(2)]
    try:
        yield ()
    finally:
        for process in processes:
            process.kill()
            process.wait()


@contextmanager
def idle() -> Iterator[Sequence[int]]:
    """Nothing."""
    yield ()


SURROUNDINGS = {"idle": idle, "writer": writing, "flood": flood, "stranger": stranger, "busy": busy}


def granted() -> bool:
    return granted_timing(TimingMode.AUTO).mode == "realtime"


def lines(
    rate_hz: int, seconds: float, ports: int, beside: Sequence[int], wires: Wires | None
) -> Iterator[Line]:
    """All rows of one rate and number of ports."""
    yield bare_sleep(rate_hz, seconds)
    peer = alicatlib(rate_hz, seconds, ports)
    if peer is not None:
        yield peer
    for realtime in (False, True) if granted() else (False,):
        for turns in (False, True) if ports > 1 else (False,):
            yield ours(rate_hz, seconds, ports, beside, realtime=realtime, turns=turns, wires=wires)


def main(seconds: float, surroundings: Sequence[str], *, wire: bool) -> None:
    """Print the table."""
    if not granted():
        print(f"no rows with priority: {granted_timing(TimingMode.AUTO).reason}")
    if "SHOTLANE_ALICAT_PYTHON" not in os.environ:
        print("alicatlib: skipped, SHOTLANE_ALICAT_PYTHON names no Python that has it")
    print(f"{'around':>7} {'rate':>8} {'ports':>5} {'what':>18} {'p50 us':>9} {'p99 us':>9} {'ratio':>7}")
    for around in surroundings:
        for rate_hz in RATES_HZ:
            for ports in (2,) if wire else PORTS:
                with Wires() if wire else nullcontext() as wires, SURROUNDINGS[around]() as beside:
                    _print(around, rate_hz, ports, list(lines(rate_hz, seconds, ports, beside, wires)))


def _print(around: str, rate_hz: int, ports: int, rows: Sequence[Line]) -> None:
    reference = rows[0].quantile(0.99)
    for row in rows:
        p50, p99 = row.quantile(0.5), row.quantile(0.99)
        print(
            f"{around:>7} {rate_hz:>5} Hz {ports:>5} {row.what:>18} {p50:>9.1f} {p99:>9.1f}"
            f" {p99 / reference:>7.2f}  {row.told}",
            flush=True,
        )


if __name__ == "__main__":
    arguments: list[Any] = [item for item in sys.argv[1:] if not item.startswith("--")]
    chosen = [item for item in arguments if item in SURROUNDINGS] or list(SURROUNDINGS)
    numbers = [float(item) for item in arguments if item not in SURROUNDINGS]
    main(numbers[0] if numbers else 5.0, chosen, wire="--wire" in sys.argv)
