"""What is known of a run as a whole: to `run.json` and back."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from shotlane.archives._bag import Bag
from shotlane.archives._bagging import PAYLOAD
from shotlane.archives._error import ArchiveError, UnknownFormatError
from shotlane.archives._sound import check_facts
from shotlane.records import ChannelRecord, Outcome
from shotlane.store import ParameterRecord, RunRecord, RunSummary, noted_tags, notes_of_rows

FORMAT = 1

Facts = Mapping[str, Any]
Row = tuple[Any, ...]

_NOTE = ("id", "at_utc_ns", "author", "kind", "text")
# The columns of a session; what only its own machine understands stays there.
_PROGRAM = (
    *("id", "started_utc_ns", "seen_utc_ns", "ended_utc_ns", "outcome", "host", "user_name", "pid"),
    *("process_started", "boot", "version", "kind", "station", "parent"),
)
_LOCAL = ("process_started", "boot")
_MOST_BYTES = 32 << 20


def to_json(value: Any) -> bytes:
    """JSON for people and programs, the same every time."""
    text = json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False)
    return f"{text}\n".encode()


def facts_of(
    record: RunRecord,
    documents: Mapping[str, str],
    sessions: Sequence[Row],
    writers: Sequence[Row],
    notes: Sequence[Row],
) -> Facts:
    """Everything about a run but its rows.

    `documents`: the file of each text by its name; the others as the reader of a store gives them.
    """
    summary = record.summary
    outcome = None if summary.outcome is None else summary.outcome.value
    return {
        "archive": FORMAT,
        "run": summary.number,
        "sequence": summary.sequence,
        "station": summary.station,
        "description": record.description,
        "tags": list(record.tags),
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
        "session": record.session,
        "ordinal": record.ordinal,
        "repeats": None if record.repeats is None else dict(record.repeats),
        "sessions": [_session(row, writers) for row in sessions],
        "notes": [dict(zip(_NOTE, row, strict=True)) for row in notes],
        "environment": dict(record.environment),
    }


def _columns(one: Any, names: Sequence[str]) -> dict[str, Any]:
    return {name: getattr(one, name) for name in names}


def _session(row: Row, writers: Sequence[Row]) -> dict[str, Any]:
    _, number, session, began, digest, environment = row
    program = next(dict(zip(_PROGRAM, one, strict=True)) for one in writers if one[0] == session)
    told = None if environment is None else json.loads(environment)
    return {
        "number": number,
        "session": session,
        "began_utc_ns": began,
        "plan_digest": digest,
        "environment": told,
        "program": {name: program[name] for name in _PROGRAM if name not in ("id", *_LOCAL)},
    }


def summary_of(facts: Facts) -> RunSummary:
    """The run in one line."""
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
        tags=noted_tags(facts["tags"], notes_of_rows(notes_of(facts))),
        stamps=tuple(facts["stamps"]),
    )


def channels_of(facts: Facts) -> tuple[ChannelRecord, ...]:
    """The channels by index."""
    names = ("index", "name", "type", "unit")
    return tuple(ChannelRecord(*(item[name] for name in names)) for item in facts["channels"])


def parameters_of(facts: Facts) -> tuple[ParameterRecord, ...]:
    """The parameters in declared order."""
    names = ("name", "type", "unit")
    return tuple(ParameterRecord(*(item[name] for name in names)) for item in facts["parameters"])


def notes_of(facts: Facts) -> list[Row]:
    """What people added later, as the reader of a store gives it."""
    return [tuple(note[name] for name in _NOTE) for note in facts["notes"]]


def writers_of(facts: Facts) -> list[Row]:
    """The programs that wrote it, as the reader of a store gives them."""
    programs = [{"id": item["session"], **item["program"]} for item in facts["sessions"]]
    return [tuple(program.get(name) for name in _PROGRAM) for program in programs]


def sessions_of(facts: Facts) -> list[Row]:
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


def facts_in(bag: Bag) -> Facts:
    """What `run.json` of a bag says. Raises `ArchiveError` for what no version of this format writes."""
    try:
        facts: Facts = json.loads(bag.read(f"{PAYLOAD}/run.json", _MOST_BYTES))
        made_by = facts["archive"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ArchiveError(f"'{bag.path}' is no archive of shotlane: its run.json is damaged") from error
    if made_by != FORMAT:
        told = f"'{bag.path}' is an archive of format {made_by}, and this version reads format {FORMAT}"
        raise UnknownFormatError(told, "use the version of shotlane that made it")
    check_facts(facts, str(bag.path))
    return facts
