"""Views for people with psql, DBeaver or Grafana: names joined, times readable.

The same columns on both databases. Times are text in ISO 8601 with nanoseconds on SQLite, and timestamps with
time zone (to the microsecond, PostgreSQL keeps no more) on PostgreSQL.
"""

from collections.abc import Callable, Iterator

from shotlane.records import ActionKind, Status

Render = Callable[[str], str]


def sqlite_time(column: str) -> str:
    """Text of an instant in SQLite."""
    return (
        f"strftime('%Y-%m-%dT%H:%M:%S', {column} / 1000000000, 'unixepoch')"
        f" || printf('.%09dZ', {column} % 1000000000)"
    )


def postgres_time(column: str) -> str:
    """Timestamp of an instant in PostgreSQL."""
    return f"timestamptz 'epoch' + ({column} / 1000) * interval '1 microsecond'"


def _words(column: str, words: type[Status] | type[ActionKind]) -> str:
    cases = " ".join(f"WHEN {word.value} THEN '{word.name.lower()}'" for word in words)
    return f"CASE {column} {cases} END"


_STATUS = _words("s.status", Status)
_KIND = _words("s.kind", ActionKind)


def _per(nanoseconds: str, unit: str) -> str:
    # Without the cast PostgreSQL would count in decimals.
    return f"CAST({nanoseconds} AS double precision) / {unit}"


def _row_times(requested: str, received: str, late: str) -> str:
    return f"""{_per("s.target_ns", "1e9")} AS target_s, {_per(requested, "1e9")} AS requested_s,
    {_per(received, "1e9")} AS received_s,
    {_per(late, "1e6")} AS lateness_ms"""


_ACTION_LATE = "s.requested_ns - s.target_ns"
_SAMPLE_TIMES = _row_times(
    "(s.target_ns + s.late_ns)", "(s.target_ns + coalesce(s.late_ns, 0) + s.took_ns)", "s.late_ns"
)
_ACTION_TIMES = _row_times("s.requested_ns", "s.received_ns", f"({_ACTION_LATE})")
# How late was what was started, ok or late, in what rows; calls count under their role.
_STARTED = {
    "readings": (
        "s.late_ns",
        f"""sample s WHERE s.attempt = t.attempt AND s.channel = c.channel
        AND s.status <= {Status.LATE}""",
    ),
    "actions": (
        _ACTION_LATE,
        f"""action s WHERE s.attempt = t.attempt AND s.kind = {ActionKind.PLANNED:d}
        AND s.status <= {Status.LATE} AND (s.channel = c.channel OR c.channel IS NULL
        AND s.channel IS NULL AND s.command LIKE t.channel || '.%')""",
    ),
}


def _least(part: float, late: str, rows: str) -> str:
    if part == 1:
        return f"SELECT max({late}) FROM {rows}"
    ranked = f"SELECT {late} AS late, cume_dist() OVER (ORDER BY {late}) AS part FROM {rows}"
    return f"SELECT min(x.late) FROM ({ranked}) x WHERE x.part >= {part}"


def _late(part: float) -> str:
    """The least lateness in ms that this part of all starts does not exceed."""
    whens = " ".join(
        f"WHEN '{what}' THEN ({_least(part, late, rows)})" for what, (late, rows) in _STARTED.items()
    )
    return _per(f"CASE t.what {whens} END", "1e6")


_SAMPLE_INSTANT = "(a.origin_utc_ns + s.target_ns + coalesce(s.late_ns, 0))"
_ACTION_INSTANT = "(a.origin_utc_ns + coalesce(s.requested_ns, s.target_ns))"


View = tuple[str, str]


def views(time: Render) -> Iterator[View]:
    """Name and SELECT of every view; `time` renders a column of UTC nanoseconds."""
    yield from _of_runs(time)
    yield from _of_exchanges(time)
    yield from _of_attempts()
    yield from _beside_attempts(time)


def _of_runs(time: Render) -> Iterator[View]:
    yield (
        "run_view",
        f"""SELECT r.number AS run, r.sequence, r.station, {time("r.started_utc_ns")} AS started,
    {time("r.ended_utc_ns")} AS ended, coalesce(r.outcome, 'no end recorded') AS outcome, r.reason,
    r.shots_planned,
    (SELECT count(*) FROM shot s WHERE s.run = r.number AND s.outcome IS NOT NULL) AS shots_committed,
    r.tags, r.stamps, r.description, r.plan_digest, e.host, e.user_name, e.pid, r.session
FROM run r JOIN session e ON e.id = r.session""",
    )
    yield (
        "shot_view",
        f"""SELECT s.run, s.shot, coalesce(s.outcome, 'no end recorded') AS outcome, s.attempts,
    {time("s.began_utc_ns")} AS started, {time("s.ended_utc_ns")} AS ended,
    {_per("s.ended_utc_ns - s.began_utc_ns", "1e9")} AS duration_s, s.digest
FROM shot s""",
    )
    yield (
        "parameter_view",
        """SELECT v.run, v.shot, p.name, p.type, v.value, v.text, p.unit
FROM shot_parameter v JOIN parameter p ON p.run = v.run AND p.parameter = v.parameter""",
    )
    yield (
        "attempt_view",
        f"""SELECT a.run, a.shot, a.attempt, a.id AS attempt_id, {time("a.began_utc_ns")} AS began,
    {time("a.origin_utc_ns")} AS origin, {time("a.ended_utc_ns")} AS ended,
    coalesce(a.outcome, 'no end recorded') AS outcome, a.fault, a.message, a.context
FROM attempt a""",
    )


