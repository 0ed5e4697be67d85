"""What ends an attempt before its time, and what ends an open-ended step of it.

Whoever meets a fault says so here; every port stops before its next exchange. `halt` wakes whoever waits.
"""

import threading
from collections.abc import Callable
from typing import Any

from shotlane.execution._control import Control
from shotlane.execution._crash import crash_of
from shotlane.execution._fault import STORAGE
from shotlane.records import Fault


class Trouble:
    """Faults of one attempt, in the order they came; the first is the fault of the attempt.

    `mask` takes secrets out of what bugs tell.
    """

    def __init__(self, mask: Callable[[Any], Any] = lambda value: value) -> None:
        self.halt = threading.Event()
        self.over = False  # the attempt, and not only a step of it
        self.faults: list[Fault] = []
        self.crashed = False  # a bug, not a fault of an instrument: no retry can mend it
        self.unmet = False  # what an open-ended step waited for did not come: no fault, and not retried
        self.skipped = False
        self._mask = mask

    def stop(self) -> None:
        """Stop all ports for good."""
        self.over = True
        self.halt.set()

    def fail(self, fault: Fault) -> None:
        """Note a fault and stop all ports."""
        self.faults.append(fault)
        self.stop()

    def miss(self, fault: Fault) -> None:
        """Note that an open-ended step came to no good end, and stop all ports."""
        self.unmet = not self.faults
        self.fail(fault)

    def crash(self, error: BaseException, where: str) -> None:
        """Note a bug with its traceback and stop all ports; `where` is a port, or `run`."""
        self.crashed = True
        fault = crash_of(error, where)
        self.fail(Fault(fault.fault, self._mask(fault.message), self._mask(fault.context)))

    def stick(self, fault: Fault) -> None:
        """Note an exchange that never ended: the run cannot go on."""
        self.crashed = True
        self.fail(fault)

    def heed(self, control: Control) -> bool:
        """Stop all ports if somebody asked for it; whether the attempt is over."""
        if control.request is None and control.skipping is not None:
            self.skipped = True
            self.stop()
        elif control.request is not None:
            self.stop()
        elif control.breaking is not None and not self.over:
            self.fail(Fault(STORAGE, control.breaking))
        return self.over

    def end_step(self) -> None:
        """Stop all ports until the next step."""
        self.halt.set()

    def next_step(self) -> None:
        """Let the ports go on; none of them is at work."""
        if not self.over:
            self.halt = threading.Event()

    @property
    def first(self) -> Fault | None:
        """The fault of the attempt."""
        return self.faults[0] if self.faults else None
