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
from shotlane.records._event import Event, LoggedEvent
from shotlane.records._event_type import EventField, EventType
from shotlane.records._event_types import EVENT_TYPES, event_version
from shotlane.records._event_words import event_words
from shotlane.records._file_name import file_name
from shotlane.records._outcome import Outcome, worst
from shotlane.records._passwords import without_passwords
from shotlane.records._recorder import AttemptBuffer, NoRoomError, Recorder, RecorderError
from shotlane.records._rows import (
    NO_VALUE,
    ActionKind,
    ActionRow,
    PollRow,
    ResultRow,
    SampleRow,
    Status,
    Tally,
    has_value,
)

__all__ = [
    "EVENT_TYPES",
    "NO_VALUE",
    "ActionKind",
    "ActionRow",
    "AttemptBuffer",
    "AttemptEnd",
    "AttemptStart",
    "ChannelRecord",
    "Event",
    "EventField",
    "EventType",
    "Fault",
    "LoggedEvent",
    "NoRoomError",
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
    "event_version",
    "event_words",
    "file_name",
    "has_value",
    "without_passwords",
    "worst",
]
