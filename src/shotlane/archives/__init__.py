"""Archives: a run with all that it was made from, as an RO-Crate in a BagIt bag.

Imports polars, so import it late.
"""

from shotlane.archives._bag import Bag, is_bag, open_bag
from shotlane.archives._check_arrays import check_arrays
from shotlane.archives._check_events import check_events
from shotlane.archives._check_files import check_files
from shotlane.archives._check_parameters import check_parameters
from shotlane.archives._check_results import check_results
from shotlane.archives._check_run import check_run
from shotlane.archives._check_shots import check_shots
from shotlane.archives._check_steps import check_steps
from shotlane.archives._check_tables import check_tables
from shotlane.archives._check_tallies import check_tallies
from shotlane.archives._checked import Checked, Findings, checked
from shotlane.archives._departures import Departure, LogComparison
from shotlane.archives._error import ArchiveError, UnknownFormatError
from shotlane.archives._hashes import Hashes, check_hashes, digest_of
from shotlane.archives._import import Imported, import_archive
from shotlane.archives._journal import AttemptLog, Decisions, attempt_logs, decisions_of
from shotlane.archives._reader import BagReader, open_archive
from shotlane.archives._record import told_record
from shotlane.archives._recorded_shots import RecordedShots
from shotlane.archives._write import PLAN, Extra, Written, check_out, write_archive

__all__ = [
    "PLAN",
    "ArchiveError",
    "AttemptLog",
    "Bag",
    "BagReader",
    "Checked",
    "Decisions",
    "Departure",
    "Extra",
    "Findings",
    "Hashes",
    "Imported",
    "LogComparison",
    "RecordedShots",
    "UnknownFormatError",
    "Written",
    "attempt_logs",
    "check_arrays",
    "check_events",
    "check_files",
    "check_hashes",
    "check_out",
    "check_parameters",
    "check_results",
    "check_run",
    "check_shots",
    "check_steps",
    "check_tables",
    "check_tallies",
    "checked",
    "decisions_of",
    "digest_of",
    "import_archive",
    "is_bag",
    "open_archive",
    "open_bag",
    "told_record",
    "write_archive",
]
