"""The channel table: everything the compiler must know of a station, and nothing of its ports.

`api` fills it from station, instrument documents and catalogue; `plan` and `instruments` meet only here.
Numbers of a channel stand in the channel's own unit.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from shotlane.expression import Unit
from shotlane.model._grid import Grid


class ValueType(StrEnum):
    """What one value of a channel is."""

    FLOAT = "float"
    INT = "int"
    BOOL = "bool"
    OPTION = "option"
    TEXT = "text"
    ARRAY = "array"


class Keep:
    """Type of `KEEP`: the author says that the value shall be left as it is."""

    def __repr__(self) -> str:
        return "keep"


KEEP: Final = Keep()

ScalarValue = float | int | bool | str


@dataclass(frozen=True, slots=True)
class Attribute:
    """One readable or writable quantity of an instrument, all numbers decided.

    `low` and `high` are limits in `unit`, both included. `resolution` in `unit`: values are rounded to it.
    `update_ns`: shortest sensible time between two commands or two fresh readings. `safe`: value of the safe
    state, `KEEP` when leaving it alone is meant, None when nothing is said. `verify`: True reads it back
    after each set, False never compares what it reads with what was set, None only where the device may have
    restarted. `hardware_timed`: set by a table that the instrument keeps time for, or read as a frame.
    `limits_unit`: the unit that its limits were written in, where it is another one; for messages. `status`:
    whoever asks how the instrument is gets it. `grid`: of an alias in a unit or table of its own, the values
    that it can have where its attribute has a resolution.
    """

    name: str
    type: ValueType
    unit: Unit | None = None
    readable: bool = True
    writable: bool = False
    low: float | None = None
    high: float | None = None
    options: tuple[str, ...] = ()
    resolution: float | None = None
    update_ns: int | None = None
    poll_ns: int | None = None
    safe: ScalarValue | Keep | None = None
    description: str = ""
    verify: bool | None = None
    hardware_timed: bool = False
    limits_unit: Unit | None = None
    status: bool = False
    grid: Grid | None = None


@dataclass(frozen=True, slots=True)
class HardwareTiming:
    """What times a channel instead of the computer.

    `time_step_ns`: edges lie on multiples of it. `trigger`: the channel each of whose rising edges takes one
    frame; None of a channel that is set by a table. `restartable`: whether a shot may have several tables.
    """

    time_step_ns: int
    trigger: str | None = None
    restartable: bool = True


@dataclass(frozen=True, slots=True)
class CommandParameter:
    """One argument of a command."""

    name: str
    type: ValueType
    unit: Unit | None = None
    low: float | None = None
    high: float | None = None
    options: tuple[str, ...] = ()
    required: bool = True


@dataclass(frozen=True, slots=True)
class Command:
    """Something an instrument does on request; `takes_ns` bounds how long the answer may take."""

    name: str
    parameters: tuple[CommandParameter, ...] = ()
    takes_ns: int = 0
    confirm: bool = False
    description: str = ""


@dataclass(frozen=True, slots=True)
class ReadPart:
    """A request that a reading of a channel needs; readings of a role at one instant share those of a group.

    It takes `fixed_ns`, and `step_ns` for each address from the first to the last that it must span.
    """

    group: str
    fixed_ns: int
    first: int = 0
    end: int = 0
    step_ns: int = 0


@dataclass(frozen=True, slots=True)
class Channel:
    """An attribute of a role: what a lane is about. `port` names the group that shares one wire.

    `read_cost_ns` and `write_cost_ns` estimate one exchange on that wire; `parts`: the requests of a
    reading. `target`: name of the channel that an alias stands for. `lead_ns`: how early it is set.
    `hardware`: None of one that the computer times.
    """

    role: str
    attribute: Attribute
    port: str
    read_cost_ns: int = 0
    write_cost_ns: int = 0
    parts: tuple[ReadPart, ...] = ()
    target: str | None = None
    lead_ns: int = 0
    hardware: HardwareTiming | None = None

    @property
    def programmed(self) -> bool:
        """Whether it is set by a table that its instrument keeps time for."""
        return self.hardware is not None and self.hardware.trigger is None and self.attribute.writable

    @property
    def triggered(self) -> bool:
        """Whether a reading of it is the frame of an edge."""
        return self.hardware is not None and self.hardware.trigger is not None

    @property
    def name(self) -> str:
        """As lanes and samples name it: `role.attribute`, an alias by its own name."""
        return channel_name(self.role, self.attribute.name)


def reading_cost_ns(channels: Iterable[Channel]) -> int:
    """How long it takes to read channels of one role at one instant."""
    alone, groups = 0, dict[str, list[ReadPart]]()
    for channel in channels:
        alone += 0 if channel.parts else channel.read_cost_ns
        for part in channel.parts:
            groups.setdefault(part.group, []).append(part)
    return alone + sum(_spanned_ns(parts) for parts in groups.values())


def _spanned_ns(parts: Sequence[ReadPart]) -> int:
    span = max(part.end for part in parts) - min(part.first for part in parts)
    return parts[0].fixed_ns + span * parts[0].step_ns


def as_limited(target: Attribute | CommandParameter, number: float) -> tuple[float, str]:
    """A number and its unit as whoever wrote the limits would say it, for messages."""
    written = target.limits_unit if isinstance(target, Attribute) else None
    if target.unit is None or written is None:
        return number, target.unit.text if target.unit else ""
    return float(f"{float(written.from_si(target.unit.to_si(number))):.9g}"), written.text


def channel_name(role: str, attribute: str) -> str:
    """Name of the channel of an attribute; only aliases have a dot in theirs."""
    return attribute if "." in attribute else f"{role}.{attribute}"


@dataclass(frozen=True, slots=True)
class Role:
    """One instrument of a station as the compiler sees it.

    `real`: False for a simulated instrument. `own_faults`: its driver is somebody's code, which may raise
    classes of faults that nobody else knows.
    """

    name: str
    port: str
    real: bool
    commands: Mapping[str, Command] = field(default_factory=dict)
    own_faults: bool = False


@dataclass(frozen=True, slots=True)
class ChannelTable:
    """All channels and roles of a station, in the order of the station file.

    `faulty`: roles whose declaration has faults that were told, so that what seems to be missing of them may
    only be broken. `complete` False: the station itself could not be read.
    """

    station: str
    channels: Mapping[str, Channel]
    roles: Mapping[str, Role]
    faulty: frozenset[str] = frozenset()
    complete: bool = True

    def safe_behind(self, channel: Channel) -> Channel | None:
        """The channel whose safe value is written, where an alias of it has no value for that."""
        target = self.channels.get(channel.target or "")
        if target is None or channel.attribute.safe is not KEEP:
            return None
        return None if isinstance(target.attribute.safe, Keep | None) else target

    def is_certain(self, role: str) -> bool:
        """Whether a name of that role that is not here does not exist."""
        return self.complete and role not in self.faulty
