"""The local manager: carries out one submission after the other, in a thread of its own or its caller's.

A station has one set of instruments, so nothing ever runs beside something else of the same manager.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from shotlane.api._begin import begin
from shotlane.api._prepare import Options, prepare
from shotlane.api._sent import ManagerError
from shotlane.api._submission import Submission
from shotlane.execution import unwanted_here

_LOOK_S = 0.1


class LocalManager:
    """A queue, and the thread that works it off. The thread lives as long as there is something to do."""

    def __init__(self) -> None:
        self._turn = threading.RLock()
        self._changed = threading.Lock()
        self._waiting: deque[Submission] = deque()
        self._coming: list[Submission] = []  # whose callers wait for the turn themselves
        self._now: Submission | None = None
        self._thread: threading.Thread | None = None
        self._handed_in: list[Submission] = []

    def submission(self, path: Path, options: Options, terms: Mapping[str, Any]) -> Submission:
        """A sequence, to be handed in; what is wrong with it is told when it is carried out."""
        prepared_in = partial(prepare, path, options=options)
        return Submission(path, partial(begin, prepared_in, terms))

    @property
    def submissions(self) -> tuple[Submission, ...]:
        """The one that is carried out, and those that wait, in their order."""
        with self._changed:
            now = () if self._now is None else (self._now,)
            rest = (one for one in (*self._coming, *self._waiting) if not one.state.ended)
            return tuple(dict.fromkeys((*now, *rest)))

    @property
    def going(self) -> bool:
        """Whether something is carried out, or waits."""
        return bool(self.submissions)

    def submitted(self, key: str) -> Submission:
        """What was handed in under a key. Raises `ManagerError`."""
        raise ManagerError(f"the manager of this process keeps nothing under a key such as {key}")

    def submit(self, submission: Submission) -> None:
        """Put it at the end of the queue. Returns at once."""
        with self._changed:
            self._waiting.append(submission)
            # Those that ended well, or were asked, are nothing to keep.
            kept = (one for one in self._handed_in if one.unheard is not None or not one.state.ended)
            self._handed_in = [*kept, submission]
            if self._thread is None:
                # No daemon: a program that comes to its end must not leave a shot half done.
                self._thread = threading.Thread(target=self._work, name="shotlane-manager", daemon=False)
                self._thread.start()

    def _work(self) -> None:
        while True:
            with self._changed:
                if not self._waiting:
                    self._thread = None
                    return
            with self._turn:
                # Taken now and not before: until its turn it stands in the queue.
                with self._changed:
                    submission = self._waiting.popleft()
                    self._now = submission
                self._carry_out(submission)

    def carry_out(self, submission: Submission) -> None:
        """Do it in this thread, where Ctrl-C reaches it, as soon as nothing else runs."""
        with self._changed:
            self._coming.append(submission)
        try:
            if self._has_turn(lambda: submission.unwanted):
                self._carry_out_now(submission)
            else:
                submission.interrupt()
        finally:
            with self._changed:
                self._coming.remove(submission)

    def _carry_out_now(self, submission: Submission) -> None:
        """Do it, and give the turn back."""
        try:
            with self._changed:
                if self._now is not None:
                    raise RuntimeError(f"{self._now!r} goes on in this very thread")
                self._now = submission
            self._carry_out(submission)
        finally:
            self._turn.release()

    def _carry_out(self, submission: Submission) -> None:
        try:
            submission.carry_out()
        finally:
            with self._changed:
                self._now = None

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Keep the queue from going on while the block runs, which may carry out what it wants."""
        if not self._has_turn(unwanted_here):
            raise InterruptedError("nobody waits for the turn any more")
        try:
            yield
        finally:
            self._turn.release()

    def _has_turn(self, unwanted: Callable[[], bool]) -> bool:
        """Wait for the turn; False when nobody wants it any more."""
        while not self._turn.acquire(timeout=_LOOK_S):
            if unwanted():
                return False
        return True

    def interrupt(self, reason: str) -> None:
        """End what runs, and everything that waits."""
        for submission in self.submissions:
            submission.interrupt(reason)

    def unheard(self) -> list[Submission]:
        """What ended badly and was never asked about, told once."""
        with self._changed:
            found = [one for one in self._handed_in if one.unheard is not None]
            self._handed_in = [one for one in self._handed_in if not one.state.ended]
        return found

    def join(self) -> None:
        """Return when the queue is empty."""
        while (thread := self._thread) is not None:
            # In pieces: a signal may come to any thread, and is answered when this one is awake.
            thread.join(_LOOK_S)

    def settle(self) -> None:
        """Return when nothing is carried out any more, in whatever thread."""
        self.join()
        with self._turn:
            pass
