"""`points` written out, and tables put one after the other."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from shotlane.document import Path
from shotlane.plan._axis_value import Axis, axis_value
from shotlane.plan._parameters import evaluate
from shotlane.plan._points import Table, stack
from shotlane.plan._sweep_state import (
    Sweep,
    axis_of,
    drop_overridden,
    sources_of,
    swept_names,
    tell_item,
)


def listed_points(sweep: Sweep, raw: Any, place: Path) -> Table | None:
    """Points written out one by one; a name missing in one takes its declared value."""
    if not isinstance(raw, list) or not raw or not all(isinstance(row, Mapping) and row for row in raw):
        tell_item(sweep, "SEQ304", "`points` takes a list of points such as {T_soak: 60 degC}", place)
        sweep.faulty |= set(swept_names([{"points": raw}])) & set(sweep.compiler.scope.types)
        return None
    tables = []
    axes: dict[str, Axis | None] = {}
    sound = True
    for index, row in enumerate(raw):
        columns = {}
        for name, value in row.items():
            here = (*place, index, name)
            if name in sweep.declared.overridden:
                continue
            if name not in axes:
                axes[name] = axis_of(sweep, name, here)
            axis = axes[name]
            found = None if axis is None else axis_value(sweep.compiler, axis, here, value)
            sound = sound and found is not None
            columns[name] = np.array([found], dtype=object if isinstance(found, str) else None)
        tables.append(Table(columns, 1))
    for name in sorted(sweep.declared.overridden & {name for row in raw for name in row}):
        drop_overridden(sweep, name, None, place)
    return stacked(sweep, tables, place, sound=sound)


def stacked(sweep: Sweep, tables: list[Table], place: Path, *, sound: bool) -> Table | None:
    names = {name for table in tables for name in table.columns}
    missing: dict[str, Any] = {"repeat": 1.0}
    for name in sorted(names):
        if any(name not in table.columns for table in tables) and name != "repeat":
            term = sweep.parameters.terms.get(name)
            if term is None or not sources_of(sweep.parameters, term) & sweep.swept:
                missing[name] = evaluate(sweep.parameters, {}, [name]).get(name)
    if not sound:
        sweep.faulty |= names
        return None
    return stack(tables, missing)
