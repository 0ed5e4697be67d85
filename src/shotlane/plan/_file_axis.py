"""`{file: points.csv, column: x}`: the values of an axis from a column of a file.

A cell is a number in the unit of its header, `T (degC)`, or what could stand in a list of values.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shotlane.diagnostics import Span, did_you_mean
from shotlane.document import Path
from shotlane.expression import Unit, UnitError, ValueKind, parse_unit
from shotlane.plan._axis_value import Axis, value_of
from shotlane.plan._data_file import Column, DataFileError, WideLine
from shotlane.plan._parameters import unfit
from shotlane.plan._term import Compiler
from shotlane.plan._written import Written

CODE = "SEQ310"


def file_values(compiler: Compiler, axis: Axis, path: Path, raw: Mapping[str, Any]) -> NDArray[Any] | None:
    """Values in SI (or booleans, or texts); None when the file is faulty, which is reported."""
    column = _column(compiler, axis, path, raw)
    if column is None:
        return None
    if not column.cells:
        compiler.report.error(CODE, f"the column '{column.name}' has no values", column.header_span)
        return None
    if column.unit is not None:
        return _in_unit(compiler, axis, column)
    values = [
        value_of(compiler, axis, Written(cell, column.span(at))) for at, cell in enumerate(column.cells)
    ]
    if any(value is None for value in values):
        return None
    return np.array(values, dtype=object if axis.type.kind is ValueKind.TEXT else None)


def _column(compiler: Compiler, axis: Axis, path: Path, raw: Mapping[str, Any]) -> Column | None:
    place = (*path, "file")
    name, wanted = raw["file"], raw.get("column", axis.name)
    if not isinstance(name, str) or not isinstance(wanted, str):
        at = place if not isinstance(name, str) else (*path, "column")
        message = f"`{at[-1]}` takes a name"
        compiler.report.error(CODE, message, compiler.document.span(at))
        return None
    try:
        column = compiler.files.column(name, wanted)
        headers = compiler.files.headers(name)
        wide = compiler.files.wide_line(name)
    except DataFileError as error:
        help = "the path counts from the folder of the sequence"
        compiler.report.error(CODE, str(error), compiler.document.span(place), help=help)
        return None
    if column is None:
        at = (*path, "column") if "column" in raw else place
        help = did_you_mean(wanted, headers, what="columns")
        compiler.report.error(
            CODE, f"'{name}' has no column '{wanted}'", compiler.document.span(at), help=help
        )
    if wide is not None:
        _too_wide(compiler, wide)
        return None
    return column


def _too_wide(compiler: Compiler, wide: WideLine) -> None:
    """Told once for a file: every axis that reads it says the same at the same place."""
    has = f"{wide.headers} column{'s' * (wide.headers != 1)}"
    message = f"this line has {wide.cells} cells, and the header has {has}"
    help = "write decimals with a point; a text with a comma stands in double quotes"
    compiler.report.error(CODE, message, wide.span, help=help)


def _in_unit(compiler: Compiler, axis: Axis, column: Column) -> NDArray[Any] | None:
    unit = _unit(compiler, axis, column)
    if unit is None:
        return None
    numbers = np.array([_number(cell) for cell in column.cells])
    bad = np.flatnonzero(~np.isfinite(numbers))
    for at in bad[:1].tolist():
        more = f" (and {len(bad) - 1} more in this column)" if len(bad) > 1 else ""
        _no_number(compiler, column.cells[at], column.span(at), more)
    return None if len(bad) else np.asarray(unit.to_si(numbers))


def _number(cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        return float("nan")


def _no_number(compiler: Compiler, cell: str, span: Span, more: str) -> None:
    message = f"'{cell}' is not a finite number{more}" if cell else f"this line has no value here{more}"
    help = "write decimals with a point" if "," in cell else "the header says the unit, so cells are numbers"
    compiler.report.error(CODE, message, span, help=help)


def _unit(compiler: Compiler, axis: Axis, column: Column) -> Unit | None:
    assert column.unit is not None
    try:
        unit = parse_unit(column.unit)
    except UnitError as error:
        compiler.report.error(CODE, str(error), column.header_span, help=error.help)
        return None
    fault = unfit(axis.type, unit.type, text=column.unit, unit=axis.unit)
    if fault is not None:
        compiler.report.error("EXP040", fault[0], column.header_span, help=fault[1])
        return None
    return unit
