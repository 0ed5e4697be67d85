"""Runs by what is known of them. Without polars, for the command line."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from shotlane.analysis._brought_in import found_runs
from shotlane.analysis._place import store_or_default
from shotlane.analysis._which_runs import which_runs
from shotlane.store import RunSummary


def find_runs(
    store: str | Path | None,
    limit: int | None,
    tell: Callable[[str], object] | None = None,
    **which: Any,
) -> list[RunSummary]:
    """The newest that are meant, newest first. Raises `ValueError` and `StoreError`.

    `tell`: called with why no run can be meant, where that is seen.
    """
    wanted = which_runs(**which)
    place = store_or_default(store)
    return found_runs(place, lambda reader: wanted.find(reader, limit, tell))
