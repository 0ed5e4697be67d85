"""The cadence: shots start so far apart, on absolute targets, as long as each has ended in time.

A start that is missed is made at once, and the targets of those that follow count from it: shots never come
in a burst. Both are told, with the time from start to start that was achieved.
"""

from shotlane.execution._clock import Clock
from shotlane.execution._drive import Drive
from shotlane.execution._journal import Journal

# Beyond this a start is late and not merely on its way.
_TOLERANCE_NS = 10_000_000


class Cadence:
    """Waits for the start of every shot. `period_ns` None: shots follow each other as soon as can be."""

    def __init__(self, period_ns: int | None, clock: Clock, drive: Drive, journal: Journal) -> None:
        self._period_ns = period_ns
        self._clock = clock
        self._drive = drive
        self._journal = journal
        self._target_ns: int | None = None
        self._last_ns = 0

    def wait(self, shot: int) -> bool:
        """Wait until a shot is due; False when the run is asked to stop."""
        if self._period_ns is None:
            return True
        if self._target_ns is None:
            self._target_ns = self._last_ns = self._clock.now_ns()
            return True
        self._target_ns += self._period_ns
        if self._clock.now_ns() < self._target_ns and not self._drive.wait_until(self._target_ns):
            return False
        self._tell(shot)
        return True

    def begin_anew(self) -> None:
        """Count from the next start, because somebody held up the run."""
        self._target_ns = None

    def _tell(self, shot: int) -> None:
        assert self._target_ns is not None
        now_ns = self._clock.now_ns()
        late_ns, interval_ns = now_ns - self._target_ns, now_ns - self._last_ns
        self._last_ns = now_ns
        if late_ns <= _TOLERANCE_NS:
            self._journal.tell("cadence.kept", shot=shot, interval_s=interval_ns / 1e9)
            return
        self._journal.tell("cadence.missed", shot=shot, interval_s=interval_ns / 1e9, late_s=late_ns / 1e9)
        self._target_ns = now_ns
