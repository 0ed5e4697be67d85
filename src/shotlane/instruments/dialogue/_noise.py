"""What is heard on a line while nobody waits for a reply, without the lines that may come unasked."""

from dataclasses import dataclass

from shotlane.instruments.dialogue._framing import Ignored
from shotlane.instruments.ports._owed import SETTLED_S


@dataclass(slots=True)
class Noise:
    """When anything was heard last (`since_s`), and whether there was any (`found`).

    `begun` is the beginning of a line that may become one of `ignored`; it counts as noise when its end does
    not come.
    """

    ignored: Ignored | None
    since_s: float
    found: bool = False
    begun: bytes = b""
    begun_s: float = 0.0

    def hear(self, piece: bytes | bytearray, now_s: float) -> None:
        """Something came."""
        if self.ignored is None:
            unknown = len(piece) > 0
        else:
            *lines, self.begun = (self.begun + piece).split(self.ignored.end)
            self.begun_s = now_s
            unknown = not all(self.ignored.test(line) for line in lines)
        if unknown:
            self.found, self.since_s = True, now_s

    def is_over(self, quiet_s: float, now_s: float) -> bool:
        """Whether none came for so long."""
        return self.since_s + quiet_s <= now_s

    def left_s(self, quiet_s: float, now_s: float) -> float:
        """How long nothing may come until the line is quiet."""
        until_s = self.since_s + quiet_s
        if self.begun.strip():
            until_s = max(until_s, self.begun_s + max(quiet_s, SETTLED_S))
        return max(0.0, until_s - now_s)
