"""A store with its runs."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, overload

import polars as pl

from shotlane.analysis import _events
from shotlane.analysis._brought_in import found_runs
from shotlane.analysis._events import EventStream
from shotlane.analysis._loaded import LoadedRun, load_run
from shotlane.analysis._place import store_or_default
from shotlane.analysis._runs import frame_of
from shotlane.analysis._several import LoadedRuns
from shotlane.analysis._which_runs import Moment, which_runs
from shotlane.records import LoggedEvent
from shotlane.store import Subscription, open_reader


class Store:
    """Runs of one database. It holds no connection: every call opens one and closes it."""

    def __init__(self, place: str | Path) -> None:
        self._place = place
        with open_reader(place) as reader:
            self._shown = reader.store

    def __repr__(self) -> str:
        return f"<store {self._shown}>"

    def runs(
        self,
        *,
        name: str | None = None,
        tag: str | None = None,
        since: Moment | None = None,
        until: Moment | None = None,
        outcome: str | Sequence[str] | None = None,
        parameter: str | Sequence[str] | Mapping[str, Any] | None = None,
    ) -> pl.DataFrame:
        """One row per run, newest first; with conditions, those that meet all of them.

        `name`: of the sequence, `*` stands for anything. `since`, `until`: when it started; a date, a
        datetime, their text, or how long ago (`"2 d"`, a timedelta). `outcome`: one or several, `running`
        too. `parameter`: names that the run has, or values that some shot of it has: `{"T_soak": "60 degC"}`,
        `{"T_soak": (40, 80)}` from 40 to 80 in the unit of the column. Raises `ValueError`, `StoreError`.
        """
        wanted = which_runs(
            name=name, tag=tag, since=since, until=until, outcome=outcome, parameter=parameter
        )
        return frame_of(found_runs(self._place, wanted.find))

    @overload
    def load(self, run: int | None = None) -> LoadedRun: ...
    @overload
    def load(self, run: Sequence[int] | pl.Series) -> LoadedRuns: ...
    def load(self, run: int | Sequence[int] | pl.Series | None = None) -> LoadedRun | LoadedRuns:
        """A run by its number, the newest without; of several numbers all of them as one."""
        if run is None or isinstance(run, int):
            return load_run(run, self._place)
        return LoadedRuns([load_run(int(number), self._place) for number in run])

    def events(
        self,
        run: int | None = None,
        *,
        session: int | None = None,
        type: str | Sequence[str] | None = None,
        role: str | Sequence[str] | None = None,
        since: Moment | None = None,
        follow: bool = False,
    ) -> EventStream:
        """What happened, in order; as `analysis.events`."""
        wanted = _events.wanted_events(run, session, type, role, since)
        return _events.events(self._place, wanted, follow=follow)

    def on_event(
        self,
        callback: Callable[[LoggedEvent], object],
        run: int | None = None,
        *,
        session: int | None = None,
        type: str | Sequence[str] | None = None,
        role: str | Sequence[str] | None = None,
        since: Moment | None = None,
    ) -> Subscription:
        """Call for every event that is there, and then for those that come; as `analysis.on_event`."""
        wanted = _events.wanted_events(run, session, type, role, since)
        return _events.on_event(self._place, callback, wanted)


def open_store(store: str | Path | None) -> Store:
    """Find a store. Raises `StoreError`."""
    return Store(store_or_default(store))
