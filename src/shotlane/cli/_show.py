"""`shotlane show`: how a run went, from the store alone."""

import argparse
from typing import TYPE_CHECKING, Any

from shotlane.cli._db import warn_of_spools
from shotlane.cli._output import print_json, say, store_complaints
from shotlane.cli._runs import local_time
from shotlane.cli._text import duration, lateness, table, value
from shotlane.cli._where import store_of

if TYPE_CHECKING:
    import polars as pl

    from shotlane.analysis import LoadedRun
    from shotlane.store import RunRecord

_COUNTS = ("planned", "ok", "late", "failed", "missed", "dropped", "unreached")
_SHOTS_SHOWN = 30


def main(arguments: argparse.Namespace) -> int:
    """Show it."""
    from shotlane.analysis import load  # late: polars
    from shotlane.store import open_reader  # late: SQLAlchemy

    store = store_of(arguments)
    with store_complaints():
        with open_reader(store) as reader:
            record = reader.run(arguments.run)
        run = load(record.summary.number, store)
        shots = run.shots()
        warn_of_spools(store)
    if arguments.json:
        print_json(_as_json(record, shots))
        return 0
    say("\n".join([*_head(record), "", *_channels(record, run), "", *_shots(shots, run), *_faults(record)]))
    return 0


def _head(record: "RunRecord") -> list[str]:
    summary = record.summary
    took = ""
    if summary.ended_utc_ns is not None:
        took = f", took {duration(summary.ended_utc_ns - summary.started_utc_ns)}"
    lines = [
        f"run {summary.number}: {summary.sequence} on {summary.station}: {summary.state}",
        f"  started    {local_time(summary.started_utc_ns)}{took}",
        f"  shots      {summary.shots_committed} of {summary.shots_planned} committed"
        + (f" ({_outcomes(record)})" if record.outcomes else ""),
    ]
    if record.reason:
        lines.append(f"  why        {record.reason}")
    if summary.stamps or summary.tags:
        lines.append(f"  marks      {', '.join((*summary.stamps, *summary.tags))}")
    return lines


def _outcomes(record: "RunRecord") -> str:
    return ", ".join(f"{number} {outcome}" for outcome, number in record.outcomes.items() if number)


def _channels(record: "RunRecord", run: "LoadedRun") -> list[str]:
    figures = record.figures.get("lateness", {})
    rows = [
        [
            name,
            what,
            run.units.get(name) or "",
            *(f"{number:,}" if number else "" for number in counts),
            lateness(figures[name]["p99_ns"]) if name in figures else "",
        ]
        for (name, what), counts in record.tallies.items()
    ]
    if not rows:
        return ["nothing was planned or done"]
    header = ["channel", "what", "unit", *_COUNTS, "late p99"]
    return table(header, rows, right=frozenset(range(3, 11))).splitlines()


def _shots(shots: "pl.DataFrame", run: "LoadedRun") -> list[str]:
    """The table of shots, the first ones when there are many."""
    names = [name for name in shots.columns if name not in _HIDDEN]
    header = [f"{name} ({run.units[name]})" if run.units.get(name) else name for name in names]
    rows = [
        ["" if row[name] is None else value(row[name]) for name in names]
        for row in shots.head(_SHOTS_SHOWN).select(names).to_dicts()
    ]
    more = shots.height - _SHOTS_SHOWN
    return [*table(header, rows).splitlines(), *([f"... and {more} more"] if more > 0 else [])]


_HIDDEN = frozenset({"run", "started", "digest", "ended", "duration_s"})


def _faults(record: "RunRecord") -> list[str]:
    if not record.faults:
        return []
    told = [
        f"  shot {item.shot} attempt {item.attempt}: {item.fault}: {item.message}" for item in record.faults
    ]
    return ["", "faults", *told]


def _as_json(record: "RunRecord", shots: "pl.DataFrame") -> dict[str, Any]:
    summary = record.summary
    return {
        "run": summary.number,
        "sequence": summary.sequence,
        "station": summary.station,
        "state": summary.state,
        "reason": record.reason,
        "started_utc_ns": summary.started_utc_ns,
        "ended_utc_ns": summary.ended_utc_ns,
        "shots_planned": summary.shots_planned,
        "shots_committed": summary.shots_committed,
        "digest": record.plan_digest,
        "environment": record.environment,
        "figures": record.figures,
        "tallies": [
            {"channel": name, "what": what, **dict(zip(_COUNTS, counts, strict=True))}
            for (name, what), counts in record.tallies.items()
        ],
        "faults": [
            {"shot": item.shot, "attempt": item.attempt, "fault": item.fault, "message": item.message}
            for item in record.faults
        ],
        "shots": shots.to_dicts(),
    }
