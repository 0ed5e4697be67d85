"""The end of a run whose process died, told by the guard that outlived it.

Only what nobody else has told is added: a run that has an end keeps it, and one that goes on in another
session is not touched. The events are numbered from a block of their own behind those of the dead session, so
that what it left in a spool keeps its keys.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from shotlane.records import Event, Outcome, RunEnd
from shotlane.store._address import parse_address
from shotlane.store._attempt_keys import BLOCK
from shotlane.store._encode import event_row, storable, to_json
from shotlane.store._writer import Writer


@dataclass(frozen=True, slots=True)
class DeadRun:
    """A run and the session whose process died."""

    store: str | Path
    session: int
    run: int


def end_dead_run(dead: DeadRun, end: RunEnd, events: Sequence[Event], *, wait_s: float) -> None:
    """Store how it ended, and what was done since. Raises `StoreError` or `RecorderError`."""
    writer = Writer(parse_address(dead.store), None, wait_s)
    try:
        first = _first_number(writer, dead.session)
        rows = [
            event_row(dead.session, number, event, dead.run) for number, event in enumerate(events, first)
        ]
        reason = None if end.reason is None else storable(end.reason)
        ended = (end.ended_utc_ns, end.outcome.value, reason, to_json(dict(end.summary)))
        writer.write([("event", rows), ("end_run", [(*ended, dead.run, dead.session)])])
    finally:
        writer.close()


def end_dead_session(store: str | Path, session: int, events: Sequence[Event], *, wait_s: float) -> None:
    """Store the end of a session outside of any run. Raises `StoreError` or `RecorderError`."""
    writer = Writer(parse_address(store), None, wait_s)
    try:
        now, outcome = time.time_ns(), Outcome.TERMINATED.value
        told = [*events, Event("session.ended", now, {"outcome": outcome})]
        first = _first_number(writer, session)
        rows = [event_row(session, number, event) for number, event in enumerate(told, first)]
        writer.write([("event", rows), ("end_session", [(now, outcome, session)])])
    finally:
        writer.close()


def _first_number(writer: Writer, session: int) -> int:
    with writer.look() as cursor:
        cursor.execute(f"SELECT max(number) FROM event WHERE session = {writer.mark}", (session,))
        last = int(cursor.fetchone()[0] or 0)
    return (((last >> BLOCK) + 1) << BLOCK) + 1
