"""Where a run stands, for whoever wants to show it.

Plain attributes, written by the run and read by any thread at any time. Nothing here is worth a lock: a bar
that is one shot behind for a tenth of a second does no harm.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum

from shotlane.execution._clock import Clock
from shotlane.execution._lateness import LatenessSummary, PortLateness, combined
from shotlane.plan import Value


class Phase(StrEnum):
    """What the run is doing."""

    WAITING = "waiting"  # not begun
    OPENING = "opening"
    SETTING_UP = "setting up"
    RUNNING = "running"
    JUDGING = "working out results"
    PAUSED = "paused"
    RETRYING = "waiting to retry"
    MAKING_SAFE = "making safe"
    ENDED = "ended"


def _nobody(told: str) -> None:
    """Tell nobody."""


class Progress:
    """What a progress bar polls. `shot` is 0 before the first; `run` is None before it has a number."""

    def __init__(self) -> None:
        self.run: int | None = None
        self.phase = Phase.WAITING
        self.shots = 0
        self.shot = 0
        self.attempt = 0
        self.shots_done = 0
        self.shots_failed = 0
        self.shots_errored = 0
        self.shots_skipped = 0
        self.paused_because = ""  # in the phase PAUSED
        self.alarm: Callable[[str], None] = _nobody  # told at once what somebody must know before the end
        self.parameters: Mapping[str, Value] = {}
        self.units: Mapping[str, str | None] = {}
        self.swept: tuple[str, ...] = ()
        self.shot_duration_ns = 0
        self.planned_ns: int | None = None  # length of all shots, where whoever began the run knows it
        self.ended_ns_planned = 0  # that of the shots which have ended
        self.origin_ns: int | None = None
        self.began_ns: int | None = None
        self.ended_ns: int | None = None
        self.clock: Clock | None = None
        self.ports: Mapping[str, PortLateness] = {}
        self.title = ""  # of what runs beside another sequence
        self.beside: Progress | None = None  # what runs before or after it, as long as that goes on

    @property
    def now(self) -> "Progress":
        """Of the run that goes on at the moment: this one, or one beside it."""
        return self.beside or self

    @property
    def shots_ended(self) -> int:
        """Shots that are over, however they ended; of a run that goes on, those of before too."""
        return self.shots_done + self.shots_failed + self.shots_errored + self.shots_skipped

    @property
    def elapsed_s(self) -> float:
        """Time since the run began, on its own clock."""
        if self.clock is None or self.began_ns is None:
            return 0.0
        end_ns = self.clock.now_ns() if self.ended_ns is None else self.ended_ns
        return (end_ns - self.began_ns) / 1e9

    @property
    def shot_elapsed_s(self) -> float:
        """Time since t = 0 of the attempt that runs; 0 before."""
        origin_ns = self.origin_ns
        if self.clock is None or origin_ns is None:
            return 0.0
        return min(max(self.clock.now_ns() - origin_ns, 0), self.shot_duration_ns) / 1e9

    @property
    def remaining_s(self) -> float | None:
        """What is planned and not done yet, and as much more as the shots so far took; None before.

        None in a pause too: nobody knows how long it lasts.
        """
        if self.planned_ns is None or self.shot == 0 or self.phase in (Phase.PAUSED, Phase.ENDED):
            return None
        left_s = (self.planned_ns - self.ended_ns_planned) / 1e9 - self.shot_elapsed_s
        planned_s = self.ended_ns_planned / 1e9
        spent_s = self.elapsed_s - self.shot_elapsed_s
        # Set-up, retries and commits come on top of what is planned.
        return max(left_s, 0.0) * (max(spent_s / planned_s, 1.0) if planned_s else 1.0)

    @property
    def lateness(self) -> LatenessSummary | None:
        """How late exchanges started in the run so far, over all ports."""
        return combined(port.total for port in tuple(self.ports.values()))
