"""Real-time priority is taken where it is granted, told either way, and given back by who misuses it."""

import os
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue

import pytest

from shotlane.execution import SystemClock, Timing, TimingMode, TimingRefusedError, granted_timing
from shotlane.execution import _priority as priority

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has it here")


def _refuse(_priority: int) -> int:
    raise PermissionError(1, "Operation not permitted")


@pytest.fixture
def refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(priority, "take_priority", _refuse)


def _in_a_thread(action: Callable[[], object]) -> object:
    found: list[object] = []
    thread = threading.Thread(target=lambda: found.append(action()))
    thread.start()
    thread.join()
    return found[0]


def test_normal_asks_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(priority, "take_priority", lambda _: pytest.fail("it was tried"))
    assert granted_timing(TimingMode.NORMAL) == Timing("normal", "as asked for")


@LINUX
def test_auto_goes_on_without_and_says_why(refused: None) -> None:
    timing = granted_timing(TimingMode.AUTO)
    assert (timing.mode, timing.priority) == ("normal", None)
    assert "Operation not permitted" in timing.reason
    assert "rtprio" in timing.reason


@LINUX
def test_realtime_is_refused_where_it_is_not_granted(refused: None) -> None:
    with pytest.raises(TimingRefusedError, match="rtprio"):
        granted_timing(TimingMode.REALTIME)


@LINUX
def test_where_it_is_granted_it_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(priority, "take_priority", lambda _: 0)
    assert granted_timing(TimingMode.REALTIME).mode == "realtime"
    assert granted_timing(TimingMode.AUTO).priority == priority.PRIORITY


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_other_systems_keep_time_without(monkeypatch: pytest.MonkeyPatch, platform: str) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    timing = granted_timing(TimingMode.AUTO)
    assert (timing.mode, platform in timing.reason) == ("normal", True)
    with pytest.raises(TimingRefusedError, match="Linux only"):
        granted_timing(TimingMode.REALTIME)
    clock = SystemClock(timing=timing)
    with clock.keeping_time():
        _in_a_thread(clock.prepare_thread)
    assert clock.timing.mode == "normal"


@LINUX
def test_it_is_taken_in_the_main_thread_only_where_a_runaway_is_heard_of() -> None:
    timing = _in_a_thread(lambda: granted_timing(TimingMode.AUTO))
    assert isinstance(timing, Timing)
    assert (timing.mode, timing.priority) == ("normal", None)
    assert "main thread only" in timing.reason


@LINUX
def test_who_demands_it_in_another_thread_is_refused() -> None:
    def asked() -> str:
        with pytest.raises(TimingRefusedError) as refusal:
            granted_timing(TimingMode.REALTIME)
        return str(refusal.value)

    assert "main thread only" in str(_in_a_thread(asked))


@LINUX
def test_a_thread_that_is_refused_later_goes_on_and_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shotlane.execution._system_clock.take_priority", _refuse)
    clock = SystemClock(timing=Timing("realtime", "", priority.PRIORITY))
    _in_a_thread(clock.prepare_thread)
    assert clock.timing.mode == "normal"
    assert [type_ for type_, _ in clock.happenings()] == ["timing.mode"]


_GRANTED = sys.platform == "linux" and granted_timing(TimingMode.AUTO).mode == "realtime"
NEEDS_PRIORITY = pytest.mark.skipif(not _GRANTED, reason="this system does not grant real-time priority")


@NEEDS_PRIORITY
def test_what_a_driver_starts_is_ordinary() -> None:
    def inherited() -> tuple[int, int]:
        priority.take_priority(priority.PRIORITY)
        own = os.sched_getscheduler(0) & ~os.SCHED_RESET_ON_FORK
        return own, int(str(_in_a_thread(lambda: os.sched_getscheduler(0))))

    assert _in_a_thread(inherited) == (os.SCHED_FIFO, os.SCHED_OTHER)


class _Beside:
    """A thread that waits until it is told what to do."""

    def __init__(self) -> None:
        self._acts: SimpleQueue[Callable[[], object] | None] = SimpleQueue()
        self.thread = threading.Thread(target=self._serve)
        self.thread.start()

    def _serve(self) -> None:
        while (act := self._acts.get()) is not None:
            act()

    def close(self) -> None:
        self._acts.put(None)
        self.thread.join()

    @property
    def policy(self) -> tuple[int, int]:
        native = self.thread.native_id
        assert native is not None
        policy = os.sched_getscheduler(native) & ~os.SCHED_RESET_ON_FORK
        return policy, os.sched_getparam(native).sched_priority


