"""Which events are asked for.

What can never be there is refused, since an empty list would be taken for an answer.
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from shotlane.diagnostics import did_you_mean
from shotlane.records import EVENT_TYPES
from shotlane.sessions._admission import is_storable
from shotlane.sessions._error import SessionError

if TYPE_CHECKING:
    from shotlane.store import EventFilter

Names = str | Iterable[str] | None
Since = datetime | int | None

# Before any shotlane: who gives less counts in other units.
_EARLIEST_NS = 10**18


def wanted(session: int | None, type: Names, role: Names, since: Since) -> "EventFilter":
    """The conditions of a person. Raises `SessionError` for an instant that is none."""
    from shotlane.store import EventFilter  # late: SQLAlchemy

    return EventFilter(session, None, _several(type), _several(role), _instant(since))


def refuse_unknown(chosen: "EventFilter", address: str, roles: Collection[str] | None) -> None:
    """Raise `SessionError` for a type or a role that neither the program nor any event knows.

    `roles`: those of the station; None where any may be meant. Programs have types of their own.
    """
    from shotlane.store import EventFilter  # late: SQLAlchemy

    for type_ in chosen.types:
        found = EventFilter(chosen.session, types=(type_,))
        if not _is_known(type_) and not (is_storable(type_) and _happened(address, found)):
            raise SessionError(f"there are no events of type {type_!a}", did_you_mean(type_, _known_types()))
    if roles is None:
        return
    for role in chosen.roles:
        if role not in roles and not _happened(address, EventFilter(chosen.session, roles=(role,))):
            help = did_you_mean(role, roles, what="instruments")
            raise SessionError(f"there are no events of an instrument '{role}'", help)


def _known_types() -> set[str]:
    """Every type, and what several begin with."""
    groups = {name[:place] for name in EVENT_TYPES for place, mark in enumerate(name) if mark == "."}
    return {*EVENT_TYPES, *groups}


def _is_known(type_: str) -> bool:
    return type_.removesuffix("*").removesuffix(".") in _known_types()


def _happened(address: str, chosen: "EventFilter") -> bool:
    from shotlane.store import EventTail  # late: SQLAlchemy

    with EventTail(address, chosen) as tail:
        return next(iter(tail.read()), None) is not None


def _several(names: Names) -> tuple[str, ...]:
    if names is None:
        return ()
    return (names,) if isinstance(names, str) else tuple(names)


def _instant(since: Since) -> int | None:
    if since is None:
        return None
    if isinstance(since, datetime):
        # Microseconds are all that it holds, and a float of seconds would lose them.
        whole = since.astimezone()
        return int(whole.replace(microsecond=0).timestamp()) * 1_000_000_000 + whole.microsecond * 1_000
    if not isinstance(since, int) or isinstance(since, bool) or 0 < since < _EARLIEST_NS:
        raise SessionError(
            f"since={since!r} is no instant", "write a datetime, or nanoseconds as time.time_ns() gives them"
        )
    return since
