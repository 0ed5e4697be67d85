"""The writer thread of a recorder: makes durable what waits, every so often, until it is closed.

A store that fails is tried again at the next time; a bug ends the thread, and is kept for the next caller,
because a thread that died unseen would look like a store that keeps up.
"""

import threading
import time
from collections.abc import Callable

from shotlane.records import NoRoomError, RecorderError

# Samples of a shot that are enough for a commit before its time.
ENOUGH = 20_000
_LOOKS = 5
_NO_ROOM_REST_S = 5.0
_CLOSE_S = 60.0


class FlushTimer:
    """Calls `flush` every `interval_s`, and earlier when enough `samples` wait. Its thread begins at once."""

    def __init__(self, flush: Callable[[], None], samples: Callable[[], int], interval_s: float) -> None:
        self._flush = flush
        self._samples = samples
        self._interval_s = interval_s
        self._closing = threading.Event()
        self.crash: Exception | None = None
        self.thread = threading.Thread(target=self._run, name="shotlane-writer", daemon=True)
        self.thread.start()

    def close(self) -> None:
        """End the thread after what it is at."""
        self._closing.set()
        self.thread.join(_CLOSE_S)

    def _run(self) -> None:
        flushed = time.monotonic()
        rest_s = 0.0  # after there was no room: every try costs as much as all that waits
        while not self._closing.wait(max(rest_s, self._interval_s / _LOOKS)):
            now = time.monotonic()
            if now - flushed < self._interval_s and self._samples() < ENOUGH:
                continue
            flushed, rest_s = now, 0.0
            try:
                self._flush()
            except NoRoomError:
                rest_s = _NO_ROOM_REST_S
            except RecorderError:
                continue  # kept in `statistics`; the next commit tries again and tells its caller
            except Exception as error:  # noqa: BLE001  told by the next caller
                self.crash = error
                return
