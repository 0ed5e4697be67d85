"""Runs as polars frames."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from shotlane.analysis._load import events, export, find_runs, load, on_event, open_store, runs

if TYPE_CHECKING:
    from shotlane.analysis._arrays import ArrayReading
    from shotlane.analysis._compare_runs import Figure, Outcomes, compare_runs
    from shotlane.analysis._events import EventStream
    from shotlane.analysis._export import ONE_FILE, NoWriterError
    from shotlane.analysis._loaded import LoadedRun, RecordsWaitWarning
    from shotlane.analysis._observations import observations
    from shotlane.analysis._several import LoadedRuns
    from shotlane.analysis._store import Store

__all__ = [
    "ONE_FILE",
    "ArrayReading",
    "EventStream",
    "Figure",
    "LoadedRun",
    "LoadedRuns",
    "NoWriterError",
    "Outcomes",
    "RecordsWaitWarning",
    "Store",
    "compare_runs",
    "events",
    "export",
    "find_runs",
    "load",
    "observations",
    "on_event",
    "open_store",
    "runs",
]

# Late, for they import polars or SQLAlchemy.
_HOMES = {
    "ArrayReading": "_arrays",
    "EventStream": "_events",
    "LoadedRun": "_loaded",
    "NoWriterError": "_export",
    "ONE_FILE": "_export",
    "Figure": "_compare_runs",
    "Outcomes": "_compare_runs",
    "compare_runs": "_compare_runs",
    "LoadedRuns": "_several",
    "RecordsWaitWarning": "_loaded",
    "Store": "_store",
    "observations": "_observations",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(name)
    return getattr(import_module(f"shotlane.analysis.{_HOMES[name]}"), name)
