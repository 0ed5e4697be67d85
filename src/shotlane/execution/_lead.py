"""From when t = 0 is fixed until it comes: long enough for every port's thread to wake and come to its wait.

How long that takes is a matter of the machine and of the ports, so it is learnt from the shots before. A lead
that is too short makes the first exchanges of a shot late, one that is too long makes every gap longer.
"""

from collections import deque

# Before anything is learnt.
FIRST_NS = 100_000
FIRST_PER_PORT_NS = 50_000
# A machine that stalls now and then must not make every shot wait.
LONGEST_NS = 1_000_000
SHORTEST_NS = 20_000
_KEPT = 32
_ENOUGH = 4


class Lead:
    """The lead of the next shot."""

    def __init__(self) -> None:
        self._took_ns: deque[int] = deque(maxlen=_KEPT)

    def ns(self, ports: int) -> int:
        """How much time to leave for so many ports."""
        first_ns = FIRST_NS + FIRST_PER_PORT_NS * ports
        if len(self._took_ns) < _ENOUGH:
            return first_ns
        # The longest but one: a single stall is forgotten at once.
        usual_ns = sorted(self._took_ns)[-2]
        return min(max(usual_ns * 5 // 4, SHORTEST_NS), LONGEST_NS)

    def learn(self, took_ns: int) -> None:
        """Take how long the last port took to come to its first wait."""
        self._took_ns.append(took_ns)
