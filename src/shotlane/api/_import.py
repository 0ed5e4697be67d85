"""`shotlane import`: the run of an archive, brought into a store under a number of its own.

Only an archive whose hashes hold is imported. Whether its documents still mean what they meant is for
`verify`: a record of what was measured is worth keeping all the same.
"""

import time
from pathlib import Path

from shotlane.api._folder import make_folder
from shotlane.archives import ArchiveError, BagReader, Imported, check_hashes, import_archive, open_bag
from shotlane.diagnostics import Report
from shotlane.project import find_project
from shotlane.records import RecorderError
from shotlane.store import Arrival, StoreError


def import_run(archive: str | Path, *, store: str | None = None) -> Imported:
    """Bring the run of an archive into a store, without it that of the project here.

    A run that the store has is not brought again. Raises `ArchiveError` when the archive does not hold what
    it says, or the store has an earlier state of the run; `StoreError` when the store does not take it.
    """
    project = find_project(Path.cwd(), Report())
    place = store or project.store_url
    with open_bag(Path(archive)) as bag:
        hashes = check_hashes(bag)
        if not hashes.hold:
            raise ArchiveError(f"'{archive}' does not hold what it says", f"shotlane verify {archive}")
        if store is None and project.store is None:
            make_folder(project.data_folder)
        told = {"archive": hashes.digest, "at_utc_ns": time.time_ns()}
        reader = BagReader(bag)
        try:
            with Arrival(place) as arrival:
                return import_archive(reader, arrival, told)
        except RecorderError as error:
            raise StoreError(str(error), "import it again: what came stays, the rest is added") from error
