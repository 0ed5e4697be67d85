"""All ports in one thread: a queue ordered by (target, port) moves one worker at a time.

A worker has one wait in the queue at most, and ports come in the order they were given, so a run is the same
each time. A port whose exchange takes time, because an answer is late or never comes, is held up alone: the
clock is set back for the others, and what ends the attempt there ends it for them at the same instant.
"""

import threading
from collections.abc import Iterator, Mapping
from heapq import heapify, heappop, heapreplace

from shotlane.execution._clock import Clock
from shotlane.execution._control import Control
from shotlane.execution._crash import crash_of
from shotlane.execution._trouble import Trouble
from shotlane.execution._virtual_clock import VirtualClock

_NEVER = threading.Event()
_Entry = tuple[int, int, str, Iterator[int]]


class VirtualDrive:
    """Drives workers on a clock that jumps."""

    busy: frozenset[str] = frozenset()

    def __init__(self, clock: Clock, control: Control) -> None:
        self._clock = clock
        self._control = control

    def together(self, steps: Mapping[str, Iterator[int]], trouble: Trouble) -> None:
        """Drive every port to its end, or until something says halt."""
        queue: list[_Entry] = []
        for number, (port, waits) in enumerate(steps.items()):
            target_ns = self._next(port, waits, trouble)
            if target_ns is not None:
                queue.append((target_ns, number, port, waits))
        heapify(queue)
        last_ns = self._clock.now_ns()
        halted_ns: int | None = None  # when what ends the attempt happened, where time passed until then
        while queue:
            target_ns, number, port, waits = queue[0]
            if self._control.request is not None:
                trouble.halt.set()
            before_halt = halted_ns is not None and target_ns < halted_ns
            if not self._clock.wait_until(target_ns, _NEVER if before_halt else trouble.halt):
                break
            begun_ns, was_set = self._clock.now_ns(), trouble.halt.is_set()
            following_ns = self._next(port, waits, trouble)
            ended_ns = self._clock.now_ns()
            last_ns = max(last_ns, ended_ns)
            if ended_ns > begun_ns and trouble.halt.is_set() and not was_set:
                halted_ns = ended_ns
            self._set_back(begun_ns)
            if following_ns is None:
                heappop(queue)
            else:
                heapreplace(queue, (max(following_ns, ended_ns), number, port, waits))
        self._clock.wait_until(last_ns, _NEVER)

    def _set_back(self, now_ns: int) -> None:
        """Let the other ports go on from before an exchange."""
        if isinstance(self._clock, VirtualClock):
            self._clock.set_back(now_ns)

    def _next(self, port: str, waits: Iterator[int], trouble: Trouble) -> int | None:
        """Let a worker go on to its next wait; None when it has ended."""
        try:
            return next(waits, None)
        except Exception as error:  # noqa: BLE001  a bug in a worker or driver must end in the safe state
            trouble.crash(crash_of(error, port))
            return None

    def wait_until(self, target_ns: int) -> bool:
        """Jump to an instant."""
        return self._control.request is None and self._clock.wait_until(target_ns, self._control.stopped)

    def settle(self, timeout_s: float) -> frozenset[str]:
        """Nothing is ever busy."""
        del timeout_s
        return self.busy

    def close(self) -> None:
        """Hold nothing."""
