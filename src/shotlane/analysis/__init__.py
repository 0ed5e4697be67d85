"""Runs as polars frames."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from shotlane.analysis._load import export, find_runs, load, open_store, runs

if TYPE_CHECKING:
    from shotlane.analysis._arrays import ArrayReading
    from shotlane.analysis._loaded import LoadedRun
    from shotlane.analysis._several import LoadedRuns
    from shotlane.analysis._store import Store

__all__ = [
    "ArrayReading",
    "LoadedRun",
    "LoadedRuns",
    "Store",
    "export",
    "find_runs",
    "load",
    "open_store",
    "runs",
]

# Late, for they import polars.
_HOMES = {"ArrayReading": "_arrays", "LoadedRun": "_loaded", "LoadedRuns": "_several", "Store": "_store"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(name)
    return getattr(import_module(f"shotlane.analysis.{_HOMES[name]}"), name)
