"""A run out of an archive, into a store, a batch of rows at a time.

A run is told from all others by the session that began it, so that it comes once, whatever its number is
where. An import that was cut off is completed by the next one of the same run.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

import polars as pl

from shotlane.archives._error import ArchiveError
from shotlane.archives._reader import BagReader
from shotlane.records import RunStart
from shotlane.store import Arrival, Arrived, ArrivedEnd, Arriving, key_here, pressed, unpacked

Row = tuple[Any, ...]
_BATCH = 20_000
_FEW = 64  # arrays at a time, which may be large


@dataclass(frozen=True, slots=True)
class Imported:
    """A run that is in a store. `new`: it was brought now, or completed; else it was there already.

    `of`: its number in the archive. `notes`: how many came now. `later`: it has gone on in the store since it
    was archived.
    """

    run: int
    of: int
    store: str
    new: bool
    notes: int = 0
    later: bool = False


def import_archive(reader: BagReader, arrival: Arrival, told: Mapping[str, Any]) -> Imported:
    """Bring the run of an archive; `told` is kept with it. Raises `ArchiveError`, `RecorderError`."""
    of = reader.run().summary.number
    arriving = _arriving(reader, {"run": of, **told})
    known = arrival.find(arriving)
    later = known is not None and _is_later(known, arriving, arrival.store)
    if known is not None and known.whole:
        notes = arrival.put_new("note", _notes(reader, known.number))
        return Imported(known.number, of, arrival.store, new=False, notes=notes, later=later)
    _read_through(reader)
    number = arrival.begin(arriving)
    for table, rows in _tables(reader, number):
        for batch in _batches(rows, _FEW if table == "sample_array" else _BATCH):
            arrival.put([(table, batch)])
    for samples, texts in _samples(reader, number):
        arrival.put_samples(samples)
        arrival.put([("sample_text", texts)])
    notes = arrival.put_new("note", _notes(reader, number))
    arrival.finish(number, arriving, _end(reader))
    return Imported(number, of, arrival.store, new=True, notes=notes)


def _read_through(reader: BagReader) -> None:
    """Read everything once, so that an archive that is refused leaves nothing. Raises `ArchiveError`."""
    for _, rows in _tables(reader, reader.facts["run"]):
        for _ in rows:
            pass
    for _ in _sample_frames(reader):
        pass


def _is_later(known: Arrived, arriving: Arriving, store: str) -> bool:
    """Whether the run of the store went on after it was archived."""
    told = tuple(row[1] for row in arriving.run_sessions)
    if known.sessions == told:
        return False
    if known.whole and known.sessions[: len(told)] == told:
        return True
    raise ArchiveError(
        f"run {known.number} of {store} is the run of this archive, as it was before it was resumed",
        "import the archive into another store",
    )


def _arriving(reader: BagReader, told: Mapping[str, Any]) -> Arriving:
    record, sessions = reader.run(), reader.sessions()
    summary = record.summary
    if record.session not in [row[2] for row in sessions]:
        raise ArchiveError(f"'{reader.store}' is damaged: it does not say who wrote its run")
    environment = dict(record.environment)
    start = RunStart(
        sequence=summary.sequence,
        station=summary.station,
        started_utc_ns=summary.started_utc_ns,
        shots_planned=summary.shots_planned,
        plan_digest=record.plan_digest or "",
        channels=record.channels,
        parameter_units={one.name: one.unit for one in record.parameters},
        parameter_types={one.name: one.type for one in record.parameters if one.type is not None},
        description=record.description,
        tags=record.tags,
        stamps=summary.stamps,
        documents=reader.documents(),
        attachments=reader.attachments(),
        environment={**environment, "imported": [*environment.get("imported", []), dict(told)]},
        repeats=record.repeats,
    )
    programs = [_closed(row) for row in reader.writers()]
    return Arriving(record.session, record.ordinal, start, programs, [row[1:] for row in sessions])


def _closed(program: Row) -> Row:
    """A program of another place as one that does not run any more."""
    key, started, seen, ended, *rest = program
    return (key, started, seen, ended or seen or started, *rest)


def _end(reader: BagReader) -> ArrivedEnd:
    record = reader.run()
    outcome = None if record.summary.died else record.summary.outcome
    return ArrivedEnd(record.summary.ended_utc_ns, outcome, record.reason, dict(record.figures))


def _notes(reader: BagReader, number: int) -> list[Row]:
    return [(key, number, *rest) for key, *rest in reader.notes()]


def _tables(reader: BagReader, number: int) -> Iterator[tuple[str, Iterable[Row]]]:
    """Rows for the tables of the store but those of samples; what they refer to comes first."""
    here = _keys(reader, number)
    stream = reader.stream
    yield (
        "shot",
        (
            (number, shot, digest, began, ended, outcome, attempts, None if good is None else here(good))
            for shot, outcome, attempts, began, ended, good, digest in stream("shots")
        ),
    )
    yield "shot_parameter", ((number, *row) for row in stream("parameters"))
    yield (
        "attempt",
        (
            (here(key), number, shot, attempt, *times, outcome, *fault)
            for key, shot, attempt, outcome, *times, fault in map(_with_fault, stream("attempts"))
        ),
    )
    for table, name in _PLAIN.items():
        yield table, ((here(key), *rest) for key, *rest in stream(name))
    yield "poll", ((number, *rest) for _, *rest in stream("polls"))
    yield "event", _events(reader, number)
    yield "sample_array", ((here(key), *rest) for key, *rest in map(_pressed, stream("arrays", _FEW)))


_PLAIN = {"step": "steps", "tally": "tallies", "result": "results", "action": "actions"}


def _with_fault(row: Row) -> Row:
    return (*row[:7], row[7:])


def _pressed(row: Row) -> Row:
    key, channel, tick, _, dtype, shape, data = row
    try:
        unpacked(dtype, shape, "none", data)
    except (ValueError, TypeError) as error:
        raise ArchiveError(f"an array of channel {channel} is not what it says: {error}") from error
    return (key, channel, tick, dtype, shape, *pressed(data))


def _events(reader: BagReader, number: int) -> Iterator[Row]:
    sessions = {row[2] for row in reader.sessions()}
    for session, place, at, type_, shot, attempt, fields in reader.event_stream():
        if session not in sessions:
            raise ArchiveError(
                f"'{reader.store}' is damaged: event {place} is of a session that is not its own"
            )
        yield (session, place, type_, at, number, shot, attempt, fields)


def _keys(reader: BagReader, number: int) -> Callable[[int], int]:
    """What makes the key of an attempt here of that in the archive."""
    of = reader.run().summary.number

    def here(key: int) -> int:
        if key >> 32 != of:
            raise ArchiveError(f"'{reader.store}' is damaged: key {key} is of no attempt of its run")
        return key_here(number, key)

    return here


def _samples(reader: BagReader, number: int) -> Iterator[tuple[list[Row], list[Row]]]:
    """Rows of samples, and of the texts beside them."""
    first, last = key_here(reader.facts["run"], 0), key_here(number, 0)
    for frame in _sample_frames(reader):
        key = [pl.col("attempt_key") - first + last, pl.col("channel_index"), pl.col("tick")]
        began = pl.col("requested_ns")
        late = (began - pl.col("target_ns")).alias("late_ns")
        took = (pl.col("received_ns") - pl.coalesce(began, "target_ns")).alias("took_ns")
        value = pl.col("value").fill_nan(None)
        rows = frame.select(*key, "target_ns", late, took, value, "status_number").rows()
        texts = frame.filter(pl.col("text").is_not_null() | pl.col("raw").is_not_null())
        yield rows, texts.select(*key, "text", "raw").rows()


def _sample_frames(reader: BagReader) -> Iterator[pl.DataFrame]:
    """Samples as they are archived, all of them of the run."""
    first = key_here(reader.facts["run"], 0)
    for frame in reader.batches("samples", _BATCH):
        if not frame["attempt_key"].is_between(first, first + 0xFFFF_FFFF).all():
            raise ArchiveError(f"'{reader.store}' is damaged: samples are of no attempt of its run")
        yield frame


def _batches(rows: Iterable[Row], size: int) -> Iterator[list[Row]]:
    remaining = iter(rows)
    while batch := list(islice(remaining, size)):
        yield batch
