"""A minute over the bench while everything goes wrong at random: both books agree, entry by entry.

A seeded schedule drops, delays and garbles answers, hangs up, pulls the serial port, switches the furnace off
and on, and locks the store. The peer's own log of requests is the witness. `SHOTLANE_SOAK_S` makes it longer,
`SHOTLANE_SOAK_SEED` another one.
"""

import os
import random
import signal
import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass, field

import pytest
from tests.acceptance.audit import Entry, stored, witnessed
from tests.acceptance.lab import Lab, assert_safe, finish, wait_for

from shotlane.testing import Bench

pytestmark = [pytest.mark.real_time, pytest.mark.soak]
_SOAK_S = float(os.environ.get("SHOTLANE_SOAK_S", "60"))
_SEED = int(os.environ.get("SHOTLANE_SOAK_SEED", "1"))
_STATUSES = "ok + late + failed + missed + dropped + unreached"
_SLACK_NS = 50_000_000
# A peer that delays its answers comes to what follows so much later.
_QUEUE_NS = 1_500_000_000
_SEQUENCE = """
language: 1
sequence: soak
station: bench
parameters: {T: 40 degC, flow: 10 cm**3/min}
timeline:
  - heat: 0.4 s
  - settle: {until: abs(furnace.temperature - T) < 2 K, for: 50 ms, timeout: 3 s, on_timeout: continue}
  - soak: 0.5 s
lanes:
  furnace.setpoint:
    set:
      heat: "25 degC + (T - 25 degC) * t / duration"
      settle..soak: T
    every: 50 ms
    read: {soak: {at: end}}
  furnace.temperature:
    record: 20 Hz
    max_missing: 0.4
  gas.flow_setpoint:
    set: {heat: 0 cm**3/min, settle..soak: flow}
    read: {soak: {at: end}}
  gas.shutoff:
    set: {heat: true, settle..soak: false}
results:
  T_mean: {value: "mean(furnace.temperature, soak)", high: 100 degC}
interlocks:
  too_much: {when: gas.flow > 49 cm**3/min, blind: 1 h}
sweep:
  - T: [40 degC, 50 degC, 60 degC]
  - flow: [10 cm**3/min, 20 cm**3/min]
  - repeat: 1000
retry: {attempts: 6, on: [timeout, disconnected, garbled, refused], delay: 0.1 s, then: skip}
"""


@dataclass
class Trouble:
    """Faults at random, and when something was off: what was sent then may have reached nobody."""

    lab: Lab
    bench: Bench
    chance: random.Random = field(default_factory=lambda: random.Random(_SEED))
    off: list[tuple[int, int]] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)

    def make(self) -> None:
        """Let one thing go wrong, and wait a little."""
        weights = {"wire": 12, "vanish": 1, "restart": 1, "lock": 2}
        (kind,) = self.chance.choices(list(weights), list(weights.values()))
        self.kinds.append(kind)
        getattr(self, kind)()
        # A text line that lost a reply is in doubt for two seconds: faults closer together end all shots.
        time.sleep(self.chance.uniform(0.2, 2.5))

    def wire(self) -> None:
        device = self.chance.choice(["furnace", "gas"])
        kinds = (
            ["drop", "garble", "delay", "delay", "hang_up"]
            if device == "furnace"
            else ["drop", "garble", "delay"]
        )
        seconds = self.chance.choice([0.02, 0.15, 0.4])
        self.bench.fault(device, self.chance.choice(kinds), seconds=seconds, count=self.chance.randint(1, 3))

    def vanish(self) -> None:
        began = time.time_ns()
        self.bench.vanish()
        time.sleep(self.chance.uniform(0.05, 0.5))
        self.bench.appear()
        self.off.append((began, time.time_ns()))

    def restart(self) -> None:
        began = time.time_ns()
        self.bench.restart("furnace", seconds=self.chance.uniform(0.0, 0.4))
        self.off.append((began, time.time_ns()))

    def lock(self) -> None:
        """The store is slow, or so slow that records go to the spool."""
        with closing(sqlite3.connect(self.lab.store, isolation_level=None, timeout=10.0)) as lock:
            lock.execute("BEGIN IMMEDIATE")
            time.sleep(self.chance.choice([0.2, 1.0, 1.0, 6.0]))
            lock.rollback()


