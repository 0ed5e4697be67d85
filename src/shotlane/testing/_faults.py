"""Faults that a test asks a peer to show, each for a number of requests.

Kinds: `delay` (the answer comes `seconds` later, and what follows waits for it), `drop` (no answer),
`garble` (the answer is damaged), `wrong_unit` (the answer says that another unit gave it), `busy` (the
device refuses for the moment), `hang_up` (the connection is closed instead of an answer).
"""

import threading
from dataclasses import dataclass
from typing import Final

KINDS: Final = ("delay", "drop", "garble", "wrong_unit", "busy", "hang_up")


@dataclass(slots=True)
class Fault:
    """What happens to the next `count` requests, once `after` more have passed unharmed."""

    kind: str
    seconds: float = 0.0
    count: int = 1
    after: int = 0


class FaultSchedule:
    """The faults that a device still has to show, in the order asked for."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Ask for a fault. Raises `ValueError` for an unknown kind."""
        if fault.kind not in KINDS:
            raise ValueError(f"{fault.kind!r} is none of {', '.join(KINDS)}")
        with self._lock:
            self._faults.append(fault)

    def next(self) -> Fault | None:
        """The fault of the request that has just come."""
        with self._lock:
            if not self._faults:
                return None
            fault = self._faults[0]
            if fault.after > 0:
                fault.after -= 1
                return None
            fault.count -= 1
            if fault.count <= 0:
                self._faults.pop(0)
            return fault
