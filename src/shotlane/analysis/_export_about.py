"""What an exported run says of itself as a whole."""

from typing import Any

from shotlane.analysis._loaded import LoadedRun


def about(run: LoadedRun) -> dict[str, Any]:
    """Plain values, and what JSON can say: for attributes of a file, or a file of its own."""
    record, summary = run.record, run.record.summary
    return {
        "run": summary.number,
        "sequence": summary.sequence,
        "station": summary.station,
        "description": record.description,
        "outcome": None if summary.outcome is None else summary.outcome.value,
        "reason": record.reason,
        "started_utc_ns": summary.started_utc_ns,
        "ended_utc_ns": summary.ended_utc_ns,
        "shots_planned": summary.shots_planned,
        "shots_committed": summary.shots_committed,
        "plan_digest": record.plan_digest,
        "tags": list(summary.tags),
        "stamps": list(summary.stamps),
        "notes": [
            {"at_utc_ns": n.at_utc_ns, "author": n.author, "kind": n.kind, "text": n.text}
            for n in record.notes
        ],
        "channels": [{"name": one.name, "type": one.type, "unit": one.unit} for one in record.channels],
        "parameters": [{"name": one.name, "type": one.type, "unit": one.unit} for one in record.parameters],
        "environment": dict(record.environment),
    }
