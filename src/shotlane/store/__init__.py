"""Where records are kept: SQLite or PostgreSQL.

Names are imported when they are first used. What reads, and what makes or changes tables, imports SQLAlchemy.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shotlane.store._address import default_store_url, shown_address
    from shotlane.store._after_death import DeadRun, end_dead_run, end_dead_session
    from shotlane.store._arrival import ARRIVING, Arrival, Arrived, ArrivedEnd, Arriving, key_here
    from shotlane.store._bulk import StreamError
    from shotlane.store._encode import action_rows, pressed, result_rows, unpacked
    from shotlane.store._error import StoreError
    from shotlane.store._event_filter import EventFilter
    from shotlane.store._event_tail import EventTail
    from shotlane.store._found import AttemptFault, ParameterRecord, RunRecord, RunSummary
    from shotlane.store._meeting import MissedError, meet
    from shotlane.store._notes import NOTE_KINDS, Note, NoteKind, add_notes, noted_tags, notes_of_rows
    from shotlane.store._open_recorder import open_recorder
    from shotlane.store._queries import (
        KEY,
        Query,
        Selection,
        observations_of,
        samples_of,
        shot_parameters_of,
        texts_of,
        unpacked_key,
    )
    from shotlane.store._reader import Reader, open_reader
    from shotlane.store._recorder import StoreRecorder
    from shotlane.store._recover import Recovered, Waits, bring_in, recover, spools, stranded
    from shotlane.store._requests import Request, RequestInbox, send_request
    from shotlane.store._run_reader import RunReader
    from shotlane.store._series import SeriesWriter
    from shotlane.store._session import SessionStart, user_name, who
    from shotlane.store._session_log import SessionLog, open_log
    from shotlane.store._sqlite import check_address
    from shotlane.store._statements import GOOD, KEPT
    from shotlane.store._subscription import Subscription, subscribe
    from shotlane.store._upgrade import StoreInfo, check_store, store_info, upgrade_store

_HOMES = {
    "ARRIVING": "_arrival",
    "GOOD": "_statements",
    "KEPT": "_statements",
    "KEY": "_queries",
    "NOTE_KINDS": "_notes",
    "Arrival": "_arrival",
    "Arrived": "_arrival",
    "ArrivedEnd": "_arrival",
    "Arriving": "_arrival",
    "AttemptFault": "_found",
    "DeadRun": "_after_death",
    "EventFilter": "_event_filter",
    "EventTail": "_event_tail",
    "MissedError": "_meeting",
    "Note": "_notes",
    "NoteKind": "_notes",
    "ParameterRecord": "_found",
    "Query": "_queries",
    "Reader": "_reader",
    "Recovered": "_recover",
    "Request": "_requests",
    "RequestInbox": "_requests",
    "RunReader": "_run_reader",
    "RunRecord": "_found",
    "RunSummary": "_found",
    "Selection": "_queries",
    "SeriesWriter": "_series",
    "SessionLog": "_session_log",
    "SessionStart": "_session",
    "StoreError": "_error",
    "StoreInfo": "_upgrade",
    "StoreRecorder": "_recorder",
    "StreamError": "_bulk",
    "Subscription": "_subscription",
    "Waits": "_recover",
    "action_rows": "_encode",
    "add_notes": "_notes",
    "bring_in": "_recover",
    "check_address": "_sqlite",
    "check_store": "_upgrade",
    "default_store_url": "_address",
    "shown_address": "_address",
    "end_dead_run": "_after_death",
    "end_dead_session": "_after_death",
    "key_here": "_arrival",
    "meet": "_meeting",
    "noted_tags": "_notes",
    "notes_of_rows": "_notes",
    "observations_of": "_queries",
    "open_log": "_session_log",
    "open_reader": "_reader",
    "open_recorder": "_open_recorder",
    "pressed": "_encode",
    "recover": "_recover",
    "result_rows": "_encode",
    "samples_of": "_queries",
    "send_request": "_requests",
    "shot_parameters_of": "_queries",
    "spools": "_recover",
    "store_info": "_upgrade",
    "stranded": "_recover",
    "subscribe": "_subscription",
    "texts_of": "_queries",
    "unpacked": "_encode",
    "unpacked_key": "_queries",
    "upgrade_store": "_upgrade",
    "user_name": "_session",
    "who": "_session",
}

__all__ = [
    "ARRIVING",
    "GOOD",
    "KEPT",
    "KEY",
    "NOTE_KINDS",
    "Arrival",
    "Arrived",
    "ArrivedEnd",
    "Arriving",
    "AttemptFault",
    "DeadRun",
    "EventFilter",
    "EventTail",
    "MissedError",
    "Note",
    "NoteKind",
    "ParameterRecord",
    "Query",
    "Reader",
    "Recovered",
    "Request",
    "RequestInbox",
    "RunReader",
    "RunRecord",
    "RunSummary",
    "Selection",
    "SeriesWriter",
    "SessionLog",
    "SessionStart",
    "StoreError",
    "StoreInfo",
    "StoreRecorder",
    "StreamError",
    "Subscription",
    "Waits",
    "action_rows",
    "add_notes",
    "bring_in",
    "check_address",
    "check_store",
    "default_store_url",
    "end_dead_run",
    "end_dead_session",
    "key_here",
    "meet",
    "noted_tags",
    "notes_of_rows",
    "observations_of",
    "open_log",
    "open_reader",
    "open_recorder",
    "pressed",
    "recover",
    "result_rows",
    "samples_of",
    "send_request",
    "shot_parameters_of",
    "shown_address",
    "spools",
    "store_info",
    "stranded",
    "subscribe",
    "texts_of",
    "unpacked",
    "unpacked_key",
    "upgrade_store",
    "user_name",
    "who",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'shotlane.store' has no attribute '{name}'")
    return getattr(import_module(f"shotlane.store.{_HOMES[name]}"), name)
