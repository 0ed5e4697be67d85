"""Reading a store, beside a writer or without one. Never writes, never makes a file, holds no snapshot."""

import json
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sqlalchemy import ClauseElement, Connection, Select, and_, func, select
from sqlalchemy.exc import SQLAlchemyError

from shotlane.records import ChannelRecord, Outcome
from shotlane.store import _tables as t
from shotlane.store._address import Address, parse_address
from shotlane.store._encode import Row
from shotlane.store._engine import reader_engine
from shotlane.store._error import StoreError, cause, scrub
from shotlane.store._found import AttemptFault, ParameterRecord, RunRecord, RunSummary
from shotlane.store._schema import check_schema
from shotlane.store._session import is_alive

_COUNTS = ("planned", "ok", "late", "failed", "missed", "dropped", "unreached")


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

    def runs(self, limit: int | None = None) -> list[RunSummary]:
        """The runs, newest first."""
        query = _summaries().order_by(t.run.c.number.desc())
        return [_summary(row) for row in self._fetch(query if limit is None else query.limit(limit))]

    def newest(self) -> int:
        """Number of the newest run; `StoreError` when there is none."""
        number = self._fetch(select(func.max(t.run.c.number)))[0][0]
        if number is None:
            raise StoreError(f"{self.store} holds no run yet")
        return int(number)

    def run(self, number: int | None = None) -> RunRecord:
        """One run in full, the newest when no number is given. `StoreError` when there is no such run."""
        number = self.newest() if number is None else number
        found = self._fetch(_summaries().where(t.run.c.number == number))
        if not found:
            raise StoreError(f"there is no run {number} in {self.store}", self._what_exists())
        c = t.run.c
        details = select(c.description, c.reason, c.plan_digest, c.environment, c.summary)
        description, reason, digest, environment, figures = self._fetch(details.where(c.number == number))[0]
        return RunRecord(
            summary=_summary(found[0]),
            description=description or "",
            reason=reason,
            plan_digest=digest,
            environment=json.loads(environment or "{}"),
            figures=json.loads(figures or "{}"),
            channels=self.channels(number),
            parameters=self.parameters(number),
            documents=tuple(name for name, _ in self._fetch(_documents(number))),
            outcomes=self._outcomes(number),
            tallies=self._tally_sums(number),
            faults=self._faults(number),
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

    def shots(self, run: int) -> list[Row]:
        """Rows of shot, outcome, attempts, began_utc_ns, ended_utc_ns, good_attempt, digest."""
        c = t.shot.c
        columns = (c.shot, c.outcome, c.attempts, c.began_utc_ns, c.ended_utc_ns, c.good_attempt, c.digest)
        return self._fetch(select(*columns).where(c.run == run).order_by(c.shot))

    def shot_parameters(self, run: int) -> list[Row]:
        """Rows of shot, index, value, text."""
        c = t.shot_parameter.c
        query = select(c.shot, c.parameter, c.value, c.text).where(c.run == run)
        return self._fetch(query.order_by(c.shot, c.parameter))

    def attempts(self, run: int) -> list[Row]:
        """Rows of id, shot, attempt, outcome, began, origin, ended (UTC), fault, message, context (JSON)."""
        c = t.attempt.c
        times = (c.began_utc_ns, c.origin_utc_ns, c.ended_utc_ns)
        query = select(c.id, c.shot, c.attempt, c.outcome, *times, c.fault, c.message, c.context)
        return self._fetch(query.where(c.run == run).order_by(c.id))

    def samples(self, run: int, channels: Sequence[int] | None = None) -> list[Row]:
        """Rows of id, index, tick, target_ns, requested_ns, received_ns, value, status."""
        return self._fetch(_of_run(select(t.sample), t.sample.c, run, channels))

    def sample_texts(self, run: int, channels: Sequence[int] | None = None) -> list[Row]:
        """Rows of id, index, tick, text, raw."""
        return self._fetch(_of_run(select(t.sample_text), t.sample_text.c, run, channels))

    def arrays(self, run: int, channels: Sequence[int] | None = None) -> list[Row]:
        """Rows of id, index, tick, requested_ns, dtype, shape, encoding, data."""
        a, s = t.sample_array.c, t.sample.c
        same = and_(s.attempt == a.attempt, s.channel == a.channel, s.tick == a.tick)
        query = select(a.attempt, a.channel, a.tick, s.requested_ns, a.dtype, a.shape, a.encoding, a.data)
        return self._fetch(_of_run(query.join_from(t.sample_array, t.sample, same), a, run, channels))

    def actions(self, run: int) -> list[Row]:
        """Rows of table `action`, in the order of its columns."""
        c = t.action.c
        low, high = t.attempt_range(run)
        query = select(t.action).where(c.attempt >= low, c.attempt < high)
        return self._fetch(query.order_by(c.attempt, c.number))

    def steps(self, run: int) -> list[Row]:
        """Rows of table `step`, in the order of its columns."""
        c = t.step.c
        low, high = t.attempt_range(run)
        query = select(t.step).where(c.attempt >= low, c.attempt < high)
        return self._fetch(query.order_by(c.attempt, c.step))

    def tallies(self, run: int) -> list[Row]:
        """Rows of table `tally`, in the order of its columns."""
        c = t.tally.c
        low, high = t.attempt_range(run)
        return self._fetch(select(t.tally).where(c.attempt >= low, c.attempt < high).order_by(c.attempt))

    def events(self, run: int) -> list[Row]:
        """Rows of session, number, at_utc_ns, type, shot, attempt, fields (JSON)."""
        c = t.event.c
        query = select(c.session, c.number, c.at_utc_ns, c.type, c.shot, c.attempt, c.fields)
        session = select(t.run.c.session).where(t.run.c.number == run).scalar_subquery()
        return self._fetch(query.where(c.session == session, c.run == run).order_by(c.session, c.number))

    def _outcomes(self, run: int) -> dict[Outcome, int]:
        c = t.shot.c
        query = (
            select(c.outcome, func.count()).where(c.run == run, c.outcome.is_not(None)).group_by(c.outcome)
        )
        found = {Outcome(name): int(count) for name, count in self._fetch(query)}
        return {outcome: found[outcome] for outcome in Outcome if outcome in found}

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
        # Past SQLAlchemy's rows: plain tuples of the driver are several times faster for bulk rows. All
        # arguments are whole numbers of ours, so writing them into the text is safe.
        text = str(query.compile(dialect=self._engine.dialect, compile_kwargs={"literal_binds": True}))
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


def _documents(run: int) -> Select[Any]:
    c = t.document.c
    return select(c.name, c.text).where(c.run == run).order_by(c.name)


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


def _summary(row: Row) -> RunSummary:
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
        tags=tuple(json.loads(tags or "[]")),
        stamps=tuple(json.loads(stamps or "[]")),
    )
