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
# Beyond the patience, where an outage is waited for.
_LONGEST_AWAY_NS: Final = 30_000_000_000


class Rounds:
    """Of one time that instruments are made safe. Times on the clock of whoever makes them."""

    def __init__(self) -> None:
        self._number = 0
        self._pause_ns = _FIRST_PAUSE_NS
        self._patient_ns = 0  # until when
        self.longer = False  # the pause that was given last goes beyond the patience

    def next_ns(self, now_ns: int, until_ns: int = 0, *, patient: bool = True) -> int | None:
        """A round has ended: when the next one begins, None for never.

        `until_ns`: how long at least. Not `patient`: as few as may be.
        """
        self._number += 1
        if self._number == 1:
            self._patient_ns = now_ns + round(PATIENCE_S * 1e9)
        end_ns = max(self._patient_ns, until_ns)
        pause_ns, few = self._pause_ns, self._number < LEAST_ROUNDS
        if not few and (now_ns >= end_ns or not patient):
            return None
        self.longer = not few and now_ns >= self._patient_ns
        self._pause_ns = min(2 * pause_ns, _LONGEST_AWAY_NS if self.longer else _LONGEST_PAUSE_NS)
        # What comes back just before the end is not missed.
        return now_ns + pause_ns if few else min(now_ns + pause_ns, end_ns)
