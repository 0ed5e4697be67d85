"""Runs a plan on time: clocks, port workers, shots, attempts, retry and the safe state.

Names are imported when they are first used: a session needs the safe state alone.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shotlane.execution._asker import Asker
    from shotlane.execution._bounded import NotEndedError, bounded
    from shotlane.execution._clock import Clock
    from shotlane.execution._control import Control, StopRequest, Wish
    from shotlane.execution._ending import How
    from shotlane.execution._journal import Journal
    from shotlane.execution._lateness import Lateness, LatenessSummary, combined
    from shotlane.execution._planned import Planned, planned_of
    from shotlane.execution._pool import Answer, InstrumentPool
    from shotlane.execution._priority import Timing, TimingMode, TimingRefusedError, granted_timing, hearing
    from shotlane.execution._progress import Phase, Progress
    from shotlane.execution._replay import Given, Made, Replayer
    from shotlane.execution._result import AttemptFault, RunResult
    from shotlane.execution._rounds import Rounds
    from shotlane.execution._run import execute
    from shotlane.execution._safe_roles import safe_roles
    from shotlane.execution._safe_state import SafeState, Unsafe
    from shotlane.execution._steering import control_here, steered_by, unwanted_here
    from shotlane.execution._system_clock import SystemClock
    from shotlane.execution._virtual_clock import VirtualClock

_HOMES = {
    "Answer": "_pool",
    "Asker": "_asker",
    "AttemptFault": "_result",
    "Clock": "_clock",
    "Control": "_control",
    "Given": "_replay",
    "How": "_ending",
    "InstrumentPool": "_pool",
    "Journal": "_journal",
    "Lateness": "_lateness",
    "LatenessSummary": "_lateness",
    "Made": "_replay",
    "NotEndedError": "_bounded",
    "Phase": "_progress",
    "Planned": "_planned",
    "Progress": "_progress",
    "Replayer": "_replay",
    "Rounds": "_rounds",
    "RunResult": "_result",
    "SafeState": "_safe_state",
    "StopRequest": "_control",
    "SystemClock": "_system_clock",
    "Timing": "_priority",
    "TimingMode": "_priority",
    "TimingRefusedError": "_priority",
    "Unsafe": "_safe_state",
    "VirtualClock": "_virtual_clock",
    "Wish": "_control",
    "bounded": "_bounded",
    "combined": "_lateness",
    "control_here": "_steering",
    "execute": "_run",
    "granted_timing": "_priority",
    "hearing": "_priority",
    "planned_of": "_planned",
    "safe_roles": "_safe_roles",
    "steered_by": "_steering",
    "unwanted_here": "_steering",
}

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
    "Planned",
    "Progress",
    "Replayer",
    "Rounds",
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
    "planned_of",
    "safe_roles",
    "steered_by",
    "unwanted_here",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'shotlane.execution' has no attribute '{name}'")
    return getattr(import_module(f"shotlane.execution.{_HOMES[name]}"), name)
