"""Sessions: work at a station outside of a sequence, with handles, events, observations and meeting points.

Names are imported when they are first used. What needs the whole of the program (finding a station, running a
sequence) is handed in by `api`. The doors through which other processes come are here too.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shotlane.sessions._addresses import parse_address
    from shotlane.sessions._channel import channel
    from shotlane.sessions._channel_store import ChannelStore
    from shotlane.sessions._connection import StationConnection
    from shotlane.sessions._doors import Door, Listening
    from shotlane.sessions._error import NotSafeError, SessionError
    from shotlane.sessions._event_log import EventLog, EventStore
    from shotlane.sessions._frames import FrameError, receive, send
    from shotlane.sessions._handle import Handle
    from shotlane.sessions._listener import Listener
    from shotlane.sessions._reach import hang_up, reach
    from shotlane.sessions._remote import RemoteInstrument, remote_instrument
    from shotlane.sessions._served import Served, served_driver
    from shotlane.sessions._shown import shown
    from shotlane.sessions._tokens import MANAGER
    from shotlane.sessions._wiring import Keeper, PreparedRun, Tell, Wiring

_HOMES = {
    "MANAGER": "_tokens",
    "ChannelStore": "_channel_store",
    "Door": "_doors",
    "EventLog": "_event_log",
    "EventStore": "_event_log",
    "FrameError": "_frames",
    "Handle": "_handle",
    "Keeper": "_wiring",
    "Listener": "_listener",
    "Listening": "_doors",
    "NotSafeError": "_error",
    "PreparedRun": "_wiring",
    "RemoteInstrument": "_remote",
    "Served": "_served",
    "SessionError": "_error",
    "StationConnection": "_connection",
    "Tell": "_wiring",
    "Wiring": "_wiring",
    "channel": "_channel",
    "hang_up": "_reach",
    "parse_address": "_addresses",
    "reach": "_reach",
    "receive": "_frames",
    "remote_instrument": "_remote",
    "send": "_frames",
    "served_driver": "_served",
    "shown": "_shown",
}

__all__ = [
    "MANAGER",
    "ChannelStore",
    "Door",
    "EventLog",
    "EventStore",
    "FrameError",
    "Handle",
    "Keeper",
    "Listener",
    "Listening",
    "NotSafeError",
    "PreparedRun",
    "RemoteInstrument",
    "Served",
    "SessionError",
    "StationConnection",
    "Tell",
    "Wiring",
    "channel",
    "hang_up",
    "parse_address",
    "reach",
    "receive",
    "remote_instrument",
    "send",
    "served_driver",
    "shown",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'shotlane.sessions' has no attribute '{name}'")
    return getattr(import_module(f"shotlane.sessions.{_HOMES[name]}"), name)
