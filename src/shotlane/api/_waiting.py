"""Records of a run that wait on this machine for their store: brought in before anybody relies on them."""

from pathlib import Path

from shotlane.project import Project, data_folders
from shotlane.store import Waits, bring_in, open_reader


def still_waiting(run: int, store: str | Path, project: Project) -> Waits | None:
    """Bring in what waits for a run, also where it came from; what cannot come in now.

    Raises `StoreError` when there is no such run.
    """
    with open_reader(store) as reader:
        origin = reader.run(run).environment.get("origin")
    waiting = bring_in(store, project.data_folder, *(data_folders(origin) if origin else ()))
    if not waiting:
        return None
    with open_reader(store) as reader:
        sessions = [session for number, session in reader.written_by(waiting) if number == run]
    return next((waiting[session] for session in sessions), None)
