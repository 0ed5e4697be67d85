"""What is told of a run by a process that is gone at once: a session begun and ended by one commit.

The records of the run are not touched: its events are those of the sessions that ran it.
"""

import time
from collections.abc import Sequence

from shotlane.records import Event
from shotlane.store._batch import Part
from shotlane.store._encode import event_row
from shotlane.store._session import SessionStart


def passing_session(kind: str, events: Sequence[Event], run: int) -> list[Part]:
    """The rows of the session and of its events, which are about a run."""
    session = SessionStart(kind=kind)
    ended = Event("session.ended", time.time_ns(), {"outcome": None})
    rows = [
        event_row(session.id, 1, session.event()),
        *(event_row(session.id, number, event, run) for number, event in enumerate(events, 2)),
        event_row(session.id, len(events) + 2, ended),
    ]
    ending = [(ended.utc_ns, None, session.id)]
    return [("session", [session.row()]), ("event", rows), ("end_session", ending)]
