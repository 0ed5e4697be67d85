"""A thread per port, kept for the whole run because starting one costs more than a short shot.

Threads wait, talk and append rows; they report to the thread of the run when their part has ended, or that
they went on with the next one. That one sleeps in a queue which signal handlers and other threads may write
to, so a stop wakes it at once.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from queue import Empty, SimpleQueue
from typing import NamedTuple

from shotlane.execution._clock import Clock
from shotlane.execution._control import Control
from shotlane.execution._ending import Ending
from shotlane.execution._lookout import Lookout
from shotlane.execution._meeting import Meeting, Steps
from shotlane.execution._observation import Observation
from shotlane.execution._standby import Standby
from shotlane.execution._thread_watch import ThreadWatch
from shotlane.execution._trouble import Trouble

# How long the safe state waits for exchanges under way before it begins with the ports that are free.
GRACE_NS = 200_000_000
# How long before an instant the thread of the run stays awake.
AWAKE_NS = 100_000
# A signal may come to any thread of the process (that of the kernel about one that does not pause comes to
# that one itself), and Python answers it in this one as soon as it is awake.
LISTEN_S = 0.1


class _Task(NamedTuple):
    """One port's waits in one phase of an attempt."""

    waits: Iterator[int]
    trouble: Trouble
    meeting: Meeting | None = None


# A port that has ended, ports that went on, or nothing: only wake.
_Report = str | frozenset[str] | None


class _PortThread:
    """Drives the tasks of one port, one after the other; None ends it."""

    def __init__(
        self, port: str, clock: Clock, reports: "SimpleQueue[_Report]", threads: "Mapping[str, _PortThread]"
    ) -> None:
        self._port = port
        self._clock = clock
        self._reports = reports
        self._threads = threads
        self.next_ns: int | None = None  # what it waits for, for those who want the port in between
        self.inbox: SimpleQueue[_Task | None] = SimpleQueue()
        # A daemon, because a driver that never returns must not keep the process alive.
        threading.Thread(target=self._serve, name=f"port {port}", daemon=True).start()

    def _serve(self) -> None:
        self._clock.prepare_thread()
        while (task := self.inbox.get()) is not None:
            following: _Task | None = task
            while following is not None:
                task = following
                self._drive(task)
                following = self._after(task)
            # Let go of the attempt before the next task comes, which may be long.
            del task
            self._reports.put(self._port)

    def _after(self, task: _Task) -> _Task | None:
        """What this thread does next without being told; the last of a meeting tells the others."""
        steps = None if task.meeting is None else task.meeting.arrive()
        if steps is None:
            return None
        tasks = {port: _Task(waits, task.trouble) for port, waits in steps.items()}
        own = tasks.pop(self._port, None)
        if tasks:  # that this port goes on changes nothing for the thread of the run
            self._reports.put(frozenset(steps))
        for port, other in tasks.items():
            self._threads[port].inbox.put(other)
        return own

    def _drive(self, task: _Task) -> None:
        try:
            for target_ns in task.waits:
                self.next_ns = target_ns
                if not self._clock.wait_until(target_ns, task.trouble.halt):
                    return
        except BaseException as error:  # noqa: BLE001  a bug in a worker or driver must end in the safe state
            task.trouble.crash(error, self._port)
        finally:
            self.next_ns = None


