"""One row per shot with every parameter as a column, in declared order and type."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from shotlane.analysis import _types as types
from shotlane.analysis._frames import instant, seconds
from shotlane.store import ParameterRecord, Reader

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


def shots(reader: Reader, run: int) -> pl.DataFrame:
    """One row per shot."""
    rows = types.frame(reader.shots(run), _ROWS)
    head = rows.select(
        pl.lit(run, pl.Int64).alias("run"),
        "shot",
        pl.col("outcome").cast(types.OutcomeType),
        "attempts",
        instant("started"),
        duration_s=seconds(pl.col("ended") - pl.col("started")),
    )
    return head.with_columns(_columns(reader, run, rows["shot"]))


def _columns(reader: Reader, run: int, numbers: pl.Series) -> list[pl.Series]:
    """One column per parameter with a row for each of the shots `numbers`, which ascend."""
    parameters = reader.parameters(run)
    found = types.frame(reader.shot_parameters(run), _VALUES)
    # A runner may have committed more shots since they were counted.
    found = found.join(numbers.to_frame("shot"), on="shot", how="semi", maintain_order="left")
    row = np.searchsorted(numbers.to_numpy(), found["shot"].to_numpy())
    place = found["parameter"].to_numpy() * len(numbers) + row
    size = (len(parameters), len(numbers))
    values = _grid(place, found["value"], size)
    texts = _texts(place, found["text"], size)
    return [
        _column(parameter, values[index], None if texts is None else texts[index])
        for index, parameter in enumerate(parameters)
    ]


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
    name, kind = column_name(parameter.name), _KINDS.get(parameter.type, pl.String)
    if kind == pl.String:
        return pl.Series(name, [None] * len(values) if texts is None else texts.tolist(), pl.String)
    # Text beside a number says what a number cannot: a NaN that was meant.
    missing = np.isnan(values) & (True if texts is None else texts != "nan")
    series = pl.Series(name, values)
    if missing.any():
        series = pl.select(pl.when(pl.lit(pl.Series(~missing))).then(pl.lit(series)).alias(name)).to_series()
    return series.cast(kind)
