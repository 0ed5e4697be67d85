"""The instruments of a pool kept from other processes: taken all or none, before anything is opened."""

from collections.abc import Mapping, Sequence

from shotlane.instruments.definition._contract import ErrorContext, InstrumentError
from shotlane.instruments.definition._definition import Definition
from shotlane.instruments.definition._secrets import Secrets
from shotlane.instruments.pool._addresses import known_resources, real_resources
from shotlane.instruments.pool._locks import InUseError, PortLocks, in_use_by
from shotlane.instruments.pool._member import RoleNotify
from shotlane.instruments.pool._pool_error import PoolError


class Reservation:
    """Takes and lets go of them. Without `locks` nobody is kept away."""

    def __init__(
        self,
        definitions: Mapping[str, Definition],
        locks: PortLocks | None,
        secrets: Secrets,
        tell: RoleNotify,
    ) -> None:
        self._definitions = definitions
        self._locks = locks
        self._secrets = secrets
        self._tell = tell

    def take(self, roles: Sequence[str]) -> None:
        """Keep other processes away from all of them, or raise `PoolError`."""
        if self._locks is None:
            return
        resources = real_resources(self._definitions, roles)
        try:
            self._locks.take(dict(known_resources(resources, self._secrets)))
        except InUseError as error:
            raise PoolError({role: self._in_use(role, error) for role in error.holders}) from error
        self._locks.describe()

    def take_again(self, definition: Definition) -> None:
        """Take what the address of one means by now. Raises `InstrumentError` when somebody else has it."""
        if self._locks is None or definition.simulated:
            return
        try:
            self._locks.take({definition.role: self._secrets.put_in_resource(definition.resource)})
        except InUseError as error:
            raise self._in_use(definition.role, error) from error

    def let_go(self) -> None:
        """Let other processes have all of them."""
        if self._locks is None:
            return
        roles = self._locks.roles.values()
        self._locks.release()
        # What an address is called may be a role of somebody else, who shares the locks.
        for role in (role for role in roles if role in self._definitions):
            self._tell(role, "lock.released", {"resource": self._definitions[role].resource.text})

    def _in_use(self, role: str, error: InUseError) -> InstrumentError:
        resource = self._definitions[role].resource.text
        message = f"{role} ({resource}) is {in_use_by(error.holders[role])}"
        return InstrumentError("disconnected", message, ErrorContext(resource=resource, role=role))
