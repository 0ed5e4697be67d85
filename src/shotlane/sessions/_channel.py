"""`channel`: the samples behind a `channel://` URI, from any process, also while they are being written."""

from pathlib import Path
from typing import TYPE_CHECKING

from shotlane.sessions._live import store_of
from shotlane.sessions._uri import parse_uri

if TYPE_CHECKING:
    import polars as pl


def channel(uri: str, store: str | Path | None = None) -> "pl.DataFrame":
    """The samples of a channel as a frame of `time`, `value` and `unit`, in the order in which they came.

    `store` is a path or a database URL; without one that of the session, where it is one of this process,
    else that of the project around the current folder. What another process observes is there within a
    second. Raises `SessionError` for what is no such URI, `StoreError` when the store has no such session or
    key.
    """
    from shotlane.analysis import observations  # late: polars, SQLAlchemy

    place = parse_uri(uri)
    return observations(place.session, place.key, store or store_of(place.session))
