"""One row per shot with every parameter and result as a column, in declared order and type."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from shotlane.analysis import _results
from shotlane.analysis import _types as types
from shotlane.analysis._frames import instant, seconds, table
from shotlane.store import ParameterRecord, RunReader, shot_parameters_of

TIME_UNITS: dict[str, str | None] = {
    **dict.fromkeys(("t", "duration_s", "start_s", "end_s", "took_s"), "s"),
    **dict.fromkeys(("target_ns", "requested_ns", "received_ns", "lateness_ns"), "ns"),
    **dict.fromkeys(("p50_ns", "p99_ns", "max_ns"), "ns"),
}
_KINDS: dict[str | None, type[pl.DataType]] = {"number": pl.Float64, "bool": pl.Boolean, "text": pl.String}
_ROWS: types.Schema = {
    "shot": pl.Int64,
    "outcome": pl.String,
    "attempts": pl.Int64,
    "started": pl.Int64,
    "ended": pl.Int64,
    "good": pl.Int64,
    "digest": pl.String,
}
_VALUES: types.Schema = {
    "shot": pl.Int64,
    "parameter": pl.Int64,
    "value": pl.Float64,
    "text": pl.String,
}


def column_name(parameter: str) -> str:
    """Name of a parameter's column: its own, unless the shots frame has a column of that name already."""
    return f"parameter.{parameter}" if parameter in (*types.SAMPLES, *types.SHOTS) else parameter


def column_type(parameter: ParameterRecord) -> type[pl.DataType]:
    """Type of a parameter's column."""
    return _KINDS.get(parameter.type, pl.String)


def shots(reader: RunReader, run: int) -> pl.DataFrame:
    """One row per shot with its parameters and the results of the attempt that decided it."""
    head = _heads(reader, run)
    columns = parameter_columns(reader, run, head.height)
    columns = head.select("shot").join(columns, on="shot", how="left", maintain_order="left").drop("shot")
    judged = _results.by_shot(reader, run, head["shot"], {*types.SAMPLES, *types.SHOTS, *columns.columns})
    return head.with_columns(judged["verdict"], *columns, *judged.drop("shot", "verdict")).select(
        *types.SHOTS, *columns.columns, *(name for name in judged.columns if name not in ("shot", "verdict"))
    )


def _heads(reader: RunReader, run: int) -> pl.DataFrame:
    rows = types.frame(reader.shots(run), _ROWS)
    return rows.select(
        pl.lit(run, pl.Int64).alias("run"),
        "shot",
        pl.col("outcome").cast(types.OutcomeType),
        "attempts",
        instant("started"),
        duration_s=seconds(pl.col("ended") - pl.col("started")),
    )


def parameter_columns(reader: RunReader, run: int, shots: int) -> pl.DataFrame:
    """Shot, and one column per parameter, by shot; only of shots that have parameters, about so many."""
    parameters = reader.parameters(run)
    found = table(reader, shot_parameters_of(run), _VALUES, expected=len(parameters) * shots)
    numbers = found["shot"].unique().sort()
    row = np.searchsorted(numbers.to_numpy(), found["shot"].to_numpy())
    place = found["parameter"].to_numpy() * len(numbers) + row
    size = (len(parameters), len(numbers))
    values = _grid(place, found["value"], size)
    texts = _texts(place, found["text"], size)
    columns = [
        _column(parameter, values[index], None if texts is None else texts[index])
        for index, parameter in enumerate(parameters)
    ]
    return pl.DataFrame([numbers.alias("shot"), *columns])


def _grid(place: NDArray[np.int64], values: pl.Series, size: tuple[int, int]) -> NDArray[np.float64]:
    """Numbers by parameter and shot; NaN where there is none."""
    grid = np.full(size, np.nan)
    grid.reshape(-1)[place] = values.to_numpy()
    return grid


def _texts(place: NDArray[np.int64], texts: pl.Series, size: tuple[int, int]) -> NDArray[np.object_] | None:
    if texts.null_count() == len(texts):
        return None
    grid: NDArray[np.object_] = np.full(size, None, dtype=object)
    grid.reshape(-1)[place] = texts.to_list()
    return grid


def _column(
    parameter: ParameterRecord, values: NDArray[np.float64], texts: NDArray[np.object_] | None
) -> pl.Series:
    name, kind = column_name(parameter.name), column_type(parameter)
    if kind == pl.String:
        return pl.Series(name, [None] * len(values) if texts is None else texts.tolist(), pl.String)
    # Text beside a number says what a number cannot: a NaN that was meant.
    missing = np.isnan(values) & (True if texts is None else texts != "nan")
    series = pl.Series(name, values)
    if missing.any():
        series = pl.select(pl.when(pl.lit(pl.Series(~missing))).then(pl.lit(series)).alias(name)).to_series()
    return series.cast(kind)
