"""From a resolved station to a pool. Wire drivers are imported only when a wire is used."""

import time
from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Any

from shotlane.instruments.definition._contract import Driver, InstrumentError
from shotlane.instruments.definition._definition import Definition, Resource
from shotlane.instruments.definition._secrets import Secrets
from shotlane.instruments.pool._addresses import known_resources, real_resources
from shotlane.instruments.pool._converted_driver import ConvertedDriver
from shotlane.instruments.pool._lent_locks import LentLocks
from shotlane.instruments.pool._locks import Holder, InUseError, PortLocks
from shotlane.instruments.pool._member import RoleNotify
from shotlane.instruments.pool._pool import Pool
from shotlane.instruments.simulation._fault_schedule import FaultSchedule
from shotlane.instruments.simulation._hardware import simulated_class
from shotlane.instruments.simulation._state import SimulatedStates
from shotlane.instruments.station._resolve import ResolvedStation

if TYPE_CHECKING:
    from shotlane.instruments._capture import Capture
    from shotlane.instruments.ports._transport import BytePort


def build_pool(
    resolved: ResolvedStation,
    *,
    now_ns: Callable[[], int],
    seed: int = 0,
    notify: RoleNotify,
    locks: PortLocks | None = None,
    pass_ns: Callable[[int], None] | None = None,
    capture: "Capture | None" = None,
) -> Pool:
    """A pool of all instruments of a station, none of them open yet.

    `locks`: those that the caller holds already; without them the pool takes its own when it opens.
    `pass_ns`: how a simulated instrument that does not answer lets time pass; without it, it does pass.
    `capture` hears what passes on wires.
    """
    lines: dict[str, Any] = {}
    states = SimulatedStates(resolved.definitions.values(), resolved.couplings, seed, now_ns())
    secrets = Secrets()

    def masked(role: str, type_: str, fields: Mapping[str, Any]) -> None:
        notify(role, type_, secrets.mask(fields))

    def make(definition: Definition) -> Driver:
        driver = make_own(definition.own) if definition.simulated else make_real(definition.own)
        if definition.views and not definition.simulated:
            driver = ConvertedDriver(driver, definition.views)
        return ConvertedDriver(driver, definition.aliases) if definition.aliases else driver

    def make_real(definition: Definition) -> Driver:
        try:
            return make_own(secrets.put_in(definition))
        except ValueError:
            if not secrets.are_in(definition):
                raise
            # What it says may hold what the text became.
            raise InstrumentError("rejected", "what its secrets hold cannot be sent in its texts") from None

    def make_own(definition: Definition) -> Driver:
        def tell(type_: str, fields: Mapping[str, Any]) -> None:
            masked(definition.role, type_, {"role": definition.role, **fields})

        if definition.simulated:
            return simulated_class(definition)(
                definition,
                states.of(definition.role),
                FaultSchedule(definition.faults, seed, definition.role),
                now_ns=now_ns,
                pass_ns=pass_ns or _sleep,
                notify=tell,
            )
        if definition.adoption is not None:
            # Start-up time, and checking must not need what runs: it opens packages of others.
            from shotlane.instruments.adopted._driver import AdoptedDriver

            return AdoptedDriver(definition, tell)
        # Start-up time: pymodbus and pyserial are not needed to check or to simulate.
        from shotlane.instruments._wire import make_driver

        return make_driver(definition, lines, tell, None if capture is None else heard)

    def heard(port: "BytePort", resource: Resource) -> "BytePort":
        assert capture is not None
        return capture.wrap(port, resource, secrets.mask)

    locks = locks or PortLocks(resolved.name)
    return Pool(
        resolved.definitions,
        make,
        now_ns=now_ns,
        notify=masked,
        locks=locks,
        secrets=secrets,
    )


def _sleep(duration_ns: int) -> None:
    time.sleep(duration_ns / 1e9)


def _addresses(resolved: ResolvedStation, roles: Collection[str]) -> dict[str, Resource]:
    """Where the instruments of some roles are."""
    resources = real_resources(resolved.definitions, roles)
    return dict(known_resources(resources, Secrets()))


def holders(resolved: ResolvedStation) -> dict[str, Holder]:
    """Who uses the instruments of a station at the moment, by role."""
    locks = PortLocks(resolved.name)
    found = {
        role: locks.holder_of(resource)
        for role, resource in _addresses(resolved, resolved.definitions).items()
    }
    return {role: holder for role, holder in found.items() if holder is not None}


def lock_instruments(
    resolved: ResolvedStation,
    roles: Collection[str],
    *,
    what: Callable[[], str] = str,
    wait_s: float = 0.0,
    waiting: Callable[[InUseError], None] | None = None,
    locks: PortLocks | None = None,
    lender: PortLocks | None = None,
    stopped: Callable[[], bool] = bool,
) -> PortLocks:
    """Lock instruments against other processes, all or none, before anything else is touched.

    Raises `InUseError` after `wait_s`, or as soon as `stopped` says so; `waiting` is told once, when the wait
    begins. `what` tells the others what this process does at the moment, e.g. `run 7 of anneal`. `locks`:
    those that these come to. `lender`: locks of this process that may be used, and stay when the new ones are
    released.
    """
    if locks is None:
        locks = PortLocks(resolved.name, what=what) if lender is None else LentLocks(lender, what)
    locks.take(_addresses(resolved, roles), wait_s=wait_s, waiting=waiting, stopped=stopped)
    return locks


def unlock_instruments(
    resolved: ResolvedStation, roles: Collection[str], locks: PortLocks, *, keeping: Collection[str]
) -> None:
    """Let go of instruments, but not of an address that one of `keeping` shares."""
    locks.let_go(_addresses(resolved, roles), _addresses(resolved, keeping))
