"""A laboratory of simulated probes, a witness of every request to them, and the store's account of the same.

The witness stands between the pool and the simulated drivers, so that it knows what was asked for whatever
was recorded. Each request takes a microsecond: no two of one probe share their stamps.
"""

import json
import signal
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

from shotlane.instruments.simulation._driver import SimulatedDriver
from shotlane.records import Outcome, worst
from shotlane.store._attempt_keys import BLOCK

INSTRUMENT = """
instrument: probe
protocol: ascii
timeout: 20 ms
replies: {number: "{value:f}", done: "OK"}
attributes:
  level:
    {query: L, reply: number, set: {send: "L{value:.6f}", reply: done}, unit: V, access: rw,
     min: 0 V, max: 100 V, safe: 0 V, update: 5 ms, poll: 20 ms}
  gate: {set: {true: "G1", false: "G0", reply: done}, type: bool, access: w, safe: false, update: 5 ms}
  fast: {query: F, reply: number, unit: V, update: 5 ms, poll: 20 ms}
  slow: {query: S, reply: number, unit: V, update: 5 ms, poll: 35 ms}
commands:
  poke: {send: P, reply: done, takes: 10 ms}
simulate:
  fast: {follows: level, noise: 0.2 V}
  slow: {lag: level, tau: 30 ms, noise: 0.1 V}
"""
ROLES = {"a": "sim://", "b": "sim://shared", "c": "sim://shared"}
STATUSES = "ok + late + failed + missed + dropped + unreached"
_SQL_ORIGIN = "coalesce(a.origin_utc_ns, a.began_utc_ns)"
# Virtual time begins anew in every session of a resumed run; the blocks of their keys tell them apart.
_BLOCK_OF_ATTEMPT = f"((a.id & 0xffffffff) >> {BLOCK})"
_When = tuple[int, int]  # block, time


@dataclass(frozen=True)
class Request:
    """One request to a probe; `what`: the names read, or a name and its value."""

    role: str
    kind: str  # read, write or call
    what: tuple[Any, ...]


@dataclass
class Witness:
    """What the probes were asked, in order. `act` is told the number of every request before it is done.

    `takes_ns`: how long each takes.
    """

    act: Callable[[int], None] = lambda _: None
    requests: list[Request] = field(default_factory=list)
    takes_ns: int = 1000

    @contextmanager
    def watching(self) -> Iterator["Witness"]:
        """Stand between the pool and all simulated drivers."""

        def seen(driver: SimulatedDriver, kind: str, *what: Any) -> None:
            self.requests.append(Request(driver._definition.role, kind, what))
            self.act(len(self.requests))
            driver._pass_ns(self.takes_ns)

        read, write, call = SimulatedDriver.read, SimulatedDriver.write, SimulatedDriver.call

        def seen_read(driver: SimulatedDriver, names: Sequence[str]) -> Any:
            seen(driver, "read", *sorted(names))
            return read(driver, names)

        def seen_write(driver: SimulatedDriver, name: str, value: Any) -> None:
            seen(driver, "write", name, float(value))
            write(driver, name, value)

        def seen_call(driver: SimulatedDriver, command: str, arguments: Any) -> Any:
            seen(driver, "call", command)
            return call(driver, command, arguments)

        with patch.multiple(SimulatedDriver, read=seen_read, write=seen_write, call=seen_call):
            yield self


def ctrl_c_at(number: int) -> Callable[[int], None]:
    """What presses Ctrl-C while a request is under way."""

    def act(count: int) -> None:
        if count == number:
            signal.raise_signal(signal.SIGINT)

    return act


