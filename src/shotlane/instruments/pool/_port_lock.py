"""The lock of a port among the threads of this process: whoever waits gets it in the order of coming.

An ordinary lock goes to whoever asks at the right moment, most often to who has just let go of it; a poll or
a person behind a busy port could be passed again and again. Here it is handed over: who lets go makes the
first in the queue its owner, and who comes meanwhile stands behind. Re-entrant, and free of the queue for who
finds it free.
"""

from collections import deque
from threading import Lock, get_ident
from types import TracebackType


class PortLock:
    """A context manager. `_turn` guards the rest, and is held for a moment only."""

    __slots__ = ("_depth", "_owner", "_queue", "_turn")

    def __init__(self) -> None:
        self._turn = Lock()
        self._owner: int | None = None  # a thread
        self._depth = 0  # how often the owner has it besides
        self._queue: deque[tuple[int, Lock]] = deque()  # who waits, and what it sleeps on

    def __enter__(self) -> None:
        me = get_ident()
        # Nobody else makes this thread the owner while it does not wait.
        if self._owner == me:
            self._depth += 1
            return
        try:
            self._take(me)
        except BaseException:
            self._give_up(me)  # Ctrl-C while it waited
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.let_go()

    def let_go(self) -> None:
        """Leave it once."""
        if self._depth:
            self._depth -= 1
        else:
            self._hand_over()

    def try_to_take(self) -> bool:
        """Take it if nobody else has it; to be let go of once."""
        me = get_ident()
        with self._turn:
            if self._owner == me:
                self._depth += 1
            elif self._owner is None:
                self._owner = me
            else:
                return False
        return True

    def _take(self, me: int) -> None:
        with self._turn:
            if self._owner is None:
                self._owner = me
                return
            gate = Lock()
            gate.acquire()
            self._queue.append((me, gate))
        gate.acquire()

    def _hand_over(self) -> None:
        with self._turn:
            if self._queue:
                self._owner, gate = self._queue.popleft()
                gate.release()
            else:
                self._owner = None

    def _give_up(self, me: int) -> None:
        """Leave the queue; what was handed over meanwhile goes to the next."""
        if self._owner == me:
            self._hand_over()
            return
        with self._turn:
            waiting = [place for place in self._queue if place[0] == me]
            for place in waiting:
                self._queue.remove(place)
        if self._owner == me:
            self._hand_over()
