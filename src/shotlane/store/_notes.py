"""What a person adds to a run later. Nothing that was recorded is changed: notes stand beside it."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args

from shotlane.records import Event, RecorderError
from shotlane.store._address import parse_address
from shotlane.store._encode import Row, storable
from shotlane.store._error import StoreError
from shotlane.store._passing import passing_session
from shotlane.store._session import new_id
from shotlane.store._writer import Writer

NoteKind = Literal["note", "tag", "untag"]
NOTE_KINDS: tuple[str, ...] = get_args(NoteKind)


@dataclass(frozen=True, slots=True)
class Note:
    """A text, or a tag that is given or taken away. `id` is the same in every store."""

    kind: str
    text: str
    author: str | None = None
    at_utc_ns: int = field(default_factory=time.time_ns)
    id: int = field(default_factory=new_id)


def add_notes(store: str | Path, run: int, notes: Sequence[Note]) -> None:
    """Add them, all or none. Raises `StoreError`, also when there is no such run."""
    try:
        writer = Writer(parse_address(store), None)
        try:
            _refuse_no_run(writer, run)
            told = [Event("note.added", note.at_utc_ns, _told(note)) for note in notes]
            writer.write([*passing_session("note", told, run), ("note", [_row(run, note) for note in notes])])
        finally:
            writer.close()
    except RecorderError as error:
        raise StoreError(str(error)) from error


def _refuse_no_run(writer: Writer, run: int) -> None:
    with writer.look() as cursor:
        cursor.execute(f"SELECT 1 FROM run WHERE number = {writer.mark}", (run,))
        if cursor.fetchone() is None:
            raise StoreError(f"there is no run {run} in {writer.address.shown}", "shotlane runs")


def _told(note: Note) -> dict[str, str | None]:
    return {"author": note.author, "kind": note.kind, "text": note.text}


def _row(run: int, note: Note) -> Row:
    author = None if note.author is None else storable(note.author)
    return (note.id, run, note.at_utc_ns, author, note.kind, storable(note.text))


def notes_of_rows(rows: Iterable[Row]) -> tuple[Note, ...]:
    """Notes from the rows of a reader: id, at_utc_ns, author, kind, text."""
    return tuple(Note(kind, text, author, at, key) for key, at, author, kind, text in rows)


def noted_tags(tags: Iterable[str], notes: Iterable[Note]) -> tuple[str, ...]:
    """The tags that a run has by now: the recorded ones, with what was added and taken away since."""
    found = dict.fromkeys(tags)
    for note in notes:
        if note.kind == "tag":
            found[note.text] = None
        elif note.kind == "untag":
            found.pop(note.text, None)
    return tuple(found)
