"""Whether events have no gaps, and bracket the run, its shots and its attempts as the tables have them.

Events are numbered without gaps in a session, and those of a run lie together, because no other run is open
meanwhile; a guard numbers on in a block of its own. What was killed may lack its end, so only what has an
outcome in the tables must have one here. Events are read one at a time.
"""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from shotlane.archives._check_parameters import as_stored, parameters_of
from shotlane.archives._checked import Findings, place
from shotlane.archives._events import instant
from shotlane.archives._reader import BagReader

_BLOCK = 22
_BAD = ("failed", "errored")
_GUARD = "guard.made-safe"

_Attempt = tuple[int, int]


@dataclass(slots=True)
class _Told:
    """What events say. Of a shot that several sessions ran, the last one counts.

    `spans`: first and last number and how many, by session and block. `last`: the number of the last one by
    session. `astray`: those that did not go up. `begun`: how often a run began in each session. `ended`:
    outcome and reason by session. `bad`: attempts with results whose verdict did not hold, and what they say.
    """

    spans: dict[tuple[int, int], tuple[int, int, int]] = field(default_factory=dict)
    last: dict[int, int] = field(default_factory=dict)
    astray: list[int] = field(default_factory=list)
    begun: dict[int, list[Mapping[str, Any]]] = field(default_factory=dict)
    ended: dict[int, tuple[Any, Any]] = field(default_factory=dict)
    guarded: set[int] = field(default_factory=set)
    shots: dict[int, tuple[int, Mapping[str, Any]]] = field(default_factory=dict)
    shot_ends: dict[int, tuple[int, Mapping[str, Any]]] = field(default_factory=dict)
    attempts: set[_Attempt] = field(default_factory=set)
    attempt_ends: dict[_Attempt, tuple[Any, Any]] = field(default_factory=dict)
    bad: dict[tuple[int, int, Any, str], Mapping[str, Any]] = field(default_factory=dict)

    def take(self, order: int, row: tuple[Any, ...]) -> None:
        """Take an event of the session that was the `order`-th of the run."""
        session, number, _, kind, shot, attempt, text = row
        if number <= self.last.get(session, -1):
            self.astray.append(number)
        self.last[session] = number
        first, last, count = self.spans.get((session, number >> _BLOCK), (number, number, 0))
        self.spans[session, number >> _BLOCK] = (min(first, number), max(last, number), count + 1)
        if kind in _BRACKETS or kind.startswith("verdict."):
            self._bracket(order, session, kind, (shot, attempt), json.loads(text))

    def _bracket(self, order: int, session: int, kind: str, at: Any, fields: Mapping[str, Any]) -> None:
        shot, attempt = at
        if kind == "run.started":
            self.begun.setdefault(session, []).append(fields)
        elif kind == "run.ended":
            self.ended[session] = (fields.get("outcome"), fields.get("reason"))
        elif kind == _GUARD:
            self.guarded.add(session)
        elif kind in ("shot.started", "shot.ended"):
            found = self.shots if kind == "shot.started" else self.shot_ends
            if order >= found.get(shot, (order, {}))[0]:
                found[shot] = (order, fields)
        elif kind == "attempt.started":
            self.attempts.add(at)
        elif kind == "attempt.ended":
            self.attempt_ends[at] = (fields.get("outcome"), fields.get("fault"))
        else:
            self.bad[shot, attempt, fields.get("result"), kind.removeprefix("verdict.")] = fields


_BRACKETS = frozenset(
    {
        *("run.started", "run.ended", "shot.started", "shot.ended", "attempt.started", "attempt.ended"),
        _GUARD,
    }
)


def check_events(reader: BagReader, found: Findings) -> None:
    """Compare them with `run.json` and the tables."""
    order = {row[2]: row[1] for row in reader.sessions()}
    told = _Told()
    for row in reader.event_stream():
        found.compared += 1
        if row[0] not in order:
            found.tell(f"event {row[1]} is of a session that is not of the run")
            return
        told.take(order[row[0]], row)
    for check in (_instants, _gaps, _of_run, _of_shots, _of_attempts, _of_verdicts):
        for fault in check(reader, told):
            found.tell(fault)


def _instants(reader: BagReader, _: _Told) -> Iterator[str]:
    """When it was in words, and in nanoseconds."""
    for event in map(json.loads, reader.event_lines()):
        at = instant(event["at_utc_ns"])
        if event.get("at") != at:
            yield f"event {event['number']} was at {at} by its nanoseconds, and at {event.get('at')}"


def _gaps(_: BagReader, told: _Told) -> Iterator[str]:
    for (session, _block), (first, last, count) in told.spans.items():
        missing = last - first + 1 - count
        # One that a session took up again has other events between its own.
        if missing > 0 and len(told.begun.get(session, ())) <= 1:
            yield f"of the events {first} to {last} of a session {missing} are missing"
    for number in told.astray:
        yield f"event {number} of a session is there twice, or not in its place"


