"""Which clock a run keeps time by, and how hard."""

from typing import Literal

from shotlane.api._prepare import Prepared
from shotlane.execution import SystemClock, TimingMode, TimingRefusedError, VirtualClock, granted_timing

TimingName = Literal["auto", "normal", "realtime"]


def clock_for(prepared: Prepared, asked: TimingName | None) -> SystemClock | VirtualClock:
    """The clock of a run. Raises `TimingRefusedError` when `realtime` was asked for and cannot be had."""
    mode = TimingMode(asked or prepared.project.timing or "auto")
    if not prepared.options.virtual_time:
        return SystemClock(timing=granted_timing(mode))
    # What a project says of its real runs does not matter here.
    if asked == "realtime":
        raise TimingRefusedError("virtual time is not waited for")
    return VirtualClock()
