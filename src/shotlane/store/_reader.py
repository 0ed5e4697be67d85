"""Reading a store, beside a writer or without one. Never writes, never makes a file, holds no snapshot."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from sqlalchemy import ClauseElement, ColumnElement, Connection, Select, and_, func, select
from sqlalchemy.exc import SQLAlchemyError

from shotlane.records import ChannelRecord, Outcome
from shotlane.store import _tables as t
from shotlane.store._address import Address, parse_address
from shotlane.store._bulk import bulk, has_driver
from shotlane.store._encode import Row
from shotlane.store._engine import reader_engine
from shotlane.store._error import StoreError, cause, scrub
from shotlane.store._found import AttemptFault, ParameterRecord, RunRecord, RunSummary
from shotlane.store._notes import noted_tags, notes_of_rows
from shotlane.store._queries import STAMPS, Query
from shotlane.store._schema import check_schema
from shotlane.store._session import is_alive

T = TypeVar("T")
_COUNTS = ("planned", "ok", "late", "failed", "missed", "dropped", "unreached")
# Up to here tuples are as quick as Arrow, whose connection must be opened first.
_FEW_ROWS = 5_000


def open_reader(store: str | Path) -> "Reader":
    """Open a store to read. Raises `StoreError` when there is none, or one of a newer version."""
    return Reader(parse_address(store))


class Reader:
    """Reads runs. Close it, or use it in a `with`.

    Rows come as tuples in the order that each method names. `id` is the key of an attempt, `index` that of a
    channel or parameter within its run.
    """

    def __init__(self, address: Address) -> None:
        self._address = address
        self._engine = reader_engine(address)
        self._errors = (SQLAlchemyError, self._engine.dialect.loaded_dbapi.Error)
        try:
            self._connection: Connection = self._engine.connect()
        except self._errors as error:
            raise self._error("opened", error) from None
        try:
            check_schema(self._connection, address.shown)
        except self._errors as error:
            self.close()
            raise self._error("read", error) from None
        except StoreError:
            self.close()
            raise

    @property
    def store(self) -> str:
        """Where the records are, as a person may see it."""
        return self._address.shown

    @property
    def sqlite(self) -> bool:
        """Whether it is a SQLite file."""
        return self._address.sqlite

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the store. Safe to call twice."""
        self._connection.close()
        self._engine.dispose()

    def runs(
        self, limit: int | None = None, *, since_utc_ns: int | None = None, until_utc_ns: int | None = None
    ) -> list[RunSummary]:
        """The runs, newest first; those that started in [since, until)."""
        query = _summaries().order_by(t.run.c.number.desc())
        if since_utc_ns is not None:
            query = query.where(t.run.c.started_utc_ns >= since_utc_ns)
        if until_utc_ns is not None:
            query = query.where(t.run.c.started_utc_ns < until_utc_ns)
        return self._summaries(self._fetch(query if limit is None else query.limit(limit)))

    def _summaries(self, rows: list[Row]) -> list[RunSummary]:
        """Runs in one line each, with the tags that they were given since."""
        if not rows:
            return []
        c = t.note.c
        query = select(c.run, c.id, c.at_utc_ns, c.author, c.kind, c.text).where(c.kind != "note")
        numbers = [int(row[0]) for row in rows]
        query = query.where(c.run >= min(numbers), c.run <= max(numbers))
        notes: dict[int, list[Row]] = {}
        for run, *note in self._fetch(query.order_by(c.at_utc_ns, c.id)):
            notes.setdefault(run, []).append(tuple(note))
        outcomes = self._outcomes_of(numbers)
        return [_summary(row, notes.get(row[0], ()), outcomes.get(row[0], {})) for row in rows]

    def newest(self) -> int:
        """Number of the newest run; `StoreError` when there is none."""
        number = self._fetch(select(func.max(t.run.c.number)))[0][0]
        if number is None:
            raise StoreError(f"{self.store} holds no run yet")
        return int(number)

    def summary(self, number: int) -> RunSummary:
        """One run in a line. `StoreError` when there is no such run."""
        found = self._fetch(_summaries().where(t.run.c.number == number))
        if not found:
            raise StoreError(f"there is no run {number} in {self.store}", self._what_exists())
        return self._summaries(found)[0]

    def run(self, number: int | None = None) -> RunRecord:
        """One run in full, the newest when no number is given. `StoreError` when there is no such run."""
        number = self.newest() if number is None else number
        found = self._fetch(_summaries().where(t.run.c.number == number))
        if not found:
            raise StoreError(f"there is no run {number} in {self.store}", self._what_exists())
        c = t.run.c
        details = select(c.description, c.reason, c.plan_digest, c.session, c.ordinal)
        details = details.add_columns(c.environment, c.summary, c.repeats, c.tags).where(c.number == number)
        description, reason, digest, session, ordinal, *texts = self._fetch(details)[0]
        environment, figures, repeats, tags = (json.loads(text or "null") for text in texts)
        summary = self._summaries(found)[0]
        return RunRecord(
            summary=summary,
            description=description or "",
            reason=reason,
            plan_digest=digest,
            environment=environment or {},
            figures=figures or {},
            channels=self.channels(number),
            parameters=self.parameters(number),
            documents=tuple(name for name, _ in self._fetch(_documents(number))),
            outcomes=summary.outcomes,
            tallies=self._tally_sums(number),
            faults=self._faults(number),
            session=session,
            ordinal=ordinal,
            repeats=repeats,
            tags=tuple(tags or ()),
            notes=notes_of_rows(self.notes(number)),
        )

    def _what_exists(self) -> str:
        low, high, count = self._fetch(
            select(func.min(t.run.c.number), func.max(t.run.c.number), func.count(t.run.c.number))
        )[0]
        if not count:
            return "it holds no run yet"
        return f"it holds run {low}" if count == 1 else f"it holds {count} runs, {low} to {high}"

    def channels(self, run: int) -> tuple[ChannelRecord, ...]:
        """The channels of a run by index."""
        c = t.channel.c
        query = select(c.channel, c.name, c.type, c.unit).where(c.run == run).order_by(c.channel)
        return tuple(ChannelRecord(*row) for row in self._fetch(query))

    def parameters(self, run: int) -> tuple[ParameterRecord, ...]:
        """The parameters of a run in declared order."""
        c = t.parameter.c
        query = select(c.name, c.type, c.unit).where(c.run == run).order_by(c.parameter)
        return tuple(ParameterRecord(*row) for row in self._fetch(query))

    def documents(self, run: int) -> dict[str, str]:
        """The texts that were run, by name."""
        return dict(self._fetch(_documents(run)))

    def attachments(self, run: int) -> dict[str, str]:
        """Texts that are the same for many runs, by name: lock files, what differed from the commit."""
        c = t.attachment.c
        first = self._fetch(select(t.run.c.environment).where(t.run.c.number == run))[0][0]
        parts = {"": first} | {f" (resumed {row[1]})": row[5] for row in self.sessions(run) if row[5]}
        digests = {
            f"{name}{part}": digest
            for part, environment in parts.items()
            for name, digest in json.loads(environment or "{}").get("attachments", {}).items()
            if _is_digest(digest)
        }
        texts = dict(self._fetch(select(c.digest, c.text).where(c.digest.in_(list(digests.values())))))
        return {name: texts[digest] for name, digest in digests.items() if digest in texts}

    def shots(self, run: int) -> list[Row]:
        """Rows of shot, outcome, attempts, began_utc_ns, ended_utc_ns, good_attempt, digest."""
        c = t.shot.c
        columns = (c.shot, c.outcome, c.attempts, c.began_utc_ns, c.ended_utc_ns, c.good_attempt, c.digest)
        return self._fetch(select(*columns).where(c.run == run).order_by(c.shot))

    def newest_attempt(self, run: int) -> Row | None:
        """Row of id, shot, attempt, outcome, began, origin, ended (UTC) of the last one; None before it."""
        c = t.attempt.c
        low, high = t.attempt_range(run)
        times = (c.began_utc_ns, c.origin_utc_ns, c.ended_utc_ns)
        query = select(c.id, c.shot, c.attempt, c.outcome, *times).where(c.id >= low, c.id < high, c.shot > 0)
        found = self._fetch(query.order_by(c.id.desc()).limit(1))
        return found[0] if found else None

    def newest_samples(self, attempt: int, channel: int, after: int, limit: int) -> list[Row]:
        """Rows of tick, target_ns, late_ns, value, status of readings past a tick, newest first."""
        c = t.sample.c
        query = select(c.tick, c.target_ns, c.late_ns, c.value, c.status)
        query = query.where(c.attempt == attempt, c.channel == channel, c.tick > after)
        return self._fetch(query.order_by(c.tick.desc()).limit(limit))

    def newest_text(self, attempt: int, channel: int) -> str | None:
        """The text read last from a channel."""
        c = t.sample_text.c
        query = select(c.text).where(c.attempt == attempt, c.channel == channel, c.text.is_not(None))
        found = self._fetch(query.order_by(c.tick.desc()).limit(1))
        return None if not found else str(found[0][0])

    def newest_actions(self, attempt: int, after: int, limit: int) -> list[Row]:
        """Rows of number, channel, target_ns, value, text, status of what was sent past a number, newest first."""
        c = t.action.c
        query = select(c.number, c.channel, c.target_ns, c.value, c.text, c.status)
        query = query.where(c.attempt == attempt, c.number > after, c.channel.is_not(None))
        return self._fetch(query.order_by(c.number.desc()).limit(limit))

    def change(self) -> int | None:
        """A number that changes whenever somebody has written; None where that is not told."""
        return int(self._execute("PRAGMA data_version")[0][0]) if self._address.sqlite else None

    def shot_parameters(self, run: int) -> list[Row]:
        """Rows of shot, index, value, text."""
        c = t.shot_parameter.c
        query = select(c.shot, c.parameter, c.value, c.text).where(c.run == run)
        return self._fetch(query.order_by(c.shot, c.parameter))

    def parameter_values(self, name: str, runs: Sequence[int]) -> list[Row]:
        """Rows of run, type, unit, value, text: every value that a parameter takes in some of the runs."""
        p, v = t.parameter.c, t.shot_parameter.c
        same = and_(v.run == p.run, v.parameter == p.parameter)
        query = select(p.run, p.type, p.unit, v.value, v.text).distinct()
        query = query.join_from(t.parameter, t.shot_parameter, same, isouter=True)
        query = query.where(p.name == name, p.run.in_(list(runs)))
        try:
            return [tuple(row) for row in self._connection.execute(query)]
        except self._errors as error:
            raise self._error("read", error) from None

    def attempts(self, run: int) -> list[Row]:
        """Rows of id, shot, attempt, outcome, began, origin, ended (UTC), fault, message, context (JSON)."""
        c = t.attempt.c
        times = (c.began_utc_ns, c.origin_utc_ns, c.ended_utc_ns)
        query = select(c.id, c.shot, c.attempt, c.outcome, *times, c.fault, c.message, c.context)
        return self._fetch(query.where(c.run == run).order_by(c.id))

    def samples(self, run: int, channels: Sequence[int] | None = None) -> list[Row]:
        """Rows of id, index, tick, target_ns, requested_ns, received_ns, value, status."""
        s, instants = t.sample.c, STAMPS.values()
        query = select(s.attempt, s.channel, s.tick, s.target_ns, *instants, s.value, s.status)
        return self._fetch(_of_run(query, s, run, channels))

    def sample_texts(self, run: int, channels: Sequence[int] | None = None) -> list[Row]:
        """Rows of id, index, tick, text, raw."""
        return self._fetch(_of_run(select(t.sample_text), t.sample_text.c, run, channels))

    def arrays(
        self, run: int, channels: Sequence[int] | None = None, attempts: Sequence[int] | None = None
    ) -> list[Row]:
        """Rows of id, index, tick, requested_ns, dtype, shape, encoding, data; of some attempts or all."""
        a, s = t.sample_array.c, t.sample.c
        same = and_(s.attempt == a.attempt, s.channel == a.channel, s.tick == a.tick)
        requested = STAMPS["requested_ns"]
        query = select(a.attempt, a.channel, a.tick, requested, a.dtype, a.shape, a.encoding, a.data)
        query = query.join_from(t.sample_array, t.sample, same).where(*_attempts(a, run, attempts))
        return self._fetch(_of_run(query, a, run, channels))

    def actions(self, run: int, attempts: Sequence[int] | None = None) -> list[Row]:
        """Rows of table `action`, in the order of its columns; of some attempts by key, or of all."""
        c = t.action.c
        query = select(t.action).where(*_attempts(c, run, attempts))
        return self._fetch(query.order_by(c.attempt, c.number))

    def steps(self, run: int, attempts: Sequence[int] | None = None) -> list[Row]:
        """Rows of table `step`, in the order of its columns; of some attempts by key, or of all."""
        c = t.step.c
        query = select(t.step).where(*_attempts(c, run, attempts))
        return self._fetch(query.order_by(c.attempt, c.step))

    def results(self, run: int) -> list[Row]:
        """Rows of table `result`, in the order of its columns."""
        c = t.result.c
        low, high = t.attempt_range(run)
        query = select(t.result).where(c.attempt >= low, c.attempt < high)
        return self._fetch(query.order_by(c.attempt, c.number))

    def polls(self, run: int) -> list[Row]:
        """Rows of table `poll`, in the order of its columns."""
        return self._fetch(select(t.poll).where(t.poll.c.run == run).order_by(t.poll.c.number))

    def sessions(self, run: int) -> list[Row]:
        """Rows of table `run_session`; more than one of a run that was resumed."""
        c = t.run_session.c
        return self._fetch(select(t.run_session).where(c.run == run).order_by(c.number))

    def writers(self, run: int) -> list[Row]:
        """Rows of table `session`, of those that wrote a run, first to last."""
        c = t.run_session.c
        query = select(t.session).join_from(t.session, t.run_session, c.session == t.session.c.id)
        return self._fetch(query.where(c.run == run).order_by(c.number))

    def notes(self, run: int) -> list[Row]:
        """Rows of id, at_utc_ns, author, kind, text, oldest first."""
        c = t.note.c
        query = select(c.id, c.at_utc_ns, c.author, c.kind, c.text).where(c.run == run)
        return self._fetch(query.order_by(c.at_utc_ns, c.id))

    def series(self, session: int) -> list[Row]:
        """Rows of table `series`, in the order of its columns: what a session observes."""
        c = t.series.c
        return self._fetch(select(t.series).where(c.session == session).order_by(c.series))

    def process(self, run: int) -> str:
        """Who runs a run: 'process 4711 of labpc'."""
        s = t.session.c
        query = select(s.pid, s.host).join_from(t.session, t.run, t.run.c.session == s.id)
        pid, host = self._fetch(query.where(t.run.c.number == run))[0]
        return f"process {pid} of {host}"

    def tallies(self, run: int) -> list[Row]:
        """Rows of table `tally`, in the order of its columns."""
        c = t.tally.c
        low, high = t.attempt_range(run)
        return self._fetch(select(t.tally).where(c.attempt >= low, c.attempt < high).order_by(c.attempt))

    def events(self, run: int) -> list[Row]:
        """Rows of session, number, at_utc_ns, type, shot, attempt, fields (JSON)."""
        c = t.event.c
        query = select(c.session, c.number, c.at_utc_ns, c.type, c.shot, c.attempt, c.fields)
        sessions = select(t.run_session.c.session).where(t.run_session.c.run == run)
        query = query.where(c.session.in_(sessions), c.run == run)
        return self._fetch(query.order_by(c.session, c.number))

    def table(
        self,
        query: Query,
        arrow: Callable[[Any], T],
        rows: Callable[[list[Row]], T],
        expected: int | None = None,
    ) -> T:
        """What one of the two makes of the rows: `arrow` of a stream of Arrow, `rows` of tuples.

        Many rows come as Arrow where its driver is installed and may be used. On SQLite the first of them is
        a row of constants that belongs to no reading; on PostgreSQL they come `packed`, where the query says
        how. `expected`: about how many there are, where known.
        """
        text = self._text(query.select)
        if not has_driver(self._address) or (expected is not None and expected <= _FEW_ROWS):
            return rows(self._execute(text))
        if expected is None:
            found = self._execute(f"SELECT * FROM ({text}) AS few LIMIT {_FEW_ROWS + 1}")
            if len(found) <= _FEW_ROWS:
                return rows(found)
        taken = self._bulk(text, query, arrow)
        return rows(self._execute(text)) if taken is None else taken

    def _bulk(self, text: str, query: Query, arrow: Callable[[Any], T]) -> T | None:
        if not self._address.sqlite:
            quick = text if query.packed is None else self._text(query.packed.select)
            return bulk(self._address, self._engine, quick, arrow)
        self._connection.close()
        try:
            return bulk(self._address, self._engine, f"{query.first} UNION ALL SELECT * FROM ({text})", arrow)
        finally:
            self._connection = self._engine.connect()

    def _outcomes_of(self, runs: Sequence[int]) -> dict[int, dict[Outcome, int]]:
        """How many shots of each run ended how."""
        c = t.shot.c
        query = select(c.run, c.outcome, func.count()).where(c.run >= min(runs), c.run <= max(runs))
        query = query.where(c.outcome.is_not(None)).group_by(c.run, c.outcome)
        counts = {(run, name): int(count) for run, name, count in self._fetch(query)}
        found: dict[int, dict[Outcome, int]] = {run: {} for run in runs}
        for run, of_run in found.items():
            of_run.update(
                {outcome: counts[run, outcome.value] for outcome in Outcome if (run, outcome.value) in counts}
            )
        return found

    def _tally_sums(self, run: int) -> dict[tuple[str, str], tuple[int, ...]]:
        c = t.tally.c
        low, high = t.attempt_range(run)
        query = select(c.channel, c.what, *(func.sum(c[name]) for name in _COUNTS))
        query = query.where(c.attempt >= low, c.attempt < high).group_by(c.channel, c.what)
        rows = self._fetch(query.order_by(c.channel, c.what))
        return {(channel, what): tuple(map(int, counts)) for channel, what, *counts in rows}

    def _faults(self, run: int) -> tuple[AttemptFault, ...]:
        found = []
        for _, shot, attempt, outcome, *_, fault, message, context in self.attempts(run):
            if fault is not None:
                ended = None if outcome is None else Outcome(outcome)
                told = json.loads(context or "{}")
                found.append(AttemptFault(shot, attempt, ended, fault, message or "", told))
        return tuple(found)

    def _fetch(self, query: ClauseElement) -> list[Row]:
        return self._execute(self._text(query))

    def _text(self, query: ClauseElement) -> str:
        # All arguments are whole numbers and digests of ours, so writing them into the text is safe.
        return str(query.compile(dialect=self._engine.dialect, compile_kwargs={"literal_binds": True}))

    def _execute(self, text: str) -> list[Row]:
        # Past SQLAlchemy's rows: plain tuples of the driver are several times faster.
        driver: Any = self._connection.connection.driver_connection
        try:
            cursor = driver.cursor() if self._address.sqlite else driver.cursor(binary=True)
            try:
                cursor.execute(text)
                rows: list[Row] = cursor.fetchall()
            finally:
                cursor.close()
        except self._errors as error:
            raise self._error("read", error) from None
        return rows

    def _error(self, done: str, error: BaseException) -> StoreError:
        why = scrub(cause(error), self._address.secrets)
        return StoreError(f"the store {self.store} cannot be {done}: {why}")


