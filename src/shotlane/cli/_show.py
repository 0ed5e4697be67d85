"""`shotlane show`: how a run went, from the store alone."""

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shotlane.cli._cadence import cadence, cadence_words
from shotlane.cli._db import warn_of_spools
from shotlane.cli._note import note_lines
from shotlane.cli._output import Complaint, print_json, say, store_complaints
from shotlane.cli._runs import local_time
from shotlane.cli._show_tables import COUNTS, channels, faults, readings, results, shots_table
from shotlane.cli._text import duration, hanging, lateness, value, worn
from shotlane.cli._where import store_of

if TYPE_CHECKING:
    import polars as pl

    from shotlane.analysis import LoadedRun
    from shotlane.store import RunRecord, RunSummary


def main(arguments: argparse.Namespace) -> int:
    """Show it."""
    from shotlane.analysis import load  # late: polars

    store = store_of(arguments)
    with store_complaints():
        run = load(arguments.run, store)
        shots = run.shots()
        warn_of_spools(store)
        if arguments.html is not None:
            _write_report(run, arguments.html, force=arguments.force)
        elif arguments.json:
            print_json(_as_json(run, shots))
        else:
            say(_as_text(run, shots))
    return 0


def _write_report(run: "LoadedRun", path: Path, *, force: bool) -> None:
    from shotlane.cli._report import report_of  # late: most shows need none

    page = report_of(run)
    try:
        with path.open("w" if force else "x", encoding="utf-8") as file:
            file.write(page)
    except FileExistsError as error:
        raise Complaint(f"'{path}' is there already; --force overwrites it") from error
    except OSError as error:
        raise Complaint(f"'{path}' cannot be written: {error.strerror}") from error
    say(f"written: {path}")


def _as_text(run: "LoadedRun", shots: "pl.DataFrame") -> str:
    parts = (
        _head(run, shots),
        channels(run),
        shots_table(run, shots),
        results(run, shots),
        readings(run, shots),
        faults(run),
        _notes(run.record),
    )
    return "\n\n".join("\n".join(part) for part in parts if part)


def _head(run: "LoadedRun", shots: "pl.DataFrame") -> list[str]:
    from shotlane.cli._shot_columns import columns_of  # late: polars

    record, summary, events = run.record, run.record.summary, run.events()
    took = ", and goes on" if summary.outcome is None else ""
    if summary.ended_utc_ns is not None:
        took = f", took {duration(summary.ended_utc_ns - summary.started_utc_ns)}"
    # What a shot to come changes is not known yet.
    label = "fixed" if summary.shots_committed >= (summary.shots_planned or 0) else "so far"
    fixed = [
        f"{name} = {value(item, run.units.get(name))}" for name, item in columns_of(run, shots).fixed.items()
    ]
    lines = [
        f"run {summary.number}: {summary.sequence} on {summary.station}: {summary.state}",
        *hanging("  started    ", f"{local_time(summary.started_utc_ns)}{took}"),
        *hanging(
            "  shots      ",
            f"{summary.shots_committed} of {summary.shots_planned} committed{_outcomes(record)}",
        ),
        *_why(record.reason or ""),
        *(
            hanging("  marks      ", ", ".join((*summary.stamps, *summary.tags)))
            if summary.stamps or summary.tags
            else []
        ),
        *(hanging(f"  {label:<11}", ", ".join(fixed)) if fixed else []),
        *_repeats(record),
        *_lateness(record),
        *_cadence(events),
        *_worn(events),
        *_go_on(summary),
    ]
    return [*_unsafe(record), *lines]


def _go_on(summary: "RunSummary") -> list[str]:
    """What becomes of a run without an end."""
    if summary.waiting is not None:
        told = f"more of its records, in {summary.waiting}; they come in when the store takes them"
        return hanging("  waits      ", told)
    return [f"  go on      shotlane resume {summary.number}"] if summary.died else []


