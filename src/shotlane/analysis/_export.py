"""The frames of a run as files for other programs: CSV, Parquet or JSON lines."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl

from shotlane.analysis._loaded import LoadedRun

FORMS = ("csv", "parquet", "jsonl")


def export(run: LoadedRun, folder: Path, form: str) -> dict[str, int]:
    """Write every frame of a run into a folder; the rows of each file.

    All attempts are given, whatever became of them. `units.json` holds the unit of every column and channel.
    Raises `ValueError` for a form that there is not, `OSError` for a folder that cannot be written.
    """
    if form not in FORMS:
        raise ValueError(f"a run is exported to {', '.join(FORMS)}, not to {form!r}")
    folder.mkdir(parents=True, exist_ok=True)
    frames: dict[str, Callable[[], pl.DataFrame]] = {
        "shots": run.shots,
        "attempts": run.attempts,
        "actions": lambda: run.actions(attempts="all"),
        "results": lambda: run.results(attempts="all"),
        "steps": lambda: run.steps(attempts="all"),
        "tallies": run.tallies,
        "polls": run.polls,
        "events": run.events,
    }
    rows = {"samples": _sink(run.lazy(attempts="all"), folder / f"samples.{form}", form)}
    for name, frame in frames.items():
        rows[name] = _sink(frame().lazy(), folder / f"{name}.{form}", form)
    units = {name: unit for name, unit in run.units.items() if unit is not None}
    (folder / "units.json").write_text(json.dumps(units, indent=1, ensure_ascii=False), encoding="utf-8")
    return rows


def _sink(frame: pl.LazyFrame, path: Path, form: str) -> int:
    """Write one file under another name first; what is not finished is not found."""
    part = path.with_name(f"{path.name}.part")
    try:
        _write(frame, part, form)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return int(frame.select(pl.len()).collect().item())


def _write(frame: pl.LazyFrame, part: Path, form: str) -> None:
    sink, write = _SINKS[form]
    try:
        sink(frame, part)
    except pl.exceptions.InvalidOperationError:  # versions that cannot stream from a source of ours
        write(frame.collect(), part)


_SINKS: dict[str, tuple[Callable[[pl.LazyFrame, Path], Any], Callable[[pl.DataFrame, Path], Any]]] = {
    "csv": (pl.LazyFrame.sink_csv, pl.DataFrame.write_csv),
    "parquet": (pl.LazyFrame.sink_parquet, pl.DataFrame.write_parquet),
    "jsonl": (pl.LazyFrame.sink_ndjson, pl.DataFrame.write_ndjson),
}
