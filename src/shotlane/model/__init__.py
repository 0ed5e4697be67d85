"""What the user wrote, and the table of channels it speaks of."""

from shotlane.model._calibration import Calibration
from shotlane.model._channel import (
    KEEP,
    Attribute,
    Channel,
    ChannelTable,
    Command,
    CommandParameter,
    Keep,
    ReadPart,
    Role,
    ScalarValue,
    ValueType,
    channel_name,
    reading_cost_ns,
)
from shotlane.model._dialogue import (
    BinaryField,
    BlockForm,
    ChecksumForm,
    LengthField,
    ReplyForm,
    SetText,
)
from shotlane.model._instrument import (
    CommandArgument,
    InstrumentAttribute,
    InstrumentCommand,
    InstrumentDocument,
    InstrumentIdentity,
    Wear,
)
from shotlane.model._lane import CallAt, Lane, Point, ReadAt
from shotlane.model._load import check_schema_only, load_instrument, load_sequence, load_station
from shotlane.model._modbus_keys import IdentityPart, Register, Valid, WireType
from shotlane.model._part import LANGUAGE, Part, Scalar
from shotlane.model._rehearsal import Coupling, SimulatedFault
from shotlane.model._schema import KindName, json_schema, write_schemas
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
    "CommandParameter",
    "Coupling",
    "DriverAttribute",
    "ExpectedIdentity",
    "IdentityPart",
    "InstrumentAttribute",
    "InstrumentCommand",
    "InstrumentDocument",
    "InstrumentIdentity",
    "Interlock",
    "Keep",
    "KindName",
    "Lane",
    "LengthField",
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
    "channel_name",
    "check_schema_only",
    "flatten",
    "json_schema",
    "load_instrument",
    "load_sequence",
    "load_station",
    "reading_cost_ns",
    "was_dropped",
    "write_schemas",
]
