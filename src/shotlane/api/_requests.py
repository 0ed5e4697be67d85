"""What other processes ask of a run, taken from its store by a thread of its own.

The thread has its own connection, and nobody waits for it: a database that stalls delays what was asked and
never the run.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from shotlane.execution import Control, Progress
from shotlane.records import Outcome

if TYPE_CHECKING:
    from shotlane.store import Request, RequestInbox

_POLL_S = 0.2
_REOPEN_S = 5.0
_END_S = 1.0
Tell = Callable[[str, dict[str, Any]], None]


@contextmanager
def heed_requests(store: str, control: Control, progress: Progress, tell: Tell) -> Iterator[None]:
    """Do what is asked while the block runs. What the run takes up is told by itself, an abort by `tell`."""
    listener = _Listener(store, control, progress, tell)
    thread = threading.Thread(target=listener.listen, name="shotlane-requests", daemon=True)
    thread.start()
    try:
        yield
    finally:
        listener.ended.set()
        # A store that stalls is left to itself.
        thread.join(_END_S)


class _Listener:
    def __init__(self, store: str, control: Control, progress: Progress, tell: Tell) -> None:
        self.ended = threading.Event()
        self._store = store
        self._control = control
        self._progress = progress
        self._tell = tell

    def listen(self) -> None:
        """Take requests until the end; a store that cannot be reached, or a bug, is tried again."""
        from shotlane.store import StoreError  # late: SQLAlchemy; imported before the run began

        while not self.ended.wait(_POLL_S):
            if self._progress.run is None:
                continue
            try:
                self._attend(self._progress.run)
            except StoreError:
                self.ended.wait(_REOPEN_S)
            except Exception as error:  # noqa: BLE001  nobody could abort the run any more, and none would know
                message = f"{type(error).__name__}: {error}"
                self._tell("worker.crashed", {"port": "requests", "message": message})
                self.ended.wait(_REOPEN_S)

    def _attend(self, run: int) -> None:
        from shotlane.store import RequestInbox  # late: as above

        with RequestInbox(self._store, run) as inbox:
            while not self.ended.wait(_POLL_S):
                self._take(inbox)
            self._take(inbox)

    def _take(self, inbox: "RequestInbox") -> None:
        for request in inbox.waiting():
            inbox.answer(request, self._obey(request))

    def _obey(self, request: "Request") -> str:
        """Do it, and say what becomes of it."""
        control, verb, by = self._control, request.verb, request.by
        if self.ended.is_set() or control.request is not None:
            return "it is ending"
        if verb == "abort":
            told = f": {request.reason}" if request.reason else ""
            control.stop(Outcome.ABORTED, f"aborted by {by}{told}")
            self._tell("request.taken", {"verb": verb, "reason": request.reason, "by": by})
            return "it ends now, with its instruments made safe"
        reason = request.reason or f"asked for by {by}"
        if verb == "skip":
            control.skip(reason, by)
            return "it leaves the shot that is under way, else the next one"
        if verb == "pause":
            return self._pause(reason, by)
        if control.pausing is None and control.waiting is None:
            return "it is not paused"
        control.go_on(by)
        return "it goes on"

    def _pause(self, reason: str, by: str) -> str:
        if self._control.pausing is not None:
            return "it is paused, or will be before its next shot"
        self._control.pause(reason, by)
        waits = self._control.waiting is not None
        return "it pauses when its wait is over" if waits else "it pauses before its next shot"
