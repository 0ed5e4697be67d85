"""How a recording of `shotlane record` ended, for people and for programs."""

import argparse
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from shotlane.acquisition import AcquisitionSummary, CsvSink, JsonLinesSink, ParquetSink, Sink, SqliteSink
from shotlane.cli._output import print_json_line, say, tell
from shotlane.cli._record_logger import Logger
from shotlane.cli._text import count, duration, lateness
from shotlane.records import Outcome, worst

_STATUSES = ("ok", "late", "failed", "missed", "dropped", "unreached")


@dataclass(frozen=True, slots=True)
class Ended:
    """A recording that is over. `by`: who asked for its end; `length`: as it was asked for, if it was."""

    logger: Logger
    summary: AcquisitionSummary
    sink: Sink | None
    by: str | None
    length: str | None

    @property
    def silent(self) -> list[str]:
        """Channels of which no value came."""
        return [name for name, seen in self.logger.seen.items() if not seen.values]

    @property
    def cut(self) -> bool:
        """Whether it ended before its time; who ends what had no time of its own has not cut it short."""
        return self.length is not None and self.by is not None and self.summary.unreached > 0

    @property
    def outcome(self) -> Outcome:
        """The worst of what happened."""
        piped = self.logger.piped
        lost = (self.silent and self.summary.planned) or (piped is not None and not piped.complete)
        return worst(
            [
                Outcome.DONE,
                Outcome.TERMINATED if self.cut else Outcome.DONE,
                Outcome.ERRORED if lost else Outcome.DONE,
            ]
        )


def tell_end(ended: Ended, arguments: argparse.Namespace) -> int:
    """Say what became of it; the exit status."""
    if arguments.json:
        print_json_line({"summary": _as_json(ended)})
    elif not arguments.quiet or ended.outcome.exit_status:
        # Where the readings themselves were printed, nothing else stands between them.
        (say if ended.sink is not None else tell)("\n".join(_lines(ended)))
    return ended.outcome.exit_status


def _lines(ended: Ended) -> Iterator[str]:
    summary, piped = ended.summary, ended.logger.piped
    took = duration(_took_ns(summary)) if ended.length is None or ended.cut else ended.length
    yield f"{ended.outcome}: {count(len(ended.logger.seen), 'channel')} for {took}"
    if ended.by is not None:
        yield f"  ended by   {ended.by}"
    counts = ", ".join(f"{getattr(summary, one):,} {one}" for one in _STATUSES if getattr(summary, one))
    yield f"  readings   {summary.planned:,} planned: {counts or 'none'}"
    if summary.lateness is not None:
        late = summary.lateness
        yield f"  lateness   p50 {lateness(late.p50_ns)}, p99 {lateness(late.p99_ns)}"
    if summary.disconnects:
        yield f"  lost       {count(summary.disconnects, 'connection')}, made again where they could be"
    for name in ended.silent:
        yield f"  no value   {name}: {_why(ended, name)}"
    for type_, fields in summary.clock_changes:
        yield f"  clock      {type_}: {', '.join(f'{key} {value}' for key, value in fields.items())}"
    if piped is not None and ended.sink is not None:
        yield f"  written    {piped.written:,} to {ended.sink.target()}"
        if not piped.complete:
            yield f"  not yet    the rest waits in {piped.spool} ({piped.last_error})"
            yield "             the next recording to the same place delivers it first; use --append"
        yield from (f"  load       {line}" for line in _load(ended.sink))


def _why(ended: Ended, name: str) -> str:
    newest = ended.logger.seen[name].newest
    return "never read" if newest is None else f"{newest.fault}: {newest.raw}"


def _took_ns(summary: AcquisitionSummary) -> int:
    if summary.finished_at is None:
        return 0
    return max(0, round((summary.finished_at - summary.started_at).total_seconds() * 1e9))


def _load(sink: Sink) -> Iterator[str]:
    """The line of Python that reads it."""
    for path in map(Path, sorted(map(str, sink.files()))):
        text = repr(str(path))
        if isinstance(sink, CsvSink):
            yield f"import polars as pl; pl.read_csv({text}, try_parse_dates=True)"
        elif isinstance(sink, JsonLinesSink):
            yield f"import polars as pl; pl.read_ndjson({text})"
        elif isinstance(sink, ParquetSink):
            yield f"import polars as pl; pl.read_parquet({text})"
        elif isinstance(sink, SqliteSink):
            table = sink.target().rpartition(":")[2]
            yield f"sqlite3 {path} 'SELECT channel, target_at, value FROM {table} LIMIT 10'"


def _as_json(ended: Ended) -> dict[str, Any]:
    summary, piped = ended.summary, ended.logger.piped
    written: dict[str, Any] = {"to": None, "written": 0, "complete": True, "spool": None, "last_error": None}
    if piped is not None and ended.sink is not None:
        written = {
            "to": ended.sink.target(),
            "written": piped.written,
            "complete": piped.complete,
            "spool": None if piped.complete else str(piped.spool),
            "last_error": piped.last_error,
        }
    return {
        "outcome": str(ended.outcome),
        "ended_by": ended.by,
        "channels": list(ended.logger.seen),
        "without_value": ended.silent,
        "started_at": summary.started_at.isoformat(),
        "finished_at": None if summary.finished_at is None else summary.finished_at.isoformat(),
        "planned": summary.planned,
        **{one: getattr(summary, one) for one in _STATUSES},
        "disconnects": summary.disconnects,
        "lateness_ns": None if summary.lateness is None else asdict(summary.lateness),
        "clock": [[type_, dict(fields)] for type_, fields in summary.clock_changes],
        **written,
    }
