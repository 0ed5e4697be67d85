"""Compiling and cutting: shots per second, time to the first shot, large sweeps, memory.

Run with `python -m tests.benchmarks.bench_compile [SHOTS]`. The workload is that of the peers: 10 boolean and
10 numeric lanes of 50 steps, every fifth numeric step a ramp of ten points, half of the cells with the swept
parameter. Figures of the peers stand beside ours; they were measured on a machine of this kind with the same
work.
"""

import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.plan.table import attribute, build_table

from shotlane.diagnostics import Report
from shotlane.document import Document, read_text
from shotlane.model import ChannelTable, Sequence, load_sequence
from shotlane.plan import CompiledPlan, compile_sequence, load_plan, save_plan

STEPS = 50
LANES = 10


def workload(shots: int, *, swept_time: bool = False) -> str:
    """The sequence of the benchmark."""
    last = f"{shots} mV / 1000"
    lines = ["sequence: bench", "parameters:", "  x: 1 V", "  tail: 10 ms", "timeline:"]
    lines += [f"  - s{step}: 10 ms" for step in range(STEPS - 1)]
    lines.append(f"  - s{STEPS - 1}: {'tail' if swept_time else '10 ms'}")
    lines.append("lanes:")
    for number in range(LANES):
        lines += [f"  out.level{number}:", "    every: 1 ms", "    set:"]
        lines += [f"      s{step}: {_number(step, number)}" for step in range(STEPS)]
    for number in range(LANES):
        lines += [f"  out.gate{number}:", "    set:"]
        lines += [f"      s{step}: {_boolean(step, number)}" for step in range(STEPS)]
    lines += ["sweep:", f"  - x: {{linspace: [0.001 V, {last}, {shots}]}}"]
    if swept_time:
        lines.append(f"    tail: {{linspace: [10 ms, 20 ms, {shots}]}}")
    return "\n".join(lines) + "\n"


def _number(step: int, lane: int) -> str:
    if step % 5 == 4 and step < STEPS - 1:
        return "ramp()"
    return f"x * {0.1 + 0.01 * (step % 7)} + {lane} mV" if step % 2 else f"{step * 10 + lane} mV"


def _boolean(step: int, lane: int) -> str:
    return f"x > {step} mV" if (step + lane) % 4 == 1 else str((step + lane) % 2 == 0).lower()


def points_workload(side: int) -> str:
    """Two axes and 20 derived parameters with units."""
    derived = "\n".join(f"  d{k}: (x + {k} mV) * y / (1 s)" for k in range(20))
    axes = f"  - x: {{linspace: [0 V, 1 V, {side}]}}\n  - y: {{linspace: [1 A, 2 A, {side}]}}\n"
    head = f"sequence: points\nparameters:\n  x: 1 V\n  y: 1 A\n{derived}\n"
    return f"{head}timeline: [{{a: 1 s}}]\nsweep:\n{axes}"


def table() -> ChannelTable:
    """Twenty channels on one port, whose exchanges cost nothing."""
    levels = [attribute(f"level{n}", unit="V", low=-100.0, high=100.0, safe=0.0) for n in range(LANES)]
    gates = [attribute(f"gate{n}", "bool", safe=False) for n in range(LANES)]
    made = build_table({"out": ("port", [*levels, *gates])})
    free = {name: replace(item, read_cost_ns=0, write_cost_ns=0) for name, item in made.channels.items()}
    return replace(made, channels=free)


def parsed(text: str) -> tuple[Sequence, Document, Report]:
    """A document that is ready to be compiled."""
    report = Report()
    document = read_text(text, "bench.yaml", report)
    assert document is not None
    sequence = load_sequence(document, report)
    assert sequence is not None
    return sequence, document, report


def compiled(text: str) -> CompiledPlan:
    """Its plan."""
    sequence, document, report = parsed(text)
    plan = compile_sequence(sequence, document, table(), report)
    assert plan is not None, [item.message for item in report.errors]
    return plan