def _repeats(record: "RunRecord") -> list[str]:
    """Which run it was made after."""
    old = record.repeats
    if old is None:
        return []
    archive = f" of the archive {old['archive'][:12]}" if old["archive"] else ""
    same = "the same plan" if old["plan_digest"] == record.plan_digest else "another plan"
    return hanging("  repeats    ", f"run {old['run']} of {old['sequence']}{archive}, {same}")


def _notes(record: "RunRecord") -> list[str]:
    lines = list(note_lines(record.notes))
    return ["notes", *lines] if lines else []


def _cadence(events: "pl.DataFrame") -> list[str]:
    found = cadence(events)
    return [] if found is None else hanging("  cadence    ", cadence_words(found))


def _worn(events: "pl.DataFrame") -> list[str]:
    """Memories that were written more often than they stand; the newest count of each."""
    found = {}
    for event in events.filter(type="instrument.worn")["fields"].to_list():
        fields = json.loads(event)
        found[f"{fields['role']}.{fields['attribute']}"] = worn(fields)
    return [f"  worn       {channel}: {told}" for channel, told in found.items()]


def _outcomes(record: "RunRecord") -> str:
    told = ", ".join(f"{number} {outcome}" for outcome, number in record.outcomes.items() if number)
    return f" ({told})" if told else ""


def _unsafe(record: "RunRecord") -> list[str]:
    """The loudest lines."""
    items = record.figures.get("unsafe") or []
    told = [f"  !!  {item.get('role')}.{item.get('attribute')}: {item.get('message')}" for item in items]
    return ["!!! NOT SAFE: these safe values could not be written.", *told, ""] if told else []


def _lateness(record: "RunRecord") -> list[str]:
    """The latest channel says it for all; in virtual time nothing is ever late."""
    figures = record.figures.get("lateness", {})
    if not figures or "virtual-time" in record.summary.stamps:
        return []
    name, late = max(figures.items(), key=lambda item: item[1]["p99_ns"])
    words = ", ".join(f"{key} {lateness(late[f'{key}_ns'])}" for key in ("p50", "p99", "max"))
    return hanging("  lateness   ", f"{words} ({name}, the latest channel)")


def _as_json(run: "LoadedRun", shots: "pl.DataFrame") -> dict[str, Any]:
    record, summary = run.record, run.record.summary
    kept = cadence(run.events())
    return {
        "run": summary.number,
        "sequence": summary.sequence,
        "station": summary.station,
        "description": record.description,
        "state": summary.state,
        "outcome": None if summary.outcome is None else summary.outcome.value,
        "waiting": None if summary.waiting is None else str(summary.waiting),
        "reason": record.reason,
        "started_utc_ns": summary.started_utc_ns,
        "ended_utc_ns": summary.ended_utc_ns,
        "shots_planned": summary.shots_planned,
        "shots_committed": summary.shots_committed,
        "tags": summary.tags,
        "notes": [asdict(note) for note in record.notes],
        "stamps": summary.stamps,
        "digest": record.plan_digest,
        "environment": record.environment,
        "figures": record.figures,
        "cadence": None if kept is None else kept._asdict(),
        "tallies": [
            {"channel": name, "what": what, **dict(zip(COUNTS, counts, strict=True))}
            for (name, what), counts in record.tallies.items()
        ],
        "faults": [
            {"shot": item.shot, "attempt": item.attempt, "fault": item.fault, "message": item.message}
            for item in record.faults
        ],
        "units": run.frame_units(shots),
        "shots": shots.to_dicts(),
        "results": run.results().to_dicts(),
    }


def _why(reason: str) -> list[str]:
    """Why it ended so; several reasons on lines of their own."""
    heads = ["  why        ", *[" " * 13] * reason.count("\n")]
    return [
        line for head, part in zip(heads, reason.splitlines(), strict=False) for line in hanging(head, part)
    ]
