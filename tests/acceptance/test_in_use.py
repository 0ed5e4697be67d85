"""Two runs want one instrument: the second is refused with the first one's name, or waits."""

import re
import signal

import pytest
from tests.acceptance.lab import Lab, finish, interrupted, wait_for

from shotlane.testing import Bench

pytestmark = pytest.mark.real_time
LONG = ("-s", "bench", "-q", "-p", "soak=20 s")
QUICK = ("-s", "bench", "-q", "-p", "T=30 degC", "-p", "soak=50 ms")


@pytest.fixture
def own_locks(bench_lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Lab:
    monkeypatch.setenv("SHOTLANE_LOCKS", str(bench_lab.folder / "locks"))
    return bench_lab


def test_the_second_run_is_refused_and_touches_nothing(own_locks: Lab, bench: Bench) -> None:
    first = own_locks.start("run-sequence", "sequences/short.yaml", *LONG)
    wait_for(lambda: own_locks.count("attempt") > 0)
    text = (own_locks.folder / "stations" / "bench.yaml").read_text().replace("127.0.0.1", "LocalHost")
    own_locks.write(text, "stations/other.yaml")
    second = own_locks.run("-s", "other", "-q")
    assert second.status == 3
    said = re.search(
        rf"furnace \(\S+\) is in use by pid {first.pid} since \d\d:\d\d, run 1 of short\n", second.err
    )
    assert said, second.err
    assert "Traceback" not in second.text
    assert own_locks.count("run") == 1
    done = interrupted(first, signal.SIGTERM)
    assert done.status == 4


def test_a_run_can_wait_for_its_turn(own_locks: Lab) -> None:
    first = own_locks.start("run-sequence", "sequences/short.yaml", *LONG)
    wait_for(lambda: own_locks.count("attempt") > 0)
    second = own_locks.start("run-sequence", "sequences/short.yaml", *QUICK, "--wait", "30 s")
    assert second.stderr is not None
    assert second.stderr.readline().startswith("waiting: furnace")
    assert own_locks.count("run") == 1
    first.kill()
    finish(first)
    done = finish(second)
    assert (done.status, own_locks.count("run")) == (0, 2), done.text


def test_mocked_runs_need_not_wait(own_locks: Lab) -> None:
    first = own_locks.start("run-sequence", "sequences/short.yaml", *LONG)
    wait_for(lambda: own_locks.count("attempt") > 0)
    assert own_locks.run(*QUICK, "--mock").status == 0
    interrupted(first, signal.SIGTERM)


def test_a_wait_must_be_a_time(own_locks: Lab) -> None:
    done = own_locks.run(*QUICK, "--wait", "long")
    assert done.status == 2
    assert "no length of time" in done.err
