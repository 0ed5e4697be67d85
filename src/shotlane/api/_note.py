"""`shotlane note`: what a person has to say of a run afterwards, beside what was recorded."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from shotlane.diagnostics import Report
from shotlane.project import find_project
from shotlane.store import Note, add_notes, open_reader, user_name


@dataclass(frozen=True, slots=True)
class Noted:
    """A run with its tags and all its notes, oldest first."""

    run: int
    tags: tuple[str, ...]
    notes: tuple[Note, ...]


def note(
    run: int | None,
    text: str | None = None,
    *,
    tag: str | Sequence[str] = (),
    untag: str | Sequence[str] = (),
    author: str | None = None,
    store: str | None = None,
) -> Noted:
    """Add a text, and give or take away tags, of a run, the newest without a number. Changes no record.

    `author`: without it the user of this machine. Raises `StoreError` when there is no such run, and
    `ValueError` for a text or tag that says nothing.
    """
    place = store or find_project(Path.cwd(), Report()).store_url
    who = user_name() if author is None else author
    given = [
        *([] if text is None else [("note", text)]),
        *(("tag", one) for one in _each(tag)),
        *(("untag", one) for one in _each(untag)),
    ]
    if any(not words.strip() for _, words in given):
        raise ValueError("a note or tag that says nothing is of no use")
    with open_reader(place) as reader:
        number = reader.newest() if run is None else run
        if given:
            add_notes(place, number, [Note(kind, words.strip(), who) for kind, words in given])
        record = reader.run(number)
    return Noted(number, record.summary.tags, record.notes)


def _each(given: str | Sequence[str]) -> Sequence[str]:
    return [given] if isinstance(given, str) else given
