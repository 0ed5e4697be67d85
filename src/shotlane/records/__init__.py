"""What is written down of a run, independent of where it goes."""

from shotlane.records._brackets import (
    AttemptEnd,
    AttemptStart,
    ChannelRecord,
    Fault,
    RunEnd,
    RunStart,
    ShotEnd,
    ShotStart,
    StepRecord,
)
from shotlane.records._event import EVENT_TYPES, Event
from shotlane.records._outcome import Outcome, worst
from shotlane.records._recorder import AttemptBuffer, Recorder, RecorderError
from shotlane.records._rows import ActionKind, ActionRow, PollRow, ResultRow, SampleRow, Status, Tally

__all__ = [
    "EVENT_TYPES",
    "ActionKind",
    "ActionRow",
    "AttemptBuffer",
    "AttemptEnd",
    "AttemptStart",
    "ChannelRecord",
    "Event",
    "Fault",
    "Outcome",
    "PollRow",
    "Recorder",
    "RecorderError",
    "ResultRow",
    "RunEnd",
    "RunStart",
    "SampleRow",
    "ShotEnd",
    "ShotStart",
    "Status",
    "StepRecord",
    "Tally",
    "worst",
]
