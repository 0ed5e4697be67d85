"""Watching in real time: one thread looks at readings as they come, and one per port polls.

None of them keeps anybody's time: they sleep without a spin, and the threads of the ports hand over a reading
by a single put. So interlocks are watched whatever the thread of the run is busy with, and a poll that hangs
does not keep the others, nor the time of the blind ones, from being looked at.
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from queue import Empty, SimpleQueue

from shotlane.execution._clock import Clock
from shotlane.execution._lookout import Lookout
from shotlane.execution._observation import Observation

# Readings on their way when an attempt ends are looked at before it is judged; they are few.
_CATCH_UP_S = 1.0
# One wait in one piece is bounded, because no system takes any timeout.
_LONGEST_S = 3600.0


class ThreadWatch:
    """Feeds a lookout."""

    def __init__(self, clock: Clock, lookout: Lookout) -> None:
        self._clock = clock
        self._lookout = lookout
        self._inbox: SimpleQueue[Observation | Callable[[], None] | None] = SimpleQueue()
        self._looking: threading.Thread | None = None
        self._over = threading.Event()
        self._patrols: list[threading.Thread] = []
        self._polling: set[str] = set()

    @property
    def polling(self) -> frozenset[str]:
        """Ports with a poll under way."""
        return frozenset(self._polling)

    def observe(self, observation: Observation) -> None:
        """Hand on a reading; callable from timing threads."""
        self._inbox.put(observation)

    def nudge(self) -> None:
        """Look at once at what there is to wait for now."""
        if self._looking is None:
            self._looking = threading.Thread(target=self._look, name="conditions", daemon=True)
            self._looking.start()
        self._inbox.put(_nothing)

    def catch_up(self) -> None:
        """Return when all readings so far have been looked at."""
        if self._looking is not None:
            through = threading.Event()
            self._inbox.put(through.set)
            through.wait(_CATCH_UP_S)

    def begin(self, rounds: Mapping[str, Iterator[int]]) -> None:
        """Let every port be polled."""
        self.nudge()
        for port, waits in rounds.items():
            thread = threading.Thread(
                target=self._patrol, args=(port, waits), name=f"poll {port}", daemon=True
            )
            self._patrols.append(thread)
            thread.start()

    def end_polls(self, timeout_s: float) -> None:
        """Begin no further poll; one under way gets that long."""
        self._over.set()
        deadline_ns = self._clock.now_ns() + round(timeout_s * 1e9)
        for thread in self._patrols:
            thread.join(max(deadline_ns - self._clock.now_ns(), 0) / 1e9)
        self._patrols.clear()

    def close(self) -> None:
        """Let the threads end."""
        self._over.set()
        if self._looking is not None:
            self._inbox.put(None)
            self._looking = None

    def _look(self) -> None:
        try:
            self._look_until_closed()
        except Exception as error:  # noqa: BLE001  nobody would be watching any more
            self._lookout.lose("conditions could not be looked at", error)

    def _look_until_closed(self) -> None:
        """Look at each reading, and at the time when there is something to be decided by it."""
        while True:
            due_ns = self._lookout.due_ns
            timeout_s = None if due_ns is None else self._bounded_s(due_ns)
            try:
                item = self._inbox.get(timeout=timeout_s)
            except Empty:
                self._lookout.look(self._clock.now_ns())
                continue
            if item is None:
                return
            if isinstance(item, Observation):
                self._lookout.take(item)
            else:
                item()

    def _bounded_s(self, target_ns: int) -> float:
        """Until an instant, or until it is time to look again."""
        return min(max(target_ns - self._clock.now_ns(), 0) / 1e9, _LONGEST_S)

    def _patrol(self, port: str, waits: Iterator[int]) -> None:
        try:
            self._poll_until_over(port, waits)
        except Exception as error:  # noqa: BLE001  what is not polled is not watched
            self._lookout.lose(f"port {port} could not be polled", error)
        finally:
            self._polling.discard(port)

    def _poll_until_over(self, port: str, waits: Iterator[int]) -> None:
        while True:
            self._polling.add(port)
            target_ns = next(waits)
            self._polling.discard(port)
            while (left_s := self._bounded_s(target_ns)) > 0:
                if self._over.wait(left_s):
                    return
            if self._over.is_set():
                return


def _nothing() -> None:
    """Only wake."""
