"""Real-time priority for the threads that keep time, where the system grants it.

Only Linux has it here (SCHED_FIFO): such a thread is never kept from a core by ordinary processes. A driver
that computes for ever in one would take that core from everybody, so three things bound it: what a driver
starts inherits nothing, the kernel tells when a thread ran for half a second without a pause, which puts all
of them back to normal, and where that cannot be heard, outside the main thread, priority is not taken at all.

Threads that take the interpreter beside them are lifted too, less high: an ordinary one that holds it can be
kept from its core by any other process, and everybody waits for the interpreter then.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from enum import StrEnum

# Above everything ordinary, below the threads of the kernel that serve interrupts (50).
PRIORITY = 10
AIDE_PRIORITY = 5
# Longer than a driver computes between two waits, and shorter than a person's patience.
RUNAWAY_US = 500_000


class TimingMode(StrEnum):
    """What is asked for; `auto` takes real-time priority when it is granted."""

    AUTO = "auto"
    NORMAL = "normal"
    REALTIME = "realtime"


class TimingRefusedError(Exception):
    """Real-time priority was asked for, and the system does not grant it; says why and what helps."""


@dataclass(frozen=True, slots=True)
class Timing:
    """How a run keeps time. `mode`: normal, realtime or virtual; `reason`: why, in a few words.

    `priority`: of the threads that keep time; None without one.
    """

    mode: str
    reason: str
    priority: int | None = None


def granted_timing(asked: TimingMode) -> Timing:
    """What the system grants. Raises `TimingRefusedError`."""
    if asked is TimingMode.NORMAL:
        return Timing("normal", "as asked for")
    obstacle = _obstacle()
    if obstacle is None:
        return Timing("realtime", f"SCHED_FIFO with priority {PRIORITY}", PRIORITY)
    if asked is TimingMode.REALTIME:
        raise TimingRefusedError(obstacle)
    return Timing("normal", obstacle)


def _obstacle() -> str | None:
    """Why there is no real-time priority; None when it is granted."""
    if sys.platform != "linux" or not hasattr(os, "sched_setscheduler"):
        return f"real-time priority is taken on Linux only, and this is {sys.platform}"
    if not _is_main() and not _Hearing.count:
        return (
            "it is taken in the main thread only: nobody else hears of a driver that keeps a core to itself"
        )
    refused: list[str] = []
    thread = threading.Thread(target=lambda: refused.extend(_tried()), name="priority")
    thread.start()
    thread.join()
    return refused[0] if refused else None


def _tried() -> list[str]:
    """Take the priority in a thread that ends at once; why not."""
    try:
        take_priority(PRIORITY)
    except OSError as error:
        return [f"the system does not grant priority {PRIORITY} ({error.strerror}); raise the limit rtprio"]
    return []


def take_priority(priority: int, thread: int | None = None) -> int:
    """Give a thread, or else the calling one, real-time priority; its id. Raises `OSError`."""
    thread = thread or threading.get_native_id()
    if sys.platform == "linux":
        # Threads and processes that a driver starts are ordinary ones.
        policy = os.SCHED_FIFO | os.SCHED_RESET_ON_FORK
        os.sched_setscheduler(thread, policy, os.sched_param(priority))
    return thread


def drop_priority(thread: int) -> None:
    """Make a thread an ordinary one, if it is still there."""
    if sys.platform == "linux":
        with suppress(OSError):
            # Who is not privileged may not take the flag away.
            os.sched_setscheduler(thread, os.SCHED_OTHER | os.SCHED_RESET_ON_FORK, os.sched_param(0))


@contextmanager
def runaway_guard(ran_away: Callable[[], bool]) -> Iterator[None]:
    """Have `ran_away` called when a real-time thread does not pause; again at once if it says True.

    Only the main thread can hear of it, for others while it is `hearing`; else the bound is the kernel's own.
    """
    _TOLD.append(ran_away)
    try:
        with _limited() if _is_main() and sys.platform == "linux" else nullcontext():
            yield
    finally:
        _TOLD.remove(ran_away)


@contextmanager
def hearing() -> Iterator[None]:
    """Have the main thread hear of what other threads run meanwhile; does nothing in another one.

    Several may overlap, and end in any order.
    """
    if sys.platform != "linux" or not _is_main():
        yield
        return
    if not _Hearing.count:
        _Hearing.stack.enter_context(_limited())
    _Hearing.count += 1
    try:
        yield
    finally:
        _Hearing.count -= 1
        if not _Hearing.count:
            _Hearing.stack.close()


class _Hearing:
    """How many things of other threads the main thread hears for."""

    count = 0
    stack = ExitStack()


# Who is told of a runaway.
_TOLD: list[Callable[[], bool]] = []


def _is_main() -> bool:
    return threading.current_thread() is threading.main_thread()


@contextmanager
def _limited() -> Iterator[None]:
    """Have the kernel tell the main thread."""
    import resource  # late: not on Windows

    soft, hard = resource.getrlimit(resource.RLIMIT_RTTIME)
    # At the hard limit the kernel ends the process: it must be told well before.
    limit = RUNAWAY_US if hard == resource.RLIM_INFINITY else min(RUNAWAY_US, hard // 2)

    def hear(*_: object) -> None:
        # The kernel raises the limit by a second each time. With the old one it tells at once of a thread
        # that still computes and still has priority.
        # Each is told, for nobody knows whose thread it is.
        if any([ran_away() for ran_away in list(_TOLD)]):
            resource.setrlimit(resource.RLIMIT_RTTIME, (limit, hard))

    before = signal.signal(signal.SIGXCPU, hear)
    try:
        resource.setrlimit(resource.RLIMIT_RTTIME, (limit, hard))
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_RTTIME, (soft, hard))
        signal.signal(signal.SIGXCPU, before)
