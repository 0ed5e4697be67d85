"""The start of a run in the store: a new one, or one that goes on in another session.

A run that goes on keeps its number, its channels, documents and parameters, and every row that it has. What
the new session adds never clashes with a row that the old one left in a spool: attempts and polls are
numbered from a block of their own.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from shotlane.records import ChannelRecord, RecorderError, RunStart
from shotlane.store._attempt_keys import BLOCK, attempt_id, attempt_range
from shotlane.store._encode import Row, from_json, storable, to_json
from shotlane.store._open import Parameters
from shotlane.store._partitions import ensure_part
from shotlane.store._session import is_alive
from shotlane.store._statements import GOOD, KEPT

_GOOD = ", ".join(f"'{outcome.value}'" for outcome in sorted(GOOD))
_KEPT = ", ".join(f"'{outcome.value}'" for outcome in sorted(KEPT))


@dataclass(slots=True, eq=False)
class OpenRun:
    """What must be known of a run to write its rows. `tries`: attempts that a shot had in former sessions."""

    number: int
    parameters: Parameters
    stamps: tuple[str, ...]
    ordinal: int = 0  # of the attempt made last
    polls: int = 0  # number of the poll made last
    resumed: bool = False
    tries: Mapping[int, int] = field(default_factory=dict)
    shifts: dict[int, int] = field(default_factory=dict)

    def shift(self, shot: int, attempt: int) -> int:
        """What is added to the numbers of a shot's attempts: they count on over sessions."""
        former = self.tries.get(shot, 0)
        if former == 0:
            return 0
        return self.shifts.setdefault(shot, former if attempt <= former else 0)


@dataclass(frozen=True, slots=True)
class Door:
    """A cursor in a transaction, and what is needed to use it."""

    cursor: Any
    statements: Mapping[str, str]
    mark: str

    def all(self, query: str, *arguments: Any) -> list[Row]:
        """The rows of a query, which has `?` for every argument."""
        self.cursor.execute(query.replace("?", self.mark), arguments)
        rows: list[Row] = self.cursor.fetchall()
        return rows

    def put(self, name: str, rows: Sequence[Row]) -> None:
        """Write rows by the statement of that name."""
        if rows:
            self.cursor.executemany(self.statements[name], rows)


def begin_run(door: Door, session: int, ordinal: int, start: RunStart, shown: str) -> OpenRun:
    """Store the start of a run: a new one, or the one that `start` resumes."""
    if start.resumes is not None:
        return _reopen(door, session, ordinal, start, shown)
    if start.follows is not None:
        _check_kept(door, start.follows, start, shown)
    number, parameters = make_run(door, session, ordinal, start)
    door.put("run_session", [(number, 0, session, start.started_utc_ns, None, None)])
    return OpenRun(number, parameters, start.stamps)


def make_run(door: Door, session: int, ordinal: int, start: RunStart) -> tuple[int, Parameters]:
    """Store what is known of a run before its first shot; its number, and its parameters."""
    door.put("run", [_run_row(session, ordinal, start)])
    number = int(door.all("SELECT number FROM run WHERE session = ? AND ordinal = ?", session, ordinal)[0][0])
    _make_room(door, number)
    parameters = Parameters(number, start.parameter_units, start.parameter_types)
    door.put("parameter", parameters.rows())
    door.put("channel", [(number, *_channel(one)) for one in start.channels])
    door.put("document", [(number, name, storable(text)) for name, text in start.documents.items()])
    _attach(door, start)
    return number, parameters


def _make_room(door: Door, number: int) -> None:
    if door.mark != "?":  # PostgreSQL
        ensure_part(door.cursor, number)


def _channel(channel: ChannelRecord) -> Row:
    return (channel.index, channel.name, channel.type, channel.unit)


def _run_row(session: int, ordinal: int, start: RunStart) -> Row:
    return (
        *(session, ordinal, storable(start.sequence), storable(start.station), storable(start.description)),
        *(start.started_utc_ns, None, None, None),
        *(start.shots_planned, start.plan_digest),
        *(to_json(list(start.tags)), to_json(list(start.stamps)), to_json(_environment(start)), None),
        None if start.repeats is None else to_json(dict(start.repeats)),
    )


def _environment(start: RunStart) -> dict[str, Any]:
    if not start.attachments:
        return dict(start.environment)
    digests = {name: digest_of(storable(text)) for name, text in start.attachments.items()}
    return {**start.environment, "attachments": digests}


def _attach(door: Door, start: RunStart) -> None:
    texts = map(storable, start.attachments.values())
    door.put("attachment", [(digest_of(text), text) for text in texts])


def digest_of(text: str) -> str:
    """What a text is known by."""
    return hashlib.sha256(text.encode()).hexdigest()


