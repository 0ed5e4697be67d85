"""The contract of a lane kind: a key of lanes, beside `set` or `record`, that an installed package adds.

A kind is text to text: it gets what was written below its key and gives plain parts of lanes, as an author
could have written them. These are compiled and checked like any other, and blamed at the cell that asked for
them. It must be pure: equal cells give equal parts, whatever the time, the machine or the run.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from shotlane.model._lane import Lane

ENTRY_POINTS = "shotlane.lane_kinds"
CELLED = ("set", "record", "read", "call")
PLAIN = frozenset(Lane.model_fields)
OPTIONS = PLAIN - set(CELLED)


@dataclass(frozen=True, slots=True)
class WrittenLane:
    """What stands below the key of a kind in one lane, as plain YAML data; nothing is evaluated.

    `name`: the lane's key, a channel or a role. `cells`: by step, span or `otherwise`; a bare value is one
    cell over the whole shot. `options`: what stands beside it in the lane, such as `every`. `steps`: the
    names of the steps of a shot, in order.
    """

    name: str
    cells: Mapping[str, Any]
    options: Mapping[str, Any]
    steps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LanePart:
    """One line of a lane.

    `cell`: the key of the cell that asks for it. `key`: `set`, `record`, `read` or `call`, or an option such
    as `every`. `value`: what would be written behind the cell's key, or behind the option. `lane`: a channel
    or role of the station; the lane itself when None. `steps`: the key of the new cell; that of `cell`
    when None.
    """

    cell: str
    key: str
    value: Any
    lane: str | None = None
    steps: str | None = None


class LaneKindError(Exception):
    """What is written cannot be done. `cell`: the key of the cell, None for all of them; `help`: the fix."""

    def __init__(self, message: str, cell: str | None = None, *, help: str | None = None) -> None:
        super().__init__(message)
        self.cell = cell
        self.help = help


class LaneKind(Protocol):
    """What an entry point of the group `shotlane.lane_kinds` names; its name there is the key in a lane.

    `schema`: JSON Schema (draft 07) of one cell; `description` in it is what editors show. `version` may be
    left out; then that of the package counts. Both name and version are part of a plan's digest.
    """

    schema: Mapping[str, Any]

    def expand(self, lane: WrittenLane) -> Iterable[LanePart]:
        """The plain parts that stand for these cells. Raises `LaneKindError` at what cannot be done."""


@dataclass(frozen=True, slots=True)
class LoadedKind:
    """A kind that was imported."""

    name: str
    version: str
    kind: LaneKind
    schema: Mapping[str, Any] = field(repr=False)
