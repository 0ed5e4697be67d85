"""Two runs want one instrument: the second is refused with the first one's name, or waits."""

import re
import signal

import pytest
from tests.acceptance.lab import Lab, finish, interrupted, wait_for

from shotlane.testing import Bench

pytestmark = pytest.mark.real_time
LONG = ("-s", "bench", "-q", "-p", "soak=20 s")
QUICK = ("-s", "bench", "-q", "-p", "T=30 degC", "-p", "soak=50 ms")


def test_the_second_run_is_refused_and_touches_nothing(bench_lab: Lab, bench: Bench) -> None:
    first = bench_lab.start("run-sequence", "sequences/short.yaml", *LONG)
    wait_for(lambda: bench_lab.count("attempt") > 0)
    text = (bench_lab.folder / "stations" / "bench.yaml").read_text().replace("127.0.0.1", "LocalHost")
    bench_lab.write(text, "stations/other.yaml")
    second = bench_lab.run("-s", "other", "-q")
    assert second.status == 3
    said = re.search(
        rf"furnace \(\S+\) is in use by pid {first.pid} since \d\d:\d\d, run 1 of short\n", second.err
    )
    assert said, second.err
    assert "Traceback" not in second.text
    assert bench_lab.count("run") == 1
    done = interrupted(first, signal.SIGTERM)
    assert done.status == 4


def test_a_run_can_wait_for_its_turn(bench_lab: Lab) -> None:
    first = bench_lab.start("run-sequence", "sequences/short.yaml", *LONG)
    wait_for(lambda: bench_lab.count("attempt") > 0)
    second = bench_lab.start("run-sequence", "sequences/short.yaml", *QUICK, "--wait", "30 s")
    assert second.stderr is not None
    assert second.stderr.readline().startswith("waiting: furnace")
    assert bench_lab.count("run") == 1
    first.kill()
    finish(first)
    done = finish(second)
    assert (done.status, bench_lab.count("run")) == (0, 2), done.text


def test_mocked_runs_need_not_wait(bench_lab: Lab) -> None:
    first = bench_lab.start("run-sequence", "sequences/short.yaml", *LONG)
    wait_for(lambda: bench_lab.count("attempt") > 0)
    assert bench_lab.run(*QUICK, "--mock").status == 0
    interrupted(first, signal.SIGTERM)


def test_a_wait_must_be_a_time(bench_lab: Lab) -> None:
    done = bench_lab.run(*QUICK, "--wait", "long")
    assert done.status == 2
    assert "no length of time" in done.err
