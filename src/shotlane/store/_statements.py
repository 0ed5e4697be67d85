"""The statements of the writer, as the drivers take them: plain text and tuples, past SQLAlchemy's compiler.

Every one may be repeated after a commit whose outcome is unknown and changes nothing the second time. Columns
are named here in the order of the rows, which is that of `_tables`; a test holds the two in step, so that
writing needs no SQLAlchemy.
"""

from collections.abc import Iterator, Mapping

from shotlane.records import Outcome

# Attempts and shots that went to their planned end; they are never changed again.
GOOD = frozenset({Outcome.DONE, Outcome.PASSED})
# A shot that came to its planned end has its data; whether its verdict holds is no reason to do it again.
KEPT = GOOD | {Outcome.FAILED}
_GOOD = ", ".join(f"'{outcome.value}'" for outcome in sorted(GOOD))

# In the order of writing: what rows refer to comes first, and steps are forgotten before they are told anew.
ORDER = (
    *("parameter", "reopen_shot", "shot", "attempt", "shot_parameter", "forget_steps", "step", "tally"),
    *("sample", "sample_text", "sample_array", "action", "result", "poll", "series", "observation", "event"),
    *("stamps", "end_run", "end_session"),
)
# Samples in one statement `samples`: an old SQLite takes 999 values in one.
TOGETHER = 64
# Of rows that are stored once, and of those that are told in parts: the columns, in the order of a row.
BULK = {
    "shot_parameter": "run shot parameter value text",
    "step": "attempt step name start_ns end_ns",
    "tally": "attempt channel what planned ok late failed missed dropped unreached",
    "sample": "attempt channel tick target_ns late_ns took_ns value status",
    "sample_text": "attempt channel tick text raw",
    "sample_array": "attempt channel tick dtype shape encoding data",
    "action": "attempt number kind channel command target_ns requested_ns received_ns value text status raw",
    "result": "attempt number name type value text unit low high equals equals_text verdict",
    "poll": "run number channel requested_utc_ns received_utc_ns value text status raw",
    "event": "session number type at_utc_ns run shot attempt fields",
    "session": "id started_utc_ns seen_utc_ns ended_utc_ns outcome host user_name pid process_started boot"
    " version kind station parent",
    "run_session": "run number session began_utc_ns plan_digest environment",
    "channel": "run channel name type unit",
    "document": "run name text",
    "note": "id run at_utc_ns author kind text",
    "attachment": "digest text",
    "series": "session series key type unit sample_interval_ns began_utc_ns",
    "observation": "session series number at_utc_ns value text",
}
PARTS = {
    # Without its number, which the store gives.
    "run": "session ordinal sequence station description started_utc_ns ended_utc_ns outcome reason"
    " shots_planned plan_digest tags stamps environment summary repeats",
    "parameter": "run parameter name type unit",
    "shot": "run shot digest began_utc_ns ended_utc_ns outcome attempts good_attempt",
    "attempt": "id run shot attempt began_utc_ns origin_utc_ns ended_utc_ns outcome fault message context",
}


def statements(mark: str) -> Mapping[str, str]:
    """All statements by name for one way of marking arguments: `?` (sqlite3) or `%s` (psycopg)."""
    inserts = {
        name: f"{_insert(name, columns, mark)} ON CONFLICT DO NOTHING" for name, columns in BULK.items()
    }
    samples = f"{_insert('sample', BULK['sample'], mark, TOGETHER)} ON CONFLICT DO NOTHING"
    return inserts | {"samples": samples} | dict(_brackets(mark)) | dict(_corrections(mark))


def _insert(table: str, columns: str, mark: str, rows: int = 1) -> str:
    names = columns.split()
    row = f"({', '.join([mark] * len(names))})"
    return f"INSERT INTO {table} ({', '.join(names)}) VALUES {', '.join([row] * rows)}"


def _upsert(table: str, mark: str, keys: tuple[str, ...], *, kept: tuple[str, ...] = ()) -> str:
    """Fill in what was not known at the start; a row that has its outcome is never changed."""
    columns = PARTS[table]
    changed = [name for name in columns.split() if name not in (*keys, *kept)]
    sets = ", ".join(f"{name} = coalesce(excluded.{name}, {table}.{name})" for name in changed)
    return (
        f"{_insert(table, columns, mark)} ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {sets}"
        f" WHERE {table}.outcome IS NULL"
    )


def _brackets(mark: str) -> Iterator[tuple[str, str]]:
    yield "run", f"{_insert('run', PARTS['run'], mark)} ON CONFLICT (session, ordinal) DO NOTHING"
    yield "run_number", f"SELECT number FROM run WHERE session = {mark} AND ordinal = {mark}"
    yield (
        "parameter",
        f"{_insert('parameter', PARTS['parameter'], mark)} ON CONFLICT (run, parameter)"
        " DO UPDATE SET type = excluded.type WHERE parameter.type IS NULL",
    )
    yield "shot", _upsert("shot", mark, ("run", "shot"))
    yield "attempt", _upsert("attempt", mark, ("id",), kept=("run", "shot", "attempt"))
    yield (
        "end_run",
        f"UPDATE run SET ended_utc_ns = {mark}, outcome = {mark}, reason = {mark}, summary = {mark}"
        f" WHERE number = {mark} AND session = {mark} AND outcome IS NULL",
    )
    yield (
        "end_session",
        f"UPDATE session SET ended_utc_ns = {mark}, outcome = {mark} WHERE id = {mark}"
        " AND ended_utc_ns IS NULL",
    )
    yield "beat", f"UPDATE session SET seen_utc_ns = {mark} WHERE id = {mark}"


def _corrections(mark: str) -> Iterator[tuple[str, str]]:
    """What changes a row that is there, of a run that goes on."""
    yield (
        "reopen_shot",
        "UPDATE shot SET outcome = NULL, ended_utc_ns = NULL, attempts = NULL, good_attempt = NULL"
        f" WHERE run = {mark} AND shot = {mark} AND outcome NOT IN ({_GOOD})"
        f" AND {mark} = (SELECT session FROM run WHERE number = shot.run)",
    )
    yield "forget_steps", f"DELETE FROM step WHERE attempt = {mark}"
    yield "stamps", f"UPDATE run SET stamps = {mark} WHERE number = {mark} AND session = {mark}"
    yield (
        "reopen_run",
        f"UPDATE run SET session = {mark}, ordinal = {mark}, stamps = {mark}, ended_utc_ns = NULL,"
        f" outcome = NULL, reason = NULL, summary = NULL WHERE number = {mark}",
    )
