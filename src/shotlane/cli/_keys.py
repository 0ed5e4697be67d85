"""Somebody at the terminal of a run: keys that steer it, and the answers to its questions.

What cannot be taken back, skipping and aborting, asks for another key first.
"""

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from shotlane.cli._confirmed import Confirmed
from shotlane.cli._keyboard import Keyboard
from shotlane.execution import Control, Phase, Progress
from shotlane.records import Outcome

_POLL_S = 0.1
_BY = "the keyboard"
_KEYS = "p pause   s skip the shot   a abort"
_ASKED = {"s": "skip the shot", "a": "abort the run", "q": "abort the run"}
_BELL = b"\a"


class Person:
    """Implements `execution.Asker` with one key. `hint` is what a bar shows."""

    def __init__(self, control: Control, progress: Progress) -> None:
        self._control = control
        self._progress = progress
        self._question: str | None = None
        self._answered = threading.Event()
        self._asking = threading.Lock()
        self._confirmed = Confirmed(_ASKED)

    def ask(self, text: str, timeout_s: float | None, cancelled: threading.Event) -> str | None:
        """Wait for Enter; None when it does not come in time."""
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        with self._asking:
            self._answered.clear()
            self._question = text
            with suppress(OSError):
                os.write(2, _BELL)  # past whatever draws there, which waits for the end of a line
            try:
                while not cancelled.is_set() and (deadline is None or time.monotonic() < deadline):
                    if self._answered.wait(_POLL_S):
                        return ""
                return None
            finally:
                self._question = None

    def press(self, key: str) -> None:
        """Do what a key stands for."""
        control = self._control
        confirmed = self._confirmed.take(key)
        if self._question is not None and key in "\r\n":
            self._answered.set()
        elif control.request is not None:
            return
        elif key == "p" and control.pausing is None:
            control.pause("asked for at the keyboard", _BY)
        elif key == "p" or (key in "\r\n" and self._progress.now.phase is Phase.PAUSED):
            control.go_on(_BY)
        elif confirmed == "s":
            control.skip("asked for at the keyboard", _BY)
        elif confirmed is not None:
            control.stop(Outcome.ABORTED, "aborted from the keyboard")

    @property
    def hint(self) -> str:
        """One line: what is asked, or which keys there are."""
        control, progress = self._control, self._progress.now
        if progress.run is None:
            return ""
        if control.request is not None:
            return f"{control.request.reason}: the instruments are made safe; Ctrl-C does not skip that"
        if (asked := self._confirmed.question) is not None:
            return asked
        if self._question is not None:
            return f"? {self._question}   Enter go on   a abort"
        if progress.phase is Phase.PAUSED:
            return f"{self._paused(progress)}   s skip the shot   a abort"
        if control.skipping is not None:
            return "skipping the shot"
        if control.pausing is not None:
            return "pauses before the next shot   p go on instead   s skip the shot   a abort"
        return _KEYS

    def _paused(self, progress: Progress) -> str:
        """What a pause or a wait is for, and the keys that end it."""
        control, why = self._control, progress.paused_because
        if control.waiting is None:
            return f"paused: {why}   p go on"
        if control.pausing is None:
            return f"waits: {why}   Enter try now   p pause"
        return f"waits, then pauses: {why}   p go on"

    @property
    def is_urgent(self) -> bool:
        """Whether the run waits for somebody, or ends."""
        waits = self._question is not None or self._progress.now.phase is Phase.PAUSED
        return waits or self.hint != _KEYS


def is_attended(*, shown: bool) -> bool:
    """Whether there is a terminal to read from; `shown`: the run is told on it."""
    return shown and os.name == "posix" and sys.stdin is not None and sys.stdin.isatty()


@contextmanager
def attended(control: Control, progress: Progress, *, shown: bool) -> Iterator[Person | None]:
    """Whoever sits at the terminal while the block runs; None where there is no terminal to read from."""
    if not is_attended(shown=shown):
        yield None
        return
    person, ended = Person(control, progress), threading.Event()
    with Keyboard(sys.stdin.fileno()) as keyboard:
        thread = threading.Thread(
            target=_read, args=(keyboard, person, progress, ended), name="shotlane-keys", daemon=True
        )
        thread.start()
        try:
            yield person
        finally:
            ended.set()
            thread.join()


def _read(keyboard: Keyboard, person: Person, progress: Progress, ended: threading.Event) -> None:
    # Before a run has begun, a signal ends the process at once, and could not leave the terminal as it was.
    while progress.now.run is None and not ended.is_set():
        ended.wait(_POLL_S)
    while not ended.is_set():
        typed = keyboard.keys(_POLL_S)
        if typed is None:
            return
        if not typed.startswith("\x1b"):  # an arrow or a function key stands for none of its letters
            for key in typed:
                person.press(key)
