"""The schemas of all frames: no type is ever guessed from rows, and an empty run gives the same ones.

Instants are Datetime in nanoseconds, UTC. Columns ending in `_ns` are whole nanoseconds from the origin of
the attempt, `t` the same in seconds: when the exchange began, or was due when it never began.
"""

import polars as pl

from shotlane.records import ActionKind, Outcome, Status

Instant = pl.Datetime("ns", "UTC")
StatusType = pl.Enum([status.name.lower() for status in Status])
KindType = pl.Enum([kind.name.lower() for kind in ActionKind])
OutcomeType = pl.Enum([outcome.value for outcome in Outcome])
VerdictType = pl.Enum(["passed", "failed", "errored"])

Schema = dict[str, pl.DataType | type[pl.DataType]]

_PLACE: Schema = {"run": pl.Int64, "shot": pl.Int64, "attempt": pl.Int64}

RUNS: Schema = {
    "run": pl.Int64,
    "sequence": pl.String,
    "station": pl.String,
    "state": pl.String,
    "outcome": OutcomeType,
    "started": Instant,
    "ended": Instant,
    "shots_planned": pl.Int64,
    "shots_committed": pl.Int64,
    "shots_good": pl.Int64,
    "tags": pl.List(pl.String),
    "stamps": pl.List(pl.String),
}

SHOTS: Schema = {
    "run": pl.Int64,
    "shot": pl.Int64,
    "outcome": OutcomeType,
    "verdict": VerdictType,
    "attempts": pl.Int64,
    "started": Instant,
    "duration_s": pl.Float64,
}

ATTEMPTS: Schema = {
    **_PLACE,
    "outcome": OutcomeType,
    "began": Instant,
    "origin": Instant,
    "ended": Instant,
    "fault": pl.String,
    "message": pl.String,
    "context": pl.String,
}

_TIMES: Schema = {
    "t": pl.Float64,
    "time": Instant,
    "value": pl.Float64,
    "text": pl.String,
    "status": StatusType,
    "target_ns": pl.Int64,
    "requested_ns": pl.Int64,
    "received_ns": pl.Int64,
    "lateness_ns": pl.Int64,
    "raw": pl.String,
}

SAMPLES: Schema = {**_PLACE, "channel": pl.String, "tick": pl.Int64, "step": pl.String, **_TIMES}

STEPS: Schema = {**_PLACE, "step": pl.String, "start_s": pl.Float64, "end_s": pl.Float64}

ACTIONS: Schema = {
    **_PLACE,
    "number": pl.Int64,
    "kind": KindType,
    "channel": pl.String,
    "command": pl.String,
    **_TIMES,
}

RESULTS: Schema = {
    **_PLACE,
    "result": pl.String,
    "type": pl.String,
    "value": pl.Float64,
    "text": pl.String,
    "unit": pl.String,
    "low": pl.Float64,
    "high": pl.Float64,
    "equals": pl.Float64,
    "equals_text": pl.String,
    "verdict": VerdictType,
}

POLLS: Schema = {
    "run": pl.Int64,
    "number": pl.Int64,
    "channel": pl.String,
    "time": Instant,
    "took_s": pl.Float64,
    "value": pl.Float64,
    "text": pl.String,
    "status": StatusType,
    "raw": pl.String,
}

TALLIES: Schema = {
    **_PLACE,
    "channel": pl.String,
    "what": pl.String,
    **dict.fromkeys(("planned", "ok", "late", "failed", "missed", "dropped", "unreached"), pl.Int64),
}

LATENESS: Schema = {
    **_PLACE,
    "channel": pl.String,
    "what": pl.String,
    **dict.fromkeys(("planned", "started", "late", "p50_ns", "p99_ns", "max_ns"), pl.Int64),
}

EVENTS: Schema = {
    "run": pl.Int64,
    "session": pl.Int64,
    "number": pl.Int64,
    "time": Instant,
    "type": pl.String,
    "shot": pl.Int64,
    "attempt": pl.Int64,
    "fields": pl.String,
}

# As the reader gives them.
ATTEMPT_ROWS: Schema = {
    "id": pl.Int64,
    "shot": pl.Int64,
    "attempt": pl.Int64,
    "outcome": pl.String,
    "began": pl.Int64,
    "origin": pl.Int64,
    "ended": pl.Int64,
    "fault": pl.String,
    "message": pl.String,
    "context": pl.String,
}

STORED_SAMPLES: Schema = {
    "attempt": pl.Int64,
    "channel": pl.Int64,
    "tick": pl.Int64,
    "target_ns": pl.Int64,
    "requested_ns": pl.Int64,
    "began_ns": pl.Int64,
    "received_ns": pl.Int64,
    "value": pl.Float64,
    "status": pl.Int64,
}

STORED_TEXTS: Schema = {
    "attempt": pl.Int64,
    "channel": pl.Int64,
    "tick": pl.Int64,
    "text": pl.String,
    "raw": pl.String,
}

RESULT_ROWS: Schema = {
    "id": pl.Int64,
    "number": pl.Int64,
    "result": pl.String,
    **{name: kind for name, kind in RESULTS.items() if name not in (*_PLACE, "result", "verdict")},
    "verdict": pl.String,
}

POLL_ROWS: Schema = {
    "run": pl.Int64,
    "number": pl.Int64,
    "index": pl.Int64,
    "requested": pl.Int64,
    "received": pl.Int64,
    "value": pl.Float64,
    "text": pl.String,
    "status": pl.Int64,
    "raw": pl.String,
}

ACTION_ROWS: Schema = {
    "id": pl.Int64,
    "number": pl.Int64,
    "kind": pl.Int64,
    "index": pl.Int64,
    "command": pl.String,
    "target_ns": pl.Int64,
    "requested_ns": pl.Int64,
    "received_ns": pl.Int64,
    "value": pl.Float64,
    "text": pl.String,
    "status": pl.Int64,
    "raw": pl.String,
}

STEP_ROWS: Schema = {
    "id": pl.Int64,
    "number": pl.Int64,
    "step": pl.String,
    "start_ns": pl.Int64,
    "end_ns": pl.Int64,
}

TALLY_ROWS: Schema = {"id": pl.Int64, **{name: kind for name, kind in TALLIES.items() if name not in _PLACE}}

EVENT_ROWS: Schema = {
    "session": pl.Int64,
    "number": pl.Int64,
    "time": pl.Int64,
    "type": pl.String,
    "shot": pl.Int64,
    "attempt": pl.Int64,
    "fields": pl.String,
}


def frame(rows: list[tuple[object, ...]], schema: Schema) -> pl.DataFrame:
    """Rows as a frame of the declared types."""
    return pl.DataFrame(rows, schema=schema, orient="row")
