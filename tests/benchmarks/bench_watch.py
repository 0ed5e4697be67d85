"""What watching a run costs it: lateness of its readings with and without `shotlane watch` beside it.

    python -m tests.benchmarks.bench_watch [PAIRS]

A simulated station is read at 100 Hz for ten seconds, in turn alone and watched in a terminal of 110
columns. The figures are those of the run's own records; the bytes are what the watcher sent in a second.
"""

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import tempfile
import termios
import threading
from pathlib import Path
from statistics import median

import shotlane

SEQUENCE = """\
sequence: watched
station: demo
timeline:
  - soak: 10 s
lanes:
  furnace.temperature: {record: 100 Hz}
  gas.flow: {record: 100 Hz}
"""
STATIONS = Path(__file__).parents[2] / "stations"


def _run(folder: Path, *, watched: bool) -> tuple[float, float, float]:
    """Lateness p50 and p99 in us, and bytes per second that were drawn."""
    run = subprocess.Popen(
        [sys.executable, "-m", "shotlane", "run", "watched.yaml", "--mock", "-q"], cwd=folder
    )
    drawn = _watch(folder, run) if watched else 0
    run.wait()
    samples = shotlane.load(store=f"sqlite:///{folder / 'data' / 'shotlane.db'}").samples()
    late = (samples["lateness_ns"] / 1e3).drop_nulls().sort().to_list()
    return late[len(late) // 2], late[len(late) * 99 // 100], drawn / 10


def _watch(folder: Path, run: "subprocess.Popen[bytes]") -> int:
    main, secondary = pty.openpty()
    fcntl.ioctl(secondary, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 110, 0, 0))
    threading.Event().wait(1.5)
    command = [sys.executable, "-m", "shotlane", "watch"]
    watching = subprocess.Popen(
        command, cwd=folder, stdin=secondary, stdout=secondary, stderr=subprocess.DEVNULL
    )
    count = 0
    while watching.poll() is None:
        if select.select([main], [], [], 0.2)[0]:
            count += len(os.read(main, 65536))
    os.close(main)
    os.close(secondary)
    return count


def main() -> None:
    """Measure in pairs and print a table."""
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    rows: dict[bool, list[tuple[float, float, float]]] = {False: [], True: []}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "stations").symlink_to(STATIONS)
        (folder / "watched.yaml").write_text(SEQUENCE)
        for _ in range(pairs):
            for watched in rows:
                rows[watched].append(_run(folder, watched=watched))
    print(f"{'':10} {'p50 us':>9} {'p99 us':>9} {'bytes/s':>9}   (medians of {pairs} runs)")
    for watched, found in rows.items():
        p50, p99, drawn = (median(column) for column in zip(*found, strict=True))
        print(f"{'watched' if watched else 'alone':10} {p50:9.0f} {p99:9.0f} {drawn:9.0f}")


if __name__ == "__main__":
    main()
