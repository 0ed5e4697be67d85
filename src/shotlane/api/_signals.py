"""Ctrl-C and SIGTERM while a run is going: they set a flag, they never raise.

An exception out of a signal handler could hit the code that makes instruments safe. So both signals ask the
run to stop, and a second one asks again, which changes nothing.
"""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from shotlane.execution import Control
from shotlane.records import Outcome

_NAMES = {signal.SIGINT: "Ctrl-C", signal.SIGTERM: "SIGTERM"}


@contextmanager
def stop_on_signals(control: Control) -> Iterator[None]:
    """Let both signals stop the run. Only the main thread may set handlers; elsewhere nothing is changed."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(number: int, _frame: FrameType | None) -> None:
        control.stop(Outcome.TERMINATED, f"stopped by {_NAMES[signal.Signals(number)]}")

    before = {number: signal.signal(number, stop) for number in _NAMES}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
