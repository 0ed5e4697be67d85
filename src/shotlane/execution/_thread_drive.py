"""A thread per port, kept for the whole run because starting one costs more than a short shot.

Threads wait, talk and append rows; they report to the thread of the run when their part has ended. That one
sleeps in a queue which signal handlers and other threads may write to, so a stop wakes it at once.
"""

import threading
from collections.abc import Iterator, Mapping
from queue import Empty, SimpleQueue
from typing import NamedTuple

from shotlane.execution._clock import Clock
from shotlane.execution._control import Control
from shotlane.execution._crash import crash_of
from shotlane.execution._timing import prepare_timing_thread
from shotlane.execution._trouble import Trouble

# How long the safe state waits for exchanges under way before it begins with the ports that are free.
GRACE_NS = 200_000_000


class _Task(NamedTuple):
    """One port's waits in one phase of an attempt."""

    waits: Iterator[int]
    trouble: Trouble


class _PortThread:
    """Drives the tasks of one port, one after the other; None ends it."""

    def __init__(self, port: str, clock: Clock, reports: "SimpleQueue[str | None]") -> None:
        self._port = port
        self._clock = clock
        self._reports = reports
        self.inbox: SimpleQueue[_Task | None] = SimpleQueue()
        # A daemon, because a driver that never returns must not keep the process alive.
        threading.Thread(target=self._serve, name=f"port {port}", daemon=True).start()

    def _serve(self) -> None:
        prepare_timing_thread()
        while (task := self.inbox.get()) is not None:
            self._drive(task)
            # Let go of the attempt before the next task comes, which may be long.
            del task
            self._reports.put(self._port)

    def _drive(self, task: _Task) -> None:
        try:
            for target_ns in task.waits:
                if not self._clock.wait_until(target_ns, task.trouble.halt):
                    return
        except BaseException as error:  # noqa: BLE001  a bug in a worker or driver must end in the safe state
            task.trouble.crash(crash_of(error, self._port))


class ThreadDrive:
    """Drives workers in real time."""

    def __init__(self, clock: Clock, control: Control) -> None:
        self._clock = clock
        self._control = control
        self._reports: SimpleQueue[str | None] = SimpleQueue()
        self._threads: dict[str, _PortThread] = {}
        self._working: set[str] = set()
        control.on_stop(self._wake)

    @property
    def busy(self) -> frozenset[str]:
        """Ports that have not reported yet."""
        return frozenset(self._working)

    def together(self, steps: Mapping[str, Iterator[int]], trouble: Trouble) -> None:
        """Give every port its waits and collect the reports."""
        for port, waits in steps.items():
            thread = self._threads.get(port)
            if thread is None:
                thread = self._threads[port] = _PortThread(port, self._clock, self._reports)
            self._working.add(port)
            thread.inbox.put(_Task(waits, trouble))
        while self._working and not trouble.halt.is_set():
            if self._control.request is not None:
                trouble.halt.set()
            else:
                self._take_report(None)
        self.settle(GRACE_NS / 1e9)

    def wait_until(self, target_ns: int) -> bool:
        """Sleep in the queue, so that a stop wakes."""
        while self._control.request is None:
            remaining_ns = target_ns - self._clock.now_ns()
            if remaining_ns <= 0:
                return True
            self._take_report(remaining_ns / 1e9)
        return False

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
        for thread in self._threads.values():
            thread.inbox.put(None)
        self._threads.clear()

    def _take_report(self, timeout_s: float | None) -> None:
        try:
            port = self._reports.get(timeout=timeout_s)
        except Empty:
            return
        if port is not None:
            self._working.discard(port)

    def _wake(self) -> None:
        """Called by a stop, maybe out of a signal handler: `SimpleQueue.put` is made for that."""
        self._reports.put(None)


def _ignore() -> None:
    """Wake nobody any more."""
