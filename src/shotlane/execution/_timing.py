"""What the process is asked for while shots run in real time.

A busy Python thread keeps others from the interpreter for a whole switch interval, 5 ms by default. 0.03 ms
is far less than the time from a wake to its target, and who is interrupted in a spin, because another one
wants the interpreter too, has it back after as long. Below that the switches themselves cost more than they
save; at this length two busy threads lose about a tenth of their pace. `gc.freeze` takes everything that
exists before the first shot out of later collections: otherwise one full collection of a large import tree
stops all threads for tens of milliseconds. Collection itself stays on, because a shot may last a day and
drivers make cycles.
"""

import ctypes
import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

SWITCH_INTERVAL_S = 0.00003
_PR_SET_TIMERSLACK = 29  # linux/prctl.h
_DEFAULT_SLACK = 0  # whatever the thread had at its start


_lock = Lock()
_intervals: list[float] = []  # that before the first user, once for each


@contextmanager
def punctual_process() -> Iterator[None]:
    """Shorten the switch interval and the calling thread's slack, freeze what exists; all is put back.

    By the last user: recordings in one process overlap as they like.
    """
    with _lock:
        _intervals.append(_intervals[0] if _intervals else sys.getswitchinterval())
        sys.setswitchinterval(SWITCH_INTERVAL_S)
        gc.freeze()
    prepare_timing_thread()
    try:
        yield
    finally:
        _set_slack(_DEFAULT_SLACK)
        with _lock:
            before = _intervals.pop()
            if not _intervals:
                gc.unfreeze()
                sys.setswitchinterval(before)


def prepare_timing_thread() -> bool:
    """Ask for wakes without slack in the calling thread; False where the system has no such thing."""
    # The default slack of 50 us delays every wake by that much.
    return _set_slack(1)


def _set_slack(slack_ns: int) -> bool:
    if sys.platform != "linux":
        return False
    try:
        return bool(ctypes.CDLL(None).prctl(_PR_SET_TIMERSLACK, slack_ns, 0, 0, 0) == 0)
    except (OSError, AttributeError):
        return False
