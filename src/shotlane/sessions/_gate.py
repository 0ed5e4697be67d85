"""The only way from a session to its instruments, for handles of this process and of others alike.

A value is checked before the wire: its unit, its limits, and for a command that can do harm that somebody has
confirmed it. What changes an instrument, and what failed, is an event; a reading is a sample of the channel
`role.attribute` of the session, unless that is not wanted. `by` names another process that asked. Who makes
an instrument safe bars it first, so that no set of another thread comes after its safe values.
"""

import os
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from threading import Condition
from typing import Any, NamedTuple

from shotlane.diagnostics import did_you_mean
from shotlane.expression import UnitError, parse_unit, tidy
from shotlane.instruments import (
    Definition,
    Exchange,
    InstrumentError,
    Pool,
    RefusedValueError,
    written_value,
)
from shotlane.model import Attribute, Command, ValueType
from shotlane.sessions._channel_store import ChannelStore
from shotlane.sessions._error import SessionError
from shotlane.sessions._event_log import EventLog

_EXAMPLES: Mapping[ValueType, Any] = {
    ValueType.FLOAT: 0.0,
    ValueType.INT: 0.0,
    ValueType.BOOL: False,
    ValueType.OPTION: "",
    ValueType.TEXT: "",
}
_NUMBERS = (ValueType.FLOAT, ValueType.INT)
# A set that takes longer has its port, for which the safe values wait by themselves.
_LONGEST_S = 10.0


class _Asked(NamedTuple):
    """One use of an instrument, for messages."""

    role: str
    operation: str
    names: Sequence[str]
    by: str | None


