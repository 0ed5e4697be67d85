"""Figures of archives. Run as `python tests/benchmarks/bench_archive.py [MILLIONS] [SHOTS]`; prints a table.

Each step runs in a process of its own, whose peak of memory is read; the first row is a process that imports
the same and does nothing. Seconds are those of the clock, and those that all cores worked; of what is done
several times the least. Readings are the hard case: floats with noise in every digit, and times with jitter.
The machine is shared: only ratios of one run mean something.
"""

import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from shotlane.records import (
    AttemptEnd,
    AttemptStart,
    ChannelRecord,
    Outcome,
    RunEnd,
    RunStart,
    SampleRow,
    ShotEnd,
    ShotStart,
    Status,
    Tally,
)
from shotlane.store import open_recorder

CHANNELS = tuple(ChannelRecord(n, f"furnace.zone{n}", "float", "degC") for n in range(10))
PERIOD_NS = 20_000_000
_FITS = 10_000_000
_STEP = """
import sys, time
from pathlib import Path
from shotlane.archives import check_hashes, import_archive, open_archive, open_bag, write_archive
from shotlane.store import Arrival, open_reader
import shotlane, polars
what, store, folder = sys.argv[1:]
folder = Path(folder)

def measured(do, times=1):
    each = []
    for _ in range(times):
        began, worked = time.perf_counter(), time.process_time()
        do()
        each.append((time.perf_counter() - began, time.process_time() - worked))
    return map(min, zip(*each))

def archived():
    with open_reader(store) as reader:
        write_archive(reader, 1, folder / what, {})

def hashes():
    with open_bag(folder / "bag") as bag:
        assert check_hashes(bag).hold

def imported():
    with open_archive(folder / "bag") as reader, Arrival(str(folder / "other.db")) as arrival:
        import_archive(reader, arrival, {})

def means():
    run = shotlane.load(folder / "bag")
    found = run.lazy().group_by("channel").agg(polars.col("value").mean())
    assert found.collect(engine="streaming").height == 10

def plain():
    began = (polars.col("requested_ns") / 1e9).alias("t")
    files = polars.scan_parquet(str(folder / "bag/data/samples/*.parquet"))
    files.select("shot", "channel", began, "value").collect()

def loaded(columns=None):
    run = shotlane.load(folder / ("bag.zip" if what.endswith(".zip") else "bag"))
    if columns is None:
        return measured(run.samples, 3)
    return measured(lambda: run.lazy().select(columns).collect(), 9)

took, worked = {
    "nothing": lambda: (0.0, 0.0),
    "bag": lambda: measured(archived),
    "bag.zip": lambda: measured(archived),
    "hashes": lambda: measured(hashes, 3),
    "plain polars": lambda: measured(plain, 9),
    "four columns": lambda: loaded(["shot", "channel", "t", "value"]),
    "means by channel": lambda: measured(means, 3),
    "load bag": loaded,
    "load bag.zip": loaded,
    "import": lambda: measured(imported),
}[what]()
status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
print(took, worked, int(status["VmHWM"].split()[0]) // 1024)
"""
# What is done with the archive, each in a process of its own.
_STEPS = ("nothing", "bag", "bag.zip", "hashes", "plain polars", "four columns", "means by channel")


def shot_rows(chance: np.random.Generator, ticks: int) -> list[SampleRow]:
    """Readings of all channels at 50 Hz, none like another."""
    rows: list[SampleRow] = []
    target = np.arange(ticks) * PERIOD_NS
    for channel in range(len(CHANNELS)):
        begun = target + chance.integers(1_000, 90_000, ticks)
        answered = begun + chance.integers(800_000, 2_000_000, ticks)
        columns = (target, begun, answered, chance.normal(600.0, 0.7, ticks))
        values = zip(*(column.tolist() for column in columns), strict=True)
        rows += [SampleRow._make((channel, n, *one, Status.OK, None)) for n, one in enumerate(values)]
    return rows


def record(store: str, samples: int, shots: int) -> None:
    """A run of so many samples in so many shots."""
    chance = np.random.default_rng(1)
    ticks = samples // shots // len(CHANNELS)
    tallies = tuple(Tally(one.name, "readings", ticks, ticks, 0, 0, 0, 0, 0) for one in CHANNELS)
    with open_recorder(store) as recorder:
        recorder.begin_run(RunStart("bench", "demo", time.time_ns(), shots, "d", CHANNELS, {"T": "degC"}))
        for shot in range(1, shots + 1):
            now = time.time_ns()
            recorder.begin_shot(ShotStart(shot, {"T": 600.0 + shot}, "d"))
            buffer = recorder.begin_attempt(AttemptStart(shot, 1, now))
            buffer.samples.extend(shot_rows(chance, ticks))
            recorder.end_attempt(AttemptEnd(shot, 1, now, now, Outcome.DONE, None, tallies))
            recorder.end_shot(ShotEnd(shot, Outcome.DONE, 1))
        recorder.end_run(RunEnd(time.time_ns(), Outcome.DONE))


def step(what: str, store: str, folder: Path, samples: int) -> None:
    """Do one thing in a process of its own, and print its time and its peak of memory."""
    done = subprocess.run(
        [sys.executable, "-c", _STEP, what, store, str(folder)], check=True, capture_output=True, text=True
    )
    took, worked, peak = map(float, done.stdout.split())
    rate = "" if took < 1e-3 else f"{samples / took / 1e6:9.1f} M samples/s"
    print(f"{what:<16}{took:>10.2f} s{worked:>10.2f} s of work{peak:>10.0f} MB peak{rate}", flush=True)


def size_of(folder: Path) -> int:
    """Bytes of all files of a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def main(millions: float, shots: int) -> None:
    """Record, archive, read and import."""
    samples = int(millions * 1e6)
    folder = Path(tempfile.mkdtemp())
    store = f"sqlite:///{folder / 'bench.db'}"
    try:
        began = time.perf_counter()
        record(store, samples, shots)
        print(f"{samples:,} samples in {shots:,} shots, recorded in {time.perf_counter() - began:.0f} s")
        for what in _STEPS:
            step(what, store, folder, samples)
        if samples <= _FITS:
            step("load bag", store, folder, samples)
            step("load bag.zip", store, folder, samples)
        step("import", store, folder, samples)
        readings = size_of(folder / "bag" / "data" / "samples")
        print(f"samples in the bag: {readings / samples:.1f} bytes each, all columns")
        print(f"bag {size_of(folder / 'bag') / 1e6:,.0f} MB, store {size_of(folder) / 1e6:,.0f} MB with all")
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main(
        float(sys.argv[1]) if len(sys.argv) > 1 else 5.0,
        int(sys.argv[2]) if len(sys.argv) > 2 else 10_000,
    )
