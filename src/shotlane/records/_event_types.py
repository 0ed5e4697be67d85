"""The registry: every type of events by name. docs/events.md is made of it.

Whoever makes an event gives it exactly the fields that its type has. Readers take what they find: a newer
shotlane writes newer types.
"""

from collections.abc import Mapping

from shotlane.records._event_type import EventType
from shotlane.records._events_of_instruments import OF_INSTRUMENTS
from shotlane.records._events_of_work import OF_WORK

EVENT_TYPES: Mapping[str, EventType] = {one.name: one for one in (*OF_WORK, *OF_INSTRUMENTS)}


def event_version(type_: str) -> int:
    """The version of a type as it is written now; 1 of one that is not known here."""
    known = EVENT_TYPES.get(type_)
    return 1 if known is None else known.version
