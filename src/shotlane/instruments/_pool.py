"""The open instruments of a station, and the only gate to them.

One re-entrant lock per port: whoever holds it may speak, so that several instruments on one wire never mix.
Values are checked before the wire. A reading or a set that times out or comes back garbled is tried again
here, up to the instrument's `tries`; drivers never retry. A `disconnected` fault is not tried again: whoever
comes back after it may have restarted and forgotten its set points, which only a new attempt sends again.
Every driver of that port is closed and opened again at its next use, which sends `setup:`. Each repetition,
reopening and fault at opening is told through `notify`.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field, replace
from threading import RLock
from typing import Any, NamedTuple

from shotlane.instruments._accept import RefusedValueError, accepted
from shotlane.instruments._contract import (
    Driver,
    ErrorContext,
    Identity,
    InstrumentError,
    Reading,
    ShotAware,
)
from shotlane.instruments._definition import Definition
from shotlane.model import Command, Keep, ScalarValue

REPEATED = frozenset({"timeout", "garbled"})
RoleNotify = Callable[[str, str, Mapping[str, Any]], None]


class Exchange(NamedTuple):
    """What one use of an instrument gave. Stamps are those of the last try, on the pool's clock."""

    readings: Mapping[str, Reading]
    requested_ns: int
    received_ns: int
    result: Any = None  # what a command answered


class PoolError(Exception):
    """Instruments that could not be opened, all of them, each with its fault."""

    def __init__(self, faults: Mapping[str, InstrumentError]) -> None:
        self.faults = dict(faults)
        lines = [f"{role}: {fault.message}" for role, fault in self.faults.items()]
        super().__init__("; ".join(lines))


@dataclass(slots=True, eq=False)
class _Member:
    """One instrument in the pool. `lost`: it must be opened again before its next use."""

    definition: Definition
    driver: Driver
    lock: AbstractContextManager[Any]
    lost: bool = False
    identity: Identity = field(default_factory=Identity)


