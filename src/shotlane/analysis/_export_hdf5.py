"""A run as one file of HDF5, which is NetCDF 4 as well: a group per table, a variable per column.

Readings stand by channel, in `samples/CHANNEL`, and are written a piece at a time, so that a run larger than
the memory has room. Units are attributes `units`; words from a fixed list are small numbers with
`flag_values` and `flag_meanings`, as the CF conventions have it (section 3.5); instants are nanoseconds since
1970 in UTC. What is missing is not-a-number, the lowest whole number, -1 or an empty text.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from shotlane.analysis._arrays import ArrayReading
from shotlane.analysis._export_about import about
from shotlane.analysis._loaded import LoadedRun

_ROW = "row"
_NONE = np.iinfo(np.int64).min
_CHUNK = 1 << 16
# Of most readings there is nothing to say but the number.
_RARE = ("text", "raw")
# What some reading may lack, in a piece to come.
_LACKING = frozenset({"step", "value", "requested_ns", "received_ns", "lateness_ns"})


class NoWriterError(ImportError):
    """The package that writes such files is not installed."""


def write_hdf5(run: LoadedRun, tables: Mapping[str, pl.DataFrame], path: Path) -> dict[str, int]:
    """Write a run into a new file; the rows of every table. Raises `NoWriterError`, `OSError`."""
    try:
        h5netcdf: Any = import_module("h5netcdf")  # an extra
    except ImportError as error:
        raise NoWriterError("these files are written with h5netcdf: pip install 'shotlane[hdf5]'") from error
    units = run.units
    with h5netcdf.File(path, "w") as file:
        _tell(file, run)
        rows = {"samples": _samples(file, run), "arrays": _arrays(file, run.each_array(attempts="all"))}
        for name, frame in tables.items():
            group = _Group(file.create_group(name), units)
            group.append(frame)
            rows[name] = frame.height
        documents = run.documents()
        texts = {"name": list(documents), "text": list(documents.values())}
        _Group(file.create_group("documents"), {}).append(pl.DataFrame(texts))
    return rows


def _tell(file: Any, run: LoadedRun) -> None:
    """What is known of the run as a whole: what is short as attributes, the rest as texts."""
    file.attrs["Conventions"] = "CF-1.11"
    for name, value in about(run).items():
        if isinstance(value, str | int | float):
            file.attrs[name] = value
        elif value is not None:
            text = json.dumps(value, ensure_ascii=False, default=str)
            file.create_variable(name, (), dtype=_text_type())[...] = text


def _samples(file: Any, run: LoadedRun) -> int:
    channels = {one.name: one for one in run.record.channels}
    steps = run.steps(attempts="all")["step"].unique(maintain_order=True).to_list()
    groups: dict[str, _Group] = {}
    total = 0
    for piece in run.pieces(attempts="all"):
        total += piece.height
        coded = piece.with_columns(pl.col("step").cast(pl.Enum(steps))).drop("run")
        for (name,), part in coded.partition_by("channel", as_dict=True, maintain_order=True).items():
            if name not in groups:
                units = {**run.units, "value": channels[str(name)].unit}
                group = file.create_group(f"samples/{name}")
                group.attrs["type"] = channels[str(name)].type
                groups[str(name)] = _Group(group, units, grows=True)
            groups[str(name)].append(part.drop("channel"))
    return total


@dataclass(slots=True)
class _Group:
    """Columns of frames in a group of the file. `grows`: more frames may follow the first."""

    group: Any
    units: Mapping[str, str | None]
    grows: bool = False
    rows: int = 0
    _known: dict[str, Any] = field(default_factory=dict)

    def append(self, frame: pl.DataFrame) -> None:
        """Write a frame below what is there."""
        end = self.rows + frame.height
        if not self._known and not self.rows:
            self.group.dimensions = {_ROW: None if self.grows else frame.height}
        if self.grows:
            self.group.resize_dimension(_ROW, end)
        for column in frame:
            if column.name in _RARE and self.grows and column.null_count() == frame.height:
                continue
            variable = self._known.get(column.name)
            if variable is None:
                variable = self._known[column.name] = self._create(column)
            if frame.height:
                variable[self.rows : end] = _values(column)
        self.rows = end

    def _create(self, column: pl.Series) -> Any:
        kind, fill, told = _storage(column)
        if not (column.null_count() or (self.grows and column.name in _LACKING)):
            fill = None  # with one, readers would take whole numbers for floats
        options = (
            {"compression": "gzip", "compression_opts": 4, "shuffle": True} if kind != _text_type() else {}
        )
        if self.grows:
            options["chunks"] = (_CHUNK,)
        variable = self.group.create_variable(column.name, (_ROW,), dtype=kind, fillvalue=fill, **options)
        unit = self.units.get(column.name)
        for name, value in {**told, **({} if unit is None else {"units": unit})}.items():
            variable.attrs[name] = value
        return variable


def _text_type() -> Any:
    return import_module("h5py").string_dtype()


def _storage(column: pl.Series) -> tuple[Any, Any, dict[str, Any]]:
    """Type of a column in the file, what stands for nothing, and its attributes."""
    kind = column.dtype
    if isinstance(kind, pl.Enum):
        words = kind.categories.to_list()
        codes = {"flag_values": np.arange(len(words), dtype=np.int16), "flag_meanings": " ".join(words)}
        return np.int16, np.int16(-1), codes if words else {}
    if kind == pl.Boolean:
        return np.int16, np.int16(-1), {}
    if isinstance(kind, pl.Datetime):
        told = {"units": "nanoseconds since 1970-01-01", "calendar": "proleptic_gregorian"}
        return np.int64, np.int64(_NONE), told
    if kind.is_integer():
        return np.int64, np.int64(_NONE), {}
    if kind.is_float():
        return np.float64, np.float64("nan"), {}
    return _text_type(), None, {}


def _values(column: pl.Series) -> Any:
    kind = column.dtype
    if isinstance(kind, pl.Enum):
        return column.to_physical().cast(pl.Int16).fill_null(-1).to_numpy()
    if kind == pl.Boolean:
        return column.cast(pl.Int16).fill_null(-1).to_numpy()
    if isinstance(kind, pl.Datetime):
        return column.to_physical().fill_null(_NONE).to_numpy()
    if kind.is_integer():
        return column.cast(pl.Int64).fill_null(_NONE).to_numpy()
    if kind.is_float():
        return column.fill_null(float("nan")).to_numpy()
    return np.array(column.cast(pl.String).fill_null("").to_list(), dtype=object)


def _arrays(file: Any, readings: Iterable[ArrayReading]) -> int:
    """Arrays of one shape stacked, `row` first, in `arrays/CHANNEL`; those of another in `CHANNEL-2`."""
    groups: dict[tuple[Any, ...], _Stack] = {}
    counts: dict[str, int] = {}
    total = 0
    for one in readings:
        total += 1
        shape = (one.channel, one.array.shape, one.array.dtype.str)
        if shape not in groups:
            counts[one.channel] = number = counts.get(one.channel, 0) + 1
            name = one.channel if number == 1 else f"{one.channel}-{number}"
            groups[shape] = _Stack(file.create_group(f"arrays/{name}"))
        groups[shape].append(one)
    return total


@dataclass(slots=True)
class _Stack:
    """Arrays of one shape with their places."""

    group: Any
    rows: int = 0

    def append(self, one: ArrayReading) -> None:
        parts = {f"data{name}": part for name, part in _parts(one.array)}
        place = {"shot": one.shot, "attempt": one.attempt, "tick": one.tick}
        values: dict[str, Any] = {name: np.int64(value) for name, value in place.items()}
        values["t"] = np.float64("nan" if one.t is None else one.t)
        if not self.rows:
            self._create(one, parts, values)
        self.group.resize_dimension(_ROW, self.rows + 1)
        for name, value in (*values.items(), *parts.items()):
            self.group[name][self.rows] = value
        self.rows += 1

    def _create(self, one: ArrayReading, parts: Mapping[str, Any], values: Mapping[str, Any]) -> None:
        # A length of nothing is that of an axis which may grow.
        axes = {f"axis{number}": length or None for number, length in enumerate(one.array.shape)}
        self.group.dimensions = {_ROW: None, **axes}
        for name, value in values.items():
            self.group.create_variable(name, (_ROW,), dtype=value.dtype, chunks=(1024,))
        self.group["t"].attrs["units"] = "s"
        for name, part in parts.items():
            options = {"compression": "gzip", "chunks": (1, *(max(1, length) for length in part.shape))}
            data = self.group.create_variable(name, (_ROW, *axes), dtype=part.dtype, **options)
            if one.unit is not None:
                data.attrs["units"] = one.unit


def _parts(array: "np.ndarray[Any, Any]") -> Iterator[tuple[str, "np.ndarray[Any, Any]"]]:
    """An array as arrays of types that NetCDF has, with what is added to the name of each."""
    if array.dtype.names:
        for name in array.dtype.names:
            yield from ((f"_{name}{more}", part) for more, part in _parts(array[name]))
    elif array.dtype.kind == "c":
        yield from (("_real", array.real), ("_imag", array.imag))
    elif array.dtype.kind == "b":
        yield "", array.astype(np.int8)
    elif array.dtype == np.float16:
        yield "", array.astype(np.float32)
    else:
        yield "", array.astype(array.dtype.newbyteorder("="))
