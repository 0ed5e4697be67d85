"""What ends an attempt before its time.

Whoever meets a fault says so here; every port stops before its next exchange. `halt` wakes whoever waits.
"""

import threading

from shotlane.records import Fault


class Trouble:
    """Faults of one attempt, in the order they came; the first is the fault of the attempt."""

    def __init__(self) -> None:
        self.halt = threading.Event()
        self.faults: list[Fault] = []
        self.crashed = False  # a bug, not a fault of an instrument: no retry can mend it

    def fail(self, fault: Fault) -> None:
        """Note a fault and stop all ports."""
        self.faults.append(fault)
        self.halt.set()

    def crash(self, fault: Fault) -> None:
        """Note a bug and stop all ports."""
        self.crashed = True
        self.fail(fault)

    @property
    def first(self) -> Fault | None:
        """The fault of the attempt."""
        return self.faults[0] if self.faults else None
