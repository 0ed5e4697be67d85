"""Which requests have not been answered, oldest first, and how long their answers are listened for.

For lines on which an answer does not say what it answers: one that comes late would be taken for that to the
next request. Answers come in the order of the requests, and at most one to each. So as long as one answer
fewer has come than was asked for, the next one may be to the earliest of them; when as many have come, all
are answered. What has been given up (nothing came for long enough) is remembered: an answer that nobody asked
for shows later that it was not lost, and that answers since then may belong to requests before them.
"""

from collections import deque
from dataclasses import dataclass, replace
from typing import Final, Protocol

Data = bytes | bytearray

# Quiet that ends a drain: of noise, and (at most) where an answer is owed.
SETTLED_S: Final = 0.05
_OWED_S: Final = 0.2
# Longest time that is listened for what is owed, unless the timeout is longer: the safe state must not wait
# for ever behind a device that has been away.
LISTENED_S: Final = 2.0
KEPT: Final = 1 << 20  # bytes of what is thrown away that answers are looked for in
# More are never on their way at once: the oldest are forgotten, so that a dead device fills no memory.
_MOST: Final = 100


class Question(Protocol):
    """A request, as far as it matters here."""

    def answer_size(self, data: Data, at: int) -> int | None:
        """Bytes of an answer to it that stands there; 0 where none does, None while it is not whole."""

    def doubt(self, received: bytes) -> None:
        """Tell that its answer, already taken, may have been to a request before it."""


@dataclass(frozen=True, slots=True, eq=False)
class Sent:
    """A request that left at `at_s`, and how long its answer was to be waited for."""

    request: Question
    at_s: float
    timeout_s: float


class Owed:
    """What has been asked and not answered. Times are those of the line's clock, in seconds."""

    def __init__(self) -> None:
        self._sent: deque[Sent] = deque(maxlen=_MOST)
        self._given_up: deque[Sent] = deque(maxlen=_MOST)
        self._last: Sent | None = None  # what was answered last
        self._slowest_s = 0.0  # of the answers since the line was opened

    def __len__(self) -> int:
        return len(self._sent)

    @property
    def first_s(self) -> float:
        """When the earliest of them left."""
        return self._sent[0].at_s

    @property
    def awaited_s(self) -> float:
        """Until when the latest of them was waited for."""
        return self._sent[-1].at_s + self._sent[-1].timeout_s

    @property
    def timeout_s(self) -> float:
        """The shortest timeout among them: that of the instrument, beside commands that take long."""
        return min((sent.timeout_s for sent in self._sent), default=0.0)

    def quiet_s(self, timeout_s: float) -> float:
        """Quiet before the next request."""
        return min(max(timeout_s, SETTLED_S), _OWED_S) if self._sent else 0.0

    def listened_s(self, came_s: float) -> float:
        """How long after an answer that came then, perhaps to the earliest of them, another may follow."""
        longest_s = max(came_s - self.first_s, self._slowest_s)
        return max(self.timeout_s, SETTLED_S, min(2 * longest_s, LISTENED_S))

    def settled_s(self, timeout_s: float) -> float:
        """How long nothing may come until what is owed counts as lost."""
        return max(timeout_s, min(max(self.timeout_s, 2 * self._slowest_s), LISTENED_S))

    def add(self, sent: Sent) -> None:
        """A request leaves."""
        self._sent.append(sent)

    def add_last(self) -> None:
        """What was taken for the answer to the last request made no sense: that may still come."""
        if self._last is not None:
            self._sent.append(self._last)
            self._last = None

    def answered(self, sent: Sent, came_s: float) -> None:
        """A request was answered, beyond doubt as far as anybody knows."""
        self._last = sent
        self._learn(came_s - sent.at_s)

    def answer_first(self) -> None:
        """One answer came: it is to the earliest, as far as anybody knows."""
        if self._sent:
            self._sent.popleft()

    def answer(self, sent: Sent) -> None:
        """The answer to just this request came."""
        if sent in self._sent:
            self._sent.remove(sent)

    def came(self, data: Data, now_s: float) -> int:
        """Cut answers from what was thrown away, and take what they answer off; how many there were."""
        at = count = 0
        while size := self.take(data, now_s, at):
            at += size
            count += 1
        return count

    def take(self, data: Data, now_s: float, at: int = 0) -> int:
        """Size of the answer that begins there, when it is one; who it answers is taken off.

        With nothing owed it may be one to something that was given up: then all that was is owed again.
        """
        if not self._sent:
            return self._take_unasked(data, now_s, at)
        took_s = now_s - self.first_s
        size = self._taken(data, at)
        if size:
            self._learn(took_s)
        return size

    def may_begin(self, data: Data) -> bool:
        """Whether an answer may begin so that is not whole yet."""
        return any(sent.request.answer_size(data, 0) is None for sent in self._sent)

    def answer_all(self) -> None:
        """Nothing is owed any more."""
        self._sent.clear()

    def give_up(self) -> None:
        """Take all for lost."""
        self._given_up += self._sent
        self._sent.clear()

    def second_came(self, extra: Data, came_s: float, now_s: float) -> None:
        """A second answer followed one that came at `came_s` and was to the earliest request."""
        self._learn(came_s - self.first_s)
        self.answer_first()
        if not self.came(extra, now_s):
            self.answer_first()  # the beginning of one

    def clear(self) -> None:
        """Nothing that was sent can be answered any more."""
        self._sent.clear()
        self._given_up.clear()

    def forget_pace(self) -> None:
        """Another device may answer by now."""
        self._slowest_s = 0.0

    def _learn(self, took_s: float) -> None:
        if took_s <= LISTENED_S:  # else it is a command that takes long, or a device that was away
            self._slowest_s = max(self._slowest_s, took_s)

    def _taken(self, data: Data, at: int) -> int:
        for sent in self._sent:
            size = sent.request.answer_size(data, at)
            if size:
                self._sent.remove(sent)
                return size
        return 0

    def _take_unasked(self, data: Data, now_s: float, at: int) -> int:
        self._sent.extend(replace(sent, at_s=now_s) for sent in self._given_up)
        size = self._taken(data, at)
        if not size:
            self._sent.clear()
            return 0
        self._given_up.clear()
        if self._last is not None:
            self._last.request.doubt(bytes(data[at:]))
        return size
