"""What a recording gives and counts, in virtual time."""

import threading
import tracemalloc
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.acceptance.lab import Lab
from tests.acquisition.sources import MS, Source, lost

import shotlane
from shotlane import (
    Backoff,
    MeasuredChannel,
    OverflowPolicy,
    Polled,
    Recording,
    Sample,
    Status,
    UnknownChannelError,
)
from shotlane.execution import VirtualClock
from shotlane.instruments import InstrumentError, Reading


def virtual(source: Source, **options: Any) -> Recording:
    """A recording in virtual time, 10 Hz unless told otherwise."""
    source.clock = options.setdefault("clock", VirtualClock(0))
    if "period" not in options:
        options.setdefault("rate_hz", 10)
    return shotlane.record(source, **options)


def taken(recording: Recording) -> list[Sample]:
    with recording:
        return [sample for batch in recording for sample in batch]


def test_a_batch_comes_per_tick_with_every_channel() -> None:
    with virtual(Source(names=("a.x", "a.y")), duration=0.3) as recording:
        batches = [[(sample.tick, sample.name) for sample in batch] for batch in recording]
    assert batches == [[(tick, "a.x"), (tick, "a.y")] for tick in range(3)]


def test_targets_are_absolute_and_the_last_tick_is_before_the_end() -> None:
    samples = taken(virtual(Source(takes_ns=[30 * MS]), duration=1))
    first = samples[0].target_ns
    assert [sample.target_ns - first for sample in samples] == [n * 100 * MS for n in range(10)]
    assert all(sample.requested_ns == sample.target_ns for sample in samples)


def test_a_tick_whose_successor_is_due_is_missed_and_never_made_up_for() -> None:
    recording = virtual(Source(takes_ns=[250 * MS, 0, 0, 0]), duration=1)
    samples = taken(recording)
    assert [sample.tick for sample in samples] == [0, 2, 3, 4, 5, 7, 8, 9]
    assert (recording.summary.missed, recording.summary.planned) == (2, 10)
    # Begun 50 ms late, which is just not beyond half a period.
    assert samples[1].lateness_s == 0.05


def test_a_start_beyond_the_tolerance_is_late() -> None:
    recording = virtual(Source(takes_ns=[150 * MS, 0, 0]), duration=0.4, tolerance=0.02)
    assert [sample.status for sample in taken(recording)] == [Status.OK, Status.LATE, Status.OK, Status.OK]


def test_no_tick_begins_after_the_end() -> None:
    recording = virtual(Source(takes_ns=[10**10]), duration=1)
    assert [sample.tick for sample in taken(recording)] == [0]
    assert recording.summary.missed == 9


def test_the_lateness_of_ticks_is_without_the_time_that_reading_takes() -> None:
    recording = virtual(Source(takes_ns=[90 * MS]), duration=1)
    taken(recording)
    assert recording.summary.max_drift_ms == 0


def test_each_reading_has_its_own_stamps() -> None:
    source = Source(lambda number: Polled(1.0, number * 10, number * 10 + 4))
    samples = taken(virtual(source, duration=0.2))
    assert [(one.requested_ns, one.received_ns, one.latency_s) for one in samples] == [
        (0, 4, 4e-9),
        (10, 14, 4e-9),
    ]


def test_what_a_source_raises_is_a_failed_sample_that_says_so() -> None:
    def say(number: int) -> float:
        if number == 1:
            raise TimeoutError("no reply")
        return 20.0

    recording = virtual(Source(say), duration=0.3)
    samples = taken(recording)
    assert [(one.status, one.value) for one in samples] == [
        (Status.OK, 20.0),
        (Status.FAILED, None),
        (Status.OK, 20.0),
    ]
    assert (samples[1].fault, samples[1].raw) == ("timeout", "TimeoutError: no reply")
    assert recording.summary.failed == 1


def test_a_channel_that_is_not_answered_is_a_failed_sample() -> None:
    class Silent(Source):
        def poll(self, names: Sequence[str]) -> dict[str, Any]:
            return {"a.x": 1.0, "a.y": InstrumentError("garbled", "bad checksum")}

    samples = taken(virtual(Silent(names=("a.x", "a.y", "a.z")), duration=0.1))
    assert [sample.fault for sample in samples] == [None, "garbled", "garbled"]


