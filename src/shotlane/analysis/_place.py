"""Which store is meant when nobody says so, and what waits for it."""

from pathlib import Path

from shotlane.store import bring_in, default_store_url


def store_or_default(store: str | Path | None) -> str | Path:
    """The store given, else `data/shotlane.db` in the nearest folder at or above the current one."""
    if store is not None:
        return store
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "data" / "shotlane.db").is_file():
            return default_store_url(folder, create=False)
    return default_store_url(here, create=False)


def brought_in(store: str | Path) -> dict[int, Path]:
    """Have delivered what waits for a store; what still does, by session. What is a server's lies here."""
    here = Path.cwd()
    folders = (folder / "data" for folder in (here, *here.parents))
    return bring_in(store, next((folder for folder in folders if (folder / "spool").is_dir()), None))
