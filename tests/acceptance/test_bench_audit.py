"""The main job on real protocols, and the bench's log against the store, entry by entry."""

import struct

import pytest
from tests.acceptance.audit import assert_one_to_one
from tests.acceptance.lab import Lab, assert_safe, finish, wait_for

from shotlane.testing import Bench

pytestmark = pytest.mark.real_time
FURNACE_RAMP = "sequences/furnace-ramp.yaml"
_STATUSES = "ok + late + failed + missed + dropped + unreached"


def assert_accounted(lab: Lab) -> None:
    """Statuses sum to planned, and what was not unreached left exactly one row."""
    assert lab.rows(f"SELECT * FROM tally WHERE planned <> {_STATUSES}") == []
    differing = lab.rows(
        """SELECT t.*, (SELECT count(*) FROM sample s JOIN channel c ON c.channel = s.channel
        WHERE s.attempt = t.attempt AND c.name = t.channel AND c.run = (t.attempt >> 32)) AS stored
        FROM tally t WHERE what = 'readings' AND stored <> planned - unreached"""
    )
    assert [tuple(row) for row in differing] == []
    assert (
        lab.rows(
            "SELECT sum(planned - unreached) - (SELECT count(*) FROM action WHERE kind = 0) "
            "FROM tally WHERE what = 'actions'"
        )[0][0]
        == 0
    )


def test_the_committed_sequence_on_the_bench(bench_lab: Lab, bench: Bench) -> None:
    # In a process of its own, for its readings are due at 50 Hz beside the bench.
    done = finish(bench_lab.start("run-sequence", FURNACE_RAMP, "-s", "bench"))
    assert (done.status, bench_lab.outcome()) == (0, "passed"), done.text
    shots = bench_lab.rows("SELECT outcome, attempts FROM shot")
    assert [tuple(row) for row in shots] == [("passed", 1)] * 9
    assert_accounted(bench_lab)
    assert bench_lab.rows("SELECT sum(failed + dropped + unreached) FROM tally")[0][0] == 0
    # A machine that stalls misses ticks, and says so.
    assert bench_lab.rows("SELECT sum(missed) < 0.05 * sum(planned) FROM tally")[0][0] == 1
    assert assert_one_to_one(bench_lab, bench.requests()) > 1500
    read_back = bench_lab.rows(
        """SELECT s.value, s.unit, p.value AS swept, p.unit AS swept_unit FROM sample_view s
        JOIN parameter_view p USING (run, shot) WHERE channel = 'furnace.setpoint' AND name = 'T_soak'"""
    )
    assert len(read_back) == 9
    for row in read_back:
        assert (row["unit"], row["swept_unit"]) == ("degF", "degC")
        sent = struct.unpack(">f", struct.pack(">f", row["swept"] * 1.8 + 32))[0]
        assert row["value"] == pytest.approx(sent, abs=1e-9)
    assert_safe(bench)
    assert bench.registers()["furnace"]["eeprom_writes"] == 0


def test_faults_on_both_wires_are_told_one_to_one(bench_lab: Lab, bench: Bench) -> None:
    # One lost reply costs 300 ms, which is 15 readings at 50 Hz: more than the 10 % that may be lost unasked.
    text = (bench_lab.folder / FURNACE_RAMP).read_text()
    bench_lab.write(text.replace("    record:", "    max_missing: 0.9\n    record:"))
    # Long enough that the last fault is over before the instruments are made safe.
    given = ("-p", "T_soak=40 degC", "-p", "soak_time=1.5 s")
    process = bench_lab.start("run-sequence", "sequences/short.yaml", "-s", "bench", *given)
    wait_for(lambda: bench_lab.count("sample") > 20)
    for device in ("furnace", "gas"):
        for kind, count in (("drop", 1), ("garble", 1), ("drop", 2), ("garble", 2)):
            bench.fault(device, kind, count=count, after=20)
    done = finish(process)
    assert (done.status, bench_lab.outcome()) == (0, "passed"), done.text
    assert bench_lab.count("event_view WHERE type = 'exchange.repeated'") >= 4
    assert_accounted(bench_lab)
    assert_one_to_one(bench_lab, bench.requests())
    assert_safe(bench)
