"""Several runs as one: frames one below the other, in the units of the first run that has a column."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import polars as pl

from shotlane.analysis import _convert
from shotlane.analysis._arrays import ArrayReading
from shotlane.analysis._loaded import LoadedRun, Names
from shotlane.store import StoreError

F = TypeVar("F", pl.DataFrame, pl.LazyFrame)


class LoadedRuns:
    """Runs as polars frames; the column `run` tells them apart. Every call reads the store."""

    def __init__(self, runs: Sequence[LoadedRun]) -> None:
        numbers = [run.number for run in runs]
        if not numbers or len(set(numbers)) < len(numbers):
            raise StoreError(f"these are no runs to load together: {numbers}", "name each run once")
        self._runs = tuple(runs)

    def __len__(self) -> int:
        return len(self._runs)

    def __iter__(self) -> Iterator[LoadedRun]:
        return iter(self._runs)

    def __repr__(self) -> str:
        return f"<runs {', '.join(str(run.number) for run in self)}>"

    @property
    def numbers(self) -> tuple[int, ...]:
        """Numbers of the runs."""
        return tuple(run.number for run in self)

    @property
    def units(self) -> dict[str, str | None]:
        """Unit of every channel and column, of the first run that has it."""
        found: dict[str, str | None] = {}
        for run in self:
            found = {**run.units, **found}
        return found

    def frame_units(self, frame: pl.DataFrame | pl.LazyFrame) -> dict[str, str]:
        """Units of those columns of a frame that have one: by name."""
        units = self.units
        names = frame.collect_schema().names() if isinstance(frame, pl.LazyFrame) else frame.columns
        return {name: unit for name in names if (unit := units.get(name)) is not None}

    def shots(self) -> pl.DataFrame:
        """One row per shot; a parameter or result that a run has not is null there."""
        return self._side_by_side(lambda run: run.shots())

    def samples(
        self, channels: Names = None, *, attempts: str = "whole", parameters: bool = False
    ) -> pl.DataFrame:
        """Every reading; a channel that is named must be in one of the runs at least."""
        wanted = self._wanted(channels)
        return self._long(lambda run: run.samples(wanted(run), attempts=attempts, parameters=parameters))

    def lazy(
        self, channels: Names = None, *, attempts: str = "whole", parameters: bool = False
    ) -> pl.LazyFrame:
        """The same as a LazyFrame, which reads only what is asked for."""
        wanted = self._wanted(channels)
        return self._long(lambda run: run.lazy(wanted(run), attempts=attempts, parameters=parameters))

    def wide(
        self,
        channels: Names = None,
        *,
        every: float | None = None,
        how: str = "nearest",
        attempts: str = "whole",
    ) -> pl.DataFrame:
        """Channels side by side, each shot on its own axis of time."""
        wanted = self._wanted(channels)
        return self._side_by_side(lambda run: run.wide(wanted(run), every=every, how=how, attempts=attempts))

    def results(self, *, attempts: str = "last") -> pl.DataFrame:
        """One row per result; each in the unit that its column `unit` names."""
        return pl.concat([run.results(attempts=attempts) for run in self])

    def actions(self, *, attempts: str = "whole") -> pl.DataFrame:
        """Every set and call."""
        return self._long(lambda run: run.actions(attempts=attempts))

    def arrays(self, channels: Names = None, *, attempts: str = "whole") -> list[ArrayReading]:
        """Readings that are arrays, each with its unit."""
        wanted = self._wanted(channels)
        return [one for run in self for one in run.arrays(wanted(run), attempts=attempts)]

    def attempts(self) -> pl.DataFrame:
        """One row per attempt."""
        return pl.concat([run.attempts() for run in self])

    def steps(self, *, attempts: str = "whole") -> pl.DataFrame:
        """When each step of each attempt began and ended."""
        return pl.concat([run.steps(attempts=attempts) for run in self])

    def polls(self) -> pl.DataFrame:
        """Readings that interlocks asked for."""
        return self._long(lambda run: run.polls())

    def tallies(self) -> pl.DataFrame:
        """What became of every planned reading and action."""
        return pl.concat([run.tallies() for run in self])

    def lateness(self) -> pl.DataFrame:
        """How late what was started began, per attempt and channel."""
        return pl.concat([run.lateness() for run in self])

    def events(self) -> pl.DataFrame:
        """What happened, run by run."""
        return pl.concat([run.events() for run in self])

    def _wanted(self, channels: Names) -> Callable[[LoadedRun], Names]:
        """Which of the named channels a run has; one that none has is refused by the first run."""
        if channels is None:
            return lambda _: None
        names = [channels] if isinstance(channels, str) else list(channels)
        known = {name for run in self for name in run.channels}
        return lambda run: [name for name in names if name in run.channels or name not in known]

    def _side_by_side(self, frame_of: Callable[[LoadedRun], pl.DataFrame]) -> pl.DataFrame:
        """Frames whose columns have units of their own."""
        units, kinds, frames = self.units, dict[str, Any](), []
        for run in self:
            own, frame = run.units, frame_of(run)
            changed = {
                name: _converted(pl.col(name), name, own[name], units[name], run.number)
                for name in frame.columns
                if frame.schema[name].is_float() and own.get(name) != units.get(name)
            }
            frames.append(frame.with_columns(**changed))
            for name, kind in frame.schema.items():
                if kinds.setdefault(name, kind) != kind:
                    raise StoreError(
                        f"{name} is {kinds[name]} in one run and {kind} in run {run.number}",
                        "load them one by one",
                    )
        return pl.concat(frames, how="diagonal")

    def _long(self, frame_of: Callable[[LoadedRun], F]) -> F:
        """Frames whose column `value` is in the unit of the row's channel."""
        units, frames = self.units, list[F]()
        for run in self:
            value = pl.col("value")
            for channel in run.record.channels:
                unit = units[channel.name]
                if channel.unit != unit:
                    new = _converted(pl.col("value"), channel.name, channel.unit, unit, run.number)
                    value = pl.when(pl.col("channel") == channel.name).then(new).otherwise(value)
            frames.append(self._with_units(run, frame_of(run).with_columns(value), units))
        return pl.concat(frames, how="diagonal")

    def _with_units(self, run: LoadedRun, frame: F, units: dict[str, str | None]) -> F:
        """The parameters beside readings, in common units."""
        own = run.parameter_units
        names = set(frame.collect_schema().names())
        changed = {
            name: _converted(pl.col(name), name, unit, units[name], run.number)
            for name, unit in own.items()
            if name in names and unit != units[name]
        }
        return frame.with_columns(**changed)


def _converted(value: pl.Expr, name: str, own: str | None, unit: str | None, run: int) -> pl.Expr:
    """Values in another unit. Raises `StoreError` where there is no way."""
    fitting = _convert.units(own, unit)
    if fitting is None:
        raise StoreError(
            f"{name} is in {own or 'no unit'} in run {run} and in {unit or 'no unit'} in another",
            "load them one by one",
        )
    here, there = fitting
    found = (value * here.factor + here.offset - there.offset) / there.factor
    # As between points of a temperature everywhere: less than any thermometer shows.
    return found.round(9) if here.offset or there.offset else found
