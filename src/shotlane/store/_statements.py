"""The statements of the writer, as the drivers take them: plain text and tuples, past SQLAlchemy's compiler.

Every one may be repeated after a commit whose outcome is unknown and changes nothing the second time.
"""

from sqlalchemy import Table

from shotlane.store import _tables as tables


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


# In the order of writing: what rows refer to comes first.
BULK = (
    tables.shot_parameter,
    tables.step,
    tables.tally,
    tables.sample,
    tables.sample_text,
    tables.sample_array,
    tables.action,
    tables.result,
    tables.event,
)


class Statements:
    """All statements for one way of marking arguments: `?` (sqlite3) or `%s` (psycopg)."""

    def __init__(self, mark: str) -> None:
        self.parameter = (
            f"{_insert(tables.parameter, mark)} ON CONFLICT (run, parameter)"
            " DO UPDATE SET type = excluded.type WHERE parameter.type IS NULL"
        )
        self.shot = _upsert(tables.shot, mark, ("run", "shot"))
        self.attempt = _upsert(tables.attempt, mark, ("id",), kept=("run", "shot", "attempt"))
        self.bulk = {table.name: self._once(table, mark) for table in BULK}
        self.session = self._once(tables.session, mark)
        self.channel = self._once(tables.channel, mark)
        self.document = self._once(tables.document, mark)
        columns = [column.name for column in tables.run.columns if column.name != "number"]
        self.run = f"{_insert(tables.run, mark, columns)} ON CONFLICT (session, ordinal) DO NOTHING"
        self.run_number = f"SELECT number FROM run WHERE session = {mark} AND ordinal = {mark}"
        self.end_run = (
            f"UPDATE run SET ended_utc_ns = {mark}, outcome = {mark}, reason = {mark}, summary = {mark}"
            f" WHERE number = {mark} AND outcome IS NULL"
        )
        self.end_session = (
            f"UPDATE session SET ended_utc_ns = {mark}, outcome = {mark} WHERE id = {mark}"
            " AND ended_utc_ns IS NULL"
        )
        self.beat = f"UPDATE session SET seen_utc_ns = {mark} WHERE id = {mark}"

    @staticmethod
    def _once(table: Table, mark: str) -> str:
        return f"{_insert(table, mark)} ON CONFLICT DO NOTHING"
