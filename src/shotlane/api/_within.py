"""The session that a run belongs to, when it is run inside one."""

from dataclasses import dataclass

from shotlane.instruments import PortLocks


@dataclass(frozen=True, slots=True)
class Within:
    """`session` is its key; its `locks` are used by the run as its own, and stay when that has ended."""

    session: int
    locks: PortLocks
