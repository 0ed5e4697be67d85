"""Where records are kept: SQLite or PostgreSQL. Imports SQLAlchemy, so import it late."""

from shotlane.store._address import default_store_url
from shotlane.store._after_death import DeadRun, end_dead_run
from shotlane.store._bulk import StreamError
from shotlane.store._encode import unpacked
from shotlane.store._error import StoreError
from shotlane.store._found import AttemptFault, ParameterRecord, RunRecord, RunSummary
from shotlane.store._queries import (
    KEY,
    Query,
    Selection,
    samples_of,
    shot_parameters_of,
    texts_of,
    unpacked_key,
)
from shotlane.store._reader import Reader, open_reader
from shotlane.store._recorder import StoreRecorder, open_recorder
from shotlane.store._recover import Recovered, recover, spools
from shotlane.store._requests import Request, RequestInbox, send_request
from shotlane.store._run_reader import RunReader
from shotlane.store._session import SessionStart
from shotlane.store._statements import GOOD
from shotlane.store._upgrade import StoreInfo, check_store, store_info, upgrade_store

__all__ = [
    "GOOD",
    "KEY",
    "AttemptFault",
    "DeadRun",
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
    "SessionStart",
    "StoreError",
    "StoreInfo",
    "StoreRecorder",
    "StreamError",
    "check_store",
    "default_store_url",
    "end_dead_run",
    "open_reader",
    "open_recorder",
    "recover",
    "samples_of",
    "send_request",
    "shot_parameters_of",
    "spools",
    "store_info",
    "texts_of",
    "unpacked",
    "unpacked_key",
    "upgrade_store",
]
