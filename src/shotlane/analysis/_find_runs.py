"""Runs by what is known of them. Without polars, for the command line."""

from pathlib import Path
from typing import Any

from shotlane.analysis._place import brought_in, store_or_default
from shotlane.analysis._which_runs import which_runs
from shotlane.store import RunSummary, open_reader


def find_runs(store: str | Path | None, limit: int | None, **which: Any) -> list[RunSummary]:
    """The newest that are meant, newest first. Raises `ValueError` and `StoreError`."""
    wanted = which_runs(**which)
    place = store_or_default(store)
    brought_in(place)
    with open_reader(place) as reader:
        return wanted.find(reader, limit)
