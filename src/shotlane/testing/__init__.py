"""For tests: devices on real wires that show faults when asked, a recorder in memory, checks of drivers."""

from shotlane.testing._bench import Bench, BenchError
from shotlane.testing._conformance import CHECKS, Case, NotTried, check_driver
from shotlane.testing._conformance_mixin import DriverConformance
from shotlane.testing._memory import MemoryRecorder, RecordedAttempt, RecordedRun, RecordedShot
from shotlane.testing._rtu_bench import RtuBench

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
