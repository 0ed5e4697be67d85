"""Opening one instrument, first or again: its driver is made, and who answers must be the one expected."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from functools import partial

from shotlane.instruments.definition._contract import Driver, Identity, InstrumentError
from shotlane.instruments.definition._definition import Definition
from shotlane.instruments.definition._secrets import Secrets
from shotlane.instruments.pool._agreement import SetPoints, wire_steps
from shotlane.instruments.pool._converted_driver import opened
from shotlane.instruments.pool._masked import complete
from shotlane.instruments.pool._member import Member, RoleNotify
from shotlane.instruments.pool._port_lock import PortLock
from shotlane.instruments.pool._repeated import REPEATED
from shotlane.instruments.pool._reservation import Reservation
from shotlane.instruments.pool._wear import WearBook


class Opener:
    """Makes members of a pool, and opens them. `locks`: by port."""

    def __init__(
        self,
        make: Callable[[Definition], Driver],
        locks: Mapping[str, PortLock],
        reservation: Reservation,
        secrets: Secrets,
        tell: RoleNotify,
    ) -> None:
        self._make = make
        self._locks = locks
        self._reservation = reservation
        self._secrets = secrets
        self._tell = tell

    def made(self, definition: Definition) -> Member:
        """A member that is not open yet. Raises `InstrumentError`."""
        targets = {name: view.target for name, view in definition.aliases.items()}
        counts = bool(definition.wear) and not definition.simulated
        return Member(
            definition,
            self._make(definition),
            self._locks[definition.resource.port],
            SetPoints(definition.attributes, targets, wire_steps(definition.document)),
            wear=WearBook(definition) if counts else None,
        )

    def open(self, member: Member) -> None:
        """Open it, tried as often as any exchange. Raises `InstrumentError`, and then it is closed."""
        self._open(member, member.definition.tries)

    def open_again(self, member: Member) -> None:
        """Open it again, once: the exchange that needs it is tried again.

        Its address may mean another device by now, which somebody else may have.
        """
        self._reservation.take_again(member.definition)
        self._open(member, 1)

    def _open(self, member: Member, tries: int) -> None:
        for number in range(1, tries + 1):
            try:
                member.identity = opened(member.driver, partial(self._check_identity, member))
            except InstrumentError as error:
                if number == tries or error.fault not in REPEATED:
                    member.driver.close()
                    raise
                # It stays open: its line knows what is owed, and some devices restart with each opening.
                self._tell_repeated(member, number, error)
            else:
                return

    def _tell_repeated(self, member: Member, number: int, error: InstrumentError) -> None:
        """Tell that it is opened again; what was sent for that was told by the driver."""
        complete(member.definition, error, self._secrets.mask)
        fields = {"operation": "open", "names": [], "try": number, "exchanges": 0}
        self._tell(
            member.role, "exchange.repeated", fields | {"fault": error.fault, "message": error.message}
        )

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


def by_port(definitions: Mapping[str, Definition], roles: Sequence[str]) -> list[list[str]]:
    """Roles that share a wire together; all simulated ones too, whose order must always be the same."""
    groups: dict[str, list[str]] = {}
    for role in roles:
        definition = definitions[role]
        groups.setdefault("" if definition.simulated else definition.resource.port, []).append(role)
    return list(groups.values())
