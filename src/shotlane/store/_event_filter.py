"""Which events are wanted."""

import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Events that meet all conditions; without any, all of the store.

    `session`: of one session and of those inside of it; `run`: of one run. `types`: one of these types, or
    below them: `interlock` and `interlock.*` mean all that begins with `interlock.`. `roles`: about one of
    these instruments. `since_utc_ns`: not from before.
    """

    session: int | None = None
    run: int | None = None
    types: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    since_utc_ns: int | None = None

    def conditions(self) -> tuple[str, list[Any]]:
        """What a database can judge of a row of `event e`, with `?` for every argument."""
        texts: list[str] = ["1 = 1"]
        arguments: list[Any] = []
        if self.run is not None:
            texts.append("e.run = ?")
            arguments.append(self.run)
        if self.since_utc_ns is not None:
            texts.append("e.at_utc_ns >= ?")
            arguments.append(self.since_utc_ns)
        if self.types:
            texts.append(f"({' OR '.join([_OF_TYPE] * len(self.types))})")
            arguments += [part for type_ in self.types for part in _bounds(type_)]
        return " AND ".join(texts), arguments

    def sessions(self) -> tuple[str, list[Any]]:
        """Which rows of `session s` may have some of them, with `?` for every argument."""
        texts: list[str] = ["1 = 1"]
        arguments: list[Any] = []
        if self.session is not None:
            texts.append("(s.id = ? OR s.parent = ?)")
            arguments += [self.session, self.session]
        if self.run is not None:
            # Notes are told of a run in sessions of their own.
            texts.append("(s.id IN (SELECT session FROM run_session WHERE run = ?) OR s.kind = 'note')")
            arguments.append(self.run)
        if self.since_utc_ns is not None:
            texts.append("(s.ended_utc_ns IS NULL OR s.ended_utc_ns >= ?)")
            arguments.append(self.since_utc_ns)
        return " AND ".join(texts), arguments

    def marks(self) -> tuple[str, ...]:
        """Texts of which one stands in the fields of every event that is wanted; none: in whatever fields."""
        return tuple(f'"role":{json.dumps(role, ensure_ascii=False)}' for role in self.roles)


# Not LIKE, for which SQLite takes small and great letters as one, and which knows wildcards.
_OF_TYPE = "e.type = ? OR substr(e.type, 1, ?) = ?"


def _bounds(type_: str) -> tuple[str, int, str]:
    """The type itself, and how all begin that are below it."""
    whole = type_.removesuffix("*").removesuffix(".")
    return whole, len(whole) + 1, f"{whole}."
