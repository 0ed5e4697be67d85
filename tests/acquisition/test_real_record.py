"""On the system clock and real wires: what is recorded, and what a dead or lost instrument costs."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from tests.acceptance.lab import Lab, wait_for
from tests.acquisition.sources import Source

import shotlane
from shotlane import Sample, Status
from shotlane.acquisition import Recording
from shotlane.instruments import InstrumentError
from shotlane.testing import Bench

pytestmark = pytest.mark.real_time
BOTH = ["furnace.temperature", "furnace.setpoint", "gas.flow"]


@pytest.fixture
def at_bench(in_bench_lab: Lab, bench: Bench) -> Iterator[Bench]:
    """The bench, from within its project."""
    return bench  # type: ignore[return-value]


def test_two_real_wires_are_recorded_with_stamps_of_their_own(at_bench: Bench) -> None:
    with shotlane.record("bench", BOTH, rate_hz=20, duration=0.5) as recording:
        batches = list(recording)
    samples = [sample for batch in batches for sample in batch]
    summary = recording.summary
    assert len(samples) == summary.samples_emitted == 30 - summary.missed
    assert summary.failed == summary.unreached == 0
    furnace, gas = samples[0], next(one for one in samples if one.device == "gas")
    assert (furnace.protocol, furnace.unit, furnace.parameter_id) == ("modbus", "degF", 360)
    assert furnace.address == at_bench.furnace_resource
    assert (gas.protocol, gas.unit) == ("ascii", "cm**3/min")
    for sample in samples:
        assert sample.requested_ns is not None
        assert sample.received_ns is not None
        assert sample.target_ns <= sample.requested_ns < sample.received_ns
    assert len(at_bench.requests("gas")) >= len(batches) - summary.missed


def test_the_instruments_are_locked_meanwhile_and_free_afterwards(at_bench: Bench) -> None:
    with shotlane.record("bench", "furnace", rate_hz=10):
        error = threading_error(lambda: shotlane.record("bench", "furnace", rate_hz=10).__enter__())
        assert "a recording" in str(error)
    with shotlane.record("bench", "furnace", rate_hz=10, duration=0.1) as recording:
        assert list(recording)


def threading_error(act: Any) -> BaseException | None:
    """What an action raises."""
    with pytest.raises(Exception, match="in use") as raised:
        act()
    return raised.value


def test_a_dead_instrument_neither_stops_nor_slows_the_others(at_bench: Bench) -> None:
    at_bench.fault("gas", "drop", count=1000)
    with shotlane.record("bench", ["furnace.temperature", "gas.flow"], rate_hz=20, duration=1.5) as recording:
        samples = [sample for batch in recording for sample in batch]
    furnace = [one for one in samples if one.device == "furnace"]
    gas = [one for one in samples if one.device == "gas"]
    assert {one.status for one in gas} == {Status.FAILED}
    assert {one.fault for one in gas} >= {"timeout"}
    # Counted, not timed: while the dead one is waited for, most ticks of the other one pass.
    assert len(furnace) > 2 * sum(one.requested_ns != one.received_ns for one in gas)
    assert {one.status for one in furnace} <= {Status.OK, Status.LATE}


def test_a_port_that_was_pulled_out_is_recorded_again_when_it_is_back(at_bench: Bench) -> None:
    found: list[Sample] = []
    with shotlane.record("bench", "gas.flow", rate_hz=20) as recording:
        _take(recording, found, lambda: found[-1].status is Status.OK)
        at_bench.vanish()
        _take(recording, found, lambda: found[-1].fault == "disconnected")
        at_bench.appear()
        _take(recording, found, lambda: found[-1].status is Status.OK)
    assert recording.summary.disconnects == 1
    assert recording.summary.failed >= 1


def _take(recording: Recording, found: list[Sample], until: Any) -> None:
    for batch in recording:
        found += batch
        if until():
            return


def test_without_reconnection_a_port_that_was_pulled_out_ends_the_recording(at_bench: Bench) -> None:
    found: list[Sample] = []
    recording = shotlane.record("bench", "gas.flow", rate_hz=20, auto_reconnect=False)
    with recording:
        _take(recording, found, lambda: len(found) == 3)
        at_bench.vanish()
        with pytest.raises(InstrumentError):
            _take(recording, found, lambda: False)


def test_a_source_on_the_system_clock_is_read_on_its_ticks() -> None:
    source = Source()
    with shotlane.record(source, rate_hz=100, duration=0.5) as recording:
        batches = list(recording)
    summary = recording.summary
    assert len(batches) == source.calls == 50 - summary.missed
    samples = [batch[0] for batch in batches]
    assert all(one.requested_ns is not None and one.requested_ns >= one.target_ns for one in samples)
    assert summary.ok + summary.late + summary.missed == summary.planned == 50


def test_a_slow_taker_costs_ticks_and_they_are_counted() -> None:
    source = Source()
    with shotlane.record(source, rate_hz=200, duration=0.5, buffer_size=1) as recording:
        wait_for(lambda: recording.statistics().blocked > 0)
        threading.Event().wait(0.2)
        batches = list(recording)
    summary = recording.summary
    assert summary.missed > 10
    assert len(batches) + summary.missed == summary.planned == 100


def test_a_recording_is_stopped_from_another_thread() -> None:
    with shotlane.record(Source(), rate_hz=50) as recording:
        threading.Timer(0.1, recording.stop).start()
        batches = list(recording)
    assert batches
    assert recording.summary.finished_at is not None
    assert recording.summary.unreached == 0


@contextmanager
def _pool() -> Iterator[Any]:
    """An opened pool, as a program of one's own makes it."""
    from shotlane.api import find_by_name
    from shotlane.diagnostics import Report
    from shotlane.execution import SystemClock
    from shotlane.instruments import build_pool

    report = Report()
    station = find_by_name("demo", report)
    assert station is not None
    pool = build_pool(station, now_ns=SystemClock().now_ns, notify=lambda *_: None)
    pool.open(["furnace", "gas"])
    try:
        yield pool
    finally:
        pool.close()


def test_a_pool_that_is_open_is_recorded_and_stays_open(in_lab: Lab) -> None:
    with _pool() as pool:
        with shotlane.record(pool, names=["furnace"], rate_hz=50, duration=0.1) as recording:
            devices = {sample.device for batch in recording for sample in batch}
        assert devices == {"furnace"}
        assert pool.roles_opened == ("furnace", "gas")


def test_one_instrument_is_recorded() -> None:
    class Meter:
        """A driver in Python, as docs/drivers.md has it."""

        def open(self) -> Any: ...
        def attributes(self) -> Any:
            from shotlane.model import Attribute, ValueType

            return {"voltage": Attribute("voltage", ValueType.FLOAT)}

        def commands(self) -> Any: ...
        def read(self, names: Sequence[str]) -> Any:
            from shotlane.instruments import Reading

            return {name: Reading(1.5) for name in names}

        def write(self, name: str, value: Any) -> None: ...
        def call(self, command: str, arguments: Any) -> Any: ...
        def make_safe(self) -> None: ...
        def close(self) -> None: ...

    with shotlane.record(Meter(), "voltage", rate_hz=100, duration=0.02) as recording:
        assert next(batch[0].value for batch in recording) == 1.5