@dataclass(frozen=True)
class Lab:
    """A project with three probes, two of them on one wire."""

    folder: Path

    def __post_init__(self) -> None:
        for name in ("stations", "sequences"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        (self.folder / "stations" / "probe.yaml").write_text(INSTRUMENT)
        self.station({})

    @property
    def store(self) -> str:
        """Where its runs go."""
        return str(self.folder / "runs.db")

    def station(self, faults: dict[str, list[str]], interlocks: str = "") -> Path:
        """Write the station: what goes wrong on each probe, and what must never be."""
        lines = ["station: probes", "instruments:"]
        for role, resource in ROLES.items():
            lines += [f"  {role}:", "    instrument: probe.yaml", f"    resource: {resource}"]
            told = faults.get(role, [])
            lines += ["    faults:", *(f"      - {{{fault}}}" for fault in told)] if told else []
        path = self.folder / "stations" / "probes.yaml"
        path.write_text("\n".join([*lines, interlocks, ""]))
        return path

    def sequence(self, text: str) -> Path:
        """Write the sequence."""
        path = self.folder / "sequences" / "generated.yaml"
        path.write_text(text)
        return path

    def rows(self, query: str, *arguments: object) -> list[sqlite3.Row]:
        """Rows of the store."""
        with closing(sqlite3.connect(self.store)) as connection:
            connection.row_factory = sqlite3.Row
            return connection.execute(query, arguments).fetchall()

    def stored(self, run: int) -> list[Request]:
        """Every request that the store tells of, in order."""
        rows = [*self._samples(run), *self._polls(run), *self._actions(run)]
        timed = [((*at, 1), request) for at, request in rows]
        # A row is stamped before its request, an event is made after it.
        timed += [((*at, 0), request) for at, request in self._events(run)]
        return [request for _, request in sorted(timed, key=lambda pair: pair[0])]

    def _samples(self, run: int) -> Iterator[tuple[_When, Request]]:
        rows = self.rows(
            f"""SELECT {_BLOCK_OF_ATTEMPT} AS block, s.target_ns + s.late_ns + {_SQL_ORIGIN} AS at,
                group_concat(c.name) AS names
            FROM sample s JOIN attempt a ON a.id = s.attempt
            JOIN channel c ON c.run = a.run AND c.channel = s.channel
            WHERE a.run = ? AND s.late_ns IS NOT NULL
            GROUP BY a.id, substr(c.name, 1, 1), s.target_ns + s.late_ns, s.took_ns""",
            run,
        )
        yield from (_read((row["block"], row["at"]), row["names"].split(",")) for row in rows)

    def _polls(self, run: int) -> Iterator[tuple[_When, Request]]:
        rows = self.rows(
            f"""SELECT p.number >> {BLOCK} AS block, p.requested_utc_ns AS at, group_concat(c.name) AS names
            FROM poll p JOIN channel c ON c.run = p.run AND c.channel = p.channel
            WHERE p.run = ? AND p.received_utc_ns IS NOT NULL
            GROUP BY block, substr(c.name, 1, 1), p.requested_utc_ns""",
            run,
        )
        yield from (_read((row["block"], row["at"]), row["names"].split(",")) for row in rows)

    def _actions(self, run: int) -> Iterator[tuple[_When, Request]]:
        rows = self.rows(
            f"""SELECT {_BLOCK_OF_ATTEMPT} AS block, x.requested_ns + {_SQL_ORIGIN} AS at, x.value, x.command,
            c.name FROM action x JOIN attempt a ON a.id = x.attempt
            LEFT JOIN channel c ON c.run = a.run AND c.channel = x.channel
            WHERE a.run = ? AND x.requested_ns IS NOT NULL""",
            run,
        )
        for row in rows:
            role, _, name = (row["name"] or row["command"]).partition(".")
            when = (row["block"], row["at"])
            if row["name"] is None:
                yield when, Request(role, "call", (name.partition("(")[0],))
            else:
                yield when, Request(role, "write", (name, float(row["value"])))

    def _events(self, run: int) -> Iterator[tuple[_When, Request]]:
        rows = self.rows(
            """SELECT s.number AS block, type, at_utc_ns AS at, fields FROM event e
            JOIN run_session s ON s.run = e.run AND s.session = e.session WHERE e.run = ?""",
            run,
        )
        for row in rows:
            fields = json.loads(row["fields"] or "{}")
            for _ in range(fields.get("exchanges", 0)):
                yield (row["block"], row["at"]), _told(row["type"], fields)


def _read(at: _When, names: list[str]) -> tuple[_When, Request]:
    role = names[0].partition(".")[0]
    return at, Request(role, "read", tuple(sorted({name.partition(".")[2] for name in names})))


def _told(type_: str, fields: dict[str, Any]) -> Request:
    role = fields["role"]
    if type_ in ("safe-state.written", "safe-state.failed"):
        return Request(role, "write", (fields["attribute"], None))
    operation = fields["operation"]
    names = tuple(sorted(fields["names"]))
    return Request(role, operation, (*names, None) if operation == "write" else names)


def _agree(ours: Request, theirs: Request) -> bool:
    """Whether both tell the same; an event does not know the value of a set."""
    if (ours.role, ours.kind) != (theirs.role, theirs.kind):
        return False
    if ours.kind == "write" and ours.what[-1] is None:
        return bool(ours.what[0] == theirs.what[0])
    return ours.what == theirs.what


def assert_accounted(lab: Lab, run: int, requests: Sequence[Request]) -> None:
    """Both books, side by side, and the sums of each attempt."""
    ours = lab.stored(run)
    for role in ROLES:
        mine = [request for request in ours if request.role == role]
        seen = [request for request in requests if request.role == role]
        for number, (row, request) in enumerate(zip(mine, seen, strict=False)):
            assert _agree(row, request), f"entry {number} of {role}: stored {row}, asked {request}"
        assert len(mine) == len(seen), (
            f"{role}: beyond both {[*mine, *seen][min(len(mine), len(seen)) :][:3]}"
        )
    assert_sums(lab, run)


def assert_sums(lab: Lab, run: int) -> None:
    """Statuses sum to planned, and each row is counted once."""
    of_run = "t.attempt >> 32 = ?"
    assert lab.rows(f"SELECT * FROM tally t WHERE {of_run} AND planned <> {STATUSES}", run) == []
    differing = lab.rows(
        f"""SELECT t.*, (SELECT count(*) FROM sample s JOIN channel c ON c.channel = s.channel
        WHERE s.attempt = t.attempt AND c.name = t.channel AND c.run = (t.attempt >> 32)) AS stored
        FROM tally t WHERE {of_run} AND what = 'readings' AND stored <> planned - unreached""",
        run,
    )
    assert [tuple(row) for row in differing] == []
    (row,) = lab.rows(
        f"""SELECT coalesce(sum(planned - unreached), 0) AS counted, (SELECT count(*) FROM action x
        WHERE kind = 0 AND x.attempt >> 32 = ?) AS stored FROM tally t WHERE {of_run} AND what = 'actions'""",
        run,
        run,
    )
    assert row["counted"] == row["stored"]


def assert_true_ending(lab: Lab, run: int, *, stopped: bool) -> Outcome:
    """What the run, its shots and attempts say of themselves agrees: worst wins; its outcome."""
    (told,) = lab.rows("SELECT outcome, reason FROM run WHERE number = ?", run)
    outcome = Outcome(told["outcome"])
    events = [row["type"] for row in lab.rows("SELECT type FROM event WHERE run = ? ORDER BY number", run)]
    assert "worker.crashed" not in events, lab.rows("SELECT fields FROM event WHERE type = 'worker.crashed'")
    shots = lab.rows("SELECT shot, outcome, attempts FROM shot WHERE run = ? ORDER BY shot", run)
    attempts = lab.rows("SELECT shot, attempt, outcome FROM attempt WHERE run = ? ORDER BY id", run)
    assert None not in [row["outcome"] for row in [*shots, *attempts]]
    assert events.count("attempt.started") == events.count("attempt.ended") == len(attempts)
    assert events.count("shot.started") == events.count("shot.ended") == len(shots)
    for shot in shots:
        own = [Outcome(row["outcome"]) for row in attempts if row["shot"] == shot["shot"]]
        assert len(own) == shot["attempts"]
        last = own[-1]
        allowed = {last, worst([last, Outcome.TERMINATED])} if stopped else {last}
        allowed |= {worst([last, Outcome.ABORTED])} if "interlock.tripped" in events else set()
        assert Outcome(shot["outcome"]) in allowed, (tuple(shot), own)
    found = [Outcome(row["outcome"]) for row in shots] or [Outcome.SKIPPED]
    own_words = {Outcome.TERMINATED} if stopped else set()
    own_words |= {Outcome.ABORTED} if "interlock.tripped" in events else set()
    own_words |= {Outcome.ERRORED} if "safe-state.failed" in events else set()
    assert outcome in {worst(found), *(worst([*found, own]) for own in own_words)}, (told["reason"], found)
    assert told["reason"] or outcome in (Outcome.DONE, Outcome.PASSED, Outcome.SKIPPED)
    return outcome
