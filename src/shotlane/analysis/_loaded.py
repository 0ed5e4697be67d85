"""One run, loaded on demand: every call reads the store, so that a run that goes on shows what is there."""

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl
from polars.io.plugins import register_io_source

from shotlane.analysis import _arrays, _frames, _lateness, _results, _shots, _wide
from shotlane.analysis import _types as types
from shotlane.analysis._brought_in import found_runs
from shotlane.analysis._place import store_or_default
from shotlane.analysis._sample_source import WantedSamples
from shotlane.analysis._samples import SampleScan
from shotlane.archives import is_bag, open_archive
from shotlane.diagnostics import did_you_mean
from shotlane.records import ChannelRecord, Outcome
from shotlane.store import RunReader, RunRecord, StoreError, open_reader

Names = str | Sequence[str] | None
_FOR_WIDE = ["run", "shot", "attempt", "channel", "status", "target_ns", "requested_ns", "value", "text"]


class RecordsWaitWarning(UserWarning):
    """A run was loaded without records that its store has not got yet."""


def load_run(run: int | None, store: str | Path | None) -> "LoadedRun":
    """Find a run, the newest without a number. Raises `StoreError`."""
    place = store_or_default(store)
    (summary,) = found_runs(place, lambda reader: [reader.summary(reader.newest() if run is None else run)])
    with open_reader(place) as reader:
        record = reader.run(summary.number)
    if summary.waiting is not None:
        _warn(summary.number, summary.waiting)
    return LoadedRun(place, replace(record, summary=replace(record.summary, waiting=summary.waiting)))


def _warn(run: int, file: Path) -> None:
    told = f"records of run {run} wait in {file}, and are in no frame; they come in when the store takes them"
    warnings.warn(RecordsWaitWarning(told), stacklevel=4)


def load_archive(path: str | Path) -> "LoadedRun":
    """The run of an archive. Raises `ArchiveError`."""
    with open_archive(path) as reader:
        return LoadedRun(Path(path).absolute(), reader.run())


