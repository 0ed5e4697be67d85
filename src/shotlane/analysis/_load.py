"""The doors of the analysis.

What stands behind them is imported when they are used: polars and SQLAlchemy cost 0.3 s to import, and most
commands need neither.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import polars as pl

    from shotlane.analysis._loaded import LoadedRun
    from shotlane.analysis._store import Store
    from shotlane.store import RunSummary


def load(run: int | str | Path | None = None, store: str | Path | None = None) -> "LoadedRun":
    """Load a run as polars frames, the newest when no number is given; of a path the run of that archive.

    `store` is a path or a database URL; without one, `data/shotlane.db` in the nearest folder at or above
    the current one. Raises `store.StoreError` when there is no such store or run, `archive.ArchiveError` for
    a path that is no archive.
    """
    from shotlane.analysis._loaded import load_archive, load_run  # late: polars, SQLAlchemy

    return load_archive(run) if isinstance(run, str | Path) else load_run(run, store)


def export(run: "LoadedRun", folder: str | Path, form: str) -> dict[str, int]:
    """Write every frame of a run into a folder as csv, parquet or jsonl; the rows of each file."""
    from shotlane.analysis import _export  # late: polars

    return _export.export(run, Path(folder), form)


def runs(store: str | Path | None = None) -> "pl.DataFrame":
    """All runs of a store, newest first: one row per run. `open_store(...).runs(...)` finds some of them."""
    from shotlane.analysis._store import open_store  # late: polars, SQLAlchemy

    return open_store(store).runs()


def open_store(store: str | Path | None = None) -> "Store":
    """Open a store to find and load runs; `store` as for `load`. Raises `store.StoreError`."""
    from shotlane.analysis import _store  # late: polars, SQLAlchemy

    return _store.open_store(store)


def find_runs(store: str | Path | None = None, limit: int | None = None, **which: Any) -> "list[RunSummary]":
    """The runs that `Store.runs` finds with the same conditions, without polars."""
    from shotlane.analysis._find_runs import find_runs  # late: SQLAlchemy

    return find_runs(store, limit, **which)
