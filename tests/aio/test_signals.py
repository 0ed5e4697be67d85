"""A real Ctrl-C to a program that awaits a run: the instruments are safe, and the record is true."""

import signal
import subprocess
import sys
import time

import pytest
from tests.acceptance.lab import Lab, assert_safe, finish, interrupted, wait_for

from shotlane.testing import Bench

pytestmark = pytest.mark.real_time

# As a person writes it: the run is awaited by the main task, or by one of a group.
PROGRAMS = {
    "asyncio": """
import asyncio
asyncio.run(run())
""",
    "trio": """
import trio
trio.run(run)
""",
    "asyncio, in a group": """
import asyncio
async def main():
    async with asyncio.TaskGroup() as group:
        group.create_task(run())
asyncio.run(main())
""",
    "trio, in a nursery": """
import trio
async def main():
    async with trio.open_nursery() as nursery:
        nursery.start_soon(run)
trio.run(main)
""",
}
RUN = """
from shotlane import aio
async def run():
    try:
        await aio.run("sequences/furnace-ramp.yaml", station="bench")
    finally:
        print("left", flush=True)
"""


def start(lab: Lab, program: str) -> "subprocess.Popen[str]":
    """Start a program in the project, and wait until its first shot runs."""
    path = lab.write(RUN + PROGRAMS[program], "program.py")
    process = subprocess.Popen(
        [sys.executable, path],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=lab.folder,
    )
    lab.started.append(process)
    wait_for(lambda: lab.count("sample") > 10 or process.poll() is not None)
    return process


@pytest.mark.parametrize("program", PROGRAMS)
def test_ctrl_c_ends_the_run_safely_before_the_program_goes_on(
    bench_lab: Lab, bench: Bench, program: str
) -> None:
    done = interrupted(start(bench_lab, program), signal.SIGINT)
    assert done.out == "left\n", done
    assert "KeyboardInterrupt" in done.err
    assert_safe(bench)
    assert bench_lab.outcome() == "terminated"
    (run,) = bench_lab.rows("SELECT reason FROM run")
    assert "cancelled" in run["reason"] or "Ctrl-C" in run["reason"]


@pytest.mark.parametrize("program", ["asyncio", "trio"])
def test_ctrl_c_again_and_again_does_not_skip_the_safe_state(
    bench_lab: Lab, bench: Bench, program: str
) -> None:
    process = start(bench_lab, program)
    bench.fault("gas", "delay", seconds=0.2, count=3)  # time for the others to arrive
    for _ in range(4):
        process.send_signal(signal.SIGINT)
        time.sleep(0.05)
    finish(process)
    assert_safe(bench)
    assert bench_lab.outcome() == "terminated"
