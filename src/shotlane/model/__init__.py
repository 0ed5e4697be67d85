"""What the user wrote, and the table of channels it speaks of."""

from shotlane.model._calibration import Calibration
from shotlane.model._channel import (
    KEEP,
    Attribute,
    Channel,
    ChannelTable,
    Command,
    CommandParameter,
    HardwareTiming,
    Keep,
    ReadPart,
    Role,
    ScalarValue,
    ValueType,
    as_limited,
    channel_name,
    reading_cost_ns,
)
from shotlane.model._command_keys import CommandArgument, CommandKeys, DriverCommand
from shotlane.model._dialogue import (
    BinaryField,
    BlockForm,
    ChecksumForm,
    LengthField,
    ReplyForm,
    SetText,
)
from shotlane.model._expand import with_lane_kinds
from shotlane.model._installed_kinds import KindFault, installed_kinds, load_kinds, register_kind
from shotlane.model._instrument import (
    InstrumentAttribute,
    InstrumentCommand,
    InstrumentDocument,
    InstrumentIdentity,
    OptionForm,
    Wear,
)
from shotlane.model._lane import CallAt, Lane, Point, ReadAt
from shotlane.model._lane_kind import LaneKind, LaneKindError, LanePart, LoadedKind, WrittenLane
from shotlane.model._load import (
    check_schema_only,
    load_instrument,
    load_sequence,
    load_station,
    of_known_language,
)
from shotlane.model._modbus_keys import IdentityPart, Register, Valid, WireType
from shotlane.model._offer import offer
from shotlane.model._part import LANGUAGE, Part, Scalar
from shotlane.model._rehearsal import Coupling, SimulatedFault
from shotlane.model._schema import KindName, json_schema, write_schemas
from shotlane.model._schema_kinds import with_kinds
from shotlane.model._sequence import (
    Ask,
    AskStep,
    Interlock,
    Result,
    Retry,
    Sequence,
    UntilStep,
)
from shotlane.model._simulation import Simulation, Waveform
from shotlane.model._station import (
    ChannelAlias,
    DriverAttribute,
    ExpectedIdentity,
    Station,
    StationInstrument,
)
from shotlane.model._written import flatten, was_dropped

__all__ = [
    "KEEP",
    "LANGUAGE",
    "Ask",
    "AskStep",
    "Attribute",
    "BinaryField",
    "BlockForm",
    "Calibration",
    "CallAt",
    "Channel",
    "ChannelAlias",
    "ChannelTable",
    "ChecksumForm",
    "Command",
    "CommandArgument",
    "CommandKeys",
    "CommandParameter",
    "Coupling",
    "DriverAttribute",
    "DriverCommand",
    "ExpectedIdentity",
    "HardwareTiming",
    "IdentityPart",
    "InstrumentAttribute",
    "InstrumentCommand",
    "InstrumentDocument",
    "InstrumentIdentity",
    "Interlock",
    "Keep",
    "KindFault",
    "KindName",
    "Lane",
    "LaneKind",
    "LaneKindError",
    "LanePart",
    "LengthField",
    "LoadedKind",
    "OptionForm",
    "Part",
    "Point",
    "ReadAt",
    "ReadPart",
    "Register",
    "ReplyForm",
    "Result",
    "Retry",
    "Role",
    "Scalar",
    "ScalarValue",
    "Sequence",
    "SetText",
    "SimulatedFault",
    "Simulation",
    "Station",
    "StationInstrument",
    "UntilStep",
    "Valid",
    "ValueType",
    "Waveform",
    "Wear",
    "WireType",
    "WrittenLane",
    "as_limited",
    "channel_name",
    "check_schema_only",
    "flatten",
    "installed_kinds",
    "json_schema",
    "load_instrument",
    "load_kinds",
    "load_sequence",
    "load_station",
    "of_known_language",
    "offer",
    "reading_cost_ns",
    "register_kind",
    "was_dropped",
    "with_kinds",
    "with_lane_kinds",
    "write_schemas",
]
