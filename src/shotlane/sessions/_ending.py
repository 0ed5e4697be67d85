"""The end of a process that has open sessions: none of them ends without its instruments made safe.

SIGTERM and the end of a terminal become `SystemExit` in the main thread, where nobody else has asked for
them, so that blocks are left in their order. What is still open when the main thread has ended is stopped by
a thread that outlives it. While a session is being stopped no signal breaks in; it takes effect afterwards.
What the operating system kills is the guard's to make safe.
"""

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

from shotlane.acquisition import SIGNALS, as_before, exit_of_signal, leave_on_signals

_LOOK_S = 0.5
# The stream has gone, is closed, or never was one: a program that began with it closed has None.
_NOBODY = (OSError, ValueError, AttributeError)

# How to stop what is open, by session.
_OPEN: dict[int, Callable[[], None]] = {}
_TURN = threading.Lock()
_WATCHER: list[threading.Thread] = []


def at_end(session: int, stop: Callable[[], None]) -> None:
    """Stop a session when the process ends, unless `forget` was called."""
    with _TURN:
        _OPEN[session] = stop
        if not any(watcher.is_alive() for watcher in _WATCHER):  # a fork has none of its parent's
            _WATCHER.clear()
            # No daemon: the interpreter waits for it, and lets it start threads of its own until then.
            watcher = threading.Thread(target=_watch, name="shotlane-ending", daemon=False)
            _WATCHER.append(watcher)
            watcher.start()
    leave_on_signals(session)


def forget(session: int) -> None:
    """It was stopped."""
    with _TURN:
        _OPEN.pop(session, None)
    as_before(session)


def what_ended() -> BaseException | None:
    """What ended the main thread, as far as the interpreter tells; None of a script that came to its end."""
    return exit_of_signal() or getattr(sys, "last_value", None)


def _watch() -> None:
    """Wait for the end of the main thread, or of all sessions."""
    main = threading.main_thread()
    while main.is_alive():
        main.join(_LOOK_S)
        with _TURN:
            if not _OPEN:
                _WATCHER.clear()
                return
    for stop in list(_OPEN.values()):
        try:
            stop()
        except Exception as error:  # noqa: BLE001  the others must be stopped too, and a person must learn of it
            with suppress(*_NOBODY):
                sys.stderr.write(f"shotlane: {error}\n")


@contextmanager
def undisturbed() -> Iterator[None]:
    """Hold back signals that would break in; they take effect at the end of the block."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    held: list[int] = []

    def hold(number: int, _frame: FrameType | None) -> None:
        held.append(number)
        with suppress(*_NOBODY):
            sys.stderr.write("the session is ending; the safe state of its instruments is not skipped\n")

    numbers = [getattr(signal, name) for name in ("SIGINT", *SIGNALS) if hasattr(signal, name)]
    taken = [number for number in numbers if callable(signal.getsignal(number))]
    before = {number: signal.signal(number, hold) for number in taken}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for number in held[:1]:
            signal.raise_signal(number)
