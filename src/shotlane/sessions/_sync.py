"""Meeting points of several processes and sites, with what came of each as events."""

import time
from collections.abc import Callable

from shotlane.sessions._error import SessionError
from shotlane.sessions._event_log import EventLog
from shotlane.store import MissedError, meet


def sync(
    events: EventLog,
    store: str,
    session: int,
    name: str,
    parties: int,
    timeout: float | None,
    stopped: Callable[[], bool],
) -> None:
    """Wait for the others; see `StationConnection.sync`."""
    if parties < 1 or not name:
        raise SessionError(
            f"no {parties} parties can meet at '{name}'", "give a name, and how many meet there"
        )
    began = time.monotonic()
    try:
        meet(store, session, name, parties, timeout, stopped)
    except MissedError as error:
        events.tell("meeting.missed", name=name, parties=parties, message=str(error))
        raise
    waited_s = round(time.monotonic() - began, 6)
    events.tell("meeting.reached", name=name, parties=parties, waited_s=waited_s)
