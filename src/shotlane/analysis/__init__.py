"""Runs as polars frames."""

from typing import TYPE_CHECKING, Any

from shotlane.analysis._load import load, runs

if TYPE_CHECKING:
    from shotlane.analysis._arrays import ArrayReading
    from shotlane.analysis._loaded import LoadedRun

__all__ = ["ArrayReading", "LoadedRun", "load", "runs"]


def __getattr__(name: str) -> Any:
    # Late, for they import polars.
    if name == "LoadedRun":
        from shotlane.analysis._loaded import LoadedRun

        return LoadedRun
    if name == "ArrayReading":
        from shotlane.analysis._arrays import ArrayReading

        return ArrayReading
    raise AttributeError(name)
