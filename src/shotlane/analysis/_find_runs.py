"""Runs by what is known of them. Without polars, for the command line."""

from pathlib import Path
from typing import Any

from shotlane.analysis._place import store_or_default
from shotlane.analysis._which_runs import which_runs
from shotlane.store import RunSummary, open_reader


def find_runs(store: str | Path | None, limit: int | None, **which: Any) -> list[RunSummary]:
    """The newest that are meant, newest first. Raises `ValueError` and `StoreError`."""
    wanted = which_runs(**which)
    with open_reader(store_or_default(store)) as reader:
        return wanted.find(reader, limit)
