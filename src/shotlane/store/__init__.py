"""Where records are kept: SQLite or PostgreSQL. Imports SQLAlchemy, so import it late."""

from shotlane.store._address import default_store_url
from shotlane.store._encode import unpacked
from shotlane.store._error import StoreError
from shotlane.store._found import AttemptFault, ParameterRecord, RunRecord, RunSummary
from shotlane.store._open import GOOD
from shotlane.store._reader import Reader, open_reader
from shotlane.store._recorder import StoreRecorder, open_recorder
from shotlane.store._session import SessionStart

__all__ = [
    "GOOD",
    "AttemptFault",
    "ParameterRecord",
    "Reader",
    "RunRecord",
    "RunSummary",
    "SessionStart",
    "StoreError",
    "StoreRecorder",
    "default_store_url",
    "open_reader",
    "open_recorder",
    "unpacked",
]
