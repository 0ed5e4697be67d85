"""Whether the counts of every attempt are those of its rows, sum to what was planned, and that to the plan.

One file of readings or actions is in memory at a time.
"""

from collections import Counter
from collections.abc import Iterator, Mapping

import polars as pl

from shotlane.archives._checked import Findings, place
from shotlane.archives._reader import BagReader
from shotlane.archives._recorded_shots import RecordedShots
from shotlane.execution import planned_of
from shotlane.plan import ShotPlan
from shotlane.records import ActionKind, Status

# Rows of what was dropped are lost, and there are none of what was not reached.
_WITH_ROWS = (Status.OK, Status.LATE, Status.FAILED, Status.MISSED)
_NAMES = [status.name.lower() for status in _WITH_ROWS]
_SUMMANDS = [status.name.lower() for status in Status]
_KEY = ["attempt_key", "channel", "what"]

_Planned = Mapping[tuple[str, str], int]


def check_tallies(reader: BagReader, shots: RecordedShots | None, found: Findings) -> None:
    """Count again. `shots`: those of the plan, where there is one."""
    ended = {key: (shot, number) for key, shot, number, outcome, *_ in reader.attempts() if outcome and shot}
    told = pl.concat(reader.each("tallies", [*_KEY, "planned", *_SUMMANDS]))
    told = told.filter(pl.col("attempt_key").is_in(list(ended)))
    rows = _counted(reader).filter(pl.col("attempt_key").is_in(list(ended)))
    both = told.join(rows, on=_KEY, how="full", coalesce=True, suffix="_rows").sort(_KEY)
    found.compared += both.height
    differs = [pl.col(name).ne_missing(pl.col(f"{name}_rows").fill_null(0)) for name in _NAMES]
    for row in both.filter(pl.any_horizontal(differs)).iter_rows(named=True):
        name = next(name for name in _NAMES if row[name] != (row[f"{name}_rows"] or 0))
        lane = f"{place(*ended[row['attempt_key']])}, {row['channel']}"
        told_of = "no count" if row[name] is None else f"{row[name]} by the count"
        found.tell(
            f"{lane}: {row['what']} that were {name}: {told_of}, {row[f'{name}_rows'] or 0} by the rows"
        )
    for row in told.filter(pl.sum_horizontal(_SUMMANDS) != pl.col("planned")).iter_rows(named=True):
        lane = f"{place(*ended[row['attempt_key']])}, {row['channel']}"
        found.tell(
            f"{lane}: the counts of {row['what']} do not sum to the {row['planned']} that were planned"
        )
    if shots is not None:
        _check_planned(reader, shots, told, ended, found)


def _counted(reader: BagReader) -> pl.DataFrame:
    """Rows by attempt, channel and status, a column for each status."""
    channels = {one.index: one.name for one in reader.channels()}
    named = pl.col("channel_index").replace_strict(channels, default=None, return_dtype=pl.String)
    parts = [pl.DataFrame(schema={**dict.fromkeys(_KEY, pl.String), "attempt_key": pl.Int64, **_COUNTED})]
    for rows in reader.each("samples", ["attempt_key", "channel_index", "status_number"]):
        parts.append(_by_status(rows.with_columns(named.alias("channel"), pl.lit("readings").alias("what"))))
    for rows in reader.each(
        "actions", ["attempt_key", "channel_index", "command", "kind_number", "status_number"]
    ):
        planned = rows.filter(pl.col("kind_number") == int(ActionKind.PLANNED))
        role = pl.col("command").str.split(".").list.first()
        lane = pl.when(pl.col("channel_index").is_null()).then(role).otherwise(named)
        parts.append(_by_status(planned.with_columns(lane.alias("channel"), pl.lit("actions").alias("what"))))
    return pl.concat(parts).group_by(_KEY).agg(pl.col(_NAMES).sum())


_COUNTED = dict.fromkeys(_NAMES, pl.Int64)


def _by_status(rows: pl.DataFrame) -> pl.DataFrame:
    counts = [
        (pl.col("status_number") == int(status)).sum().cast(pl.Int64).alias(name)
        for status, name in zip(_WITH_ROWS, _NAMES, strict=True)
    ]
    return rows.group_by(_KEY).agg(counts)


def _check_planned(
    reader: BagReader,
    shots: RecordedShots,
    told: pl.DataFrame,
    ended: Mapping[int, tuple[int, int]],
    found: Findings,
) -> None:
    """What was planned of shots of fixed times, attempt by attempt."""
    names = [one.name for one in reader.channels()]
    by_attempt = told.select(*_KEY, "planned").partition_by("attempt_key", as_dict=True, include_key=False)
    for key, (number, attempt) in ended.items():
        shot = shots.shot(number)
        if isinstance(shot, str) or shot.open_ended:
            continue
        rows = by_attempt.get((key,))
        then = {} if rows is None else {(lane, what): count for lane, what, count in rows.iter_rows()}
        for fault in _others(then, _planned(shot, names)):
            found.tell(f"{place(number, attempt)}, {fault}")


def _planned(shot: ShotPlan, names: list[str]) -> _Planned:
    found: Counter[tuple[str, str]] = Counter()
    for segment in shot.segments:
        planned = planned_of(segment)
        found.update({(names[index], "readings"): count for index, count in planned.readings.items()})
        found.update({(names[index], "actions"): count for index, count in planned.sets.items()})
        found.update({(role, "actions"): count for role, count in planned.calls.items()})
    return found


def _others(then: _Planned, now: _Planned) -> Iterator[str]:
    for lane, what in sorted({*then, *now}):
        one, other = then.get((lane, what), 0), now.get((lane, what), 0)
        if one != other:
            yield f"{lane}: {one} {what} were planned by the count, {other} by the plan"
