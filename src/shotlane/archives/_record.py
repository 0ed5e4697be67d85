"""The run of a bag in full: what `run.json` says of it, and what its tables sum to."""

import json
from dataclasses import replace
from typing import Any

import polars as pl

from shotlane.archives._bag_tables import BagTables
from shotlane.archives._error import ArchiveError
from shotlane.archives._facts import Facts, channels_of, notes_of, parameters_of, summary_of
from shotlane.records import Outcome
from shotlane.store import AttemptFault, RunRecord, notes_of_rows

_COUNTS = ("planned", "ok", "late", "failed", "missed", "dropped", "unreached")


def record_of(facts: Facts, tables: BagTables, place: str) -> RunRecord:
    """Put it together. Raises `ArchiveError` for tables that cannot be read."""
    told, outcomes = told_record(facts), _outcomes(tables)
    return replace(
        told,
        summary=replace(told.summary, outcomes=outcomes),
        outcomes=outcomes,
        tallies=_tally_sums(tables),
        faults=_faults(tables, place),
    )


def told_record(facts: Facts) -> RunRecord:
    """What `run.json` alone says of it, whatever has become of the tables."""
    return RunRecord(
        summary=summary_of(facts),
        description=facts["description"],
        reason=facts["reason"],
        plan_digest=facts["plan_digest"],
        environment=facts["environment"],
        figures=facts["figures"],
        channels=channels_of(facts),
        parameters=parameters_of(facts),
        documents=tuple(facts["documents"]),
        outcomes={},
        tallies={},
        faults=(),
        session=facts["session"],
        ordinal=facts["ordinal"],
        repeats=facts["repeats"],
        tags=tuple(facts["tags"]),
        notes=notes_of_rows(notes_of(facts)),
    )


def _outcomes(tables: BagTables) -> dict[Outcome, int]:
    ended = [row[1] for row in tables.rows("shots") if row[1] is not None]
    return {outcome: ended.count(outcome.value) for outcome in Outcome if outcome.value in ended}


def _tally_sums(tables: BagTables) -> dict[tuple[str, str], tuple[int, ...]]:
    sums = tables.scan("tallies").group_by("channel", "what").agg(pl.col(_COUNTS).sum())
    rows = tables.collected(sums.sort("channel", "what"), "tallies").rows()
    return {(channel, what): tuple(counts) for channel, what, *counts in rows}


def _faults(tables: BagTables, place: str) -> tuple[AttemptFault, ...]:
    rows = [row for row in tables.rows("attempts") if row[7] is not None]
    return tuple(
        AttemptFault(
            shot,
            attempt,
            None if outcome is None else Outcome(outcome),
            fault,
            message or "",
            _context(context, place),
        )
        for _, shot, attempt, outcome, *_, fault, message, context in rows
    )


def _context(text: str | None, place: str) -> dict[str, Any]:
    try:
        found = json.loads(text or "{}")
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise ArchiveError(f"'{place}' is damaged: what is known of a fault is no JSON object")
    return found
