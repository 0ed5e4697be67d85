"""The keys of a terminal, one by one, as long as this process has the terminal.

The terminal is always left as it was found: at the end, before Ctrl-Z stops the process, and while it is in
the background, where it is not touched at all. Ctrl-C and Ctrl-Z stay signals.
"""

import os
import select
import signal
import sys
import threading
import time
from contextlib import suppress
from types import FrameType, TracebackType
from typing import Any, Self

_SHOW_CURSOR = b"\x1b[?25h"


class Keyboard:
    """Reads keys in a `with`. One thread reads; `leave` may be called from signal handlers."""

    def __init__(self, file: int) -> None:
        self._file = file
        self._saved: list[Any] | None = None
        self._before: Any = None

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGTSTP, self._stop)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.leave()
        if self._before is not None:
            signal.signal(signal.SIGTSTP, self._before)

    def keys(self, wait_s: float) -> str | None:
        """What was typed within that time; '' for nothing, None when the terminal has gone."""
        import termios  # not on Windows

        try:
            if not self._take():
                time.sleep(wait_s)
                return ""
            if not select.select([self._file], [], [], wait_s)[0] or not self._in_foreground():
                return ""
            typed = os.read(self._file, 64)
        except (OSError, ValueError, termios.error):
            return None
        return typed.decode("utf-8", "replace") if typed else None

    def _take(self) -> bool:
        """Take single keys without showing them, unless this process is in the background."""
        import termios  # not on Windows

        if not self._in_foreground():
            self._saved = None  # the shell has made the terminal its own
            return False
        if self._saved is None:
            found = termios.tcgetattr(self._file)
            changed = [*found[:3], found[3] & ~(termios.ICANON | termios.ECHO), *found[4:]]
            self._saved = found
            with suppress(termios.error):
                termios.tcsetattr(self._file, termios.TCSADRAIN, changed)
        return True

    def leave(self) -> None:
        """Leave the terminal as it was found."""
        import termios  # not on Windows

        saved, self._saved = self._saved, None
        if saved is not None and self._in_foreground():
            with suppress(termios.error):
                termios.tcsetattr(self._file, termios.TCSADRAIN, saved)

    def _in_foreground(self) -> bool:
        try:
            return os.tcgetpgrp(self._file) == os.getpgrp()
        except OSError:  # it is nobody's controlling terminal
            return True

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        """Ctrl-Z: stop, and go on where the shell lets this process go on."""
        self.leave()
        with suppress(OSError):
            os.write(sys.__stderr__.fileno() if sys.__stderr__ else 2, _SHOW_CURSOR)
        os.kill(os.getpid(), signal.SIGSTOP)
