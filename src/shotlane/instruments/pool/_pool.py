"""The open instruments of a station, and the only gate to them.

One re-entrant lock per port: whoever holds it may speak, so that several instruments on one wire never mix.
Values are checked before the wire. A reading, a set or an opening that times out or comes back garbled is
tried again here, up to the instrument's `tries`; drivers never retry. A `disconnected` fault is not tried
again: whoever comes back after it may have restarted and forgotten its set points, which only a new attempt
sends again. Every driver of that port is closed and opened again at its next use, which sends `setup:`. Each
repetition, reopening and fault at opening is told through `notify`.
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
    Settling,
    ShotAware,
)
from shotlane.instruments.definition._definition import Definition
from shotlane.instruments.definition._hardware_timed import ProgramTable
from shotlane.instruments.definition._secrets import Secrets
from shotlane.instruments.pool._closing import close_in_turn, close_ports
from shotlane.instruments.pool._converted_driver import driver_name
from shotlane.instruments.pool._exchanger import Exchanger
from shotlane.instruments.pool._leave import leave_safe, safe_values
from shotlane.instruments.pool._locks import PortLocks
from shotlane.instruments.pool._masked import complete
from shotlane.instruments.pool._member import Exchange, Member, RoleNotify
from shotlane.instruments.pool._opening import Opener, by_port
from shotlane.instruments.pool._pool_error import PoolError
from shotlane.instruments.pool._port_lock import PortLock
from shotlane.instruments.pool._presence import Presence
from shotlane.instruments.pool._reservation import Reservation
from shotlane.instruments.pool._side_by_side import side_by_side
from shotlane.instruments.pool._tables import end_table
from shotlane.model import ScalarValue


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
        secrets = secrets or Secrets()
        self._definitions = definitions
        self._now_ns = now_ns
        self._notify = notify
        self.mask = secrets.mask
        self._locks = {definition.resource.port: PortLock() for definition in definitions.values()}
        self._members: dict[str, Member] = {}
        # An opening that is still under way when the pool is closed must not bring it back.
        self._openings = 0
        self._reservation = Reservation(definitions, locks, secrets, self._tell)
        self._opener = Opener(make, self._locks, self._reservation, secrets, self._tell)
        self._presence = Presence(
            self._members, self._opener.open_again, now_ns=now_ns, tell=self._tell, mask=self.mask
        )
        self._exchanger = Exchanger(self._presence, now_ns=now_ns, tell=self._tell, mask=self.mask)

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

    def is_down(self, role: str) -> bool:
        """Whether it is declared down, and has not answered since."""
        member = self._members.get(role)
        return member is not None and member.health.down

    def ask_again(self, role: str) -> None:
        """Let the next request through to one that is declared down."""
        self._member(role).health.ask_again()

    def open(self, roles: Sequence[str]) -> None:
        """Open instruments. Raises `PoolError` with the faults of all that failed; the others stay open.

        Ports are opened side by side, so that dead ones do not add up. When another process uses one of them,
        none is opened.
        """
        wanted = [role for role in self._definitions if role in roles and role not in self._members]
        self._reservation.take(wanted)
        faults: dict[str, InstrumentError] = {}
        side_by_side(
            [partial(self._open_port, group, faults) for group in by_port(self._definitions, wanted)]
        )
        if faults:
            raise PoolError({role: faults[role] for role in wanted if role in faults})

    def begin_attempt(self, shot: int, attempt: int) -> None:
        """Tell the drivers that want to know which attempt begins; who is down gets another chance."""
        for member in self._members.values():
            member.health.ask_again()
            if isinstance(member.driver, ShotAware):
                member.driver.begin_attempt(shot, attempt)

    def in_doubt(self, port: str) -> bool:
        """Whether replies may still come on a port that nobody waits for, so that it should settle first."""
        return any(driver.in_doubt for _, driver in self._settling(port))

    def settle(self, port: str) -> None:
        """Listen to a port in doubt until there is none, so that no exchange after it has to."""
        for member, driver in self._settling(port):
            with member.lock:
                if self._members.get(member.role) is member:
                    driver.settle()

    def _settling(self, port: str) -> list[tuple[Member, Settling]]:
        return [
            (member, member.driver)
            for member in list(self._members.values())
            if member.definition.resource.port == port
            and not member.lost
            and isinstance(member.driver, Settling)
        ]

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

    def write_safe(self, role: str, name: str, value: ScalarValue) -> Exchange:
        """Set a safe value, as `write` does. Raises `InstrumentError` with its stamps.

        Who is down is asked all the same, and a set-up that fails does not keep it from being tried.
        """
        member = self._member(role)
        with member.lock, member.yielding():
            member.health.ask_again()
            return self.write(role, name, value)

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
        with member.lock, member.yielding():
            self._check_open(member)
            try:
                self._presence.ready(member)
                running = end_table(member)
                member.driver.make_safe()
                if running is not None:
                    raise running
            except InstrumentError as error:
                complete(member.definition, error, self.mask)
                raise

    def close_roles(self, roles: Sequence[str]) -> None:
        """Close some instruments, whose locks stay; those that are not open are left.

        Raises what the first driver raised that has a bug in closing, when all of them are closed.
        """
        members = [self._members.pop(role) for role in self.roles_opened if role in roles]
        bugs: list[Exception] = []
        close_in_turn(members, self._tell, bugs)
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
        close_in_turn([member for member in members if member not in taken], self._tell, bugs)
        close_ports(taken, self._tell, bugs)
        self._reservation.let_go()
        for bug in bugs:
            raise bug

    def _open_port(self, roles: Sequence[str], faults: dict[str, InstrumentError]) -> None:
        opening = self._openings
        for role in roles:
            try:
                self._open_role(role, opening)
            except InstrumentError as error:
                faults[role] = error

    def _open_role(self, role: str, opening: int) -> None:
        try:
            member = self._opener.made(self._definitions[role])
            with member.lock:
                self._opener.open(member)
                self._members[role] = member
                # Asked afterwards, so that whoever closes the pool meanwhile sees the one or the other.
                if opening != self._openings:
                    self._members.pop(role, None)
                    leave_safe(member, self._exchanger, self._tell)
                    return
        except InstrumentError as error:
            complete(self._definitions[role], error, self.mask)
            context = {key: value for key, value in asdict(error.context).items() if value is not None}
            fields = {"fault": error.fault, "message": error.message, "context": context}
            self._tell(role, "instrument.faulted", fields)
            raise
        opened = {"resource": member.definition.resource.text, "driver": driver_name(member.driver)}
        self._tell(role, "instrument.opened", opened)

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

    def _refusal(self, role: str, name: str | None, message: str) -> InstrumentError:
        """A fault for what never reached the wire; both stamps are now."""
        error = InstrumentError(
            "rejected", message, ErrorContext(role=role, channel=name and f"{role}.{name}")
        )
        error.requested_ns = error.received_ns = self._now_ns()
        return error

    def _tell(self, role: str, type_: str, fields: Mapping[str, Any]) -> None:
        self._notify(role, type_, {"role": role, **fields})