def timed(action: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds and result."""
    start = time.perf_counter()
    result = action()
    return time.perf_counter() - start, result


def row(what: str, seconds: float, count: int = 0, unit: str = "shots", peer: str = "") -> None:
    """One line of the table."""
    rate = f"{count / seconds:,.0f} {unit}/s" if count else ""
    print(f"{what:<58}{seconds * 1e3:>10.1f} ms{rate:>24}  {peer}")


def bench_shots(shots: int, *, swept_time: bool) -> None:
    """Check and cut every shot of the workload."""
    name = "swept times" if swept_time else "fixed times"
    parts = parsed(workload(shots, swept_time=swept_time))
    seconds, plan = timed(lambda: compile_sequence(parts[0], parts[1], table(), parts[2]))
    assert plan is not None, [item.message for item in parts[2].errors]
    actions = len(plan.shot(1).segments[0].ports["port"].actions)
    row(f"{name}: check all {shots} points ({actions} actions a shot)", seconds, shots)
    cut, _ = timed(lambda: [shot.digest for shot in plan.shots()])
    row(f"{name}: cut all shots with digests", cut, shots)
    row(f"{name}: both", seconds + cut, shots, peer="Caqtus 7.9, labscript 37-40 shots/s")


def bench_moving(shots: int) -> None:
    """All boundaries move: the first step is swept, so that no two shots share their times."""
    text = workload(shots).replace("- s0: 10 ms", "- s0: tail")
    axes = f"sweep:\n  - tail: {{linspace: [10 ms, 20 ms, {shots}]}}\n"
    parts = parsed(text[: text.index("sweep:")] + axes)
    seconds, plan = timed(lambda: compile_sequence(parts[0], parts[1], table(), parts[2]))
    assert plan is not None, [item.message for item in parts[2].errors]
    cut, _ = timed(lambda: [shot.digest for shot in plan.shots()])
    row("all boundaries swept: both", seconds + cut, shots)


def bench_saved(shots: int) -> None:
    """Save the plan and read all its shots again."""
    plan = compiled(workload(shots))
    with TemporaryDirectory() as folder:
        path = Path(folder) / "bench.plan"
        saving, _ = timed(lambda: save_plan(plan, path, documents={}))
        row(f"save the plan ({path.stat().st_size / 1e6:.1f} MB)", saving, shots)
        reading, _ = timed(lambda: load_plan(path).check_shots())
        row("load it, with the digest of every shot", reading, shots)


def bench_first() -> None:
    """From the parsed document to the first shot of a short sweep."""
    parts = parsed(workload(100))
    plans = table()

    def first() -> str:
        plan = compile_sequence(parts[0], parts[1], plans, parts[2])
        assert plan is not None
        return plan.shot(1).digest

    row("first shot after the parsed document, 100 points", min(timed(first)[0] for _ in range(5)))


def bench_caqtus() -> None:
    """The same work by Caqtus, where its own environment is named."""
    python = os.environ.get("SHOTLANE_CAQTUS_PYTHON")
    if python is None:
        print("Caqtus: skipped, SHOTLANE_CAQTUS_PYTHON names no Python that has caqtus-suite")
        return
    script = Path(__file__).with_name("peer_caqtus.py")
    done = subprocess.run([python, script], capture_output=True, text=True, timeout=600, check=True)
    for line in done.stdout.splitlines():
        name, figure = line.split()
        what = {
            "shots_per_s": "compile all lanes of a shot",
            "points_per_s": "a sweep, 20 derived parameters",
        }
        row(f"Caqtus: {what[name]}", 1 / float(figure), 1, name.removesuffix("_per_s"))


def bench_points() -> None:
    """Sweeps with 20 derived parameters."""
    for side in (100, 1000):
        parts = parsed(points_workload(side))
        compiling = partial(compile_sequence, *parts[:2], build_table({}), parts[2])
        best = min(timed(compiling)[0] for _ in range(3))
        peer = "Caqtus 4.6 s" if side == 100 else ""
        row(f"{side} x {side} sweep, 20 derived parameters", best, side * side, "points", peer)


def main() -> None:
    """Print the table."""
    shots = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    bench_first()
    bench_shots(shots, swept_time=False)
    bench_shots(max(shots // 10, 100), swept_time=True)
    bench_moving(max(shots // 10, 100))
    print(f"most memory so far {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB")
    bench_saved(max(shots // 10, 100))
    bench_points()
    bench_caqtus()


if __name__ == "__main__":
    main()
