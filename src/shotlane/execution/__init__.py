"""Runs a plan on time: clocks, port workers, shots, attempts, retry and the safe state."""

from shotlane.execution._clock import Clock
from shotlane.execution._control import Control, StopRequest
from shotlane.execution._lateness import Lateness, LatenessSummary
from shotlane.execution._pool import Answer, InstrumentPool
from shotlane.execution._progress import Phase, Progress
from shotlane.execution._result import AttemptFault, RunResult
from shotlane.execution._run import execute
from shotlane.execution._safe_state import Unsafe
from shotlane.execution._system_clock import SystemClock
from shotlane.execution._virtual_clock import VirtualClock

__all__ = [
    "Answer",
    "AttemptFault",
    "Clock",
    "Control",
    "InstrumentPool",
    "Lateness",
    "LatenessSummary",
    "Phase",
    "Progress",
    "RunResult",
    "StopRequest",
    "SystemClock",
    "Unsafe",
    "VirtualClock",
    "execute",
]
