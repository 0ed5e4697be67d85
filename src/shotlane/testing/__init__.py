"""For tests: scripted wires, devices that show faults when asked, virtual time, checks of drivers, fixtures.

Names are imported when they are first used. The benches must be: they block signals before any thread
starts, and numpy, which the checks of drivers need, starts threads when it is imported.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shotlane.testing._bench import Bench
    from shotlane.testing._bench_process import BenchError
    from shotlane.testing._conformance import CHECKS, Case, NotTried, check_driver
    from shotlane.testing._conformance_mixin import DriverConformance
    from shotlane.testing._memory import MemoryRecorder, RecordedAttempt, RecordedRun, RecordedShot
    from shotlane.testing._rtu_bench import RtuBench
    from shotlane.testing._run_virtual import VirtualClock, run_virtual
    from shotlane.testing._script import ScriptError
    from shotlane.testing._script_course import ScriptMismatch
    from shotlane.testing._scripted_wire import ScriptedWire, scripted_wire
    from shotlane.testing._simulated_faults import FaultSchedule
    from shotlane.testing._small_project import write_project

_HOMES = {
    "CHECKS": "_conformance",
    "Bench": "_bench",
    "BenchError": "_bench_process",
    "Case": "_conformance",
    "DriverConformance": "_conformance_mixin",
    "FaultSchedule": "_simulated_faults",
    "MemoryRecorder": "_memory",
    "NotTried": "_conformance",
    "RecordedAttempt": "_memory",
    "RecordedRun": "_memory",
    "RecordedShot": "_memory",
    "RtuBench": "_rtu_bench",
    "ScriptError": "_script",
    "ScriptMismatch": "_script_course",
    "ScriptedWire": "_scripted_wire",
    "VirtualClock": "_run_virtual",
    "check_driver": "_conformance",
    "run_virtual": "_run_virtual",
    "scripted_wire": "_scripted_wire",
    "write_project": "_small_project",
}

__all__ = [
    "CHECKS",
    "Bench",
    "BenchError",
    "Case",
    "DriverConformance",
    "FaultSchedule",
    "MemoryRecorder",
    "NotTried",
    "RecordedAttempt",
    "RecordedRun",
    "RecordedShot",
    "RtuBench",
    "ScriptError",
    "ScriptMismatch",
    "ScriptedWire",
    "VirtualClock",
    "check_driver",
    "run_virtual",
    "scripted_wire",
    "write_project",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'shotlane.testing' has no attribute '{name}'")
    return getattr(import_module(f"shotlane.testing.{_HOMES[name]}"), name)
