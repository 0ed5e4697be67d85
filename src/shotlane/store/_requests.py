"""What other processes ask of a run: to pause, continue, abort or skip the shot.

A request is a row that the process of the run takes once and answers. A store that is gone for a while holds
up neither side: the inbox is then empty, and answers wait.
"""

import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from shotlane.records import Outcome, RecorderError
from shotlane.store._address import parse_address
from shotlane.store._encode import storable
from shotlane.store._error import StoreError
from shotlane.store._session import is_alive
from shotlane.store._writer import Writer

VERBS = ("pause", "continue", "abort", "skip")
_WAIT_S = 2.0


@dataclass(frozen=True, slots=True)
class Request:
    """One request. `answer` is None until the process of the run has taken it."""

    id: int
    run: int
    verb: str
    reason: str
    by: str
    at_utc_ns: int
    taken_utc_ns: int | None = None
    answer: str | None = None


_COLUMNS = "id, run, verb, reason, asked_by, at_utc_ns, taken_utc_ns, answer"


def send_request(
    store: str | Path, run: int, verb: str, *, reason: str = "", by: str = "", wait_s: float = 0.0
) -> Request:
    """Ask the process of a run for something, and wait at most `wait_s` for its answer.

    Raises `StoreError` when there is no such run, or it has ended. The request has no `answer` when none came
    in time; it stays, and may still be taken.
    """
    if verb not in VERBS:
        raise ValueError(f"{verb!r} is none of {', '.join(VERBS)}")
    with _Desk(store) as desk:
        try:
            desk.check_runs(run)
            sent = desk.send(Request(0, run, verb, storable(reason), storable(by), time.time_ns()))
            deadline = time.monotonic() + wait_s
            while sent.answer is None and time.monotonic() < deadline:
                time.sleep(0.02)
                sent = desk.one(sent.id)
        except RecorderError as error:
            raise StoreError(str(error)) from None
        return sent


class RequestInbox:
    """The requests that a run has not taken yet; for one thread of the process that runs it.

    Asking is cheap while nobody writes to a SQLite file (some microseconds), and one small query else.
    """

    def __init__(self, store: str | Path, run: int, *, wait_s: float = _WAIT_S) -> None:
        self._desk = _Desk(store, wait_s)
        self._run = run
        self._taken: set[int] = set()
        self._answers: dict[int, tuple[int, str]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def waiting(self) -> tuple[Request, ...]:
        """The requests that came since the last call, oldest first; each is given once.

        Requests from before this process took the run over are given too: look at `at_utc_ns`. Empty when the
        store cannot be reached.
        """
        with suppress(RecorderError):
            self._tell()
            found = self._desk.waiting(self._run)
            new = tuple(request for request in found if request.id not in self._taken)
            self._taken.update(request.id for request in new)
            return new
        return ()

    def answer(self, request: Request, text: str) -> None:
        """Say what became of a request; told to the store now, or at the next call of `waiting`."""
        self._answers[request.id] = (time.time_ns(), storable(text))
        with suppress(RecorderError):
            self._tell()

    def _tell(self) -> None:
        if self._answers:
            self._desk.answer(self._answers)
            self._answers.clear()

    def close(self) -> None:
        """Let go of the store. Safe to call twice."""
        with suppress(RecorderError):
            self._tell()
        self._desk.close()


class _Desk:
    """Requests in the store, as rows."""

    def __init__(self, store: str | Path, wait_s: float = _WAIT_S) -> None:
        self._writer = Writer(parse_address(store), None, wait_s)
        self._mark = self._writer.mark
        self._seen: int | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._writer.close()

    def _all(self, query: str, *arguments: Any) -> list[Any]:
        with self._writer.look() as cursor:
            cursor.execute(query.replace("?", self._mark), arguments)
            rows: list[Any] = cursor.fetchall()
            return rows

    def check_runs(self, run: int) -> None:
        found = self._all(
            "SELECT r.outcome, s.ended_utc_ns, s.host, s.boot, s.pid, s.process_started,"
            " coalesce(s.seen_utc_ns, s.started_utc_ns) FROM run r JOIN session s ON s.id = r.session"
            " WHERE r.number = ?",
            run,
        )
        shown = self._writer.address.shown
        if not found:
            raise StoreError(f"there is no run {run} in {shown}", "`shotlane runs` lists them")
        outcome, ended, *process = found[0]
        if outcome is not None:
            raise StoreError(f"run {run} has ended ({Outcome(outcome).value})")
        if ended is not None or not is_alive(*process):
            raise StoreError(f"run {run} does not go on: its process died", f"shotlane resume {run}")

    def send(self, request: Request) -> Request:
        values = (request.run, request.verb, request.reason, request.by, request.at_utc_ns)
        marks = ", ".join([self._mark] * len(values))
        insert = f"INSERT INTO request (run, verb, reason, asked_by, at_utc_ns) VALUES ({marks}) RETURNING id"
        with self._writer.transaction() as cursor:
            cursor.execute(insert, values)
            number = int(cursor.fetchone()[0])
        return self.one(number)

    def one(self, number: int) -> Request:
        return Request(*self._all(f"SELECT {_COLUMNS} FROM request WHERE id = ?", number)[0])

    def waiting(self, run: int) -> tuple[Request, ...]:
        # Counted per connection, so what was seen is forgotten whenever the next statement may lose it.
        before, self._seen = self._seen, None
        seen = self._all("PRAGMA data_version")[0][0] if self._writer.address.sqlite else None
        if seen is not None and seen == before:
            self._seen = seen
            return ()
        query = f"SELECT {_COLUMNS} FROM request WHERE run = ? AND taken_utc_ns IS NULL ORDER BY id"
        found = tuple(Request(*row) for row in self._all(query, run))
        self._seen = seen
        return found

    def answer(self, answers: dict[int, tuple[int, str]]) -> None:
        self._seen = None
        update = "UPDATE request SET taken_utc_ns = ?, answer = ? WHERE id = ?".replace("?", self._mark)
        with self._writer.transaction() as cursor:
            cursor.executemany(update, [(at, text, number) for number, (at, text) in answers.items()])
