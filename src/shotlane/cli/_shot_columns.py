"""Which columns of the shots of a run are worth telling: what changes, and what came out."""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from shotlane.analysis import LoadedRun

_HEAD = ("run", "shot", "outcome", "verdict", "attempts", "started", "duration_s")


@dataclass(frozen=True, slots=True)
class Columns:
    """`swept`: parameters that change; `fixed`: those that do not; `results`; `axis`: what to draw over."""

    swept: tuple[str, ...]
    fixed: Mapping[str, object]
    results: tuple[str, ...]
    judged: bool
    retried: bool
    axis: str

    @property
    def told(self) -> tuple[str, ...]:
        """Names in the order of telling."""
        return (*self.swept, *self.results)


def columns_of(run: LoadedRun, shots: pl.DataFrame) -> Columns:
    """Look at what the shots have."""
    parameters = [name for name in run.parameter_units if name in shots.columns]
    changing = [name for name in parameters if shots[name].n_unique() > 1]
    numbers = [name for name in changing if shots.schema[name].is_numeric()]
    only = len(changing) == 1 == len(numbers) and shots[numbers[0]].null_count() == 0
    return Columns(
        swept=tuple(changing),
        fixed={name: shots[name][0] for name in parameters if name not in changing and shots.height},
        results=tuple(name for name in shots.columns if name not in (*_HEAD, *parameters)),
        judged=shots["verdict"].null_count() < shots.height,
        retried=bool((shots["attempts"].fill_null(0) > 1).any()),
        axis=numbers[0] if only else "shot",
    )
