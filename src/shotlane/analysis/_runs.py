"""The runs of a store as one frame."""

from collections.abc import Sequence

import polars as pl

from shotlane.analysis import _types as types
from shotlane.analysis._frames import instant
from shotlane.store import RunSummary


def frame_of(found: Sequence[RunSummary]) -> pl.DataFrame:
    """One row per run, in the order given."""
    rows: list[tuple[object, ...]] = [
        (
            run.number,
            run.sequence,
            run.station,
            run.state,
            None if run.outcome is None else run.outcome.value,
            run.started_utc_ns,
            run.ended_utc_ns,
            run.shots_planned,
            run.shots_committed,
            run.shots_good,
            list(run.tags),
            list(run.stamps),
        )
        for run in found
    ]
    schema: types.Schema = {**types.RUNS, "started": pl.Int64, "ended": pl.Int64}
    return types.frame(rows, schema).with_columns(instant("started"), instant("ended"))
