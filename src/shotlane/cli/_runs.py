"""`shotlane runs`: the runs of a store, newest first."""

import argparse
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from shotlane.cli._db import warn_of_spools
from shotlane.cli._output import Complaint, print_json, say, store_complaints, tell
from shotlane.cli._text import duration, tables
from shotlane.cli._where import store_of

if TYPE_CHECKING:
    from shotlane.store import RunSummary

_HEADER = ["run", "started", "took", "sequence", "station", "shots", "state", ""]


def main(arguments: argparse.Namespace) -> int:
    """List them."""
    from shotlane.analysis import find_runs  # late: SQLAlchemy

    store = store_of(arguments)
    try:
        with store_complaints():
            found = find_runs(
                store,
                arguments.limit,
                tell=lambda why: tell(f"shotlane: {why}"),
                name=arguments.name,
                tag=arguments.tag,
                since=arguments.since,
                until=arguments.until,
                outcome=arguments.outcome,
                parameter=dict(map(_named, arguments.parameters)),
            )
            _warn_of_waiting(found)
            warn_of_spools(store)
    except ValueError as error:
        raise Complaint(str(error)) from error
    if arguments.json:
        print_json([_as_json(run) for run in found])
    elif found:
        say("\n".join(tables(_HEADER, [_row(run) for run in found], right=frozenset({0}))))
    else:
        say("no such runs" if _asks(arguments) else "no runs yet")
    return 0


def _warn_of_waiting(found: "list[RunSummary]") -> None:
    """Say of which runs records are not counted yet."""
    for run in found:
        if run.waiting is not None:
            told = f"records of run {run.number} wait in {run.waiting}, and are not counted"
            tell(f"{told}; they come in when the store takes them")


def _named(text: str) -> tuple[str, object]:
    """A parameter as it is written on the command line: any value, one, or a range."""
    name, given, wanted = text.partition("=")
    low, between, high = wanted.partition("..")
    if not given:
        return name, None
    return name, (low.strip(), high.strip()) if between else wanted.strip()


def _asks(arguments: argparse.Namespace) -> bool:
    names = ("name", "tag", "since", "until", "outcome", "parameters")
    return any(getattr(arguments, name) for name in names)


def local_time(utc_ns: int) -> str:
    """A moment in the time of this place, to the second."""
    return datetime.fromtimestamp(utc_ns / 1e9, UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def _row(run: "RunSummary") -> list[str]:
    took = "" if run.ended_utc_ns is None else duration(run.ended_utc_ns - run.started_utc_ns)
    shots = ", ".join(filter(None, (f"{run.shots_good}/{run.shots_planned}", run.other_shots)))
    marks = ", ".join((*run.stamps, *run.tags))
    return [
        str(run.number),
        local_time(run.started_utc_ns),
        took,
        run.sequence,
        run.station,
        shots,
        run.state,
        marks,
    ]


def _as_json(run: "RunSummary") -> dict[str, Any]:
    return {
        "run": run.number,
        "sequence": run.sequence,
        "station": run.station,
        "started_utc_ns": run.started_utc_ns,
        "ended_utc_ns": run.ended_utc_ns,
        "state": run.state,
        "waiting": None if run.waiting is None else str(run.waiting),
        "shots_planned": run.shots_planned,
        "shots_committed": run.shots_committed,
        "shots": {outcome.value: count for outcome, count in run.outcomes.items()},
        "tags": run.tags,
        "stamps": run.stamps,
    }
