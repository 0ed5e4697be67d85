"""The doors of the analysis.

What stands behind them is imported when they are used: polars and SQLAlchemy cost 0.3 s to import, and most
commands need neither.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import polars as pl

    from shotlane.analysis._events import EventStream
    from shotlane.analysis._loaded import LoadedRun
    from shotlane.analysis._store import Store
    from shotlane.analysis._which_runs import Moment
    from shotlane.records import LoggedEvent
    from shotlane.store import RunSummary, Subscription

_STORES = (".db", ".sqlite", ".sqlite3")


def load(run: int | str | Path | None = None, store: str | Path | None = None) -> "LoadedRun":
    """Load a run as polars frames, the newest when no number is given; of a path the run of that archive.

    `store` is a path or a database URL; without one that of the project around the current folder: `store`
    of its `shotlane.yaml`, else `data/shotlane.db`. Raises `store.StoreError` when there is no such store or
    run, `archive.ArchiveError` for a path that is no archive, `DocumentError` for settings that are wrong.
    """
    from shotlane.analysis._loaded import load_archive, load_run  # late: polars, SQLAlchemy

    if isinstance(run, str | Path):
        _refuse_what_is_meant_otherwise(str(run))
    return load_archive(run) if isinstance(run, str | Path) else load_run(run, store)


def _refuse_what_is_meant_otherwise(text: str) -> None:
    """A number as text, and a store: no archives, and it is plain what is meant. Raises `ArchiveError`."""
    from shotlane.archives import ArchiveError  # late: it reads archives

    path = Path(text)
    if text.isdecimal() and not path.exists():
        raise ArchiveError(f"there is no archive '{text}'", f"load({int(text)}) loads the run of this number")
    if "://" in text or path.suffix.lower() in _STORES:
        help = f"load(store={text!r}) loads its newest run, open_store({text!r}) finds others"
        raise ArchiveError(f"'{text}' is a store, and no archive", help)


def export(run: "LoadedRun", folder: str | Path, form: str) -> dict[str, int]:
    """Write every frame of a run: csv, parquet, jsonl or arrow into a folder, hdf5 or netcdf into a file.

    Returns the rows of each. Raises `ValueError`, `OSError`, and `ImportError` without the package for it.
    """
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


def events(
    run: int | None = None,
    *,
    session: int | None = None,
    type: str | Sequence[str] | None = None,
    role: str | Sequence[str] | None = None,
    since: "Moment | None" = None,
    follow: bool = False,
    store: str | Path | None = None,
) -> "EventStream":
    """What happened, in order: of a run, of a session and those inside of it, or of the whole store.

    `type`: one of these types, or below them: `interlock` means all that begin with `interlock.`. `role`:
    about one of these instruments. `since`: as for `Store.runs`. With `follow` it goes on with what other
    processes write, until the run or session has ended. Raises `store.StoreError`, `ValueError`.
    """
    from shotlane.analysis import _events  # late: SQLAlchemy

    wanted = _events.wanted_events(run, session, type, role, since)
    return _events.events(store, wanted, follow=follow)


def on_event(
    callback: "Callable[[LoggedEvent], object]",
    run: int | None = None,
    *,
    session: int | None = None,
    type: str | Sequence[str] | None = None,
    role: str | Sequence[str] | None = None,
    since: "Moment | None" = None,
    store: str | Path | None = None,
) -> "Subscription":
    """Call for every event that is there, and then, in a thread of its own, for those that come.

    Events are chosen as for `events`. Calling what is returned ends it. A callback that raises is told like
    the end of a thread, and is called again for the next event. Raises `store.StoreError`, `ValueError`.
    """
    from shotlane.analysis import _events  # late: SQLAlchemy

    return _events.on_event(store, callback, _events.wanted_events(run, session, type, role, since))
