"""For tests: devices on real wires that show faults when asked, and a recorder in memory."""

from shotlane.testing._bench import Bench, BenchError
from shotlane.testing._memory import MemoryRecorder, RecordedAttempt, RecordedRun, RecordedShot

__all__ = ["Bench", "BenchError", "MemoryRecorder", "RecordedAttempt", "RecordedRun", "RecordedShot"]
