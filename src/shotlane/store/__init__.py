"""Where records are kept: SQLite or PostgreSQL. Imports SQLAlchemy, so import it late."""

from shotlane.store._address import default_store_url
from shotlane.store._after_death import DeadRun, end_dead_run, end_dead_session
from shotlane.store._arrival import ARRIVING, Arrival, Arrived, ArrivedEnd, Arriving, key_here
from shotlane.store._bulk import StreamError
from shotlane.store._encode import action_rows, pressed, unpacked
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
from shotlane.store._recover import Recovered, bring_in, recover, spools
from shotlane.store._requests import Request, RequestInbox, send_request
from shotlane.store._run_reader import RunReader
from shotlane.store._series import SeriesWriter
from shotlane.store._session import SessionStart, user_name, who
from shotlane.store._session_log import SessionLog, open_log
from shotlane.store._statements import GOOD
from shotlane.store._subscription import Subscription, subscribe
from shotlane.store._upgrade import StoreInfo, check_store, store_info, upgrade_store

__all__ = [
    "ARRIVING",
    "GOOD",
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
    "action_rows",
    "add_notes",
    "bring_in",
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
    "samples_of",
    "send_request",
    "shot_parameters_of",
    "spools",
    "store_info",
    "subscribe",
    "texts_of",
    "unpacked",
    "unpacked_key",
    "upgrade_store",
    "user_name",
    "who",
]