def test_an_answer_without_a_value_is_a_failed_sample_that_keeps_what_was_answered() -> None:
    given = {"a.x": Reading(None, "-------"), "a.y": Polled(None, raw="OVER"), "a.z": float("nan"), "a.t": ""}

    class Broken(Source):
        def poll(self, names: Sequence[str]) -> dict[str, Any]:
            return given

    recording = virtual(Broken(names=tuple(given)), duration=0.1)
    samples = taken(recording)
    assert [(one.status, one.value, one.fault, one.raw) for one in samples] == [
        (Status.FAILED, None, "no-value", "-------"),
        (Status.FAILED, None, "no-value", "OVER"),
        (Status.FAILED, None, "no-value", "nan"),
        (Status.OK, "", None, None),
    ]
    assert (recording.summary.ok, recording.summary.failed, recording.summary.disconnects) == (1, 3, 0)


def test_a_lost_connection_is_made_again_by_the_factory_after_a_growing_pause() -> None:
    made: list[Source] = []

    def factory() -> Source:
        made.append(Source(lost if len(made) < 2 else float))
        return made[-1]

    recording = virtual(Source(lost), duration=2, factory=factory, backoff=Backoff(0.25, 1.0))
    statuses = [sample.status for sample in taken(recording)]
    # Tried at 0 s, 0.3 s (after 0.25), 0.8 s (after 0.5) and 1.8 s (after 1).
    assert len(made) == 3
    assert statuses == [Status.FAILED] * 18 + [Status.OK] * 2
    assert recording.summary.disconnects == 1


def test_without_reconnection_a_lost_connection_ends_the_recording() -> None:
    recording = virtual(Source(lost), auto_reconnect=False, duration=1)
    with recording, pytest.raises(ConnectionError, match="cable pulled"):
        list(recording)
    assert recording.summary.unreached == 10


def test_what_ended_a_recording_is_raised_at_its_exit_where_nobody_asked() -> None:
    with pytest.raises(ConnectionError, match="cable pulled"), virtual(Source(lost), auto_reconnect=False):
        pass


@pytest.mark.parametrize("policy", [OverflowPolicy.DROP_NEWEST, OverflowPolicy.DROP_OLDEST])
def test_a_full_buffer_drops_what_the_policy_says_and_counts_it(policy: OverflowPolicy) -> None:
    with virtual(Source(), duration=1, overflow=policy, buffer_size=3) as recording:
        while recording.summary.finished_at is None:
            pass
        ticks = [sample.tick for batch in recording for sample in batch]
    assert ticks == ([0, 1, 2] if policy is OverflowPolicy.DROP_NEWEST else [7, 8, 9])
    assert (recording.summary.dropped, recording.summary.ok) == (7, 3)
    assert (recording.statistics().dropped, recording.statistics().peak) == (7, 3)


def test_blocking_loses_nothing() -> None:
    recording = virtual(Source(), duration=5, buffer_size=1)
    assert [sample.tick for sample in taken(recording)] == list(range(50))


def test_leaving_early_leaves_the_rest_unreached_and_what_was_read_to_be_taken() -> None:
    with virtual(Source(), duration=1000, buffer_size=5) as recording:
        next(recording)
    summary = recording.summary
    left = sum(len(batch) for batch in recording)
    assert summary.ok == 1 + left
    assert summary.unreached == 10_000 - summary.ok > 0


@given(
    takes_ms=st.lists(st.integers(0, 450), min_size=1, max_size=8),
    kinds=st.lists(st.sampled_from(["value", "raises", "lost"]), min_size=1, max_size=8),
    policy=st.sampled_from(OverflowPolicy),
    width=st.integers(1, 3),
    wanted=st.integers(0, 60),
)
def test_the_statuses_sum_to_planned_whatever_happens(
    takes_ms: list[int], kinds: list[str], policy: OverflowPolicy, width: int, wanted: int
) -> None:
    def say(number: int) -> float:
        kind = kinds[number % len(kinds)]
        if kind == "value":
            return 1.0
        raise ConnectionError if kind == "lost" else ValueError

    names = [f"a.x{number}" for number in range(width)]
    source = Source(say, names, takes_ns=[one * MS for one in takes_ms])
    recording = virtual(source, duration=5, overflow=policy, buffer_size=2, tolerance=0.01)
    found: Counter[Status] = Counter()
    with recording:
        for _ in range(wanted):
            found.update(sample.status for sample in recording.take(1.0) or ())
            live = recording.summary
            assert live.planned == 50 * width
    found.update(sample.status for batch in recording for sample in batch)
    end = recording.summary
    assert (
        end.ok + end.late + end.failed + end.missed + end.dropped + end.unreached == end.planned == 50 * width
    )
    assert (end.ok, end.late, end.failed) == (found[Status.OK], found[Status.LATE], found[Status.FAILED])


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"rate_hz": 0}, "rate_hz"),
        ({"buffer_size": 0}, "buffer_size"),
        ({"buffer_size": 1.5}, "buffer_size"),
        ({"overflow": "sometimes"}, "overflow is one of block"),
        ({"tolerance": 0}, "tolerance"),
        ({"timing": "best"}, "timing is one of"),
        ({"channels": []}, "no channel is named"),
    ],
)
def test_a_bad_argument_is_refused_before_anything_is_asked(options: dict[str, Any], told: str) -> None:
    source = Source()
    with pytest.raises(ValueError, match=told):
        shotlane.record(source, **{"rate_hz": 10, **options})
    assert source.calls == 0


