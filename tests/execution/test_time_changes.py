"""What happened to time itself is seen: a machine that slept, a wall clock that was set."""

import time
from collections.abc import Sequence

import pytest
from tests.execution.fakes import MS, Bench, HandPlan, Request, S, rule, segment

from shotlane.execution import SystemClock, _time_changes
from shotlane.execution._time_changes import Clocks, read_clocks, time_changes

START = Clocks(10 * S, 1_700_000_000 * S, 3 * S)


def _later(monotonic_s: float, wall_s: float, slept_s: float = 0.0) -> Clocks:
    """So much later by each clock."""
    passed = [round(passed_s * S) for passed_s in (monotonic_s, wall_s, slept_s)]
    return Clocks(*(before + more for before, more in zip(START, passed, strict=True)))


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (_later(5, 5), []),
        (_later(5, 5.015), []),
        (_later(5, 8), [("clock.stepped", 3.0)]),
        (_later(5, -3595), [("clock.stepped", -3600.0)]),
        (_later(5, 65, 60), [("clock.suspended", 60.0)]),
        (_later(5, 67, 60), [("clock.suspended", 60.0), ("clock.stepped", 2.0)]),
        # A clock that is slewed by 400 millionths for a day gains 35 s and never stepped.
        (_later(86_400, 86_434.6), []),
        (_later(86_400, 86_600), [("clock.stepped", 200.0)]),
    ],
)
def test_sleep_and_steps_are_told_apart(after: Clocks, expected: Sequence[tuple[str, float]]) -> None:
    found = [(change.type, round(change.duration_ns / S, 3)) for change in time_changes(START, after)]
    assert found == expected


@pytest.mark.parametrize(
    "going", [getattr(time, "CLOCK_BOOTTIME", None), None], ids=["tells", "tells nothing"]
)
def test_the_clocks_are_read_where_one_tells_of_sleep_and_where_none_does(
    monkeypatch: pytest.MonkeyPatch, going: int | None
) -> None:
    monkeypatch.setattr(_time_changes, "_GOING", going)
    clocks = read_clocks()
    assert clocks.slept_ns >= 0 if going else clocks.slept_ns == 0
    assert abs(clocks.utc_ns - time.time_ns()) < S
    assert abs(clocks.monotonic_ns - time.perf_counter_ns()) < S


def test_a_clock_that_nothing_happened_to_tells_nothing() -> None:
    clock = SystemClock()
    clock.anchor()
    assert clock.happenings() == []


class _Disturbed(SystemClock):
    """A machine that slept 12 s in a shot and woke with a wall clock that somebody set back by an hour."""

    def look(self, clocks: Clocks) -> None:
        if self.shooting and not self.looks:
            clocks = clocks._replace(
                utc_ns=clocks.utc_ns + (12 - 3600) * S, slept_ns=clocks.slept_ns + 12 * S
            )
        if self.shooting:
            self.looks.append(clocks)
        super().look(clocks)

    def __init__(self) -> None:
        self.looks: list[Clocks] = []
        self.shooting = False
        super().__init__()


@pytest.mark.real_time
def test_the_run_record_tells_what_happened_to_time() -> None:
    clock = _Disturbed()

    def shoot(bench: Bench, request: Request) -> None:
        clock.shooting = True

    bench = Bench(HandPlan([segment(rule("a.x"), duration_ms=1)], count=1), shoot, clock=clock)
    bench.run()
    assert len(clock.looks) == 1  # as the attempt ended
    (suspended,), (stepped,) = bench.events("clock.suspended"), bench.events("clock.stepped")
    assert suspended["for_s"] == pytest.approx(12, abs=0.001)
    assert stepped["by_s"] == pytest.approx(-3600, abs=0.001)
    told = bench.result.summary()["clock"]
    assert [(item["shot"], item["attempt"], item["type"]) for item in told] == [
        (1, 1, "clock.suspended"),
        (1, 1, "clock.stepped"),
    ]


def test_the_wall_clock_is_read_anew_before_an_attempt_that_does_not_follow_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = SystemClock()
    monkeypatch.setattr(time, "time_ns", lambda: 0)
    time.sleep(0.01)
    clock.anchor()
    assert clock.utc_ns() < 10 * S


def test_a_step_of_the_wall_clock_bends_no_time_of_the_attempt(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SystemClock()
    before = clock.utc_ns()
    monkeypatch.setattr(time, "time_ns", lambda: 0)
    assert clock.happenings()[0][0] == "clock.stepped"
    assert 0 <= clock.utc_ns() - before < 10_000 * MS