def _reopen(door: Door, session: int, ordinal: int, start: RunStart, shown: str) -> OpenRun:
    number = start.resumes
    assert number is not None
    stamps = _take_over(door, session, number, start, shown)
    door.cursor.execute(
        "UPDATE request SET taken_utc_ns = ?, answer = 'its process had died'"
        " WHERE run = ? AND taken_utc_ns IS NULL".replace("?", door.mark),
        (start.started_utc_ns, number),
    )
    door.put("reopen_run", [(session, ordinal, to_json(list(stamps)), number)])
    parameters = _parameters(door, number, start)
    door.put("parameter", parameters.rows())
    _make_room(door, number)
    door.put("channel", _new_channels(door, number, start))
    _keep_documents(door, number, start)
    low, high = attempt_range(number)
    last = door.all("SELECT max(id) FROM attempt WHERE id >= ? AND id < ?", low, high)[0][0]
    polls = door.all("SELECT max(number) FROM poll WHERE run = ?", number)[0][0]
    first = _next_block(0 if last is None else int(last) - attempt_id(number, 0))
    polled = _next_block(polls or 0)
    return OpenRun(number, parameters, stamps, first, polled, True, _tries(door, number))


def _take_over(door: Door, session: int, number: int, start: RunStart, shown: str) -> tuple[str, ...]:
    """Make the run that of this session, unless it still goes on; its stamps with the new ones."""
    # Two programs that resume it at once go one after the other.
    door.cursor.execute(f"UPDATE run SET number = number WHERE number = {door.mark}", (number,))
    found = door.all(
        "SELECT r.session, r.outcome, r.stamps, s.ended_utc_ns, s.host, s.boot, s.pid, s.process_started,"
        " coalesce(s.seen_utc_ns, s.started_utc_ns) FROM run r JOIN session s ON s.id = r.session"
        " WHERE r.number = ?",
        number,
    )
    if not found:
        raise RecorderError(f"there is no run {number} in {shown} to go on with")
    owner, outcome, stamps, ended, *process = found[0]
    if owner != session and outcome is None and ended is None and is_alive(*process):
        raise RecorderError(f"run {number} still goes on, in process {process[2]} of {process[0]}")
    if start.after_session is not None and owner not in (session, start.after_session):
        raise RecorderError(f"run {number} was resumed meanwhile by another process")
    _check_kept(door, number, start, shown)
    sessions = [row[0] for row in door.all("SELECT session FROM run_session WHERE run = ?", number)]
    if session not in sessions:
        row = (number, len(sessions), session, start.started_utc_ns)
        door.put("run_session", [(*row, start.plan_digest, to_json(_environment(start)))])
        _attach(door, start)
    return tuple(dict.fromkeys((*from_json(stamps, []), *start.stamps)))


def _check_kept(door: Door, number: int, start: RunStart, shown: str) -> None:
    """Refuse to do what was left of a run when shots of it have come since: they would be done twice."""
    if start.kept_shots is None:
        return
    query = f"SELECT shot FROM shot WHERE run = ? AND outcome IN ({_KEPT})"
    if {int(row[0]) for row in door.all(query, number)} != set(start.kept_shots):
        since = "since it was found out what is left of it; resume it once more"
        raise RecorderError(f"other shots of run {number} are committed in {shown} {since}")


def _next_block(last: int) -> int:
    """The number before the first of the next whole block."""
    return ((last >> BLOCK) + 1) << BLOCK


def _parameters(door: Door, number: int, start: RunStart) -> Parameters:
    rows = door.all("SELECT name, type, unit FROM parameter WHERE run = ? ORDER BY parameter", number)
    units = {name: unit for name, _, unit in rows}
    types = {name: kind for name, kind, _ in rows if kind is not None}
    return Parameters(
        number,
        units | {name: unit for name, unit in start.parameter_units.items() if name not in units},
        {**start.parameter_types, **types},
    )


def _new_channels(door: Door, number: int, start: RunStart) -> list[Row]:
    """Channels that the run did not have; one that it has otherwise would mix up its samples."""
    rows = door.all("SELECT channel, name, type, unit FROM channel WHERE run = ?", number)
    known: dict[int, Row] = {row[0]: tuple(row) for row in rows}
    for channel in map(_channel, start.channels):
        if known.get(channel[0], channel) != channel:
            told = f"{_told(known[channel[0]])}, not {_told(channel)}"
            raise RecorderError(f"run {number} cannot go on: its channel {channel[0]} is {told}")
    return [(number, *_channel(one)) for one in start.channels if one.index not in known]


def _told(channel: Row) -> str:
    _, name, kind, unit = channel
    return f"{name} ({kind}, {unit or 'no unit'})"


def _keep_documents(door: Door, number: int, start: RunStart) -> None:
    """Texts that differ from those of the run's start are kept beside them."""
    known: dict[str, str] = dict(door.all("SELECT name, text FROM document WHERE run = ?", number))
    part = door.all("SELECT max(number) FROM run_session WHERE run = ?", number)[0][0]
    texts = {name: storable(text) for name, text in start.documents.items()}
    rows = [
        (number, name if name not in known else f"{name} (resumed {part})", text)
        for name, text in texts.items()
        if known.get(name) != text
    ]
    door.put("document", rows)


def _tries(door: Door, number: int) -> dict[int, int]:
    """How often each shot was tried that did not end well."""
    rows = door.all(
        "SELECT a.shot, max(a.attempt) FROM attempt a LEFT JOIN shot s ON s.run = a.run AND s.shot = a.shot"
        f" WHERE a.run = ? AND (s.outcome IS NULL OR s.outcome NOT IN ({_GOOD})) GROUP BY a.shot",
        number,
    )
    return {int(shot): int(attempt) for shot, attempt in rows}
