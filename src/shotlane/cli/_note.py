"""`shotlane note`: add to what is known of a run, or read what was added."""

import argparse
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING

from shotlane.cli._output import Complaint, print_json, say, store_complaints
from shotlane.cli._runs import local_time
from shotlane.cli._text import hanging
from shotlane.cli._where import store_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shotlane.store import Note


def main(arguments: argparse.Namespace) -> int:
    """Add it, and tell what there is."""
    from shotlane.api import note  # late: SQLAlchemy

    text = " ".join(arguments.text) if arguments.text else None
    changes = {"tag": arguments.tag, "untag": arguments.untag, "author": arguments.author}
    try:
        with store_complaints():
            found = note(arguments.run, text, store=store_of(arguments), **changes)
    except ValueError as error:
        raise Complaint(str(error)) from error
    if arguments.json:
        print_json(asdict(found))
        return 0
    say(f"run {found.run}: {', '.join(found.tags) or 'no tags'}")
    say("\n".join(note_lines(found.notes)) or "  no notes")
    return 0


def note_lines(notes: "Sequence[Note]") -> Iterator[str]:
    """What was added, oldest first, as wide as the terminal."""
    for head, text in note_parts(notes):
        yield from hanging(f"  {head} ", text)


def note_parts(notes: "Sequence[Note]") -> Iterator[tuple[str, str]]:
    """When and who, and what was added; oldest first."""
    signs = {"note": "", "tag": "tagged ", "untag": "no longer tagged "}
    for note in notes:
        who = f" {note.author}:" if note.author else ""
        yield f"{local_time(note.at_utc_ns)}{who}", f"{signs[note.kind]}{note.text}"
