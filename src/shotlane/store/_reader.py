"""Reading a store, beside a writer or without one. Never writes, never makes a file, holds no snapshot."""

import json
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, select

from shotlane.records import ChannelRecord, Outcome
from shotlane.store import _tables as t
from shotlane.store._address import parse_address
from shotlane.store._attempt_keys import attempt_range
from shotlane.store._encode import Row
from shotlane.store._found import AttemptFault, ParameterRecord, RunRecord
from shotlane.store._notes import notes_of_rows
from shotlane.store._queries import STAMPS
from shotlane.store._run_list import RunList

_COUNTS = ("planned", "ok", "late", "failed", "missed", "dropped", "unreached")


def open_reader(store: str | Path) -> "Reader":
    """Open a store to read. Raises `StoreError` when there is none, or one of a newer version."""
    return Reader(parse_address(store))


class Reader(RunList):
    """Reads runs. Close it, or use it in a `with`.

    Rows come as tuples in the order that each method names. `id` is the key of an attempt, `index` that of a
    channel or parameter within its run.
    """

    def run(self, number: int | None = None) -> RunRecord:
        """One run in full, the newest when no number is given. `StoreError` when there is no such run."""
        number = self.newest() if number is None else number
        summary, c = self.summary(number), t.run.c
        details = select(c.description, c.reason, c.plan_digest, c.session, c.ordinal)
        details = details.add_columns(c.environment, c.summary, c.repeats, c.tags).where(c.number == number)
        description, reason, digest, session, ordinal, *texts = self._fetch(details)[0]
        environment, figures, repeats, tags = (json.loads(text or "null") for text in texts)
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
        query = select(c.digest, c.text).where(c.digest.in_(list(digests.values())))
        texts: dict[str, str] = dict(self._fetch(query))
        return {name: texts[digest] for name, digest in digests.items() if digest in texts}

    def shots(self, run: int) -> list[Row]:
        """Rows of shot, outcome, attempts, began_utc_ns, ended_utc_ns, good_attempt, digest."""
        c = t.shot.c
        columns = (c.shot, c.outcome, c.attempts, c.began_utc_ns, c.ended_utc_ns, c.good_attempt, c.digest)
        return self._fetch(select(*columns).where(c.run == run).order_by(c.shot))

    def newest_attempt(self, run: int) -> Row | None:
        """Row of id, shot, attempt, outcome, began, origin, ended (UTC) of the last one; None before it."""
        c = t.attempt.c
        low, high = attempt_range(run)
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
        """Rows of number, channel, target_ns, value, text, status of sets past a number, newest first."""
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

    def array_sizes(self, run: int) -> list[Row]:
        """Rows of id and bytes of the arrays of every attempt that holds any, as they are stored."""
        c = t.sample_array.c
        query = select(c.attempt, func.sum(func.length(c.data))).where(*_attempts(c, run, None))
        return [(key, int(size)) for key, size in self._fetch(query.group_by(c.attempt).order_by(c.attempt))]

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
        low, high = attempt_range(run)
        query = select(t.result).where(c.attempt >= low, c.attempt < high)
        return self._fetch(query.order_by(c.attempt, c.number))

    def polls(self, run: int) -> list[Row]:
        """Rows of table `poll`, in the order of its columns."""
        return self._fetch(select(t.poll).where(t.poll.c.run == run).order_by(t.poll.c.number))

    def sessions(self, run: int) -> list[Row]:
        """Rows of table `run_session`; more than one of a run that was resumed."""
        c = t.run_session.c
        return self._fetch(select(t.run_session).where(c.run == run).order_by(c.number))

    def written_by(self, sessions: Collection[int]) -> list[Row]:
        """Rows of run and session: what some sessions wrote."""
        c = t.run_session.c
        return self._fetch(select(c.run, c.session).where(c.session.in_(sessions)).order_by(c.run, c.number))

    def origins(self, runs: Collection[int]) -> list[Mapping[str, Any]]:
        """Where the texts of some runs came from, of those that tell it."""
        rows = self._fetch(select(t.run.c.environment).where(t.run.c.number.in_(runs)))
        return [found for (text,) in rows if (found := json.loads(text or "{}").get("origin"))]

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

    def holds_at_most(self, run: int, readings: int) -> bool:
        """Never known: a database would have to count."""
        del run, readings
        return False

    def tallies(self, run: int) -> list[Row]:
        """Rows of table `tally`, in the order of its columns."""
        c = t.tally.c
        low, high = attempt_range(run)
        return self._fetch(select(t.tally).where(c.attempt >= low, c.attempt < high).order_by(c.attempt))

    def events(self, run: int) -> list[Row]:
        """Rows of session, number, at_utc_ns, type, shot, attempt, fields (JSON)."""
        c = t.event.c
        query = select(c.session, c.number, c.at_utc_ns, c.type, c.shot, c.attempt, c.fields)
        sessions = select(t.run_session.c.session).where(t.run_session.c.run == run)
        query = query.where(c.session.in_(sessions), c.run == run)
        return self._fetch(query.order_by(c.session, c.number))

    def _tally_sums(self, run: int) -> dict[tuple[str, str], tuple[int, ...]]:
        c = t.tally.c
        low, high = attempt_range(run)
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


def _is_digest(text: object) -> bool:
    return isinstance(text, str) and len(text) == 64 and set(text) <= set("0123456789abcdef")


def _documents(run: int) -> Select[Any]:
    c = t.document.c
    return select(c.name, c.text).where(c.run == run).order_by(c.name)


def _attempts(columns: Any, run: int, keys: Sequence[int] | None) -> list[ColumnElement[bool]]:
    low, high = attempt_range(run)
    where = [columns.attempt >= low, columns.attempt < high]
    return where if keys is None else [*where, columns.attempt.in_(list(keys))]


def _of_run(query: Select[Any], columns: Any, run: int, channels: Sequence[int] | None) -> Select[Any]:
    low, high = attempt_range(run)
    query = query.where(columns.attempt >= low, columns.attempt < high)
    if channels is not None:
        query = query.where(columns.channel.in_(list(channels)))
    return query.order_by(columns.attempt, columns.channel, columns.tick)
