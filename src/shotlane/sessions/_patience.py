"""Who gives a wrong token waits before the answer, longer each time; the right one is always heard.

Nobody is locked out, for an address may be shared with who has the right one. What is kept is bounded.
"""

import threading
import time
from collections import OrderedDict

_FIRST_S = 0.1
_LONGEST_S = 3.0  # less than a client waits for its answer
_FORGOTTEN_S = 60.0
_MOST = 1_000
_TOLD = 5


class Patience:
    """Wrong tokens of late, by where they came from."""

    def __init__(self) -> None:
        self._wrong: OrderedDict[str, tuple[int, float]] = OrderedDict()
        self._turn = threading.Lock()

    def pause_s(self, origin: str) -> float:
        """How long the next one from there waits for its answer."""
        count = self._count(origin)
        return min(_FIRST_S * 2.0 ** (count - 1), _LONGEST_S) if count else 0.0

    def wrong(self, origin: str) -> bool:
        """Note a wrong token; whether it is worth an event, as the first few of a minute are."""
        with self._turn:
            count = self._count(origin) + 1
            self._wrong[origin] = (count, time.monotonic())
            self._wrong.move_to_end(origin)
            while len(self._wrong) > _MOST:
                self._wrong.popitem(last=False)
        return count <= _TOLD

    def _count(self, origin: str) -> int:
        count, at = self._wrong.get(origin, (0, 0.0))
        return count if time.monotonic() - at < _FORGOTTEN_S else 0
