"""Which store is meant when nobody says so."""

from pathlib import Path

from shotlane.store import default_store_url


def store_or_default(store: str | Path | None) -> str | Path:
    """The store given, else `data/shotlane.db` in the nearest folder at or above the current one."""
    if store is not None:
        return store
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "data" / "shotlane.db").is_file():
            return default_store_url(folder, create=False)
    return default_store_url(here, create=False)