class LoadedRun:
    """A run as polars frames. Of each shot the attempt that decided it is given, if it was a whole one.

    `attempts`: whole (went to its planned end, whatever its verdicts), good (done or passed), last (the one
    that decided its shot, however it ended) or all. `waiting`: the spool with records of the run that its
    store did not take so far; they are in no frame.
    """

    def __init__(self, store: str | Path, record: RunRecord) -> None:
        self._store = store
        self._archived = isinstance(store, Path) and is_bag(store)
        self.record = record
        self.waiting = record.summary.waiting

    @property
    def place(self) -> str | Path:
        """Where it is read from: a store, whose address may hold a password, or an archive."""
        return self._store

    @property
    def archived(self) -> bool:
        """Whether that is an archive."""
        return self._archived

    @property
    def number(self) -> int:
        """Number of the run in its store."""
        return self.record.summary.number

    @property
    def outcome(self) -> Outcome | None:
        """How the run ended; None when it went on as it was loaded."""
        return self.record.summary.outcome

    @property
    def units(self) -> dict[str, str | None]:
        """Unit of every channel and of every column that has one of its own; None for what has none."""
        channels = {channel.name: channel.unit for channel in self.record.channels}
        return {**_shots.TIME_UNITS, **channels, **self.parameter_units, **self._result_units()}

    @property
    def parameter_units(self) -> dict[str, str | None]:
        """Unit of every column that a parameter has."""
        return {_shots.column_name(one.name): one.unit for one in self.record.parameters}

    def _result_units(self) -> dict[str, str | None]:
        taken = {*types.SAMPLES, *types.SHOTS, *self.parameter_units}
        with self._open() as reader:
            found = _results.units(reader, self.number)
        return {_results.column_name(name, taken): unit for name, unit in found.items()}

    def frame_units(self, frame: pl.DataFrame | pl.LazyFrame) -> dict[str, str]:
        """Units of those columns of a frame that have one: by name, of any frame made from this run's."""
        units = self.units
        names = frame.collect_schema().names() if isinstance(frame, pl.LazyFrame) else frame.columns
        return {name: unit for name in names if (unit := units.get(name)) is not None}

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of the channels, in the order of the lanes."""
        return tuple(channel.name for channel in self.record.channels)

    def __repr__(self) -> str:
        summary = self.record.summary
        shots = [f"{summary.shots_good} of {summary.shots_planned} shots", summary.other_shots]
        shots.append(f"more records wait in {self.waiting}" if self.waiting else "")
        told = ", ".join([f"{summary.sequence} on {summary.station}", summary.state, *filter(None, shots)])
        return f"<run {summary.number}: {told}>"

    def shots(self) -> pl.DataFrame:
        """One row per shot: run, shot, outcome, verdict, attempts, started, duration_s, parameters, results.

        A parameter whose name is taken already stands in `parameter.NAME`, a result in `result.NAME`. Results
        and verdict are those of the last attempt, which decided the shot; the verdict is the worst of all.
        `duration_s` counts from the start of the first attempt's set-up to the end of the last attempt.
        """
        with self._open() as reader:
            return _shots.shots(reader, self.number)

    def attempts(self) -> pl.DataFrame:
        """One row per attempt, with its fault if it had one; `origin` is the instant of t = 0."""
        with self._open() as reader:
            return _frames.attempts_frame(reader, self.number)

    def samples(
        self, channels: Names = None, *, attempts: str = "whole", parameters: bool = False
    ) -> pl.DataFrame:
        """Every reading, one row each, by shot, attempt, channel and tick.

        `t` is the time from the shot's origin in seconds at which the exchange began (was due, for one that
        never began), `time` the same instant in UTC; `step` the step that its target falls into, which begins
        at its first instant and ends before its last; `value` holds numbers, `text` the rest. A reading that
        failed is a row whose `status` says so. `channels`: names, all without; `parameters`: the shot's
        parameters as further columns.
        """
        return self._scan(channels, attempts, parameters=parameters).frame()

    def lazy(
        self, channels: Names = None, *, attempts: str = "whole", parameters: bool = False
    ) -> pl.LazyFrame:
        """The same as a LazyFrame, which reads only what its filters and columns ask for.

        The database leaves out what a filter on run, shot, attempt, channel, status, parameters, `t`, `time`,
        `tick` or a column of nanoseconds cannot keep. A run larger than the memory can be streamed.
        """
        scan = self._scan(channels, attempts, parameters=parameters)
        return register_io_source(scan.pieces, schema=pl.Schema(scan.schema))

    def pieces(self, channels: Names = None, *, attempts: str = "whole") -> Iterator[pl.DataFrame]:
        """The same in frames of whole attempts, one after the other, of a run larger than the memory."""
        return self._scan(channels, attempts).pieces(None, None, None, None)

    def _scan(self, channels: Names, attempts: str, *, parameters: bool = False) -> SampleScan:
        _frames.check_which(attempts)
        columns: types.Schema = {}
        if parameters:
            columns = {
                _shots.column_name(one.name): _shots.column_type(one) for one in self.record.parameters
            }
        chosen = self._chosen(channels)
        every = len(chosen) == len(self.record.channels)
        return SampleScan(self._open, WantedSamples(self.number, chosen, every, attempts, columns))

    def wide(
        self,
        channels: Names = None,
        *,
        every: float | None = None,
        how: str = "nearest",
        attempts: str = "whole",
    ) -> pl.DataFrame:
        """Channels side by side: run, shot, attempt, t in seconds and one column per channel.

        `channels`: names; without, all that were read. `every`: period of the time axis in seconds; without
        one, every instant at which one of the channels was read. `how`: nearest (at most half a period away;
        without a period, the reading of that very instant), previous, or interpolate (straight lines between
        readings of numbers; the previous reading for what is no number).
        """
        chosen = [one for one in self._chosen(channels) if one.type != "array"]
        found = self._scan([one.name for one in chosen], attempts).frame(_FOR_WIDE)
        if channels is None:
            read = set(found["channel"].unique())
            chosen = [one for one in chosen if one.name in read]
        return _wide.wide(found, {one.name: one.type for one in chosen}, every_s=every, how=how)

    def actions(self, *, attempts: str = "whole", shots: _frames.Shots = None) -> pl.DataFrame:
        """Every set and call, in the order they were made; of all shots, or of those named."""
        with self._open() as reader:
            return _frames.actions(reader, self.number, self.record.channels, attempts, shots)

    def arrays(self, channels: Names = None, *, attempts: str = "whole") -> list[_arrays.ArrayReading]:
        """Readings that are arrays, by shot, attempt, channel and tick."""
        return list(self.each_array(channels, attempts=attempts))

    def each_array(
        self, channels: Names = None, *, attempts: str = "whole"
    ) -> Iterator[_arrays.ArrayReading]:
        """The same one after the other, of a run whose arrays have no room in the memory."""
        with self._open() as reader:
            yield from _arrays.arrays(reader, self.number, self._chosen(channels), attempts)

    def results(self, *, attempts: str = "last") -> pl.DataFrame:
        """One row per result with its limits and verdict; of the attempt that decided each shot, or of all.

        `value` holds numbers, and booleans as 0 and 1; `text` words; `type` says which. Null: nothing valid
        was read.
        """
        with self._open() as reader:
            return _results.results(reader, self.number, attempts)

    def steps(self, *, attempts: str = "whole", shots: _frames.Shots = None) -> pl.DataFrame:
        """When each step of each attempt began and ended, in seconds from t = 0."""
        with self._open() as reader:
            return _frames.steps(reader, self.number, attempts, shots)

    def polls(self) -> pl.DataFrame:
        """Readings that no lane asked for but an interlock, or who waits for an instrument; in no attempt."""
        with self._open() as reader:
            return _frames.polls(reader, self.number, self.record.channels)

    def tallies(self) -> pl.DataFrame:
        """What became of every planned reading and action: per attempt and channel, summing to `planned`."""
        with self._open() as reader:
            return _frames.tallies(reader, self.number)

    def lateness(self) -> pl.DataFrame:
        """How late what was started began, per attempt and channel: half, 99 % and all of it within so much.

        `started` are those that were ok or late. Null: nothing was started.
        """
        readings = self._scan(None, "all").pieces(_lateness.COLUMNS, _lateness.STARTED, None, None)
        return _lateness.lateness(self.tallies(), readings, self.actions(attempts="all"))

    def events(self) -> pl.DataFrame:
        """What happened in the run, in order; `fields` is JSON."""
        with self._open() as reader:
            return _frames.events(reader, self.number)

    def documents(self) -> dict[str, str]:
        """The texts that were run, by name."""
        with self._open() as reader:
            return reader.documents(self.number)

    def attachments(self) -> dict[str, str]:
        """Texts that it shares with other runs, by name: lock files, `git.diff`, `station.json`."""
        with self._open() as reader:
            return reader.attachments(self.number)

    def reader(self) -> RunReader:
        """What it is read with, to be closed."""
        return self._open()

    def _open(self) -> RunReader:
        return open_archive(self._store) if self._archived else open_reader(self._store)

    def _chosen(self, channels: Names) -> Sequence[ChannelRecord]:
        if channels is None:
            return self.record.channels
        known = {channel.name: channel for channel in self.record.channels}
        wanted = [channels] if isinstance(channels, str) else list(dict.fromkeys(channels))
        for name in wanted:
            if name not in known:
                help = did_you_mean(name, known, what="its channels")
                raise StoreError(f"run {self.number} has no channel {name}", help)
        return [known[name] for name in wanted]