def test_what_cannot_be_recorded_is_refused() -> None:
    with pytest.raises(ValueError, match="int cannot be recorded"):
        shotlane.record(7, rate_hz=10)  # type: ignore[arg-type]


def test_an_unknown_channel_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(UnknownChannelError, match=r"did you mean 'oven\.temperature'"):
        shotlane.record(Source(), "oven.temprature", rate_hz=10)
    with pytest.raises(UnknownChannelError, match="did you mean 'oven'"):
        shotlane.record(Source(), names=["ovens"], rate_hz=10)


def test_a_recording_is_entered_once() -> None:
    recording = virtual(Source(), duration=0.1)
    taken(recording)
    with pytest.raises(RuntimeError, match="entered once"), recording:
        pass


def test_a_station_is_opened_by_name_and_channels_are_chosen(in_lab: Lab) -> None:
    clock = VirtualClock(0)
    recording = shotlane.record(
        "demo", ["temperature", "gas.flow"], names=["furnace", "gas"], rate_hz=10, duration=1, clock=clock
    )
    samples = taken(recording)
    assert {sample.name for sample in samples} == {"furnace.temperature", "gas.temperature", "gas.flow"}
    first = samples[0]
    assert (first.device, first.parameter, first.unit, first.parameter_id) == (
        "furnace",
        "temperature",
        "degC",
        360,
    )
    assert (first.address, first.protocol) == ("sim://", "modbus")


def test_a_misspelt_channel_of_a_station_is_refused_before_it_is_opened(in_lab: Lab) -> None:
    with pytest.raises(UnknownChannelError, match=r"did you mean 'furnace\.temperature'"):
        shotlane.record("bench", "furnace.temprature", rate_hz=10)


def test_a_misspelt_station_is_refused(in_lab: Lab) -> None:
    with pytest.raises(shotlane.DocumentError, match="no station 'demmo'"):
        shotlane.record("demmo", rate_hz=10)


def test_samples_say_which_run_they_belong_to() -> None:
    samples = taken(virtual(Source(), duration=0.1, run=7, shot=2, attempt=1))
    assert (samples[0].run, samples[0].shot, samples[0].attempt) == (7, 2, 1)


def test_of_equal_quantities_only_those_asked_for_are_read() -> None:
    class Loops(Source):
        def channels(self) -> Sequence[MeasuredChannel]:
            return [MeasuredChannel(f"oven.t{n}", "oven", "t", instance=n) for n in (1, 2, 3)]

    samples = taken(virtual(Loops(), duration=0.1, instances=[1, 3]))
    assert [(one.name, one.instance) for one in samples] == [("oven.t1", 1), ("oven.t3", 3)]


def test_a_driver_that_never_returns_does_not_hold_up_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shotlane.acquisition._recording._GRACE_S", 0.01)
    release = threading.Event()
    try:
        with shotlane.record(Source(lambda number: release.wait(60)), rate_hz=100) as recording:
            pass
        assert list(recording) == []
        assert recording.summary.finished_at is not None
    finally:
        release.set()


def test_a_long_recording_needs_no_more_memory_than_a_short_one() -> None:
    def peak(seconds: int) -> int:
        tracemalloc.reset_peak()
        with virtual(Source(), rate_hz=1000, duration=seconds, buffer_size=16) as recording:
            assert sum(len(batch) for batch in recording) == seconds * 1000
        return tracemalloc.get_traced_memory()[1]

    tracemalloc.start()
    try:
        peak(1)
        assert peak(20) < 2 * peak(2)
    finally:
        tracemalloc.stop()
