"""Sessions: work at a station outside of a sequence, with handles, events, observations and meeting points.

Names are imported when they are first used. What needs the whole of the program (finding a station, running a
sequence) is handed in by `api`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shotlane.sessions._channel import channel
    from shotlane.sessions._channel_store import ChannelStore
    from shotlane.sessions._connection import StationConnection
    from shotlane.sessions._error import NotSafeError, SessionError
    from shotlane.sessions._event_log import EventLog, EventStore
    from shotlane.sessions._handle import Handle
    from shotlane.sessions._remote import RemoteInstrument, remote_instrument
    from shotlane.sessions._served import Served
    from shotlane.sessions._wiring import Keeper, PreparedRun, Tell, Wiring

_HOMES = {
    "ChannelStore": "_channel_store",
    "EventLog": "_event_log",
    "EventStore": "_event_log",
    "Handle": "_handle",
    "Keeper": "_wiring",
    "NotSafeError": "_error",
    "PreparedRun": "_wiring",
    "RemoteInstrument": "_remote",
    "Served": "_served",
    "SessionError": "_error",
    "StationConnection": "_connection",
    "Tell": "_wiring",
    "Wiring": "_wiring",
    "channel": "_channel",
    "remote_instrument": "_remote",
}

__all__ = [
    "ChannelStore",
    "EventLog",
    "EventStore",
    "Handle",
    "Keeper",
    "NotSafeError",
    "PreparedRun",
    "RemoteInstrument",
    "Served",
    "SessionError",
    "StationConnection",
    "Tell",
    "Wiring",
    "channel",
    "remote_instrument",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'shotlane.sessions' has no attribute '{name}'")
    return getattr(import_module(f"shotlane.sessions.{_HOMES[name]}"), name)