def _of_run(reader: BagReader, told: _Told) -> Iterator[str]:
    """Its beginning in every session, and its end in the last."""
    facts = reader.facts
    wanted = {name: facts[name] for name in ("sequence", "station")} | {"shots": facts["shots_planned"]}
    # Of what was killed as it opened its instruments, a guard may be the only one to tell.
    for session in sorted({session for session, block in told.spans if not block}):
        begun = told.begun.get(session)
        if begun is None:
            yield "no event says that the run began"
            continue
        for name, value in wanted.items():
            if begun[-1].get(name) != value:
                yield f"the run began with {name} {begun[-1].get(name)} by its event, and {value} by run.json"
    last = max(((row[1], row[2]) for row in reader.sessions()), default=(0, 0))[1]
    if facts["outcome"] is None or facts["died"] or last in told.guarded:
        return
    ended = told.ended.get(last)
    if ended is None:
        yield "no event says that the run ended"
    elif ended != (facts["outcome"], facts["reason"]):
        by_facts = _ended(facts["outcome"], facts["reason"])
        yield f"the run ended {_ended(*ended)} by its event, and {by_facts} by run.json"


def _of_shots(reader: BagReader, told: _Told) -> Iterator[str]:
    parameters = parameters_of(reader)
    for shot, outcome, attempts, *_ in reader.shots():
        if outcome is None:
            continue
        _, began = told.shots.get(shot, (0, {}))
        _, ended = told.shot_ends.get(shot, (0, {}))
        then = began.get("parameters")
        if then is None:
            yield f"no event says that shot {shot} began"
        elif any(not _is_same(value, parameters[shot].get(name)) for name, value in then.items()):
            yield f"shot {shot} has other parameters in its event than in the table"
        if "outcome" not in ended:
            yield f"no event says that shot {shot} ended"
        elif ended["outcome"] != outcome:
            yield f"shot {shot} ended {ended['outcome']} by its event, and {outcome} by the table"
        # One that was resumed counts in its event only the attempts of the session.
        elif len(reader.facts["sessions"]) == 1 and ended.get("attempts") != attempts:
            told_attempts = ended.get("attempts")
            yield f"shot {shot} had {told_attempts} attempts by its event, and {attempts} by the table"


def _of_attempts(reader: BagReader, told: _Told) -> Iterator[str]:
    known: set[_Attempt] = set()
    for _, shot, number, outcome, *_, fault, _, _ in reader.attempts():
        known.add((shot, number))
        if outcome is None or not shot:
            continue
        where, ended = place(shot, number), told.attempt_ends.get((shot, number))
        if (shot, number) not in told.attempts:
            yield f"{where}: no event says that it began"
        if ended is None:
            yield f"{where}: no event says how it ended"
        elif ended != (outcome, fault):
            yield f"{where} ended {_ended(*ended)} by its event, and {_ended(outcome, fault)} by the table"
    for shot, number in sorted(told.attempts - known):
        yield f"{place(shot, number)} began by its event, and is not recorded"


def _of_verdicts(reader: BagReader, told: _Told) -> Iterator[str]:
    ended = {
        key: (shot, number) for key, shot, number, outcome, *_ in reader.attempts() if outcome is not None
    }
    then = {
        (*ended[key], name, verdict): row
        for key, _, name, *row, verdict in reader.results()
        if key in ended and verdict in _BAD
    }
    now = {one: fields for one, fields in told.bad.items() if (one[0], one[1]) in set(ended.values())}
    for shot, number, name, verdict in sorted(then.keys() - now):
        yield f"{place(shot, number)}: {name} {verdict} by its result, and no event says so"
    for shot, number, name, verdict in sorted(now.keys() - then):
        yield f"{place(shot, number)}: {name} {verdict} by its event, and not by its result"
    for one in sorted(then.keys() & now):
        shot, number, name, verdict = one
        if verdict == "failed" and not _says(now[one], then[one]):
            yield f"{place(shot, number)}: {name} has another value, unit or limit by its event"


def _says(fields: Mapping[str, Any], row: Sequence[Any]) -> bool:
    """Whether the event of a verdict tells what its result is."""
    _, value, text, unit, low, high, equals, equals_text = row
    recorded = {
        # Not-a-number, and what is not exact as a float, is text beside it.
        "value": value if text is None else text,
        "unit": unit,
        "low": low,
        "high": high,
        "equals": equals if equals_text is None else equals_text,
    }
    return all(_is_same(fields.get(name), one) for name, one in recorded.items())


def _is_same(told: Any, recorded: Any) -> bool:
    """Whether an event and the table have one value; what is not finite is text in an event."""
    if isinstance(recorded, float) and not math.isfinite(recorded):
        return True
    return bool(as_stored(told) == recorded)


def _ended(outcome: Any, why: Any) -> str:
    return str(outcome) if why is None else f"{outcome} ({why})"