class Gate:
    """Reads, sets and calls. `revive(role)` opens an instrument again that should be open, or raises."""

    def __init__(
        self,
        pool: Pool,
        events: EventLog,
        channels: ChannelStore,
        revive: Callable[[str], None],
        *,
        keep_reads: bool,
    ) -> None:
        self._pool = pool
        self._events = events
        self._channels = channels
        self._revive = revive
        self._keep_reads = keep_reads
        self._pid = os.getpid()
        self._setting = Condition()
        self._under_way: Counter[str] = Counter()
        self._barred: set[str] = set()

    def definition(self, role: str) -> Definition:
        """What an instrument is."""
        return self._pool.definitions[role]

    def identity(self, role: str) -> Mapping[str, str | None]:
        """Who answered when it was opened, as far as it says."""
        identity = self._pool.identities.get(role)
        return {} if identity is None else asdict(identity)

    def read(
        self, role: str, names: Sequence[str], unit: str | None = None, by: str | None = None
    ) -> dict[str, Any]:
        """Values by name, each in its own unit, or all in `unit`."""
        self._check_process()
        try:
            exchange = self._pool.read(role, names)
        except InstrumentError as error:
            act = partial(self._pool.read, role, names)
            exchange = self._again(_Asked(role, "read", names, by), error, act)
        if self._keep_reads:
            self._keep(role, exchange)
        found = {}
        for name in names:
            reading = exchange.readings[name]
            if reading.fault is not None:
                raise self._failed(_Asked(role, "read", (name,), by), reading.fault)
            found[name] = reading.value if unit is None else self._in_unit(role, name, reading.value, unit)
        return found

    def write(self, role: str, name: str, value: Any, by: str | None = None) -> None:
        """Set an attribute, to a value with its unit as text, or in the attribute's own unit."""
        self._check_process()
        attribute = self._attribute(role, name, writable=True)
        checked = _checked(f"{role}.{name}", attribute, value)
        act = partial(self._change, role, self._pool.write, role, name, checked)
        try:
            act()
        except InstrumentError as error:
            self._again(_Asked(role, "write", (name,), by), error, act)
        unit = attribute.unit and attribute.unit.text
        self._events.tell("instrument.set", role=role, attribute=name, value=checked, unit=unit, by=by)

    def call(
        self,
        role: str,
        name: str,
        arguments: Sequence[Any] = (),
        named: Mapping[str, Any] | None = None,
        *,
        confirm: bool = False,
        by: str | None = None,
    ) -> Any:
        """Run a command, and return what it answers."""
        self._check_process()
        command = self._command(role, name)
        given = _arguments(f"{role}.{name}", command, arguments, named or {})
        self._check_confirmed(role, command, confirm)
        act = partial(self._change, role, self._pool.call, role, name, given)
        try:
            exchange = act()
        except InstrumentError as error:
            exchange = self._again(_Asked(role, "call", (name,), by), error, act)
        told = {"role": role, "command": name, "arguments": given, "by": by}
        self._events.tell("instrument.called", **told, result=exchange.result)
        return exchange.result

    def bar(self, roles: Collection[str]) -> None:
        """Take no more sets and calls of some instruments; returns when those under way have ended."""
        with self._setting:
            self._barred.update(roles)
            self._setting.wait_for(
                lambda: not any(self._under_way[role] for role in roles), timeout=_LONGEST_S
            )

    def admit(self, role: str) -> None:
        """Take sets and calls of an instrument again, which is open."""
        with self._setting:
            self._barred.discard(role)

    def _change(self, role: str, act: Callable[..., Exchange], *arguments: Any) -> Exchange:
        """Set or call, unless that is barred."""
        while True:
            with self._setting:
                if role not in self._barred:
                    self._under_way[role] += 1
                    break
            self._revive(role)  # waits for the end of what goes on, and says why it is not open
        try:
            return act(*arguments)
        finally:
            with self._setting:
                self._under_way[role] -= 1
                self._setting.notify_all()

    def _check_process(self) -> None:
        """A fork has the handles too, but neither the lock nor the wire for itself."""
        if os.getpid() != self._pid:
            raise SessionError(f"the session belongs to process {self._pid}", "connect here too")

    def knows(self, role: str, method: str) -> str:
        """Whether this is a `command` or an `attribute`. Raises `SessionError` when it is neither."""
        definition = self.definition(role)
        if method in definition.commands:
            return "command"
        attribute = definition.attributes.get(method)
        if attribute is not None and attribute.writable:
            return "attribute"
        settable = [one.name for one in definition.attributes.values() if one.writable]
        help = did_you_mean(method, [*definition.commands, *settable])
        raise SessionError(f"{role} has nothing to configure that is called '{method}'", help)

    def _again(self, asked: _Asked, error: InstrumentError, act: Callable[[], Exchange]) -> Exchange:
        """Once more if the instrument was only closed meanwhile; else the fault, told."""
        if error.fault == "rejected" and asked.role not in self._pool.roles_opened:
            self._revive(asked.role)
            try:
                return act()
            except InstrumentError as later:
                raise self._failed(asked, later) from None
        if asked.operation == "read":
            for name in asked.names:
                self._attribute(asked.role, name, writable=False)
        raise self._failed(asked, error)

    def _failed(self, asked: _Asked, error: InstrumentError) -> InstrumentError:
        place = {"role": asked.role, "operation": asked.operation, "names": list(asked.names)}
        why = {"fault": error.fault, "message": error.message, "by": asked.by}
        self._events.tell("exchange.failed", **place, **why)
        return error

    def _keep(self, role: str, exchange: Exchange) -> None:
        """Samples of what was read, at the instant when the exchange began."""
        at_utc_ns = time.time_ns() - (time.perf_counter_ns() - exchange.requested_ns)
        attributes = self._pool.definitions[role].attributes
        for name, reading in exchange.readings.items():
            attribute = attributes[name]
            if reading.fault is None and attribute.type is not ValueType.ARRAY:
                unit = attribute.unit.text if attribute.unit else None
                first = _EXAMPLES[attribute.type]
                self._channels.keep(f"{role}.{name}", at_utc_ns, reading.value, first, unit)

    def _in_unit(self, role: str, name: str, value: Any, unit: str) -> Any:
        own = self.definition(role).attributes[name].unit
        try:
            wanted = parse_unit(unit)
        except UnitError as error:
            raise SessionError(str(error), error.help) from None
        if own is None or own.dimension != wanted.dimension:
            told = f"in {own.text}" if own is not None else "a plain value"
            raise SessionError(f"{role}.{name} is {told}, which cannot be told in {unit}")
        return None if value is None else tidy(wanted.from_si(own.to_si(value)))

    def _attribute(self, role: str, name: str, *, writable: bool) -> Attribute:
        attributes = self.definition(role).attributes
        known = {one.name for one in attributes.values() if (one.writable if writable else one.readable)}
        attribute = attributes.get(name)
        if attribute is None:
            raise SessionError(f"{role} has no attribute '{name}'", did_you_mean(name, known))
        if name not in known:
            raise SessionError(f"{role}.{name} cannot be {'set' if writable else 'read'}")
        return attribute

    def _command(self, role: str, name: str) -> Command:
        commands = self.definition(role).commands
        if name not in commands:
            raise SessionError(
                f"{role} has no command '{name}'", did_you_mean(name, commands) if commands else "it has none"
            )
        return commands[name]

    def _check_confirmed(self, role: str, command: Command, confirm: bool) -> None:
        if command.confirm and not confirm and not self.definition(role).simulated:
            what = command.description.rstrip(".") or "it can do harm"
            raise SessionError(
                f"{role}.{command.name}() must be confirmed: {what}", "give confirm=True when that is meant"
            )


def _checked(place: str, attribute: Attribute, value: Any) -> Any:
    try:
        return written_value(attribute, value)
    except RefusedValueError as error:
        raise RefusedValueError(f"{place}: {error.message}", error.help) from None


def _arguments(
    place: str, command: Command, arguments: Sequence[Any], named: Mapping[str, Any]
) -> dict[str, Any]:
    parameters = {parameter.name: parameter for parameter in command.parameters}
    if len(arguments) > len(parameters):
        raise SessionError(f"{place}() takes {len(parameters)} values, and {len(arguments)} are given")
    given = dict(zip(parameters, arguments, strict=False))
    for name, value in named.items():
        if name not in parameters:
            help = did_you_mean(name, parameters) if parameters else "it takes none"
            raise SessionError(f"{place}() does not take '{name}'", help)
        if name in given:
            raise SessionError(f"{place}() is given '{name}' twice")
        given[name] = value
    missing = [one.name for one in command.parameters if one.required and one.name not in given]
    if missing:
        raise SessionError(f"{place}() needs '{missing[0]}'")
    try:
        return {name: written_value(parameters[name], value) for name, value in given.items()}
    except RefusedValueError as error:
        raise RefusedValueError(f"{place}(): {error.message}", error.help) from None
