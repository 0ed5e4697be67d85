"""Which store is meant when nobody says so, and what waits for it."""

from collections.abc import Iterable
from pathlib import Path

from shotlane.diagnostics import DocumentError, Report
from shotlane.project import find_project, is_project
from shotlane.store import Waits, bring_in, default_store_url, spools


def store_or_default(store: str | Path | None) -> str | Path:
    """The store given, else that of the project around the current folder, as its runs take it.

    Where there is no project, `data/shotlane.db` in the nearest folder at or above. Raises `DocumentError`
    when the settings of the project cannot be read: they may name another store.
    """
    if store is not None:
        return store
    here, report = Path.cwd(), Report()
    project = find_project(here, report)
    if report.errors:
        raise DocumentError(report.errors)
    if is_project(project.folder):
        return project.store_url
    for folder in (here, *here.parents):
        if (folder / "data" / "shotlane.db").is_file():
            return default_store_url(folder, create=False)
    return default_store_url(here, create=False)


def brought_in(store: str | Path) -> dict[int, Waits]:
    """Have delivered what waits for a store; what still does, by session. What is a server's lies here."""
    # What waits for a file lies beside it: the settings of the project need not be read once more.
    return bring_in(store, _data_here() if _is_server(store) else None)


def spool_places(store: str | Path, folders: Iterable[Path]) -> tuple[Path, ...]:
    """Those folders of data, beside the one here, where something waits for a server."""
    if not _is_server(store):
        return ()
    here = _data_here()
    return tuple(one for one in dict.fromkeys(folders) if one != here and spools(store, one))


def _is_server(store: str | Path) -> bool:
    return str(store).startswith("postgres")


def _data_here() -> Path | None:
    """The folder of data of the project around here, or of the nearest that has a spool."""
    here = Path.cwd()
    project = find_project(here, Report())
    if is_project(project.folder):
        return project.data_folder
    folders = (folder / "data" for folder in (here, *here.parents))
    return next((folder for folder in folders if (folder / "spool").is_dir()), None)
