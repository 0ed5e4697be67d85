"""Events: what happened, in order, each with a type and its fields.

An event is made where the thing happens and numbered by the recorder when it is taken; the sequence number
is dense within a session. `EVENT_TYPES` has every type with its fields.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened. `shot` and `attempt` are None outside of them; `fields` is JSON-able."""

    type: str
    utc_ns: int
    fields: Mapping[str, Any] = field(default_factory=dict)
    shot: int | None = None
    attempt: int | None = None


@dataclass(frozen=True, slots=True)
class LoggedEvent(Event):
    """An event as a store has it: the `number`-th of a `session`; `version` is that of its type.

    Types and versions that are not known here come as they are.
    """

    session: int = 0
    number: int = 0
    run: int | None = None
    version: int = 1

    @property
    def role(self) -> str | None:
        """The role of the instrument that it is about, None of none."""
        role = self.fields.get("role")
        return role if isinstance(role, str) else None
