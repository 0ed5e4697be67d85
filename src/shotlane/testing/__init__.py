"""For tests: devices on real wires that show faults when asked, a recorder in memory, checks of drivers.

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

_HOMES = {
    "CHECKS": "_conformance",
    "Bench": "_bench",
    "BenchError": "_bench_process",
    "Case": "_conformance",
    "DriverConformance": "_conformance_mixin",
    "MemoryRecorder": "_memory",
    "NotTried": "_conformance",
    "RecordedAttempt": "_memory",
    "RecordedRun": "_memory",
    "RecordedShot": "_memory",
    "RtuBench": "_rtu_bench",
    "check_driver": "_conformance",
}

__all__ = [
    "CHECKS",
    "Bench",
    "BenchError",
    "Case",
    "DriverConformance",
    "MemoryRecorder",
    "NotTried",
    "RecordedAttempt",
    "RecordedRun",
    "RecordedShot",
    "RtuBench",
    "check_driver",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'shotlane.testing' has no attribute '{name}'")
    return getattr(import_module(f"shotlane.testing.{_HOMES[name]}"), name)
