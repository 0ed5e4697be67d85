"""Runs as polars frames, read beside the event loop."""

from collections.abc import Awaitable, Iterator, Sequence
from pathlib import Path
from typing import overload

import polars as pl

from shotlane import analysis
from shotlane.aio._events import streams, subscribes
from shotlane.aio._job import in_thread
from shotlane.aio._twin import Twin, iterating, method, twin
from shotlane.records import Outcome
from shotlane.store import RunRecord


class LoadedRun(Twin[analysis.LoadedRun]):
    """A run as polars frames."""

    actions = method(analysis.LoadedRun.actions)
    arrays = method(analysis.LoadedRun.arrays)
    attachments = method(analysis.LoadedRun.attachments)
    attempts = method(analysis.LoadedRun.attempts)
    documents = method(analysis.LoadedRun.documents)
    each_array = iterating(analysis.LoadedRun.each_array)
    events = method(analysis.LoadedRun.events)
    frame_units = method(analysis.LoadedRun.frame_units)
    lateness = method(analysis.LoadedRun.lateness)
    lazy = method(analysis.LoadedRun.lazy)
    pieces = iterating(analysis.LoadedRun.pieces)
    polls = method(analysis.LoadedRun.polls)
    results = method(analysis.LoadedRun.results)
    samples = method(analysis.LoadedRun.samples)
    shots = method(analysis.LoadedRun.shots)
    steps = method(analysis.LoadedRun.steps)
    tallies = method(analysis.LoadedRun.tallies)
    wide = method(analysis.LoadedRun.wide)

    @property
    def number(self) -> int:
        """Number of the run in its store."""
        return self.blocking.number

    @property
    def outcome(self) -> Outcome | None:
        """How the run ended; None when it went on as it was loaded."""
        return self.blocking.outcome

    @property
    def record(self) -> RunRecord:
        """What its store says of it."""
        return self.blocking.record

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of the channels, in the order of the lanes."""
        return self.blocking.channels

    @property
    def parameter_units(self) -> dict[str, str | None]:
        """Unit of every column that a parameter has."""
        return self.blocking.parameter_units

    @property
    def units(self) -> Awaitable[dict[str, str | None]]:
        """Unit of every channel and column, to be awaited."""
        return in_thread(lambda: self.blocking.units)


class LoadedRuns(Twin[analysis.LoadedRuns]):
    """Several runs as polars frames."""

    actions = method(analysis.LoadedRuns.actions)
    arrays = method(analysis.LoadedRuns.arrays)
    attempts = method(analysis.LoadedRuns.attempts)
    events = method(analysis.LoadedRuns.events)
    frame_units = method(analysis.LoadedRuns.frame_units)
    lateness = method(analysis.LoadedRuns.lateness)
    lazy = method(analysis.LoadedRuns.lazy)
    polls = method(analysis.LoadedRuns.polls)
    results = method(analysis.LoadedRuns.results)
    samples = method(analysis.LoadedRuns.samples)
    shots = method(analysis.LoadedRuns.shots)
    steps = method(analysis.LoadedRuns.steps)
    tallies = method(analysis.LoadedRuns.tallies)
    wide = method(analysis.LoadedRuns.wide)

    def __len__(self) -> int:
        return len(self.blocking)

    def __iter__(self) -> Iterator[LoadedRun]:
        return map(LoadedRun, self.blocking)

    @property
    def numbers(self) -> tuple[int, ...]:
        """Numbers of the runs."""
        return self.blocking.numbers

    @property
    def units(self) -> Awaitable[dict[str, str | None]]:
        """Unit of every channel and column, to be awaited."""
        return in_thread(lambda: self.blocking.units)


class Store(Twin[analysis.Store]):
    """Runs of one database."""

    events = streams(analysis.Store.events)
    on_event = subscribes(analysis.Store.on_event)
    runs = method(analysis.Store.runs)

    @overload
    async def load(self, run: int | None = None) -> LoadedRun: ...
    @overload
    async def load(self, run: Sequence[int] | pl.Series) -> LoadedRuns: ...
    async def load(self, run: int | Sequence[int] | pl.Series | None = None) -> LoadedRun | LoadedRuns:
        """A run by its number, the newest without; of several numbers all of them as one."""
        if run is None or isinstance(run, int):
            return LoadedRun(await in_thread(lambda: self.blocking.load(run)))
        return LoadedRuns(await in_thread(lambda: self.blocking.load(run)))


load = twin(analysis.load, LoadedRun)
open_store = twin(analysis.open_store, Store)
runs = twin(analysis.runs)


async def export(run: LoadedRun | analysis.LoadedRun, folder: str | Path, form: str) -> dict[str, int]:
    """Write every frame of a run into a folder as csv, parquet or jsonl; the rows of each file."""
    plain = run.blocking if isinstance(run, LoadedRun) else run
    return await in_thread(lambda: analysis.export(plain, folder, form))
