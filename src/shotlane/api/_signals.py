"""Ctrl-C, SIGTERM and a lost terminal while a run is going: they set a flag, they never raise.

An exception out of a signal handler could hit the code that makes instruments safe. So all of them ask the
run to stop, and a second one asks again, which changes nothing but is told. What is ignored (`nohup`) stays
ignored.
"""

import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any, ClassVar

from shotlane.execution import Control
from shotlane.records import Outcome

_NAMES = {signal.SIGINT: "Ctrl-C", signal.SIGTERM: "SIGTERM"}
if hasattr(signal, "SIGHUP"):  # not on Windows
    _NAMES[signal.SIGHUP] = "SIGHUP, the end of its terminal"


def _tell_again(what: str = "run") -> None:
    with suppress(Exception):  # the terminal is gone, or something is just being written to it
        sys.stderr.write(f"the {what} is ending; the safe state of its instruments is not skipped\n")
        sys.stderr.flush()


class _Ending:
    """How many things that nobody can stop any more are ending, and what signals meant before the first."""

    count = 0
    before: ClassVar[dict[int, Any]] = {}


@contextmanager
def tell_of_signals(what: str) -> Iterator[None]:
    """While a run (`what`) is ending in another thread, let signals change nothing. As below.

    Several may overlap, and end in any order.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    if not _Ending.count:
        _Ending.before = {number: signal.signal(number, lambda *_: _tell_again(what)) for number in _taken()}
    _Ending.count += 1
    try:
        yield
    finally:
        _Ending.count -= 1
        if not _Ending.count:
            _give_back(_Ending.before)


def _taken() -> list[int]:
    """The signals that are not ignored, and not handled by something that is not Python."""
    return [number for number in _NAMES if signal.getsignal(number) not in (signal.SIG_IGN, None)]


def _give_back(handlers: Mapping[int, Any]) -> None:
    for number, handler in handlers.items():
        signal.signal(number, handler)


@contextmanager
def stop_on_signals(control: Control) -> Iterator[None]:
    """Let the signals stop the run. Only the main thread may set handlers; elsewhere nothing is changed."""

    def stop(number: int) -> None:
        if control.request is not None:
            _tell_again()
        control.stop(Outcome.TERMINATED, f"stopped by {_NAMES[signal.Signals(number)]}")

    with on_signals(stop):
        yield


@contextmanager
def on_signals(act: Callable[[int], None]) -> Iterator[None]:
    """Call for every signal, in the main thread alone; it does nothing that could block or raise."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def heard(number: int, _frame: FrameType | None) -> None:
        act(number)

    before = {number: signal.signal(number, heard) for number in _taken()}
    try:
        yield
    finally:
        _give_back(before)
