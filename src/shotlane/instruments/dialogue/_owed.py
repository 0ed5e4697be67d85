"""Which requests on a line have not been answered, oldest first.

Replies come in the order of the requests, and at most one to each. So as long as one reply fewer has come
than was asked for, the next reply may be to the earliest of them; when as many have come, all are answered.
What has been given up (nothing came for long enough) is remembered: a reply that nobody asked for shows
later that it was not lost, and that answers since then may belong to requests before them.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from shotlane.instruments.dialogue._framing import Data, Framing, FramingError, Ignored, Test

# More are never on their way at once: the oldest are forgotten, so that a dead device fills no memory.
_MOST: Final = 100


@dataclass(frozen=True, slots=True)
class Request:
    """One thing to send, and how its reply is cut from what comes; None when none comes.

    `ignored` are lines that may come unasked; `gap_s` is the least time since the line was last used. `fits`
    says whether a whole reply can be read, `doubted` takes what shows later that the answer may be wrong.
    """

    command: str
    data: bytes
    reply: Framing | None
    ignored: Ignored | None = None
    gap_s: float = 0.0
    fits: Test | None = None
    doubted: Callable[[bytes], None] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Sent:
    """A request that left at `at_s`, and how long its reply was to be waited for."""

    request: Request
    at_s: float
    timeout_s: float


class Owed:
    """What has been asked and not answered. Times are those of the line's clock, in seconds."""

    def __init__(self) -> None:
        self._sent: deque[Sent] = deque(maxlen=_MOST)
        self._given_up: deque[Sent] = deque(maxlen=_MOST)

    def __len__(self) -> int:
        return len(self._sent)

    @property
    def first_s(self) -> float:
        """When the earliest of them left."""
        return self._sent[0].at_s

    @property
    def timeout_s(self) -> float:
        """The shortest timeout among them: that of the instrument, beside commands that take long."""
        return min((sent.timeout_s for sent in self._sent), default=0.0)

    def add(self, sent: Sent) -> None:
        """A request leaves, or its reply made no sense and may still come."""
        self._sent.append(sent)

    def answer_first(self) -> None:
        """One reply came: it is to the earliest, as far as anybody knows."""
        if self._sent:
            self._sent.popleft()

    def came(self, data: Data) -> int:
        """Cut replies from what was thrown away, and take what they answer off; how many there were."""
        at = count = 0
        while self._sent and (size := self._answered(data, at)):
            at += size
            count += 1
        return count

    def answer_all(self) -> None:
        """Nothing is owed any more."""
        self._sent.clear()

    def give_up(self) -> None:
        """Take all for lost."""
        self._given_up += self._sent
        self._sent.clear()

    def came_unasked(self, data: Data, now_s: float) -> bool:
        """Whether what came, with nothing owed, is a reply to something that was given up."""
        lost, self._sent = self._sent, deque((replace(sent, at_s=now_s) for sent in self._given_up), _MOST)
        if not self.came(data):
            self._sent = lost
            return False
        self._given_up.clear()
        return True

    def clear(self) -> None:
        """Nothing that was sent can be answered any more."""
        self._sent.clear()
        self._given_up.clear()

    def _answered(self, data: Data, at: int) -> int:
        """Size of the reply that begins there, when it is one; who it answers is taken off."""
        for sent in self._sent:
            size = _size(sent.request, data, at)
            if size:
                self._sent.remove(sent)
                return size
        return 0


def _size(request: Request, data: Data, at: int) -> int:
    """Bytes of a whole reply to a request; 0 where none stands."""
    if request.reply is None:
        return 0
    try:
        taken = request.reply.take(data, at)
    except FramingError:
        return 0
    if taken is None or (request.fits is not None and not request.fits(taken.payload)):
        return 0
    return taken.size
