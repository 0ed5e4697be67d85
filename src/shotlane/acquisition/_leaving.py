"""SIGTERM and the end of a terminal as `SystemExit` in the main thread, while somebody holds instruments.

So blocks are left in their order, and what is left makes safe. A signal that somebody else handles, or that
is ignored (`nohup`), stays as it is.
"""

import signal
import threading
from collections.abc import Hashable
from types import FrameType
from typing import Any

SIGNALS = ("SIGTERM", "SIGHUP")  # of which Windows has the first

_HOLDERS: set[Hashable] = set()
_BEFORE: dict[int, Any] = {}
_TOLD: list[int] = []  # signals that ended the process


def leave_on_signals(holder: Hashable) -> None:
    """From now on, until `as_before`. Only the main thread may say so; elsewhere nothing is changed."""
    if threading.current_thread() is not threading.main_thread():
        return
    _HOLDERS.add(holder)
    for name in SIGNALS:
        number = getattr(signal, name, None)
        if number is not None and number not in _BEFORE and signal.getsignal(number) is signal.SIG_DFL:
            _BEFORE[number] = signal.signal(number, _leave)


def as_before(holder: Hashable) -> None:
    """It holds nothing more; with the last one the signals mean what they meant."""
    _HOLDERS.discard(holder)
    if _HOLDERS or threading.current_thread() is not threading.main_thread():
        return
    for number, handler in list(_BEFORE.items()):
        if signal.getsignal(number) is _leave:
            signal.signal(number, handler)
        del _BEFORE[number]


def exit_of_signal() -> SystemExit | None:
    """The exit that a signal has caused; None where none has."""
    return SystemExit(128 + _TOLD[0]) if _TOLD else None


def _leave(number: int, _frame: FrameType | None) -> None:
    _TOLD.append(number)
    raise SystemExit(128 + number)
