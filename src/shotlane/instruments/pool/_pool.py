"""The open instruments of a station, and the only gate to them.

One re-entrant lock per port: whoever holds it may speak, so that several instruments on one wire never mix.
Values are checked before the wire. A reading or a set that times out or comes back garbled is tried again
here, up to the instrument's `tries`; drivers never retry. A `disconnected` fault is not tried again: whoever
comes back after it may have restarted and forgotten its set points, which only a new attempt sends again.
Every driver of that port is closed and opened again at its next use, which sends `setup:`. Each repetition,
reopening and fault at opening is told through `notify`.

Before anything is opened, the instruments are locked against other processes, all or none.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict
from functools import partial
from typing import Any

from shotlane.instruments.definition._accept import RefusedValueError, accepted, accepted_arguments
from shotlane.instruments.definition._contract import (
    Driver,
    ErrorContext,
    Identity,
    InstrumentError,
    ShotAware,
)
from shotlane.instruments.definition._definition import Definition
from shotlane.instruments.definition._hardware_timed import ProgramTable
from shotlane.instruments.definition._secrets import Secrets
from shotlane.instruments.pool._addresses import known_resources, real_resources
from shotlane.instruments.pool._agreement import SetPoints, wire_steps
from shotlane.instruments.pool._converted_driver import driver_name
from shotlane.instruments.pool._exchanger import Exchanger
from shotlane.instruments.pool._leave import leave_safe, safe_values
from shotlane.instruments.pool._locks import InUseError, PortLocks, in_use_by
from shotlane.instruments.pool._member import Exchange, Member, RoleNotify
from shotlane.instruments.pool._port_lock import PortLock
from shotlane.instruments.pool._side_by_side import side_by_side
from shotlane.instruments.pool._tables import end_table
from shotlane.instruments.pool._wear import WearBook
from shotlane.model import ScalarValue


class PoolError(Exception):
    """Instruments that could not be opened, all of them, each with its fault."""

    def __init__(self, faults: Mapping[str, InstrumentError]) -> None:
        self.faults = dict(faults)
        lines = [f"{role}: {fault.message}" for role, fault in self.faults.items()]
        super().__init__("; ".join(lines))


class Pool:
    """Opens, reads, sets and closes instruments. Every method may be called from any thread.

    `locks` keeps other processes away; without it nobody is kept away. `secrets` are put into addresses and
    expected identities, and taken out of what is told.
    """

    def __init__(
        self,
        definitions: Mapping[str, Definition],
        make: Callable[[Definition], Driver],
        *,
        now_ns: Callable[[], int],
        notify: RoleNotify,
        locks: PortLocks | None = None,
        secrets: Secrets | None = None,
    ) -> None:
        self._definitions = definitions
        self._secrets = secrets or Secrets()
        self._make = make
        self._now_ns = now_ns
        self._notify = notify
        self._port_locks = locks
        self.mask = self._secrets.mask
        self._locks = {definition.resource.port: PortLock() for definition in definitions.values()}
        self._members: dict[str, Member] = {}
        self._openings = (
            0  # an opening that is still under way when the pool is closed must not bring it back
        )
        self._exchanger = Exchanger(
            now_ns=now_ns, notify=notify, reopen=self._open_driver, lose=self._lose, mask=self._secrets.mask
        )

    @property
    def definitions(self) -> Mapping[str, Definition]:
        """What every instrument is, open or not, in the order of the station."""
        return self._definitions

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
        """Open instruments. Raises `PoolError` with the faults of all that failed; the others stay open.

        Ports are opened side by side, so that dead ones do not add up. When another process uses one of them,
        none is opened.
        """
        wanted = [role for role in self._definitions if role in roles and role not in self._members]
        self._lock(wanted)
        faults: dict[str, InstrumentError] = {}
        side_by_side([partial(self._open_port, group, faults) for group in self._by_port(wanted)])
        if faults:
            raise PoolError({role: faults[role] for role in wanted if role in faults})

    def begin_attempt(self, shot: int, attempt: int) -> None:
        """Tell the drivers that want to know which attempt begins; who is down gets another chance."""
        for member in self._members.values():
            member.health.ask_again()
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
            self._check_open(member)
            return self._exchanger.read(member, names)

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
            self._check_open(member)
            return self._exchanger.write(member, name, checked)

    def call(self, role: str, command: str, arguments: Mapping[str, Any]) -> Exchange:
        """Run a command, once: what it did is not known when its answer is lost. Raises `InstrumentError`."""
        member = self._member(role)
        known = member.definition.commands.get(command)
        if known is None:
            raise self._refusal(role, command, f"{role} has no command {command}")
        try:
            checked = accepted_arguments(known, arguments)
        except RefusedValueError as error:
            raise self._refusal(role, command, f"{role}.{command}: {error.message}") from error
        with member.lock:
            self._check_open(member)
            return self._exchanger.call(member, command, checked)

    def program(self, role: str, table: ProgramTable) -> Exchange:
        """Load a table into an instrument that keeps time itself. Raises `InstrumentError`."""
        return self._alone(role, lambda member: self._exchanger.program(member, table))

    def arm(self, role: str) -> Exchange:
        """Let it be ready for its trigger. Raises `InstrumentError`."""
        return self._alone(role, self._exchanger.arm)

    def trigger(self, role: str) -> Exchange:
        """Start its table. Raises `InstrumentError`."""
        return self._alone(role, self._exchanger.trigger)

    def collect(self, role: str) -> Exchange:
        """What its table gave, as the result: frames by attribute. Raises `InstrumentError`."""
        return self._alone(role, self._exchanger.collect)

    def stop(self, role: str) -> Exchange:
        """End its table at once. Raises `InstrumentError`."""
        return self._alone(role, self._exchanger.stop)

    def _alone(self, role: str, act: Callable[[Member], Exchange]) -> Exchange:
        member = self._member(role)
        with member.lock:
            self._check_open(member)
            return act(member)

    def safe_writes(self) -> list[tuple[str, str, ScalarValue]]:
        """What the safe state sets, in the order of the station; opened roles only.

        Who is down gets another chance: safety is worth the wait for one more timeout.
        """
        # An opening that was given up may still come to an end meanwhile.
        for member in list(self._members.values()):
            member.health.ask_again()
        return [
            (role, name, value)
            for role in self.roles_opened
            for name, value in safe_values(self._definitions[role])
        ]

    def make_safe(self, role: str) -> None:
        """Whatever the driver does beyond the declared safe values. Raises `InstrumentError`."""
        member = self._member(role)
        with member.lock:
            self._check_open(member)
            try:
                self._exchanger.ready(member)
                running = end_table(member)
                member.driver.make_safe()
                if running is not None:
                    raise running
            except InstrumentError as error:
                self._exchanger.complete(member.definition, error)
                raise

    def close_roles(self, roles: Sequence[str]) -> None:
        """Close some instruments, whose locks stay; those that are not open are left.

        Raises what the first driver raised that has a bug in closing, when all of them are closed.
        """
        members = [self._members.pop(role) for role in self.roles_opened if role in roles]
        bugs: list[Exception] = []
        self._close_all(members, bugs)
        for bug in bugs:
            raise bug

    def close(self) -> None:
        """Close everything, and let other processes have it. Safe to call twice.

        Raises what the first driver raised that has a bug in closing, when all is closed and let go of.
        Whoever still waits for a port is refused. Ports that hang are waited for after the others, side by
        side: each is closed when it comes back, however long another one hangs.
        """
        self._openings += 1
        members = [self._members.pop(role) for role in self.roles_opened]
        taken = [member for member in members if self._is_taken(member)]
        bugs: list[Exception] = []
        self._close_all([member for member in members if member not in taken], bugs)
        ports: dict[str, list[Member]] = {}
        for member in taken:
            ports.setdefault(member.definition.resource.port, []).append(member)
        side_by_side([partial(self._close_all, group, bugs) for group in ports.values()])
        self._unlock()
        for bug in bugs:
            raise bug

    def _unlock(self) -> None:
        """Let other processes have all of them."""
        if self._port_locks is None:
            return
        roles = self._port_locks.roles.values()
        self._port_locks.release()
        # What an address is called may be a role of somebody else, who shares the locks.
        for role in (role for role in roles if role in self._definitions):
            self._tell(role, "lock.released", {"resource": self._definitions[role].resource.text})

    def _close_all(self, members: Sequence[Member], bugs: list[Exception]) -> None:
        """Close one after the other; no bug of a driver keeps the others open."""
        for member in members:
            try:
                with member.lock:
                    member.driver.close()
            except Exception as bug:  # noqa: BLE001  told by who closes the pool
                bugs.append(bug)
            if member.wear is not None:
                member.wear.flush()
            self._tell(member.role, "instrument.closed", {})

    def _lock(self, roles: Sequence[str]) -> None:
        """Keep other processes away from all of them, or raise `PoolError`."""
        if self._port_locks is None:
            return
        resources = real_resources(self._definitions, roles)
        try:
            self._port_locks.take(dict(known_resources(resources, self._secrets)))
        except InUseError as error:
            raise PoolError({role: self._in_use(role, error) for role in error.holders}) from error
        self._port_locks.describe()

    def _by_port(self, roles: Sequence[str]) -> list[list[str]]:
        """Roles that share a wire together; all simulated ones too, whose order must always be the same."""
        groups: dict[str, list[str]] = {}
        for role in roles:
            definition = self._definitions[role]
            groups.setdefault("" if definition.simulated else definition.resource.port, []).append(role)
        return list(groups.values())

    def _open_port(self, roles: Sequence[str], faults: dict[str, InstrumentError]) -> None:
        opening = self._openings
        for role in roles:
            try:
                self._open_role(role, opening)
            except InstrumentError as error:
                faults[role] = error

    def _open_role(self, role: str, opening: int) -> None:
        try:
            member = self._made(self._definitions[role])
            with member.lock:
                member.identity = self._opened(member)
                self._members[role] = member
                # Asked afterwards, so that whoever closes the pool meanwhile sees the one or the other.
                if opening != self._openings:
                    self._members.pop(role, None)
                    leave_safe(member, self._exchanger, self._tell)
                    return
        except InstrumentError as error:
            self._exchanger.complete(self._definitions[role], error)
            context = {key: value for key, value in asdict(error.context).items() if value is not None}
            fields = {"fault": error.fault, "message": error.message, "context": context}
            self._tell(role, "instrument.faulted", fields)
            raise
        opened = {"resource": member.definition.resource.text, "driver": driver_name(member.driver)}
        self._tell(role, "instrument.opened", opened)

    def _made(self, definition: Definition) -> Member:
        targets = {name: view.target for name, view in definition.aliases.items()}
        counts = bool(definition.wear) and not definition.simulated
        return Member(
            definition,
            self._make(definition),
            self._locks[definition.resource.port],
            SetPoints(definition.attributes, targets, wire_steps(definition.document)),
            wear=WearBook(definition) if counts else None,
        )

    def _opened(self, member: Member) -> Identity:
        try:
            identity = member.driver.open()
            self._check_identity(member, identity)
        except InstrumentError:
            member.driver.close()
            raise
        return identity

    def _check_identity(self, member: Member, identity: Identity) -> None:
        """Refuse who is not expected, or tell that it is somebody else."""
        expected = member.definition.expected
        if expected is None or member.definition.simulated:
            return
        complaint = self._secrets.put_in_expected(expected).complaint(identity)
        if complaint is None:
            return
        if expected.refuse:
            raise InstrumentError("rejected", complaint)
        self._tell(member.role, "instrument.mismatched", {"message": complaint, "identity": asdict(identity)})

    def _open_driver(self, member: Member) -> None:
        """Open one again; its address may mean another device by now, which somebody else may have."""
        definition = member.definition
        if self._port_locks is not None and not definition.simulated:
            try:
                self._port_locks.take({member.role: self._secrets.put_in_resource(definition.resource)})
            except InUseError as error:
                raise self._in_use(member.role, error) from error
        member.identity = self._opened(member)

    def _in_use(self, role: str, error: InUseError) -> InstrumentError:
        resource = self._definitions[role].resource.text
        message = f"{role} ({resource}) is {in_use_by(error.holders[role])}"
        return InstrumentError("disconnected", message, ErrorContext(resource=resource, role=role))

    def _member(self, role: str) -> Member:
        member = self._members.get(role)
        if member is None:
            raise self._refusal(role, None, f"{role} is not open")
        return member

    def _check_open(self, member: Member) -> None:
        """Refuse who waited for the port until it was let go of: by now it may be somebody else's."""
        if self._members.get(member.role) is not member:
            raise self._refusal(member.role, None, f"{member.role} is closed")

    def _is_taken(self, member: Member) -> bool:
        lock = self._locks[member.definition.resource.port]
        free = lock.try_to_take()
        if free:
            lock.let_go()
        return not free

    def _lose(self, port: str) -> None:
        """Close every driver of a port whose wire is gone; any of them may have lost its power."""
        for member in list(self._members.values()):
            if member.definition.resource.port == port and not member.lost:
                member.driver.close()
                member.table = None
                member.lost = True
                member.set_points.doubt()

    def _refusal(self, role: str, name: str | None, message: str) -> InstrumentError:
        """A fault for what never reached the wire; both stamps are now."""
        error = InstrumentError(
            "rejected", message, ErrorContext(role=role, channel=name and f"{role}.{name}")
        )
        error.requested_ns = error.received_ns = self._now_ns()
        return error

    def _tell(self, role: str, type_: str, fields: Mapping[str, Any]) -> None:
        self._notify(role, type_, {"role": role, **fields})