def _is_digest(text: object) -> bool:
    return isinstance(text, str) and len(text) == 64 and set(text) <= set("0123456789abcdef")


def _documents(run: int) -> Select[Any]:
    c = t.document.c
    return select(c.name, c.text).where(c.run == run).order_by(c.name)


def _attempts(columns: Any, run: int, keys: Sequence[int] | None) -> list[ColumnElement[bool]]:
    low, high = t.attempt_range(run)
    where = [columns.attempt >= low, columns.attempt < high]
    return where if keys is None else [*where, columns.attempt.in_(list(keys))]


def _of_run(query: Select[Any], columns: Any, run: int, channels: Sequence[int] | None) -> Select[Any]:
    low, high = t.attempt_range(run)
    query = query.where(columns.attempt >= low, columns.attempt < high)
    if channels is not None:
        query = query.where(columns.channel.in_(list(channels)))
    return query.order_by(columns.attempt, columns.channel, columns.tick)


def _summaries() -> Select[Any]:
    r, s = t.run.c, t.session.c
    committed = select(func.count()).where(t.shot.c.run == r.number, t.shot.c.outcome.is_not(None))
    run = (r.number, r.sequence, r.station, r.started_utc_ns, r.ended_utc_ns, r.outcome, r.shots_planned)
    process = (s.host, s.boot, s.pid, s.process_started, func.coalesce(s.seen_utc_ns, s.started_utc_ns))
    query = select(*run, committed.scalar_subquery(), r.tags, r.stamps, s.ended_utc_ns, *process)
    return query.join_from(t.run, t.session, s.id == r.session)


def _summary(row: Row, notes: Sequence[Row], outcomes: Mapping[Outcome, int]) -> RunSummary:
    number, sequence, station, started, ended, outcome, planned, committed, tags, stamps, closed, *process = (
        row
    )
    died = outcome is None and (closed is not None or not is_alive(*process))
    known = Outcome.TERMINATED if died else None if outcome is None else Outcome(outcome)
    return RunSummary(
        number=number,
        sequence=sequence,
        station=station,
        started_utc_ns=started,
        ended_utc_ns=ended,
        outcome=known,
        died=died,
        shots_planned=planned,
        shots_committed=committed,
        tags=noted_tags(json.loads(tags or "[]"), notes_of_rows(notes)),
        stamps=tuple(json.loads(stamps or "[]")),
        outcomes=outcomes,
    )
