"""A run as files for other programs: CSV, Parquet, JSON lines and Arrow, or one file of HDF5 or NetCDF."""

import json
import math
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import polars as pl

from shotlane.analysis import _types as types
from shotlane.analysis._export_about import about
from shotlane.analysis._export_hdf5 import NoWriterError, write_hdf5
from shotlane.analysis._loaded import LoadedRun

# Forms of one file, with its ending. NetCDF 4 is HDF5 with named dimensions, which the file has in any case.
ONE_FILE = {"hdf5": ".h5", "netcdf": ".nc"}
FORMS = ("csv", "parquet", "jsonl", "arrow", *ONE_FILE)
_ARRAYS: types.Schema = {
    **dict.fromkeys(("run", "shot", "attempt"), pl.Int64),
    "channel": pl.String,
    "tick": pl.Int64,
    "t": pl.Float64,
    "dtype": pl.String,
    "shape": pl.List(pl.Int64),
    "data": pl.Binary,
}
_MANY = 256 << 20

__all__ = ["FORMS", "ONE_FILE", "NoWriterError", "export"]


def export(run: LoadedRun, out: Path, form: str) -> dict[str, int]:
    """Write every frame of a run into a folder, or of HDF5 and NetCDF into a file; the rows of each frame.

    All attempts are given, whatever became of them. In a folder `units.json` holds the unit of every column
    and channel, `run.json` what is known of the run. Arrays are in Parquet, Arrow, HDF5 and NetCDF. Raises
    `ValueError` for a form that there is not, `NoWriterError` without the package for it, `OSError` for a
    place that cannot be written.
    """
    if form not in FORMS:
        raise ValueError(f"a run is exported to {', '.join(FORMS)}, not to {form!r}")
    if form in ONE_FILE:
        return _into_file(run, out, form)
    out.mkdir(parents=True, exist_ok=True)
    rows = {"samples": _sink(run.lazy(attempts="all"), out / f"samples.{form}", form)}
    for name, frame in _frames(run).items():
        rows[name] = _sink(frame().lazy(), out / f"{name}.{form}", form)
    if form in ("parquet", "arrow"):
        rows |= _arrays(run, out, form)
    units = {name: unit for name, unit in run.units.items() if unit is not None}
    for name, told in (("units", units), ("run", about(run))):
        text = json.dumps(told, indent=1, ensure_ascii=False, default=str)
        (out / f"{name}.json").write_text(text, encoding="utf-8")
    return rows


def _frames(run: LoadedRun) -> dict[str, Callable[[], pl.DataFrame]]:
    """All of them but the readings."""
    return {
        "shots": run.shots,
        "attempts": run.attempts,
        "actions": lambda: run.actions(attempts="all"),
        "results": lambda: run.results(attempts="all"),
        "steps": lambda: run.steps(attempts="all"),
        "tallies": run.tallies,
        "polls": run.polls,
        "events": run.events,
    }


def _into_file(run: LoadedRun, out: Path, form: str) -> dict[str, int]:
    part = out.with_name(f"{out.name}.part")
    try:
        rows = write_hdf5(run, {name: frame() for name, frame in _frames(run).items()}, part)
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)
    return rows


def _arrays(run: LoadedRun, out: Path, form: str) -> dict[str, int]:
    """Arrays as their bytes, in as many files as memory allows; no file where there are none."""
    rows = 0
    for number, share in enumerate(_shares(run), start=1):
        frame = pl.DataFrame(share, schema=_ARRAYS, orient="row")
        rows += _sink(frame.lazy(), out / f"arrays-{number:05}.{form}", form)
    return {"arrays": rows} if rows else {}


def _shares(run: LoadedRun) -> Iterator[list[tuple[Any, ...]]]:
    share: list[tuple[Any, ...]] = []
    size = 0
    for one in run.each_array(attempts="all"):
        place = (one.run, one.shot, one.attempt, one.channel, one.tick, one.t)
        share.append((*place, one.array.dtype.str, list(one.array.shape), one.array.tobytes()))
        size += one.array.nbytes
        if size > _MANY:
            yield share
            share, size = [], 0
    if share:
        yield share


def _sink(frame: pl.LazyFrame, path: Path, form: str) -> int:
    """Write one file under another name first; what is not finished is not found."""
    part = path.with_name(f"{path.name}.part")
    try:
        _write(_in_json(frame) if form == "jsonl" else frame, part, form)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return int(frame.select(pl.len()).collect().item())


def _in_json(frame: pl.LazyFrame) -> pl.LazyFrame:
    """A frame whose `text` says which number a `value` is that JSON has no word for, and makes null."""
    if not {"value", "text"} <= frame.collect_schema().keys():
        return frame
    value = pl.col("value")
    words = pl.when(value.is_nan()).then(pl.lit("nan")).when(value == math.inf).then(pl.lit("inf"))
    words = words.when(value == -math.inf).then(pl.lit("-inf"))
    return frame.with_columns(words.otherwise(pl.col("text")).alias("text"))


def _write(frame: pl.LazyFrame, part: Path, form: str) -> None:
    sink, write = _SINKS[form]
    try:
        sink(frame, part)
    except pl.exceptions.InvalidOperationError:  # versions that cannot stream from a source of ours
        write(frame.collect(), part)


_Sink = tuple[Callable[[pl.LazyFrame, Path], Any], Callable[[pl.DataFrame, Path], Any]]
_SINKS: Mapping[str, _Sink] = {
    "csv": (pl.LazyFrame.sink_csv, pl.DataFrame.write_csv),
    "parquet": (pl.LazyFrame.sink_parquet, pl.DataFrame.write_parquet),
    "jsonl": (pl.LazyFrame.sink_ndjson, pl.DataFrame.write_ndjson),
    "arrow": (pl.LazyFrame.sink_ipc, pl.DataFrame.write_ipc),
}
