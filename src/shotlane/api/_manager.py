"""The local manager: carries out one submission after the other, in a thread of its own or its caller's.

A station has one set of instruments, so nothing ever runs beside something else of the same manager.
"""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from shotlane.api._submission import Submission


class LocalManager:
    """A queue, and the thread that works it off. The thread lives as long as there is something to do."""

    def __init__(self) -> None:
        self._turn = threading.RLock()
        self._changed = threading.Lock()
        self._waiting: deque[Submission] = deque()
        self._now: Submission | None = None
        self._thread: threading.Thread | None = None

    @property
    def submissions(self) -> tuple[Submission, ...]:
        """The one that is carried out, and those that wait, in their order."""
        with self._changed:
            now = () if self._now is None else (self._now,)
            return (*now, *(one for one in self._waiting if not one.state.ended))

    def submit(self, submission: Submission) -> None:
        """Put it at the end of the queue. Returns at once."""
        with self._changed:
            self._waiting.append(submission)
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
        with self._turn:
            with self._changed:
                if self._now is not None:
                    raise RuntimeError(f"{self._now!r} goes on in this very thread")
                self._now = submission
            self._carry_out(submission)

    def _carry_out(self, submission: Submission) -> None:
        try:
            submission.carry_out()
        finally:
            with self._changed:
                self._now = None

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Keep the queue from going on while the block runs, which may carry out what it wants."""
        with self._turn:
            yield

    def interrupt(self, reason: str) -> None:
        """End what runs, and everything that waits."""
        for submission in self.submissions:
            submission.interrupt(reason)

    def join(self) -> None:
        """Return when the queue is empty."""
        while (thread := self._thread) is not None:
            thread.join()
