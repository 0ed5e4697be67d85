"""The runs of a store, each in one line."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Select, func, select

from shotlane.records import Outcome
from shotlane.store import _tables as t
from shotlane.store._encode import Row
from shotlane.store._error import StoreError
from shotlane.store._found import RunSummary
from shotlane.store._notes import noted_tags, notes_of_rows
from shotlane.store._reading import Reading
from shotlane.store._session import is_alive


class RunList(Reading):
    """Lists runs."""

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

    def _what_exists(self) -> str:
        low, high, count = self._fetch(
            select(func.min(t.run.c.number), func.max(t.run.c.number), func.count(t.run.c.number))
        )[0]
        if not count:
            return "it holds no run yet"
        return f"it holds run {low}" if count == 1 else f"it holds {count} runs, {low} to {high}"

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


def _summaries() -> Select[Any]:
    r, s = t.run.c, t.session.c
    run = (r.number, r.sequence, r.station, r.started_utc_ns, r.ended_utc_ns, r.outcome, r.shots_planned)
    process = (s.host, s.boot, s.pid, s.process_started, func.coalesce(s.seen_utc_ns, s.started_utc_ns))
    query = select(*run, r.tags, r.stamps, s.ended_utc_ns, *process)
    return query.join_from(t.run, t.session, s.id == r.session)


def _summary(row: Row, notes: Sequence[Row], outcomes: Mapping[Outcome, int]) -> RunSummary:
    number, sequence, station, started, ended, outcome, planned, tags, stamps, closed, *process = row
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
        shots_committed=sum(outcomes.values()),
        tags=noted_tags(json.loads(tags or "[]"), notes_of_rows(notes)),
        stamps=tuple(json.loads(stamps or "[]")),
        outcomes=outcomes,
    )
