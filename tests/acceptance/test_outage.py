"""A run at night: an instrument is switched off and on again, and nobody is there."""

import threading

import pytest
from tests.acceptance.audit import assert_one_to_one
from tests.acceptance.lab import PATIENT, Lab, assert_safe, finish, wait_for

from shotlane.testing import Bench

pytestmark = pytest.mark.real_time
WAITING = PATIENT.replace("sweep:", "retry: {wait: 60 s}\nsweep:")


def test_a_broken_sensor_ends_a_shot_and_is_no_outage(bench_lab: Lab, bench: Bench) -> None:
    bench.break_sensor(65)
    bench_lab.write(WAITING.replace("    max_missing: 1", "    required: true"))
    done = bench_lab.run("-s", "bench")
    assert (done.status, bench_lab.outcome()) == (3, "errored"), done.text
    assert "no-value: furnace.temperature lost 1 of " in done.out
    assert "each is required; the last had no value: valid register 362 is 65" in done.out
    assert bench_lab.rows("SELECT * FROM event WHERE type = 'exchange.repeated'") == []
    assert_one_to_one(bench_lab, bench.requests())
    assert_safe(bench)


def test_a_run_waits_for_an_instrument_and_goes_on_when_it_is_back(bench_lab: Lab, bench: Bench) -> None:
    bench_lab.write(WAITING)
    process = bench_lab.start("run-sequence", "sequences/short.yaml", "-s", "bench", "-p", "soak=1 s")
    wait_for(lambda: bench_lab.count("sample") > 0)
    switched = threading.Thread(target=bench.restart, args=("furnace",), kwargs={"seconds": 2.5})
    switched.start()
    done = finish(process)
    switched.join()
    assert (done.status, bench_lab.outcome()) == (0, "done"), done.text
    assert "the run waits, the other instruments safe: furnace does not answer" in done.err
    assert "furnace answers again" in done.err
    assert [tuple(row) for row in bench_lab.rows("SELECT DISTINCT outcome FROM shot")] == [("done",)]
    asked = [row["status"] for row in bench_lab.rows("SELECT status FROM poll ORDER BY number")]
    assert (asked[-1], set(asked[:-1]) <= {2}) == (0, True)
    assert_one_to_one(bench_lab, bench.requests())
    assert_safe(bench)
