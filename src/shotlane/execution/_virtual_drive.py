"""All ports in one thread: a queue ordered by (target, port) moves one worker at a time.

A worker has one wait in the queue at most, and ports come in the order they were given, so a run is the same
each time. A port whose exchange takes time, because an answer is late or never comes, is held up alone: the
clock is set back for the others, and what ends the attempt there ends it for them at the same instant.
Readings reach the conditions when their receiving times have come, and polls go between the workers.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from heapq import heapify, heappop, heappush
from itertools import count
from typing import NamedTuple

from shotlane.execution._clock import Clock
from shotlane.execution._control import Control
from shotlane.execution._due import NEVER_NS
from shotlane.execution._ending import Ending
from shotlane.execution._lookout import Lookout
from shotlane.execution._observation import Observation
from shotlane.execution._trouble import Trouble
from shotlane.execution._virtual_clock import VirtualClock
from shotlane.records import Outcome

_NEVER = threading.Event()
# Of equal instants the ports come first, in the order they were given, then the polls.
_POLLS = 1 << 30
# In a pause nothing but somebody else's wish ends the wait.
_PAUSE_S = 0.002


class _Entry(NamedTuple):
    """What a port does next, and when."""

    target_ns: int
    number: int
    port: str
    waits: Iterator[int]


class VirtualDrive:
    """Drives workers and polls on a clock that jumps."""

    busy: frozenset[str] = frozenset()
    polling: frozenset[str] = frozenset()

    def __init__(self, clock: Clock, control: Control, lookout: Lookout) -> None:
        self._clock = clock
        self._control = control
        self._lookout = lookout
        self._polls: list[_Entry] = []
        self._observed: list[tuple[int, int, Observation]] = []
        self._next_number = count().__next__
        self._free_ns: dict[str, int] = {}  # when the exchange of a port is through
        self._reached_ns = 0  # the latest instant that any exchange came to

    def next_ns(self, port: str) -> int | None:
        """Not told: in virtual time nobody is held up by a poll."""
        del port
        return None

    def observe(self, observation: Observation) -> None:
        """Hand on a reading to the conditions, when its time has come."""
        heappush(self._observed, (observation.at_ns, self._next_number(), observation))

    def look_out(self) -> None:
        """Do nothing: readings are looked at whenever time passes."""

    def begin_polls(self, rounds: Mapping[str, Iterator[int]]) -> None:
        """Poll every port from now on."""
        for number, (port, waits) in enumerate(rounds.items(), _POLLS):
            self._polls.append(_Entry(next(waits), number, port, waits))
        heapify(self._polls)

    def end_polls(self) -> None:
        """Poll no more, and watch no interlock any more."""
        self._lookout.use(())
        self._polls.clear()

    def end_exchanges(self) -> None:
        """Wait until every port is through with what it does."""
        self._clock.wait_until(max(self._free_ns.values(), default=0), _NEVER)

    def catch_up(self) -> None:
        """Look at all readings that were received so far."""
        while self._observed and self._observed[0][0] <= self._clock.now_ns():
            self._lookout.take(heappop(self._observed)[2])

    def together(
        self,
        steps: Mapping[str, Iterator[int]],
        trouble: Trouble,
        ending: Ending | None = None,
        then: Callable[[], Mapping[str, Iterator[int]]] | None = None,
    ) -> None:
        """Drive every port to its end, or until something says halt."""
        queue: list[_Entry] = []
        for number, (port, waits) in enumerate(steps.items()):
            self._go_on(queue, _Entry(0, number, port, waits), trouble)
        self._lookout.wait_for(ending)
        self._reached_ns = self._clock.now_ns()
        halted_ns = 0  # before that, what ended the attempt had not happened yet
        while queue or ending is not None:
            trouble.heed(self._control)
            if ending is not None and ending.over:
                trouble.end_step()
            at_ns = self._next_ns(queue)
            if at_ns == NEVER_NS or (trouble.halt.is_set() and at_ns >= halted_ns):
                break
            was_set, begun_ns = trouble.halt.is_set(), max(at_ns, self._clock.now_ns())
            ended_ns = self._do_next(at_ns, queue, trouble)
            if ended_ns > begun_ns and trouble.halt.is_set() and not was_set:
                halted_ns = ended_ns
        self._clock.wait_until(self._reached_ns, _NEVER)
        self.catch_up()
        self._lookout.wait_for(None)
        if then is not None and not trouble.halt.is_set():
            self.together(then(), trouble)

    def _next_ns(self, queue: list[_Entry]) -> int:
        """When the next thing happens."""
        next_ns = queue[0].target_ns if queue else NEVER_NS
        if self._polls:
            next_ns = min(next_ns, self._polls[0].target_ns)
        if self._observed:
            next_ns = min(next_ns, self._observed[0][0])
        due_ns = self._lookout.due_ns
        return next_ns if due_ns is None else min(next_ns, due_ns)

    def _do_next(self, at_ns: int, queue: list[_Entry], trouble: Trouble | None) -> int:
        """Let the next thing happen; when that has ended. Readings go first, and the time last."""
        self._clock.wait_until(at_ns, _NEVER)
        if self._observed and self._observed[0][0] <= at_ns:
            self._lookout.take(heappop(self._observed)[2])
        elif queue and queue[0].target_ns <= at_ns:
            return self._go_on(queue, heappop(queue), trouble)
        elif self._polls and self._polls[0].target_ns <= at_ns:
            return self._go_on(self._polls, heappop(self._polls), None)
        else:
            self._lookout.look(self._clock.now_ns())
        return self._clock.now_ns()

    def _go_on(self, queue: list[_Entry], entry: _Entry, trouble: Trouble | None) -> int:
        """Let a port go on to its next wait, and set the clock back for the others; when it came there."""
        begun_ns = self._clock.now_ns()
        free_ns = self._free_ns.get(entry.port, 0)
        if free_ns > begun_ns:
            # Something else of the same port is in its exchange.
            heappush(queue, entry._replace(target_ns=free_ns))
            return begun_ns
        following_ns = self._next(entry, trouble)
        ended_ns = self._free_ns[entry.port] = self._clock.now_ns()
        self._reached_ns = max(self._reached_ns, ended_ns)
        self._set_back(begun_ns)
        if following_ns is not None:
            heappush(queue, entry._replace(target_ns=max(following_ns, ended_ns)))
        return ended_ns

    def _set_back(self, now_ns: int) -> None:
        """Let the other ports go on from before an exchange."""
        if isinstance(self._clock, VirtualClock):
            self._clock.set_back(now_ns)

    def _next(self, entry: _Entry, trouble: Trouble | None) -> int | None:
        """Let a worker, or a poll, go on to its next wait; None when it has ended."""
        try:
            return next(entry.waits, None)
        except Exception as error:  # noqa: BLE001  a bug in a worker or driver must end in the safe state
            if trouble is not None:
                trouble.crash(error, entry.port)
            else:
                self._control.stop(Outcome.ABORTED, f"polls of {entry.port} met a bug: {error}")
            return None

    def wait_until(self, target_ns: int) -> bool:
        """Jump to an instant, by way of what happens until then."""
        while not self._control.interrupts:
            at_ns = self._next_ns([])
            if at_ns > target_ns:
                return self._clock.wait_until(target_ns, self._control.stopped)
            self._do_next(at_ns, [], None)
        return False

    def rest_until(self, target_ns: int) -> None:
        """The same, and until every port is through with what began before that."""
        self.wait_until(target_ns)
        self.end_exchanges()

    def wait_while(self, goes_on: Callable[[], bool]) -> None:
        """Let polls and interlocks go on until a wish changes something."""
        while goes_on():
            at_ns = self._next_ns([])
            if at_ns != NEVER_NS:
                self._do_next(at_ns, [], None)
            time.sleep(_PAUSE_S)

    def rest(self, seconds: float, goes_on: Callable[[], bool]) -> None:
        """Nothing happens meanwhile: virtual time stands still."""
        deadline = time.monotonic() + seconds
        while goes_on() and time.monotonic() < deadline:
            time.sleep(_PAUSE_S)

    def away(self, act: Callable[[], None]) -> AbstractContextManager[None]:
        """Nothing happens meanwhile: virtual time stands still."""
        del act
        return nullcontext()

    def settle(self, timeout_s: float) -> frozenset[str]:
        """Nothing is ever busy."""
        del timeout_s
        return self.busy

    def close(self) -> None:
        """Hold nothing."""
