"""The safe state of some instruments of a session, told in its events."""

from collections.abc import Collection

from shotlane.execution import safe_roles
from shotlane.instruments import Pool
from shotlane.sessions._event_log import EventLog


def make_safe(pool: Pool, roles: Collection[str], log: EventLog, reason: str) -> dict[str, str]:
    """Make them safe; what is not, with why, by channel or role. Never raises."""
    state = safe_roles(pool, roles, lambda event: log.tell(event.type, **event.fields))
    state.reach(reason)
    return {item.name: item.message for item in state.unsafe}