def assert_both_books(lab: Lab, requests: list[dict[str, object]], off: list[tuple[int, int]]) -> int:
    """One to one and in order; only what was sent to a peer that was off may lack there."""
    ours, theirs = stored(lab), witnessed(requests)
    for device in ("furnace", "gas"):
        seen = [entry for entry in theirs if entry.device == device]
        number, met_ns = 0, 0
        for row in (entry for entry in ours if entry.device == device):
            request = seen[number] if number < len(seen) else None
            if request is not None and _is_of(row, request):
                number, met_ns = number + 1, row.last_ns
            else:
                # The first request after it was off may still go to the connection that is no more.
                told = f"{device}: stored {row}, seen {seen[number : number + 2]}"
                assert _was_off(min(met_ns, row.first_ns), row.last_ns, off), told
        assert number == len(seen), f"{device}: seen and not stored: {seen[number : number + 3]}"
    return len(ours)


def _is_of(row: Entry, request: Entry) -> bool:
    # When the exchange of an event began is a guess, and a line that is drained makes it longer.
    slack_ns = _QUEUE_NS if row.told_by.startswith("event") else _SLACK_NS
    inside = row.first_ns - slack_ns <= request.first_ns <= row.last_ns + _QUEUE_NS
    return inside and row.agrees_with(request)


def _was_off(first_ns: int, last_ns: int, off: list[tuple[int, int]]) -> bool:
    return any(began - _SLACK_NS <= last_ns and first_ns <= ended + _SLACK_NS for began, ended in off)


def assert_sums(lab: Lab) -> None:
    assert lab.rows(f"SELECT * FROM tally WHERE planned <> {_STATUSES}") == []
    differing = lab.rows(
        """SELECT t.*, (SELECT count(*) FROM sample s JOIN channel c ON c.channel = s.channel
        WHERE s.attempt = t.attempt AND c.name = t.channel AND c.run = (t.attempt >> 32)) AS stored
        FROM tally t WHERE what = 'readings' AND stored <> planned - unreached"""
    )
    assert [tuple(row) for row in differing] == []
    (row,) = lab.rows(
        "SELECT sum(planned - unreached) AS n, (SELECT count(*) FROM action WHERE kind = 0) AS stored "
        "FROM tally WHERE what = 'actions'"
    )
    assert row["n"] == row["stored"]


@pytest.mark.timeout(_SOAK_S + 120)
def test_both_books_agree_whatever_goes_wrong(
    bench_lab: Lab, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOTLANE_LOCKS", str(bench_lab.folder / "locks"))
    bench_lab.write(_SEQUENCE)
    process = bench_lab.start("run-sequence", "sequences/short.yaml", "-s", "bench")
    wait_for(lambda: bench_lab.count("sample") > 10 or process.poll() is not None)
    trouble = Trouble(bench_lab, bench)
    ends = time.monotonic() + _SOAK_S
    while time.monotonic() < ends and process.poll() is None:
        trouble.make()
    assert process.poll() is None, finish(process)
    time.sleep(2.0)  # what was asked for is over
    process.send_signal(signal.SIGINT)
    done = finish(process)
    told = f"{trouble.kinds} {done}"
    assert "Traceback" not in done.text, told
    assert bench_lab.count("event WHERE type = 'worker.crashed'") == 0, told
    assert (done.status, bench_lab.outcome()) == (4, "terminated"), told
    assert_sums(bench_lab)
    # Much of the time goes into making safe what does not answer just then, and into lines in doubt.
    assert assert_both_books(bench_lab, bench.requests(), trouble.off) > _SOAK_S, told
    assert bench_lab.count("poll") > _SOAK_S / 4
    assert bench_lab.count("event WHERE type = 'exchange.repeated'") > 0
    assert bench_lab.count("attempt WHERE attempt > 1") > 0
    assert bench_lab.count("result") > 0
    outcomes = {row["outcome"] for row in bench_lab.rows("SELECT DISTINCT outcome FROM shot")}
    assert outcomes <= {"passed", "errored", "terminated"}
    assert_safe(bench)
