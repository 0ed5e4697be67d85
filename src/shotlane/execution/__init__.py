"""Runs a plan on time: clocks, port workers, shots, attempts, retry and the safe state."""

from shotlane.execution._asker import Asker
from shotlane.execution._bounded import NotEndedError, bounded
from shotlane.execution._clock import Clock
from shotlane.execution._control import Control, StopRequest, Wish
from shotlane.execution._ending import How
from shotlane.execution._journal import Journal
from shotlane.execution._lateness import Lateness, LatenessSummary, combined
from shotlane.execution._pool import Answer, InstrumentPool
from shotlane.execution._priority import Timing, TimingMode, TimingRefusedError, granted_timing, hearing
from shotlane.execution._progress import Phase, Progress
from shotlane.execution._replay import Given, Made, Replayer
from shotlane.execution._result import AttemptFault, RunResult
from shotlane.execution._run import execute
from shotlane.execution._safe_state import SafeState, Unsafe
from shotlane.execution._steering import control_here, steered_by, unwanted_here
from shotlane.execution._system_clock import SystemClock
from shotlane.execution._virtual_clock import VirtualClock

__all__ = [
    "Answer",
    "Asker",
    "AttemptFault",
    "Clock",
    "Control",
    "Given",
    "How",
    "InstrumentPool",
    "Journal",
    "Lateness",
    "LatenessSummary",
    "Made",
    "NotEndedError",
    "Phase",
    "Progress",
    "Replayer",
    "RunResult",
    "SafeState",
    "StopRequest",
    "SystemClock",
    "Timing",
    "TimingMode",
    "TimingRefusedError",
    "Unsafe",
    "VirtualClock",
    "Wish",
    "bounded",
    "combined",
    "control_here",
    "execute",
    "granted_timing",
    "hearing",
    "steered_by",
    "unwanted_here",
]
