"""`shotlane watch`: a run as it goes on, seen from another process, with keys that ask it for something.

The store is looked at four times a second, the screen drawn ten times: between two looks the clock moves the
place in the shot. What is asked for goes to the run as by `shotlane pause`, from a thread of its own.
"""

import argparse
import os
import shutil
import sys
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING

from shotlane.cli._ask import who
from shotlane.cli._confirmed import Confirmed
from shotlane.cli._keyboard import Keyboard
from shotlane.cli._output import Complaint, print_json_line, say, store_complaints
from shotlane.cli._where import store_of

if TYPE_CHECKING:
    from shotlane.api import WatchedRun
    from shotlane.cli._frame import Frames

_DRAW_S = 0.1
_LOOK_S = 0.25
_LINE_S = 1.0
_WAIT_S = 5.0
_KEYS = "p pause or go on   s skip the shot   a abort   q leave; the run goes on without you"
_ASKED = {"s": "skip the shot", "a": "abort the run"}
_VERBS = {"s": "skip", "a": "abort"}


def main(arguments: argparse.Namespace) -> int:
    """Watch until the run ends, or somebody leaves."""
    from shotlane.api import WatchedRun  # late: SQLAlchemy

    store = store_of(arguments)
    with (
        store_complaints(),
        suppress(KeyboardInterrupt),
        WatchedRun(store, _number(store, arguments.run)) as run,
    ):
        run.read_plan()
        run.look()
        if arguments.json or not sys.stdout.isatty():
            _follow(run, as_json=arguments.json)
        else:
            _Watcher(run, store).show()
        if not arguments.json:
            say(_ended(run))
    return 0


def _number(store: str, asked: int | None) -> int:
    from shotlane.api import going  # late: SQLAlchemy

    if asked is not None:
        return asked
    found = going(store)
    if not found:
        raise Complaint("no run goes on in this store; `shotlane show` tells of the last one")
    return found[0]


def _ended(run: "WatchedRun") -> str:
    if run.outcome is None and not run.summary.died:
        return f"run {run.number} goes on; shotlane watch {run.number}"
    return f"run {run.number} {run.summary.state}; shotlane show {run.number}"


def _is_over(run: "WatchedRun") -> bool:
    return run.outcome is not None


def _follow(run: "WatchedRun", *, as_json: bool) -> None:
    """A line a second, for logs and programs; as text only when the shot or its state is another."""
    from shotlane.cli._watch_screen import line, spoken

    last = None
    while True:
        over = _is_over(run)
        if as_json:
            print_json_line(dict(line(run)))
        elif (told := spoken(run)) != last:
            say(told)
            last = told
        if over:
            return
        time.sleep(_LINE_S)
        run.look()


class _Watcher:
    """The screen and its keys."""

    def __init__(self, run: "WatchedRun", store: str) -> None:
        self._run = run
        self._store = store
        self._confirmed = Confirmed(_ASKED)
        self._told = ""
        self._asked: Future[str] | None = None
        self._left = False
        self._pausing = False

    def show(self) -> None:
        """Until the run has ended, or q."""
        from shotlane.cli._frame import Frames

        with ExitStack() as stack:
            pool = stack.enter_context(ThreadPoolExecutor(1, "shotlane-ask"))
            frames = stack.enter_context(Frames())
            keyboard = stack.enter_context(Keyboard(sys.stdin.fileno())) if _has_keys() else None
            looked = 0.0
            while not self._left:
                if time.monotonic() - looked >= _LOOK_S:
                    over = _is_over(self._run)
                    self._look()
                    looked = time.monotonic()
                    if over:
                        return
                self._draw(frames)
                self._take(keyboard, pool)

    def _look(self) -> None:
        was_paused = self._run.paused is not None
        self._run.look()
        if was_paused and self._run.paused is None:
            self._pausing = False  # whoever continued it

    def _draw(self, frames: "Frames") -> None:
        from shotlane.cli._watch_screen import screen

        size = shutil.get_terminal_size()
        frames.draw(screen(self._run, self._hint(), self._answer(), size.columns), (size.columns, size.lines))

    def _take(self, keyboard: Keyboard | None, pool: ThreadPoolExecutor) -> None:
        if keyboard is None:
            time.sleep(_DRAW_S)
            return
        began = time.monotonic()
        for key in keyboard.keys(_DRAW_S) or "":
            self._press(key, pool)
        # Somebody who leans on a key shall not make a busy loop.
        time.sleep(max(0.0, began + _DRAW_S - time.monotonic()))

    def _press(self, key: str, pool: ThreadPoolExecutor) -> None:
        confirmed = self._confirmed.take(key)
        if key == "q":
            self._left = True
        elif key == "p":
            # A pause begins only with the next shot; until then the key calls it off.
            self._pausing = self._run.paused is None and not self._pausing
            self._ask("pause" if self._pausing else "continue", pool)
        elif confirmed is not None:
            self._ask(_VERBS[confirmed], pool)

    def _ask(self, verb: str, pool: ThreadPoolExecutor) -> None:
        self._told = f"{verb}: asked"
        self._asked = pool.submit(_send, self._store, self._run.number, verb)

    def _answer(self) -> str:
        if self._asked is not None and self._asked.done():
            self._told, self._asked = self._asked.result(), None
        return self._told

    def _hint(self) -> str:
        if (asked := self._confirmed.question) is not None:
            return asked
        return _KEYS if _has_keys() else "Ctrl-C leaves; the run goes on without you"


def _has_keys() -> bool:
    return os.name == "posix" and sys.stdin is not None and sys.stdin.isatty()


def _send(store: str, run: int, verb: str) -> str:
    from shotlane.store import StoreError, send_request

    try:
        sent = send_request(store, run, verb, reason="asked for while watching", by=who(), wait_s=_WAIT_S)
    except StoreError as error:
        return f"{verb}: {error}"
    return f"{verb}: {sent.answer or 'the run has not answered yet'}"
