"""Archives: a run with all that it was made from, as an RO-Crate in a BagIt bag.

Imports polars, so import it late.
"""

from shotlane.archives._agreement import disagreements
from shotlane.archives._bag import Bag, is_bag, open_bag
from shotlane.archives._departures import Departure, LogComparison
from shotlane.archives._error import ArchiveError
from shotlane.archives._hashes import Hashes, check_hashes
from shotlane.archives._import import Imported, import_archive
from shotlane.archives._journal import AttemptLog, Decisions, attempt_logs, decisions_of
from shotlane.archives._reader import BagReader, open_archive
from shotlane.archives._write import PLAN, Extra, Written, check_out, write_archive

__all__ = [
    "PLAN",
    "ArchiveError",
    "AttemptLog",
    "Bag",
    "BagReader",
    "Decisions",
    "Departure",
    "Extra",
    "Hashes",
    "Imported",
    "LogComparison",
    "Written",
    "attempt_logs",
    "check_hashes",
    "check_out",
    "decisions_of",
    "disagreements",
    "import_archive",
    "is_bag",
    "open_archive",
    "open_bag",
    "write_archive",
]
