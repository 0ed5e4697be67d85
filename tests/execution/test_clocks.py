"""Clocks wait no shorter than asked, and not at all when cancelled."""

import threading
import time

import pytest
from tests.execution.fakes import MS, S

from shotlane.execution import SystemClock, VirtualClock
from shotlane.execution._timing import prepare_timing_thread


@pytest.mark.real_time
@pytest.mark.parametrize("ms", [0.05, 0.3, 3])
def test_a_wait_ends_at_its_target_or_later(ms: float) -> None:
    clock = SystemClock()
    target = clock.now_ns() + round(ms * MS)
    assert clock.wait_until(target, threading.Event())
    assert 0 <= clock.now_ns() - target < S


@pytest.mark.real_time
def test_a_cancelled_wait_ends_at_once() -> None:
    clock, cancelled = SystemClock(), threading.Event()
    threading.Timer(0.05, cancelled.set).start()
    assert not clock.wait_until(clock.now_ns() + 60 * S, cancelled)


@pytest.mark.real_time
def test_wall_time_runs_with_the_monotonic_clock_from_its_anchor() -> None:
    clock = SystemClock()
    clock.anchor()
    assert abs(clock.utc_ns() - time.time_ns()) < S
    first, second = clock.utc_ns(), clock.utc_ns()
    assert second >= first


def test_the_past_is_not_waited_for_but_a_cancelled_wait_in_the_past_is_refused() -> None:
    cancelled = threading.Event()
    assert SystemClock().wait_until(0, cancelled)
    cancelled.set()
    assert not SystemClock().wait_until(0, cancelled)


def test_virtual_time_jumps_and_never_runs_backwards() -> None:
    clock, cancelled = VirtualClock(utc_ns=7), threading.Event()
    assert clock.wait_until(3600 * S, cancelled)
    assert clock.wait_until(5, cancelled)
    assert (clock.now_ns(), clock.utc_ns()) == (3600 * S, 3600 * S + 7)
    with pytest.raises(ValueError, match="backwards"):
        clock.advance(-1)


def test_a_timing_thread_is_prepared_or_left_alone() -> None:
    results: list[bool] = []
    thread = threading.Thread(target=lambda: results.append(prepare_timing_thread()))
    thread.start()
    thread.join()
    assert len(results) == 1
