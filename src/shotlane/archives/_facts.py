"""What is known of a run as a whole: to `run.json` and back."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from shotlane.records import ChannelRecord, Outcome
from shotlane.store import ParameterRecord, RunRecord, RunSummary

FORMAT = 1

Facts = Mapping[str, Any]


def to_json(value: Any) -> bytes:
    """JSON for people and programs, the same every time."""
    text = json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False)
    return f"{text}\n".encode()


def facts_of(record: RunRecord, documents: Mapping[str, str], sessions: Sequence[tuple[Any, ...]]) -> Facts:
    """Everything about a run but its rows; `documents`: the file of each text by its name."""
    summary = record.summary
    outcome = None if summary.outcome is None else summary.outcome.value
    return {
        "archive": FORMAT,
        "run": summary.number,
        "sequence": summary.sequence,
        "station": summary.station,
        "description": record.description,
        "tags": list(summary.tags),
        "stamps": list(summary.stamps),
        "started_utc_ns": summary.started_utc_ns,
        "ended_utc_ns": summary.ended_utc_ns,
        "outcome": outcome,
        "died": summary.died,
        "reason": record.reason,
        "shots_planned": summary.shots_planned,
        "shots_committed": summary.shots_committed,
        "plan_digest": record.plan_digest,
        "channels": [_columns(one, ("index", "name", "type", "unit")) for one in record.channels],
        "parameters": [_columns(one, ("name", "type", "unit")) for one in record.parameters],
        "documents": dict(documents),
        "figures": dict(record.figures),
        "sessions": [_session(row) for row in sessions],
        "environment": dict(record.environment),
    }


def _columns(one: Any, names: Sequence[str]) -> dict[str, Any]:
    return {name: getattr(one, name) for name in names}


def _session(row: tuple[Any, ...]) -> dict[str, Any]:
    _, number, session, began, digest, environment = row
    told = None if environment is None else json.loads(environment)
    return {
        "number": number,
        "session": session,
        "began_utc_ns": began,
        "plan_digest": digest,
        "environment": told,
    }


def summary_of(facts: Facts) -> RunSummary:
    """The run in one line. Raises `KeyError`, `TypeError` or `ValueError` for what is no `run.json`."""
    return RunSummary(
        number=int(facts["run"]),
        sequence=str(facts["sequence"]),
        station=str(facts["station"]),
        started_utc_ns=int(facts["started_utc_ns"]),
        ended_utc_ns=facts["ended_utc_ns"],
        outcome=None if facts["outcome"] is None else Outcome(facts["outcome"]),
        died=bool(facts["died"]),
        shots_planned=int(facts["shots_planned"]),
        shots_committed=int(facts["shots_committed"]),
        tags=tuple(facts["tags"]),
        stamps=tuple(facts["stamps"]),
    )


def channels_of(facts: Facts) -> tuple[ChannelRecord, ...]:
    """The channels by index."""
    return tuple(ChannelRecord(**item) for item in facts["channels"])


def parameters_of(facts: Facts) -> tuple[ParameterRecord, ...]:
    """The parameters in declared order."""
    return tuple(ParameterRecord(**item) for item in facts["parameters"])


def sessions_of(facts: Facts) -> list[tuple[Any, ...]]:
    """Who wrote it, as the reader of a store gives it."""
    return [
        (
            facts["run"],
            item["number"],
            item["session"],
            item["began_utc_ns"],
            item["plan_digest"],
            None if item["environment"] is None else json.dumps(item["environment"]),
        )
        for item in facts["sessions"]
    ]