class ThreadDrive:
    """Drives workers in real time."""

    def __init__(self, clock: Clock, control: Control, lookout: Lookout) -> None:
        self._clock = clock
        self._control = control
        self._lookout = lookout
        self._watch = ThreadWatch(clock, lookout)
        self._reports: SimpleQueue[_Report] = SimpleQueue()
        self._threads: dict[str, _PortThread] = {}
        self._working: set[str] = set()
        self._standby = Standby(control)
        control.on_stop(self._wake)

    @property
    def busy(self) -> frozenset[str]:
        """Ports that have not reported yet."""
        return frozenset(self._working)

    @property
    def polling(self) -> frozenset[str]:
        """Ports with a poll under way."""
        return self._watch.polling

    def next_ns(self, port: str) -> int | None:
        """When the work of a port is due next."""
        thread = self._threads.get(port)
        return None if thread is None else thread.next_ns

    def observe(self, observation: Observation) -> None:
        """Hand on a reading to the conditions."""
        self._watch.observe(observation)

    def look_out(self) -> None:
        """Look at readings as they come, from now on."""
        self._watch.nudge()

    def begin_polls(self, rounds: Mapping[str, Iterator[int]]) -> None:
        """Poll every port from now on, in a thread of its own."""
        self._watch.begin(rounds)

    def end_polls(self) -> None:
        """Poll no more, and watch no interlock any more."""
        self._lookout.use(())
        self._watch.end_polls(GRACE_NS / 1e9)

    def end_exchanges(self) -> None:
        """Do nothing: ports have locks."""

    def catch_up(self) -> None:
        """Look at all readings that were made so far."""
        self._watch.catch_up()

    def together(
        self,
        steps: Mapping[str, Iterator[int]],
        trouble: Trouble,
        ending: Ending | None = None,
        then: Callable[[], Steps] | None = None,
    ) -> None:
        """Give every port its waits and collect the reports."""
        meeting = None if then is None else Meeting(len(steps), then, trouble)
        for port in steps:
            if port not in self._threads:
                self._threads[port] = _PortThread(port, self._clock, self._reports, self._threads)
        for port, waits in steps.items():
            self._working.add(port)
            self._threads[port].inbox.put(_Task(waits, trouble, meeting))
        if then is not None and not steps:
            then()
        if ending is not None:
            self._await(ending)
        while not trouble.heed(self._control):
            if ending is not None and ending.over:
                trouble.end_step()
            elif not self._working and ending is None:
                break
            if not self._working and trouble.halt.is_set():
                break
            self._take_report()
        self._lookout.wait_for(None)
        if trouble.over:
            self.settle(GRACE_NS / 1e9)

    def _await(self, ending: Ending) -> None:
        """Have the end of an open step found, and be woken by it."""
        ending.when_over = self._wake
        self._lookout.wait_for(ending)
        self._watch.nudge()

    def wait_until(self, target_ns: int) -> bool:
        """Sleep in the queue, so that a wish wakes."""
        while not self._control.interrupts:
            remaining_ns = target_ns - self._clock.now_ns()
            if remaining_ns <= 0:
                return True
            # The last stretch is spun: nobody else has anything to do then but what waits for it too.
            if remaining_ns > AWAKE_NS:
                self._take_report((remaining_ns - AWAKE_NS) / 1e9)
        return False

    def wait_while(self, goes_on: Callable[[], bool]) -> None:
        """Sleep in the queue until a wish changes something."""
        while goes_on():
            self._take_report()

    def rest(self, seconds: float, goes_on: Callable[[], bool]) -> None:
        """Sleep in the queue until a wish changes something, or the time is over."""
        deadline = time.monotonic() + seconds
        while goes_on() and (left_s := deadline - time.monotonic()) > 0:
            self._take_report(left_s)

    def away(self, act: Callable[[], None]) -> AbstractContextManager[None]:
        """Let another thread act meanwhile."""
        return self._standby.in_place(act)

    def settle(self, timeout_s: float) -> frozenset[str]:
        """Collect the reports that still come."""
        deadline_ns = self._clock.now_ns() + round(timeout_s * 1e9)
        while self._working:
            remaining_ns = deadline_ns - self._clock.now_ns()
            if remaining_ns <= 0:
                break
            self._take_report(remaining_ns / 1e9)
        return self.busy

    def close(self) -> None:
        """Let the threads end; one that never returns is left behind."""
        self._control.on_stop(_ignore)
        self._watch.close()
        self._standby.close()
        for thread in self._threads.values():
            thread.inbox.put(None)
        self._threads.clear()

    def _take_report(self, timeout_s: float = LISTEN_S) -> None:
        try:
            report = self._reports.get(timeout=min(timeout_s, LISTEN_S))
        except Empty:
            return
        if isinstance(report, frozenset):
            self._working |= report
        elif report is not None:
            self._working.discard(report)

    def _wake(self) -> None:
        """Called by a stop, maybe out of a signal handler: `SimpleQueue.put` is made for that."""
        self._reports.put(None)
        self._standby.wake()


def _ignore() -> None:
    """Wake nobody any more."""