def _of_exchanges(time: Render) -> Iterator[View]:
    yield (
        "sample_view",
        f"""SELECT a.run, a.shot, a.attempt, a.outcome AS attempt_outcome, c.name AS channel, s.tick,
    {time(_SAMPLE_INSTANT)} AS time, {_SAMPLE_TIMES}, s.value, x.text, c.unit, {_STATUS} AS status, x.raw
FROM attempt a
JOIN sample s ON s.attempt = a.id
JOIN channel c ON c.run = a.run AND c.channel = s.channel
LEFT JOIN sample_text x ON x.attempt = s.attempt AND x.channel = s.channel AND x.tick = s.tick""",
    )
    yield (
        "array_view",
        f"""SELECT a.run, a.shot, a.attempt, a.outcome AS attempt_outcome, c.name AS channel, s.tick,
    {time(_SAMPLE_INSTANT)} AS time, {_SAMPLE_TIMES}, c.unit, {_STATUS} AS status,
    x.dtype, x.shape, x.encoding, x.data
FROM attempt a
JOIN sample_array x ON x.attempt = a.id
JOIN sample s ON s.attempt = x.attempt AND s.channel = x.channel AND s.tick = x.tick
JOIN channel c ON c.run = a.run AND c.channel = s.channel""",
    )
    yield (
        "action_view",
        f"""SELECT a.run, a.shot, a.attempt, a.outcome AS attempt_outcome, s.number, {_KIND} AS kind,
    c.name AS channel, s.command, {time(_ACTION_INSTANT)} AS time, {_ACTION_TIMES}, s.value, s.text, c.unit,
    {_STATUS} AS status, s.raw
FROM attempt a
JOIN action s ON s.attempt = a.id
LEFT JOIN channel c ON c.run = a.run AND c.channel = s.channel""",
    )


def _of_attempts() -> Iterator[View]:
    yield (
        "result_view",
        """SELECT a.run, a.shot, a.attempt, a.outcome AS attempt_outcome, s.number, s.name, s.type, s.value,
    s.text, s.unit, s.low, s.high, s.equals, s.equals_text, s.verdict
FROM attempt a JOIN result s ON s.attempt = a.id""",
    )
    yield (
        "step_view",
        """SELECT a.run, a.shot, a.attempt, s.step, s.name, s.start_ns / 1e9 AS start_s,
    s.end_ns / 1e9 AS end_s
FROM attempt a JOIN step s ON s.attempt = a.id""",
    )
    yield (
        "tally_view",
        """SELECT a.run, a.shot, a.attempt, t.channel, t.what, t.planned, t.ok, t.late, t.failed, t.missed,
    t.dropped, t.unreached
FROM attempt a JOIN tally t ON t.attempt = a.id""",
    )
    yield (
        "lateness_view",
        f"""SELECT a.run, a.shot, a.attempt, t.channel, t.what, t.planned, t.ok + t.late AS started, t.late,
    {_late(0.5)} AS p50_ms, {_late(0.99)} AS p99_ms, {_late(1.0)} AS max_ms
FROM attempt a JOIN tally t ON t.attempt = a.id
LEFT JOIN channel c ON c.run = a.run AND c.name = t.channel""",
    )


def _beside_attempts(time: Render) -> Iterator[View]:
    yield (
        "session_view",
        f"""SELECT e.id AS session, e.kind, e.station, e.parent, {time("e.started_utc_ns")} AS started,
    {time("e.ended_utc_ns")} AS ended,
    CASE WHEN e.ended_utc_ns IS NULL THEN 'no end recorded' ELSE e.outcome END AS outcome,
    e.host, e.user_name, e.pid, e.version
FROM session e""",
    )
    yield (
        "poll_view",
        f"""SELECT s.run, s.number, c.name AS channel, {time("s.requested_utc_ns")} AS time,
    {_per("s.received_utc_ns - s.requested_utc_ns", "1e6")} AS took_ms, s.value, s.text, c.unit,
    {_STATUS} AS status, s.raw
FROM poll s LEFT JOIN channel c ON c.run = s.run AND c.channel = s.channel""",
    )
    yield (
        "request_view",
        f"""SELECT q.id, q.run, q.verb, q.reason, q.asked_by, {time("q.at_utc_ns")} AS asked,
    {time("q.taken_utc_ns")} AS taken, q.answer
FROM request q""",
    )
    yield (
        "event_view",
        f"""SELECT e.session, e.number, {time("e.at_utc_ns")} AS time, e.type, e.run, e.shot,
    e.attempt, e.fields
FROM event e""",
    )
    yield (
        "note_view",
        f"""SELECT n.run, {time("n.at_utc_ns")} AS time, n.author, n.kind, n.text FROM note n""",
    )
    yield (
        "observation_view",
        f"""SELECT k.session, k.key, o.number, {time("o.at_utc_ns")} AS time, o.value, o.text, k.type, k.unit
FROM series k JOIN observation o ON o.session = k.session AND o.series = k.series""",
    )