@NEEDS_PRIORITY
def test_threads_that_take_the_interpreter_are_lifted_below_those_that_keep_time_and_put_back() -> None:
    aide = _Beside()
    clock = SystemClock(timing=granted_timing(TimingMode.REALTIME))
    with clock.keeping_time([aide.thread.native_id or 0]):
        lifted = aide.policy
    after = aide.policy
    aide.close()
    assert lifted == (os.SCHED_FIFO, priority.AIDE_PRIORITY)
    assert priority.AIDE_PRIORITY < priority.PRIORITY
    assert after == (os.SCHED_OTHER, 0)


def test_without_priority_nobody_is_lifted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "shotlane.execution._system_clock.take_priority", lambda *_: pytest.fail("it was lifted")
    )
    with SystemClock().keeping_time([threading.get_native_id()]):
        pass


# An aide computes without the interpreter's lock, then a thread that keeps time does.
_AIDE_RUNS_AWAY = """
import hashlib, os, threading, time
from shotlane.execution import SystemClock, TimingMode, granted_timing

def compute(count):
    hashlib.pbkdf2_hmac("sha256", b"x", b"y", count)

clock, begin, told = SystemClock(timing=granted_timing(TimingMode.REALTIME)), threading.Event(), []
aide = threading.Thread(target=lambda: (begin.wait(), compute(8_000_000)))
aide.start()
with clock.keeping_time([aide.native_id]):
    urgent = threading.Thread(target=lambda: (clock.prepare_thread(), aide.join(), compute(8_000_000)))
    urgent.start()
    begin.set()
    for thread in (aide, urgent):
        while thread.is_alive():
            time.sleep(0.05)
        told.append((clock.timing.mode, len(clock.happenings())))
print(told)
"""


@NEEDS_PRIORITY
@pytest.mark.real_time
def test_an_aide_that_computes_long_loses_its_priority_and_those_that_keep_time_do_not() -> None:
    """They lose theirs when it is one of them, after the same time as ever."""
    done = subprocess.run(
        [sys.executable, "-c", _AIDE_RUNS_AWAY], capture_output=True, text=True, timeout=100
    )
    assert done.stdout.strip() == "[('realtime', 1), ('normal', 1)]", done.stderr


@NEEDS_PRIORITY
@pytest.mark.real_time
def test_a_driver_that_computes_for_ever_loses_its_priority() -> None:
    """In a process of its own, whose only busy thread never lets go of its core."""
    code = textwrap.dedent(
        """
        import os, threading, time
        from shotlane.execution import SystemClock, TimingMode, granted_timing

        clock = SystemClock(timing=granted_timing(TimingMode.REALTIME))
        stop = []

        def run_away():
            clock.prepare_thread()
            while not stop:
                pass

        with clock.keeping_time():
            thread = threading.Thread(target=run_away)
            thread.start()
            for _ in range(600):
                # Polled seldom: who asks for the interpreter makes the other one pause.
                time.sleep(0.7)
                if clock.timing.mode == "normal":
                    break
            policy = os.sched_getscheduler(thread.native_id) & ~os.SCHED_RESET_ON_FORK
            stop.append(True)
            thread.join()
        print(policy == os.SCHED_OTHER, clock.happenings()[0][1]["reason"])
        """
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=100)
    assert done.stdout.strip() == "True a driver computed for half a second without a pause", done.stderr


# Seconds of a core in a port's thread, without the interpreter's lock, while the thread of the run waits.
_RUN_AWAY = """
import hashlib, os, resource
from shotlane.execution import SystemClock, TimingMode, granted_timing
from tests.execution.fakes import Bench, HandPlan, lanes, rule, segment

resource.setrlimit(resource.RLIMIT_RTTIME, ({limit}, {limit}))
policies = []

def act(bench, request):
    if request.text == "read a.x":
        hashlib.pbkdf2_hmac("sha256", b"x", b"y", 12_000_000)
        policies.append(os.sched_getscheduler(0) & ~os.SCHED_RESET_ON_FORK)

plan = HandPlan([segment(rule("a.x"))], lanes=lanes(max_missing=1.0))
bench = Bench(plan, act, clock=SystemClock(timing=granted_timing(TimingMode.REALTIME)))
print(bench.run().outcome, policies == [os.SCHED_OTHER])
"""


@NEEDS_PRIORITY
@pytest.mark.real_time
@pytest.mark.parametrize("limit", ["resource.RLIM_INFINITY", "1_200_000"], ids=["no limit", "hard limit"])
def test_a_driver_that_computes_in_a_run_loses_its_priority_and_not_the_run(limit: str) -> None:
    """Also where the kernel would end the process a little later."""
    code = _RUN_AWAY.format(limit=limit)
    root = Path(__file__).parents[2]
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=root
    )
    assert (found.returncode, found.stdout) == (0, "done True\n"), found.stderr
