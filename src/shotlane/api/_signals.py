"""Ctrl-C, SIGTERM and a lost terminal while a run is going: they set a flag, they never raise.

An exception out of a signal handler could hit the code that makes instruments safe. So all of them ask the
run to stop, and a second one asks again, which changes nothing but is told. What is ignored (`nohup`) stays
ignored.
"""

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

from shotlane.execution import Control
from shotlane.records import Outcome

_NAMES = {signal.SIGINT: "Ctrl-C", signal.SIGTERM: "SIGTERM"}
if hasattr(signal, "SIGHUP"):  # not on Windows
    _NAMES[signal.SIGHUP] = "SIGHUP, the end of its terminal"


_AGAIN = "the run is ending; the safe state of its instruments is not skipped\n"


def _tell_again() -> None:
    with suppress(Exception):  # the terminal is gone, or something is just being written to it
        sys.stderr.write(_AGAIN)
        sys.stderr.flush()


@contextmanager
def stop_on_signals(control: Control) -> Iterator[None]:
    """Let the signals stop the run. Only the main thread may set handlers; elsewhere nothing is changed."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(number: int, _frame: FrameType | None) -> None:
        if control.request is not None:
            _tell_again()
        control.stop(Outcome.TERMINATED, f"stopped by {_NAMES[signal.Signals(number)]}")

    taken = [number for number in _NAMES if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, stop) for number in taken}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
