"""Events: what happened, in order, each with a type and its fields.

An event is made where the thing happens and numbered by the recorder when it is taken; the sequence number
is dense within a session. Types are dotted, `subject.verb-in-past`; `EVENT_TYPES` names every one with its
fields.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

EVENT_TYPES: dict[str, tuple[str, ...]] = {
    "session.started": ("host", "user", "pid"),
    "session.ended": ("outcome",),
    "run.started": ("sequence", "station", "shots"),
    "run.ended": ("outcome", "reason"),
    "run.resumed": ("shots",),
    "run.paused": ("reason",),
    "run.continued": ("reason",),
    "request.taken": ("verb", "reason", "by"),
    "segment.ended": ("step", "how", "lasted_s"),
    "question.asked": ("text",),
    "question.answered": ("text", "answer"),
    "interlock.watched": ("name", "condition"),
    "interlock.tripped": ("name", "message", "values"),
    "verdict.failed": ("result", "value", "unit", "low", "high", "equals"),
    "verdict.errored": ("result", "message"),
    "optimize.asked": ("shot", "values", "reason"),
    "optimize.told": ("shot", "values", "how", "value", "digest", "reason"),
    "shot.skipped": ("reason",),
    "guard.absent": ("message",),
    "guard.lost": ("message",),
    "guard.made-safe": ("written", "unsafe", "took_s"),
    "timing.mode": ("mode", "reason"),
    "clock.stepped": ("by_s",),
    "clock.suspended": ("for_s",),
    "shot.started": ("parameters",),
    "shot.ended": ("outcome", "attempts"),
    "attempt.started": (),
    "attempt.ended": ("outcome", "fault", "message"),
    "instrument.opened": ("role", "resource", "driver"),
    "instrument.identified": ("role", "identity", "exchanges"),
    "instrument.set-up": ("role", "attribute", "value", "exchanges"),
    "instrument.faulted": ("role", "fault", "message", "context"),
    "instrument.reopened": ("role", "resource"),
    "instrument.down": ("role", "fault", "message", "unanswered"),
    "instrument.answered-again": ("role", "down_s"),
    "instrument.mismatched": ("role", "message", "identity"),
    "instrument.worn": ("role", "attribute", "writes", "budget", "per_s"),
    "instrument.closed": ("role",),
    "exchange.repeated": ("role", "operation", "names", "fault", "message", "try", "exchanges"),
    "exchange.extra": ("role", "operation", "names", "exchanges"),
    "exchange.checked": ("role", "operation", "names", "exchanges"),
    "exchange.unverified": ("role", "names"),
    "safe-state.reached": ("reason", "written"),
    "safe-state.written": ("role", "attribute", "value", "exchanges"),
    "safe-state.failed": ("reason", "role", "attribute", "message", "exchanges"),
    "table.loaded": ("role", "edges", "frames", "exchanges"),
    "table.stopped": ("role", "edges", "came", "exchanges"),
    "retry.scheduled": ("fault", "delay_s", "next_attempt"),
    "retry.exhausted": ("budget",),
    "cadence.kept": ("shot", "interval_s"),
    "cadence.missed": ("shot", "interval_s", "late_s"),
    "worker.crashed": ("port", "message"),
}


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened. `shot` and `attempt` are None outside of them; `fields` is JSON-able."""

    type: str
    utc_ns: int
    fields: Mapping[str, Any] = field(default_factory=dict)
    shot: int | None = None
    attempt: int | None = None
