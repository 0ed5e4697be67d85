"""The version of the tables that this program reads and writes; a store of another one is left alone."""

from collections.abc import Sequence
from typing import Any

from shotlane.store._error import StoreError

SCHEMA_VERSION = 3


def only_version(rows: Sequence[Any], shown: str) -> int:
    """The version that the rows of `schema_version` say; raises `StoreError` when they say none."""
    if len(rows) != 1:
        raise StoreError(f"{shown} says no schema version", "it was not made by shotlane")
    return int(rows[0][0])


def check_version(version: int, shown: str) -> None:
    """Raise `StoreError` unless it is the version that this program reads and writes."""
    if version > SCHEMA_VERSION:
        raise StoreError(
            f"{shown} has schema version {version}, this shotlane knows {SCHEMA_VERSION}",
            "it was made by a newer shotlane: pip install --upgrade shotlane",
        )
    if version < SCHEMA_VERSION:
        raise StoreError(
            f"{shown} has schema version {version}, this shotlane needs {SCHEMA_VERSION}",
            "an older shotlane made it: shotlane db upgrade",
        )
