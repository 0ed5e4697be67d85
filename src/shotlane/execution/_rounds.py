"""How long what could not be made safe is tried again: the figures of runs, sessions and guards alike.

A device, or a gateway that takes one connection, may need a moment to be there again. So there are rounds,
with pauses between them that grow, until the patience is over; one that was begun is done to its end.
"""

from typing import Final

LEAST_ROUNDS: Final = 3
# Counted from the end of the first round.
PATIENCE_S = 10.0
_FIRST_PAUSE_NS: Final = 250_000_000
_LONGEST_PAUSE_NS: Final = 2_000_000_000


class Rounds:
    """Of one time that instruments are made safe. Times on the clock of whoever makes them."""

    def __init__(self) -> None:
        self._number = 0
        self._pause_ns = _FIRST_PAUSE_NS
        self._patient_ns = 0  # until when

    def next_ns(self, now_ns: int, *, patient: bool = True) -> int | None:
        """A round has ended: when the next one begins, None for never. Not `patient`: as few as may be."""
        self._number += 1
        if self._number == 1:
            self._patient_ns = now_ns + round(PATIENCE_S * 1e9)
        if self._number >= LEAST_ROUNDS and (now_ns >= self._patient_ns or not patient):
            return None
        pause_ns = self._pause_ns
        self._pause_ns = min(2 * pause_ns, _LONGEST_PAUSE_NS)
        return now_ns + pause_ns
