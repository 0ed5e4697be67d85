"""The page of event types, made from the registry: `python -m tests.docs.event_page` writes it."""

from itertools import groupby
from pathlib import Path
from typing import Final

from shotlane.records import EVENT_TYPES, EventField, EventType

PAGE: Final = Path(__file__).parents[2] / "docs" / "events.md"
_HEAD: Final = """\
# Events

Everything that happens at a station and in a run leaves an event in the store: its type, when it happened,
the run, shot and attempt it belongs to, and the fields that are listed here. This page has every type; how to
read and follow them is in [Following what happens](following.md).

The events of a session, one program that writes to the store, are numbered without gaps in the order in which
they were committed. What the guard of a dead run tells begins a block of numbers of its own, from 2^22 + 1
on. A note on a run comes in a session of its own.

A type has a version. A field that is added, or means something else from then on, raises it; fields are never
taken away. Events of version 1 have no mark in the store; of a later one `fields` has `v`, the version.
Whoever reads takes types, versions and fields that it does not know as they come.

A field is null where nothing is known. Types in **bold** are worth a look whenever they happen.
"""
_TITLES: Final = {
    "session": "Sessions",
    "store": "The store",
    "note": "Notes",
    "meeting": "Meeting points",
    "server": "Instruments that other processes use",
    "run": "Runs",
    "request": "What people ask of a run",
    "question": "Questions to people",
    "timing": "Keeping time",
    "clock": "The clock",
    "worker": "Bugs",
    "shot": "Shots",
    "attempt": "Attempts",
    "segment": "Open-ended steps",
    "retry": "Retries",
    "cadence": "Shots at a fixed cadence",
    "result": "Results",
    "verdict": "Verdicts",
    "optimize": "Optimisation",
    "instrument": "Instruments",
    "lock": "Locks",
    "exchange": "Requests on the wire",
    "table": "Tables of hardware-timed instruments",
    "channel": "Channels of a session",
    "interlock": "Interlocks",
    "safe-state": "The safe state",
    "guard": "The guard",
}


def page_text() -> str:
    """The whole page."""
    groups = groupby(EVENT_TYPES.values(), key=lambda one: one.subject)
    return "\n".join([_HEAD, *(_section(subject, list(types)) for subject, types in groups)])


def _section(subject: str, types: list[EventType]) -> str:
    rows = [row for one in types for row in _rows(one)]
    table = ["| type, field | holds | meaning |", "|---|---|---|", *rows]
    return "\n".join([f"## {_TITLES[subject]}", "", *table, ""])


def _rows(one: EventType) -> list[str]:
    mark = "**" if one.loud else ""
    version = f" (version {one.version})" if one.version > 1 else ""
    head = f"| {mark}`{one.name}`{mark} | | {one.description}{version} |"
    return [head, *(_field(field) for field in one.fields.values())]


def _field(field: EventField) -> str:
    holds = field.type if field.unit is None else f"{field.type}, {field.unit}"
    since = f" (since version {field.since})" if field.since > 1 else ""
    return f"| · `{field.name}` | {holds} | {field.meaning}{since} |"


if __name__ == "__main__":
    PAGE.write_text(page_text(), encoding="utf-8")
