"""The statements of the writer, as the drivers take them: plain text and tuples, past SQLAlchemy's compiler.

Every one may be repeated after a commit whose outcome is unknown and changes nothing the second time.
"""

from collections.abc import Iterator, Mapping

from sqlalchemy import Table

from shotlane.records import Outcome
from shotlane.store import _tables as tables

# Attempts and shots that went to their planned end; they are never changed again.
GOOD = frozenset({Outcome.DONE, Outcome.PASSED})
_GOOD = ", ".join(f"'{outcome.value}'" for outcome in sorted(GOOD))

# In the order of writing: what rows refer to comes first, and steps are forgotten before they are told anew.
ORDER = (
    *("parameter", "reopen_shot", "shot", "attempt", "shot_parameter", "forget_steps", "step", "tally"),
    *("sample", "sample_text", "sample_array", "action", "result", "poll", "series", "observation", "event"),
    *("stamps", "end_run", "end_session"),
)
_BULK = (
    *(tables.shot_parameter, tables.step, tables.tally, tables.sample, tables.sample_text),
    *(tables.sample_array, tables.action, tables.result, tables.poll, tables.event),
    *(tables.session, tables.run_session, tables.channel, tables.document, tables.note),
    tables.attachment,
    *(tables.series, tables.observation),
)


def statements(mark: str) -> Mapping[str, str]:
    """All statements by name for one way of marking arguments: `?` (sqlite3) or `%s` (psycopg)."""
    inserts = {table.name: f"{_insert(table, mark)} ON CONFLICT DO NOTHING" for table in _BULK}
    return inserts | dict(_brackets(mark)) | dict(_corrections(mark))


def _insert(table: Table, mark: str, columns: list[str] | None = None) -> str:
    names = columns or [column.name for column in table.columns]
    return f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({', '.join([mark] * len(names))})"


def _upsert(table: Table, mark: str, keys: tuple[str, ...], *, kept: tuple[str, ...] = ()) -> str:
    """Fill in what was not known at the start; a row that has its outcome is never changed."""
    changed = [column.name for column in table.columns if column.name not in (*keys, *kept)]
    sets = ", ".join(f"{name} = coalesce(excluded.{name}, {table.name}.{name})" for name in changed)
    return (
        f"{_insert(table, mark)} ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {sets}"
        f" WHERE {table.name}.outcome IS NULL"
    )


def _brackets(mark: str) -> Iterator[tuple[str, str]]:
    columns = [column.name for column in tables.run.columns if column.name != "number"]
    yield "run", f"{_insert(tables.run, mark, columns)} ON CONFLICT (session, ordinal) DO NOTHING"
    yield "run_number", f"SELECT number FROM run WHERE session = {mark} AND ordinal = {mark}"
    yield (
        "parameter",
        f"{_insert(tables.parameter, mark)} ON CONFLICT (run, parameter)"
        " DO UPDATE SET type = excluded.type WHERE parameter.type IS NULL",
    )
    yield "shot", _upsert(tables.shot, mark, ("run", "shot"))
    yield "attempt", _upsert(tables.attempt, mark, ("id",), kept=("run", "shot", "attempt"))
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
