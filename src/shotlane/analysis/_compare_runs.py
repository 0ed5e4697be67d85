"""Two runs side by side by what came out: shots are matched by number, results and parameters by name."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from shotlane.analysis._loaded import LoadedRun

Value = float | str | bool | None


@dataclass(frozen=True, slots=True)
class Changed:
    """One thing in one shot: what it was in the one run, and in the other."""

    shot: int
    one: Any
    other: Any


@dataclass(frozen=True, slots=True)
class Figure:
    """A result or parameter over the shots that both runs have. `changed`: where it differs.

    `mean`, `largest`: of other less one, where both are numbers; `largest` in size.
    """

    name: str
    unit: str | None
    shots: int
    changed: tuple[Changed, ...]
    mean: float | None = None
    largest: Changed | None = None


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What became of two runs. `only`: shots that only one of them has, in the order one, other."""

    shots: int
    only: tuple[int, int]
    outcomes: tuple[Changed, ...]
    verdicts: tuple[Changed, ...]
    parameters: tuple[Figure, ...]
    results: tuple[Figure, ...]


def compare_runs(one: LoadedRun, other: LoadedRun) -> Outcomes:
    """Compare what was measured and judged."""
    shots = [run.shots() for run in (one, other)]
    both = shots[0].join(shots[1], on="shot", suffix="@other").sort("shot")
    parameters = [list(run.parameter_units) for run in (one, other)]
    units = {**other.parameter_units, **one.parameter_units}
    return Outcomes(
        shots=both.height,
        only=(shots[0].height - both.height, shots[1].height - both.height),
        outcomes=_changed(both, "outcome"),
        verdicts=_changed(both, "verdict"),
        parameters=tuple(
            _figure(both, name, units.get(name)) for name in parameters[0] if name in parameters[1]
        ),
        results=tuple(_results(one, other)),
    )


def _changed(both: pl.DataFrame, name: str) -> tuple[Changed, ...]:
    pair = both.select("shot", pl.col(name).alias("one"), pl.col(f"{name}@other").alias("other"))
    if pair.schema["one"] != pair.schema["other"]:
        pair = pair.cast({"one": pl.String, "other": pl.String})
    different = pair.filter(pl.col("one").ne_missing(pl.col("other")))
    return tuple(Changed(*row) for row in different.iter_rows())


def _figure(both: pl.DataFrame, name: str, unit: str | None) -> Figure:
    changed = _changed(both, name)
    pairs = [both[name], both[f"{name}@other"]]
    if not all(column.dtype.is_numeric() for column in pairs):
        return Figure(name, unit, both.height, changed)
    less = pairs[1].cast(pl.Float64) - pairs[0].cast(pl.Float64)
    mean = less.mean()
    numbers = [one for one in changed if one.one is not None and one.other is not None]
    largest = max(numbers, key=lambda one: abs(one.other - one.one), default=None)
    return Figure(name, unit, both.height, changed, None if mean is None else float(str(mean)), largest)


def _results(one: LoadedRun, other: LoadedRun) -> Iterator[Figure]:
    frames = [run.results() for run in (one, other)]
    units: Mapping[str, str | None] = dict(frames[0].select("result", "unit").iter_rows())
    for name in frames[0]["result"].unique(maintain_order=True).to_list():
        mine, theirs = (
            frame.filter(pl.col("result") == name).select("shot", *_of(frame, name)) for frame in frames
        )
        both = mine.join(theirs, on="shot", suffix="@other").sort("shot")
        if both.height:
            yield _figure(both, name, units.get(name))


def _of(frame: pl.DataFrame, name: str) -> list[pl.Expr]:
    kinds = frame.filter(pl.col("result") == name)["type"].drop_nulls().unique().to_list()
    return [pl.col("text" if kinds == ["text"] else "value").alias(name)]