class Pool:
    """Opens, reads, sets and closes instruments. Every method may be called from any thread."""

    def __init__(
        self,
        definitions: Mapping[str, Definition],
        make: Callable[[Definition], Driver],
        *,
        now_ns: Callable[[], int],
        notify: RoleNotify,
    ) -> None:
        self._definitions = definitions
        self._make = make
        self._now_ns = now_ns
        self._notify = notify
        self._locks = {definition.resource.port: RLock() for definition in definitions.values()}
        self._members: dict[str, _Member] = {}

    @property
    def roles_opened(self) -> tuple[str, ...]:
        """Roles that are open, in the order of the station."""
        return tuple(role for role in self._definitions if role in self._members)

    @property
    def identities(self) -> Mapping[str, Identity]:
        """Who answered, by role."""
        return {role: self._members[role].identity for role in self.roles_opened}

    def port_of(self, role: str) -> str:
        """The port that a role shares with whoever is on the same wire."""
        return self._definitions[role].resource.port

    def lock_of(self, port: str) -> AbstractContextManager[Any]:
        """The lock of a port, for who must speak several times without being interrupted."""
        return self._locks[port]

    def open(self, roles: Sequence[str]) -> None:
        """Open instruments. Raises `PoolError` with the faults of all that failed; the others stay open."""
        faults: dict[str, InstrumentError] = {}
        for role in (role for role in self._definitions if role in roles and role not in self._members):
            try:
                self._open_role(role)
            except InstrumentError as error:
                faults[role] = error
        if faults:
            raise PoolError(faults)

    def begin_attempt(self, shot: int, attempt: int) -> None:
        """Tell the drivers that want to know which attempt begins."""
        for member in self._members.values():
            if isinstance(member.driver, ShotAware):
                member.driver.begin_attempt(shot, attempt)

    def read(self, role: str, names: Sequence[str]) -> Exchange:
        """Read attributes of one instrument. Raises `InstrumentError` with its stamps.

        A reading whose `fault` is set failed while others did not; it was repeated alone before.
        """
        member = self._member(role)
        known = member.definition.attributes
        for name in names:
            if name not in known or not known[name].readable:
                raise self._refusal(role, name, f"{role}.{name} cannot be read")
        with member.lock:
            return self._exchange(member, "read", names, member.definition.tries, member.driver.read)

    def write(self, role: str, name: str, value: ScalarValue) -> Exchange:
        """Set an attribute, in its unit. Raises `InstrumentError` with its stamps."""
        member = self._member(role)
        attribute = member.definition.attributes.get(name)
        if attribute is None or not attribute.writable:
            raise self._refusal(role, name, f"{role}.{name} cannot be set")
        try:
            checked = accepted(attribute, value)
        except RefusedValueError as error:
            raise self._refusal(role, name, f"{role}.{name}: {error.message}") from error
        with member.lock:
            tries = member.definition.tries
            return self._exchange(
                member, "write", (name,), tries, lambda _: member.driver.write(name, checked)
            )

    def call(self, role: str, command: str, arguments: Mapping[str, Any]) -> Exchange:
        """Run a command, once: what it did is not known when its answer is lost. Raises `InstrumentError`."""
        member = self._member(role)
        known = member.definition.commands.get(command)
        if known is None:
            raise self._refusal(role, command, f"{role} has no command {command}")
        try:
            checked = _arguments(known, arguments)
        except RefusedValueError as error:
            raise self._refusal(role, command, f"{role}.{command}: {error.message}") from error
        with member.lock:
            return self._exchange(
                member, "call", (command,), 1, lambda _: member.driver.call(command, checked)
            )

    def safe_writes(self) -> list[tuple[str, str, ScalarValue]]:
        """What the safe state sets, in the order of the station; opened roles only."""
        return [
            (role, attribute.name, attribute.safe)
            for role in self.roles_opened
            for attribute in self._definitions[role].attributes.values()
            if attribute.writable and attribute.safe is not None and not isinstance(attribute.safe, Keep)
        ]

    def make_safe(self, role: str) -> None:
        """Whatever the driver does beyond the declared safe values. Raises `InstrumentError`."""
        member = self._member(role)
        with member.lock:
            self._ready(member)
            member.driver.make_safe()

    def close(self) -> None:
        """Close everything. Never raises; safe to call twice."""
        for role in self.roles_opened:
            member = self._members.pop(role)
            with member.lock:
                member.driver.close()
            self._tell(role, "instrument.closed", {})

    def _open_role(self, role: str) -> None:
        definition = self._definitions[role]
        member = _Member(definition, self._make(definition), self._locks[definition.resource.port])
        try:
            with member.lock:
                self._open_driver(member)
        except InstrumentError as error:
            self._complete(member, error)
            context = {key: value for key, value in asdict(error.context).items() if value is not None}
            fields = {"fault": error.fault, "message": error.message, "context": context}
            self._tell(role, "instrument.faulted", fields)
            raise
        self._members[role] = member
        opened = {"resource": definition.resource.text, "driver": type(member.driver).__name__}
        self._tell(role, "instrument.opened", opened)

    def _open_driver(self, member: _Member) -> None:
        try:
            member.identity = member.driver.open()
        except InstrumentError:
            member.driver.close()
            raise

    def _member(self, role: str) -> _Member:
        member = self._members.get(role)
        if member is None:
            raise self._refusal(role, None, f"{role} is not open")
        return member

    def _ready(self, member: _Member) -> None:
        """Open again what was lost."""
        if member.lost:
            self._open_driver(member)
            member.lost = False
            fields = {"resource": member.definition.resource.text}
            self._tell(member.definition.role, "instrument.reopened", fields)

    def _lose(self, port: str) -> None:
        """Close every driver of a port whose wire is gone."""
        for member in list(self._members.values()):
            if member.definition.resource.port == port and not member.lost:
                member.driver.close()
                member.lost = True

    def _exchange(
        self,
        member: _Member,
        operation: str,
        names: Sequence[str],
        tries: int,
        act: Callable[[Sequence[str]], Any],
    ) -> Exchange:
        """Do one exchange, tried up to `tries` times. `act` gives readings for "read", else a result."""
        gathered: dict[str, Reading] = {}
        for number in range(1, tries + 1):
            requested, ready = self._now_ns(), False
            try:
                self._ready(member)
                ready = True
                requested = self._now_ns()
                answer = act(names)
                received = self._now_ns()
            except InstrumentError as error:
                received = self._now_ns()
                fault, exchanges = error, int(ready and error.context.sent is not None)
                self._failed(member, error, names)
                if number == tries or error.fault not in REPEATED:
                    error.requested_ns, error.received_ns = requested, received
                    if not gathered:
                        raise
                    # The others of this reading have their values already.
                    gathered.update(dict.fromkeys(names, Reading(None, None, error)))
                    return Exchange(gathered, requested, received)
            else:
                if operation != "read":
                    return Exchange({}, requested, received, answer)
                gathered.update(answer)
                faults = _repeatable(answer)
                if not faults or number == tries:
                    return Exchange(gathered, requested, received)
                names, fault, exchanges = list(faults), next(iter(faults.values())), 1
            fields = {"operation": operation, "names": list(names), "try": number, "exchanges": exchanges}
            fields |= {"fault": fault.fault, "message": fault.message}
            self._tell(member.definition.role, "exchange.repeated", fields)
        raise AssertionError("tries is at least 1")

    def _failed(self, member: _Member, error: InstrumentError, names: Sequence[str]) -> None:
        self._complete(member, error, names)
        if error.fault == "disconnected":
            self._lose(member.definition.resource.port)

    def _complete(self, member: _Member, error: InstrumentError, names: Sequence[str] = ()) -> None:
        """Fill in what is known here of where the fault arose."""
        role = member.definition.role
        context = error.context
        error.context = replace(
            context,
            resource=context.resource or member.definition.resource.text,
            role=context.role or role,
            channel=context.channel or (f"{role}.{names[0]}" if len(names) == 1 else None),
        )

    def _refusal(self, role: str, name: str | None, message: str) -> InstrumentError:
        """A fault for what never reached the wire; both stamps are now."""
        error = InstrumentError(
            "rejected", message, ErrorContext(role=role, channel=name and f"{role}.{name}")
        )
        error.requested_ns = error.received_ns = self._now_ns()
        return error

    def _tell(self, role: str, type_: str, fields: Mapping[str, Any]) -> None:
        self._notify(role, type_, {"role": role, **fields})


def _repeatable(readings: Mapping[str, Reading]) -> dict[str, InstrumentError]:
    """The faults worth another try, by name."""
    return {
        name: reading.fault
        for name, reading in readings.items()
        if reading.fault is not None and reading.fault.fault in REPEATED
    }


def _arguments(command: Command, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments as the command takes them. Raises `RefusedValueError`."""
    known = {parameter.name: parameter for parameter in command.parameters}
    for name in arguments:
        if name not in known:
            raise RefusedValueError(f"there is no argument '{name}'")
    for name, parameter in known.items():
        if parameter.required and name not in arguments:
            raise RefusedValueError(f"the argument '{name}' is missing")
    return {name: accepted(known[name], value) for name, value in arguments.items()}
