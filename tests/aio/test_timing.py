"""Real-time priority for what an event loop in the main thread awaits, with the same bound on drivers."""

import hashlib
import json
import sys
import threading
from collections.abc import Callable, Coroutine
from typing import Any

import anyio
import pytest
from tests.acceptance.lab import PATIENT, Lab
from tests.acquisition.sources import Source

from shotlane import aio
from shotlane.execution import TimingMode, granted_timing, hearing

pytestmark = pytest.mark.real_time
GRANTED = sys.platform == "linux" and granted_timing(TimingMode.AUTO).mode == "realtime"
NEEDS_PRIORITY = pytest.mark.skipif(not GRANTED, reason="this system does not grant real-time priority")


def run(backend: str, main: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    return anyio.run(main, backend=backend)


def modes(lab: Lab) -> list[dict[str, str]]:
    """How the runs of a project kept time."""
    rows = lab.rows("SELECT fields FROM event WHERE type = 'timing.mode' ORDER BY run")
    return [json.loads(row["fields"]) for row in rows]


def test_a_run_has_the_timing_of_the_blocking_face(in_lab: Lab, backend: str) -> None:
    in_lab.write(PATIENT)

    async def main() -> None:
        await aio.run("sequences/short.yaml", mock=True)

    run(backend, main)
    assert [one["mode"] for one in modes(in_lab)] == [granted_timing(TimingMode.AUTO).mode]


@pytest.mark.skipif(sys.platform != "linux", reason="priority is taken on Linux only")
def test_a_loop_in_another_thread_takes_no_priority_and_says_why(in_lab: Lab, backend: str) -> None:
    in_lab.write(PATIENT)

    async def main() -> None:
        await aio.run("sequences/short.yaml", mock=True)

    thread = threading.Thread(target=run, args=(backend, main))
    thread.start()
    thread.join()
    (told,) = modes(in_lab)
    assert told["mode"] == "normal"
    assert "main thread only" in told["reason"]


@NEEDS_PRIORITY
def test_a_source_that_keeps_a_core_to_itself_loses_its_priority() -> None:
    def say(number: int) -> float:
        if number == 2:
            # It lets go of the interpreter, for which a loop in Python alone would pause now and then.
            hashlib.pbkdf2_hmac("sha256", b"", b"", 3_000_000)
        return 1.0

    async def main() -> aio.Recording:
        async with aio.record(Source(say), rate_hz=100, duration=5) as recording:
            while recording.summary.ok + recording.summary.late < 3:
                await recording.take()
            recording.stop()
        return recording

    recording = anyio.run(main)
    assert [type_ for type_, _ in recording.summary.clock_changes] == ["timing.mode"]


@NEEDS_PRIORITY
def test_who_hears_for_others_may_end_in_any_order() -> None:
    first, second = hearing(), hearing()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    granted: list[str] = []
    thread = threading.Thread(target=lambda: granted.append(granted_timing(TimingMode.AUTO).mode))
    thread.start()
    thread.join()
    second.__exit__(None, None, None)
    assert granted == ["realtime"]
    after: list[str] = []
    thread = threading.Thread(target=lambda: after.append(granted_timing(TimingMode.AUTO).mode))
    thread.start()
    thread.join()
    assert after == ["normal"]
