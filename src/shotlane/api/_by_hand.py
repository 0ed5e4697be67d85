"""A person at the bench: single readings, sets and calls on the instruments of a station, outside of any run.

The same gate as in a run: locks, limits, repetitions. Nothing is stored, and nothing is made safe at the end,
because the person wanted what was set.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shotlane.api._find_station import resolve_file
from shotlane.diagnostics import Report, did_you_mean
from shotlane.expression import ExpressionError, parse_call
from shotlane.instruments import (
    InstrumentError,
    InUseError,
    Pool,
    Reading,
    RefusedValueError,
    ResolvedStation,
    build_pool,
    lock_instruments,
    written_value,
)
from shotlane.model import Attribute, Channel, Command, CommandParameter, ScalarValue
from shotlane.project import find_project, find_station, no_such_station

if TYPE_CHECKING:
    from shotlane.instruments import Capture


class ByHandError(Exception):
    """Something that a person asked for and that cannot be; nothing was sent."""

    def __init__(self, message: str, help: str | None = None) -> None:
        super().__init__(f"{message}; {help}" if help else message)


@dataclass(frozen=True, slots=True)
class HandCall:
    """A command with its arguments, in the units of its parameters."""

    role: str
    command: Command
    arguments: Mapping[str, ScalarValue]


def find_by_name(name: str, report: Report, *, mock: bool = False) -> ResolvedStation | None:
    """The station of this name or file; None when the report says why not."""
    path = find_file(name, report)
    if path is None:
        return None
    station = resolve_file(path, report, mock=mock)
    return station if report.ok else None


def find_file(name: str, report: Report) -> Path | None:
    """The file of the station of this name; None when the report says why not."""
    path = Path(name) if name.endswith((".yaml", ".yml")) and Path(name).is_file() else None
    project = find_project(path.parent if path else Path.cwd(), report)
    path = path or find_station(name, project)
    if path is None:
        help = no_such_station(name, project)
        report.error("RUN003", f"there is no station '{name}'", help=help)
    return path


def channels_named(
    station: ResolvedStation, names: Iterable[str], *, writable: bool = False
) -> list[Channel]:
    """Channels by name; a role alone means all of its channels that can be read. Raises `ByHandError`."""
    known = station.table.channels
    found: dict[str, Channel] = {}
    for name in names:
        if name in station.table.roles and not writable:
            mine = (one for one in known.values() if one.role == name and one.target is None)
            found |= {channel.name: channel for channel in mine if channel.attribute.readable}
            continue
        channel = known.get(name)
        if channel is None and name in station.table.roles:
            raise ByHandError(f"'{name}' is an instrument", f"write a channel of it, {name}.ATTRIBUTE")
        if channel is None:
            names_known = [*known, *station.table.roles]
            raise ByHandError(f"'{station.name}' has no channel '{name}'", did_you_mean(name, names_known))
        if not (channel.attribute.writable if writable else channel.attribute.readable):
            raise ByHandError(f"{name} cannot be {'set' if writable else 'read'}")
        found[name] = channel
    return list(found.values())


def value_from(text: str, target: Attribute | CommandParameter, name: str) -> ScalarValue:
    """A value as a person writes it, in the unit and within the limits of what takes it.

    Raises `ByHandError`.
    """
    try:
        return written_value(target, text)
    except RefusedValueError as error:
        raise ByHandError(f"{name}: {error.message}", error.help) from error


def call_from(station: ResolvedStation, text: str) -> HandCall:
    """`ROLE.COMMAND(arguments)` as a person writes it. Raises `ByHandError`."""
    try:
        call = parse_call(text)
    except ExpressionError as error:
        raise ByHandError(f"{text}: {error.faults[0].message}", error.faults[0].help) from error
    if call is None or "." not in call.name:
        raise ByHandError(f"'{text}' is no call", "write ROLE.COMMAND(), e.g. 'balance.tare()'")
    role_name, _, name = call.name.rpartition(".")
    role = station.table.roles.get(role_name)
    if role is None:
        help = did_you_mean(role_name, station.table.roles, what="instruments")
        raise ByHandError(f"'{station.name}' has no instrument '{role_name}'", help)
    command = role.commands.get(name)
    if command is None:
        help = did_you_mean(name, role.commands, what="commands") if role.commands else "it has none"
        raise ByHandError(f"'{role_name}' has no command '{name}'", help)
    parameters = {parameter.name: parameter for parameter in command.parameters}
    if len(call.arguments) > len(parameters):
        raise ByHandError(f"{name}() takes {len(parameters)} values, and {len(call.arguments)} are given")
    given = dict(zip(parameters, call.arguments, strict=False))
    for key, expression in call.keywords.items():
        if key not in parameters or key in given:
            raise ByHandError(f"{name}() does not take '{key}' here", did_you_mean(key, parameters))
        given[key] = expression
    arguments = {
        key: value_from(expression.text.strip("\"'"), parameters[key], f"{name}({key})")
        for key, expression in given.items()
    }
    return HandCall(role_name, command, arguments)


class ByHand:
    """Opened instruments of a station, for a person."""

    def __init__(self, station: ResolvedStation, pool: Pool) -> None:
        self.station = station
        self._pool = pool

    def read(self, channels: Sequence[Channel]) -> dict[str, Reading]:
        """Read channels, those of one instrument together; a fault stands in its reading."""
        readings: dict[str, Reading] = {}
        for role in dict.fromkeys(channel.role for channel in channels):
            mine = {channel.attribute.name: channel.name for channel in channels if channel.role == role}
            try:
                answer = self._pool.read(role, list(mine)).readings
            except InstrumentError as error:
                answer = dict.fromkeys(mine, Reading(None, None, error))
            readings |= {mine[name]: reading for name, reading in answer.items() if name in mine}
        return readings

    def set(self, channel: Channel, value: ScalarValue) -> None:
        """Set a channel, in its unit. Raises `InstrumentError`."""
        self._pool.write(channel.role, channel.attribute.name, value)

    def call(self, call: HandCall) -> Any:
        """Run a command; what it answers. Raises `InstrumentError`."""
        return self._pool.call(call.role, call.command.name, call.arguments).result


@contextmanager
def by_hand(
    station: ResolvedStation,
    roles: Iterable[str],
    *,
    what: str,
    wait_s: float = 0.0,
    waiting: Callable[[InUseError], None] | None = None,
    notify: Callable[[str, str, Mapping[str, Any]], None] = lambda *_: None,
    capture: "Capture | None" = None,
) -> Iterator[ByHand]:
    """Lock and open instruments, and close them at the end, as they are. `capture` hears the wires.

    Raises `InUseError`, with nothing touched, and `PoolError`.
    """
    wanted = list(dict.fromkeys(roles))
    with lock_instruments(station, wanted, what=lambda: what, wait_s=wait_s, waiting=waiting) as locks:
        pool = build_pool(station, now_ns=time.monotonic_ns, notify=notify, locks=locks, capture=capture)
        try:
            pool.open(wanted)
            yield ByHand(station, pool)
        finally:
            pool.close()
